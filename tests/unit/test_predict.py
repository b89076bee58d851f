import json
import subprocess
import sys
from pathlib import Path

from infra.local.template import ROOT
from photo_library.photo import TYPES


def predict(*files: Path | str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "model.predict", *map(str, files)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_file_gets_a_line_with_all_ten_types(samples: list[Path]) -> None:
    answer = predict(*samples)
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert answer.returncode == 0
    assert [line["file"] for line in lines] == [str(sample) for sample in samples]
    for line in lines:
        assert line.keys() == {"file", "types", "colors"}
        assert 1 <= len(line["colors"]) <= 3
        assert sorted(line["types"]) == sorted(TYPES)


def test_a_rejected_file_says_why_and_the_others_go_on(samples: list[Path], tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("hello")
    answer = predict(tmp_path / "text.jpg", samples[0])
    first, second = (json.loads(line) for line in answer.stdout.splitlines())
    assert first == {"file": str(tmp_path / "text.jpg"), "rejected": "unsupported_format"}
    assert "types" in second
    assert answer.returncode == 0


def test_an_incomplete_file_is_said_to_be_truncated(samples: list[Path], tmp_path: Path) -> None:
    shirt = next(sample for sample in samples if sample.name == "shirt.jpg")
    (tmp_path / "cut.jpg").write_bytes(shirt.read_bytes()[:-33])
    (line,) = (json.loads(line) for line in predict(tmp_path / "cut.jpg").stdout.splitlines())
    assert line["truncated"] is True
    assert sorted(line["types"]) == sorted(TYPES)


def test_a_file_that_cannot_be_read_is_an_error_and_the_others_go_on(samples: list[Path], tmp_path: Path) -> None:
    answer = predict(tmp_path / "missing.jpg", samples[0])
    assert answer.returncode == 1
    assert "missing.jpg: No such file" in answer.stderr
    assert len(answer.stdout.splitlines()) == 1


def test_a_photo_stored_sideways_is_seen_upright(samples: list[Path], tmp_path: Path) -> None:
    from PIL import Image, ImageOps

    sideways = next(sample for sample in samples if sample.name == "coat-sideways.jpg")
    with Image.open(sideways) as image:
        image.save(tmp_path / "stripped.png")  # as stored, without what says how to turn it
        ImageOps.exif_transpose(image).save(tmp_path / "upright.png")
    stored, stripped, upright = (
        json.loads(line)["types"]
        for line in predict(sideways, tmp_path / "stripped.png", tmp_path / "upright.png").stdout.splitlines()
    )
    assert stored == upright
    assert stored != stripped
