"""What is measured: stages from outside, and what became of a batch's photos."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from aws_lambda_powertools import Metrics

from classify.measured import MeasuredCatalog, TimedThumbnails
from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import CatalogUnavailable
from photo_library.metrics import StageTimes
from tests.support.examples import a_photo
from tests.support.fakes import FakeCatalog, FakeThumbnails


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


def test_what_is_done_with_thumbnails_is_measured(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    times, thumbnails = StageTimes(), FakeThumbnails()
    timed = TimedThumbnails(thumbnails, times.timer("ThumbnailTime"))
    timed.put("bucket", "1.webp", b"1")
    timed.put("bucket", "2.webp", b"2")
    timed.delete("bucket", ["1.webp"])
    assert thumbnails.stored == {("bucket", "2.webp"): b"2"}
    times.publish(metrics)
    (line,) = emitted(metrics, capsys)
    assert len(line["ThumbnailTime"]) == 3


def test_a_batch_is_counted_by_what_became_of_its_photos(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    measured = MeasuredCatalog(FakeCatalog())
    earlier = datetime.now(UTC) - timedelta(seconds=90)
    photos = [
        a_photo("uploads/1.jpg", updated_at=earlier),
        a_photo("uploads/2.jpg", updated_at=earlier),
        a_photo("uploads/3.txt", updated_at=earlier, status="rejected", reason="damaged", types={}),
        a_photo("uploads/4.jpg", updated_at=earlier, status="deleted", types={}),
    ]
    measured.write(photos)
    measured.mark_synced(photos[:2])
    outcome = measured.report(metrics, {"message": CatalogUnavailable("MongoDB: away")})
    assert [*outcome.values()] == ["classified", "classified", "damaged", "deleted"]
    rejected, line = emitted(metrics, capsys)
    assert (rejected["PhotosRejected"], rejected["reason"], rejected["service"]) == ([1.0], "damaged", "classify")
    assert (line["PhotosClassified"], line["PhotosDeleted"], line["MessagesFailed"]) == ([2.0], [1.0], [1.0])
    assert [90 <= lag < 150 for lag in line["GraphLag"]] == [True, True]
    assert measured.report(metrics, {}) == {}  # each batch for itself


def test_the_lag_is_that_of_photos_that_the_graph_lacked(metrics: Metrics, capsys: pytest.CaptureFixture[str]) -> None:
    catalog = FakeCatalog()
    measured = MeasuredCatalog(cast("PhotoCatalog", catalog))
    there, overtaken, old = a_photo("uploads/1.jpg", graph="synced"), a_photo("uploads/2.jpg"), a_photo("uploads/3.jpg")
    measured.write([there, overtaken, old])
    catalog.write([replace(overtaken, sequencer="9" * 32)])
    measured.mark_synced([there, overtaken, old])
    measured.report(metrics, {})
    (line,) = emitted(metrics, capsys)
    assert len(line["GraphLag"]) == 1
