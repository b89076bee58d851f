"""The classify function: where its parts are put together, and its handler.

A cold start is imports (Python, one thread) and TensorFlow's libraries and model (C, another thread), side by side.
"""

# ruff: noqa: E402 -- the model opens while the rest is imported
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from classify.tensorflow_library import library
from photo_library.settings import read_classify_settings, read_credentials

# What a start makes is there to stay: looking through it for garbage took a tenth of the start.
gc.disable()
# NumPy's workers, which nothing here calls upon, would spin on the second core from its import on.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_SETTINGS = read_classify_settings(os.environ)
_aside = ThreadPoolExecutor(3)


def _opened() -> "SavedModel":
    library()  # loads while NumPy is imported
    from classify.saved_model import open_model  # noqa: PLC0415

    return open_model(_SETTINGS.model_dir)


_model = _aside.submit(_opened)

from botocore.config import Config

from photo_library.aws import client

_AWS = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})
_asked = _aside.submit(read_credentials, client("secretsmanager", _AWS), _SETTINGS.stores_secret)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from classify.bucket import S3Bucket
from classify.image import decode
from classify.measured import SERVICE, MeasuredCatalog, TimedThumbnails
from classify.pipeline import ingest
from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.port import PhotoCatalog
from photo_library.events import photo_ids
from photo_library.metrics import StageTimes
from photo_library.type_graph.tigergraph import connect_type_graph

if TYPE_CHECKING:
    from classify.saved_model import SavedModel

logger = Logger(service=SERVICE)
_metrics = Metrics(service=SERVICE)
_times = StageTimes()

_CREDENTIALS = _asked.result()
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
# A store that is away now fails the messages that need it, not the start: nobody waits for these.
for _store in (_catalog, _graph):
    _aside.submit(_store.ping)
_measured = MeasuredCatalog(_catalog)
_s3 = client("s3", _AWS.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"})))
_bucket = S3Bucket(_s3)
_opened_model = _model.result()
_opened_model.timer = _times.timer("ModelTime")
_ingest = partial(
    ingest,
    fetch=_times.timed("FetchTime", partial(_bucket.fetch, max_bytes=_SETTINGS.max_photo_bytes)),
    decode=_times.timed("DecodeTime", decode),
    thumbnails=TimedThumbnails(_bucket, _times.timer("ThumbnailTime")),
    model=_opened_model,
    catalog=cast("PhotoCatalog", _measured),
    graph=_graph,
    min_probability=_SETTINGS.min_probability,
)
_aside.shutdown(wait=False)
gc.freeze()
gc.enable()


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Ingest an SQS batch of S3 events; the messages that are to come again are the answer."""
    records = event["Records"]
    failures = _ingest(
        {record["messageId"]: record["body"] for record in records},
        redelivered={
            one["messageId"] for one in records if int(one["attributes"].get("ApproximateReceiveCount", 1)) > 1
        },
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    for record in records:
        if cause := failures.get(record["messageId"]):
            about = {"message_id": record["messageId"], "photo_ids": photo_ids(record["body"])}
            logger.error("the message will come again", exc_info=cause, **about)
    logger.info("the batch is done", photos=_measured.report(_metrics, failures), failed=len(failures))
    _times.publish(_metrics)
    # A batch in which every message failed is an answer like any other, not a crash of the function.
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}
