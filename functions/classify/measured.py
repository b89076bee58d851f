"""What became of a batch's photos, in numbers and for a line of the log; seen at the catalog, where it is written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from classify.pipeline import Thumbnails
from photo_library.catalog.port import PhotoCatalog
from photo_library.metrics import Timer
from photo_library.photo import Photo

SERVICE = "classify"


class MeasuredCatalog:
    """The catalog, what is written to it remembered until the batch is reported on."""

    def __init__(self, catalog: PhotoCatalog) -> None:
        self._catalog = catalog
        self._written: dict[str, Photo] = {}
        self._lags_s: list[float] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        """As the catalog's."""
        written = self._catalog.write(photos)
        self._written |= {photo.id: photo for photo in photos if photo.id in written}
        return written

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        """As the catalog's."""
        changed = self._catalog.mark_synced(photos)
        now, overtaken = datetime.now(UTC), {photo.id for photo in changed}
        waited = [photo for photo in photos if photo.graph == "pending" and photo.id not in overtaken]
        self._lags_s += [round((now - photo.updated_at).total_seconds(), 3) for photo in waited]
        return changed

    def report(self, metrics: Metrics, failures: Mapping[str, Exception]) -> dict[str, str]:
        """Count what became of the batch's photos, and forget it; returns it by photo id."""
        written, lags_s = self._written, self._lags_s
        self._written, self._lags_s = {}, []
        statuses = Counter(photo.status for photo in written.values())
        metrics.add_metric("PhotosClassified", "Count", statuses["classified"])
        metrics.add_metric("PhotosDeleted", "Count", statuses["deleted"])
        metrics.add_metric("MessagesFailed", "Count", len(failures))
        for lag_s in lags_s:
            metrics.add_metric("GraphLag", "Seconds", lag_s)
        for reason, count in Counter(photo.reason for photo in written.values() if photo.reason).items():
            with single_metric("PhotosRejected", MetricUnit.Count, count) as metric:
                metric.add_dimension("service", SERVICE)
                metric.add_dimension("reason", reason)
        return {photo.id: photo.reason or photo.status for photo in written.values()}


class TimedThumbnails:
    """Thumbnails; `timer` measures each call."""

    def __init__(self, thumbnails: Thumbnails, timer: Timer) -> None:
        self._thumbnails, self._timer = thumbnails, timer

    def put(self, bucket: str, key: str, data: bytes) -> None:
        with self._timer():
            self._thumbnails.put(bucket, key, data)

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        with self._timer():
            self._thumbnails.delete(bucket, keys)
