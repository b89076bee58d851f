"""What is measured: stages from outside, and what became of a batch's photos."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from classify.batch import Batch
from classify.report import report
from photo_library.errors import CatalogUnavailable
from photo_library.metrics import StageTimes
from photo_library.sync import sync
from tests.support.examples import a_photo
from tests.support.fakes import FakeCatalog, FakeTypeGraph


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Metrics:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "tests")
    metrics = Metrics(service="tests")
    metrics.clear_metrics()  # Powertools keeps them for the whole process
    return metrics


def emitted(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    metrics.flush_metrics()
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_call_of_a_timed_function_is_measured(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    times = StageTimes()
    double = times.timed("DecodeTime", lambda number: 2 * number)
    assert [double(1), double(number=2)] == [2, 4]
    times.publish(metrics)
    (line,) = emitted(metrics, capsys)
    assert len(line["DecodeTime"]) == 2
    assert all(duration >= 0 for duration in line["DecodeTime"])


def test_durations_are_published_once_and_failures_are_measured_as_well(
    metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    times = StageTimes()
    with pytest.raises(CatalogUnavailable), times.measure("CatalogTime"):
        raise CatalogUnavailable("down")
    for _ in range(2):
        times.publish(metrics)
    (line,) = emitted(metrics, capsys)
    assert len(line["CatalogTime"]) == 1


def test_a_batch_is_counted_by_what_became_of_its_photos(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    batch = Batch({"nonsense": "no event"}, lambda: 60)
    batch.written = [
        a_photo("uploads/1.jpg"),
        a_photo("uploads/2.jpg"),
        a_photo("uploads/3.txt", status="rejected", reason="damaged", types={}),
        a_photo("uploads/4.jpg", status="deleted", types={}),
    ]
    assert [*report(metrics, batch).values()] == ["classified", "classified", "damaged", "deleted"]
    rejected, line = emitted(metrics, capsys)
    assert (rejected["PhotosRejected"], rejected["reason"], rejected["service"]) == ([1.0], "damaged", "classify")
    assert (line["PhotosClassified"], line["PhotosDeleted"], line["MessagesFailed"]) == ([2.0], [1.0], [1.0])
    assert "GraphLag" not in line


def test_the_graphs_lag_is_measured_for_photos_that_it_lacked(
    metrics: Metrics, capsys: pytest.CaptureFixture[str]
) -> None:
    catalog, batch = FakeCatalog(), Batch({}, lambda: 60)
    earlier = datetime.now(UTC) - timedelta(seconds=90)
    there, overtaken, new = (
        a_photo("uploads/1.jpg", graph="synced", updated_at=earlier),
        a_photo("uploads/2.jpg", updated_at=earlier),
        a_photo("uploads/3.jpg", updated_at=earlier),
    )
    newer = replace(overtaken, sequencer="9" * 32, updated_at=earlier - timedelta(seconds=900))
    catalog.write([there, newer, new])
    batch.note_synced(sync(catalog, FakeTypeGraph(), [there, overtaken, new]))
    report(metrics, batch)
    (line,) = emitted(metrics, capsys)
    assert [round(lag / 90) for lag in line["GraphLag"]] == [1, 11]  # of the overtaken photo the newer state's
