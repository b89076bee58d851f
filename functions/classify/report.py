"""What became of a batch, as metrics and for the log."""

from collections import Counter

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from classify.batch import Batch

SERVICE = "classify"


def report(metrics: Metrics, batch: Batch) -> dict[str, str]:
    """Add the batch's metrics; returns what each written photo became: its status, or the reason for its rejection."""
    statuses = Counter(photo.status for photo in batch.written)
    metrics.add_metric("PhotosClassified", "Count", statuses["classified"])
    metrics.add_metric("PhotosDeleted", "Count", statuses["deleted"])
    metrics.add_metric("MessagesFailed", "Count", len(batch.failures))
    for lag_s in batch.graph_lags_s:
        metrics.add_metric("GraphLag", "Seconds", lag_s)
    for reason, count in Counter(photo.reason for photo in batch.written if photo.reason).items():
        with single_metric("PhotosRejected", MetricUnit.Count, count) as metric:
            metric.add_dimension("service", SERVICE)
            metric.add_dimension("reason", reason)
    return {photo.id: photo.reason or photo.status for photo in batch.written}
