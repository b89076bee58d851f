"""The classify function: its composition and its handler.

During a cold start the model is opened while the rest is imported (start.py).
"""

# ruff: noqa: E402 -- the model is opened while the rest is imported
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from classify.start import begin, finish
from photo_library.settings import read_classify_settings, read_credentials

_SETTINGS = read_classify_settings(os.environ)
_background = ThreadPoolExecutor(3)
_model = begin(_background, _SETTINGS.model_dir)

from photo_library.aws import client

_credentials = _background.submit(read_credentials, client("secretsmanager"), _SETTINGS.stores_secret)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from classify.pipeline import Pipeline, decode_upload
from classify.report import SERVICE, report
from photo_library.bucket.port import FetchedObject
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.events import ObjectEvent, photo_ids
from photo_library.metrics import StageTimes
from photo_library.photo import Photo, derived_keys
from photo_library.type_graph.tigergraph import connect_type_graph

logger = Logger(service=SERVICE)
_metrics = Metrics(service=SERVICE)
_times = StageTimes()

_CREDENTIALS = _credentials.result()
_catalog = connect_catalog(
    _CREDENTIALS.mongodb_uri, _SETTINGS.mongodb_database, timeout_s=5, timer=_times.timer("CatalogTime")
)
_graph = connect_type_graph(
    _CREDENTIALS.tigergraph_host,
    _SETTINGS.tigergraph_graph,
    _CREDENTIALS.tigergraph_secret,
    timeout_s=5,
    retries=2,
    timer=_times.timer("TypeGraphTime"),
)
# Connections are opened in the background. An unavailable store fails the messages that need it, not the start.
for _store in (_catalog, _graph):
    _background.submit(_store.ping)
_s3 = client("s3")


@cache
def _bucket(name: str) -> S3PhotoBucket:
    return S3PhotoBucket(_s3, name)


def _fetch(event: ObjectEvent) -> FetchedObject | None:
    return _bucket(event.bucket).fetch(event.key, max_bytes=_SETTINGS.max_photo_bytes)


def _store_thumbnail(photo: Photo, data: bytes, preview: bytes | None) -> None:
    _bucket(photo.bucket).put_thumbnail(photo, data, preview)


def _delete_thumbnails(photos: Sequence[Photo]) -> None:
    for name in {photo.bucket for photo in photos}:
        _bucket(name).delete_thumbnails(
            [key for photo in photos if photo.bucket == name for key in derived_keys(photo)]
        )


_opened_model = _model.result()
_opened_model.timer = _times.timer("ModelTime")
_pipeline = Pipeline(
    fetch=_times.timed("FetchTime", _fetch),
    decode=_times.timed("DecodeTime", decode_upload),
    store_thumbnail=_times.timed("ThumbnailTime", _store_thumbnail),
    delete_thumbnails=_times.timed("ThumbnailTime", _delete_thumbnails),
    model=_opened_model,
    catalog=_catalog,
    graph=_graph,
    min_probability=_SETTINGS.min_probability,
)
finish(_background)


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Ingest an SQS batch of S3 events; returns the messages to be redelivered."""
    records = event["Records"]
    batch = _pipeline.ingest(
        {record["messageId"]: record["body"] for record in records},
        redelivered={
            one["messageId"] for one in records if int(one["attributes"].get("ApproximateReceiveCount", 1)) > 1
        },
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    for record in records:
        if cause := batch.failures.get(record["messageId"]):
            about = {"message_id": record["messageId"], "photo_ids": photo_ids(record["body"])}
            logger.error("the message will be redelivered", exc_info=cause, **about)
    if batch.graph_failure:
        logger.warning("the type graph is unavailable: the photos stay pending", exc_info=batch.graph_failure)
    logger.info("the batch is done", photos=report(_metrics, batch), failed=len(batch.failures))
    _times.publish(_metrics)
    # A batch in which every message failed is still a normal answer, not an error of the function.
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in batch.failures]}
