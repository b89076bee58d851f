"""The benchmark measures what it says: its arithmetic, its JSON, and that every part runs, on a tiny size."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from photo_library.likeness import joined
from photo_library.photo import COLORS, TYPES
from tests.bench import __main__ as bench
from tests.bench import likeness, scale
from tests.bench.figures import FIGURES, dollars_per_million, percentile, ratio
from tests.bench.likeness import looks_of
from tests.bench.packages import Installed, Packages, make_keras_file
from tests.bench.parts import PARTS, SECONDS, Part, Size

TINY = Size(
    starts=1,
    large=(320, 240),
    small=(160, 120),
    photo_runs=1,
    batches=1,
    catalogs=(200, 20_000),
    page=2,
    search_runs=1,
    searches=4,
)
INSTALLED = Installed(Packages(None), Packages(None), Packages(None), Path("none"))


def test_a_ratio_is_that_of_the_medians() -> None:
    assert ratio([1.0, 100.0, 6.0], [2.0, 3.0]) == 2.4


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(200, 0, -1)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [100, 198, 200]
    assert percentile([7.0], 99) == 7


def test_a_figure_is_reached_in_its_own_direction() -> None:
    assert FIGURES["cold_start"].reached(5)
    assert not FIGURES["cold_start"].reached(4.9)
    assert FIGURES["memory"].reached(0.7)
    assert not FIGURES["memory"].reached(0.71)


def test_a_million_photos_cost_what_the_price_list_says() -> None:
    costs = dollars_per_million(seconds_a_photo=0.03, memory_mb=2048)
    assert costs["Lambda"] == pytest.approx(1e6 * 0.03 * 2 * 0.0000166667 + 0.02)
    assert costs["SQS"] == pytest.approx(0.48)
    assert costs["together"] == pytest.approx(costs["Lambda"] + costs["SQS"] + costs["S3"])
    assert dollars_per_million(seconds_a_photo=0.03, memory_mb=2048, puts=2)["S3"] == costs["S3"] + 5


def test_the_file_holds_each_figure_by_its_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parts = {"all": Part(dict.fromkeys(sorted(FIGURES), 1.23456), {"seconds": {"ours": [0.1, 0.2]}})}
    monkeypatch.setattr(bench, "install", lambda _: INSTALLED)
    monkeypatch.setattr(bench, "measure", lambda *_: parts)
    monkeypatch.setattr(sys, "argv", ["bench", "--json", str(tmp_path / "figures.json")])
    assert bench.main() == 0
    written = json.loads((tmp_path / "figures.json").read_text())
    assert list(written) == [
        "cold_start",
        "describe_start",
        "memory",
        "photo",
        "limit_share",
        "batch",
        "search_start",
        "image_size",
        "search_growth",
        "machine",
        "runs",
    ]
    assert written["photo"] == 1.235
    assert {"cpu", "cores", "memory_gb", "os", "python"} <= written["machine"].keys()


def test_a_part_that_does_not_exist_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--only", "photo,colour"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "colour" in capsys.readouterr().err


@pytest.mark.slow
def test_every_part_runs_and_together_they_give_every_figure(tmp_path: Path) -> None:
    make_keras_file(tmp_path / "plain.keras")
    installed = Installed(Packages(None), Packages(None), Packages(None), tmp_path / "plain.keras")
    parts = bench.measure(PARTS, TINY, installed, lambda _: None)
    figures = bench.figures_of(parts)
    assert list(figures) == list(FIGURES)
    assert all(value > 0 for value in figures.values())
    assert json.dumps(bench.report(parts, bench.machine()))
    assert bench.measured(parts).row_count
    assert SECONDS.keys() == PARTS.keys()


@pytest.mark.slow
def test_what_a_photo_takes_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["scale", "--photos", "200"])
    assert scale.main() == 0
    printed = capsys.readouterr().out
    assert printed.startswith("200 photos, mongod ")
    for what in ("document on disk, compressed", "the ten types'", "newest", "a page of 200 for reconcile"):
        assert what in printed


def test_the_looks_of_many_photos_are_those_that_the_library_would_make() -> None:
    draw = np.random.default_rng(1)
    embeddings = draw.normal(size=(50, 128))
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    colors, types = draw.dirichlet(np.full(len(COLORS), 0.2), 50), draw.beta(0.3, 1, (50, len(TYPES)))
    for row, look in enumerate(looks_of(embeddings, colors, types)):
        shown = dict(zip(TYPES, types[row].tolist(), strict=True))
        expected = joined(embeddings[row].tolist(), colors[row].tolist(), shown)
        assert np.abs(look - np.frombuffer(expected, np.int8).astype(int)).max() <= 1  # halves round either way


def test_how_completely_likeness_finds_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(likeness, "QUESTIONS", 3)
    monkeypatch.setattr(sys, "argv", ["likeness", "--photos", "400"])
    assert likeness.main() == 0
    assert capsys.readouterr().out.splitlines()[0] == "400 photos, 3 questions: 1.000 of the true ten found"
