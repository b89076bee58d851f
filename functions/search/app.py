"""The search function: puts its parts together, and handles events.

During a cold start the credentials are read while the rest is imported, and both stores are pinged in the background
while the S3 client is created.
"""

# ruff: noqa: E402 -- the credentials are read while the rest is imported
import gc
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

gc.disable()  # what a start creates stays: collecting garbage takes a tenth of the start

from photo_library.aws import client
from photo_library.settings import read_credentials, read_search_settings

_SETTINGS = read_search_settings(os.environ)
_AWS: dict[str, Any] = {"read_timeout_s": 5, "attempts": 2}  # users are waiting
_background = ThreadPoolExecutor(2)
_reading_credentials = _background.submit(read_credentials, client("secretsmanager", **_AWS), _SETTINGS.stores_secret)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.metrics import StageTimes
from photo_library.queue.sqs import send
from photo_library.type_graph.tigergraph import connect_type_graph
from search.circuit_breaker import CircuitBreaker
from search.handlers import Services
from search.library import Library
from search.routes import build_routes

logger = Logger(service="search")
_metrics = Metrics(service="search")
_times = StageTimes()

_CREDENTIALS = _reading_credentials.result()
_catalog = connect_catalog(
    _CREDENTIALS.mongodb_uri,
    _SETTINGS.mongodb_database,
    timeout_s=3,
    timer=_times.timer("CatalogTime"),
    connections=2,  # many instances, each with one request at a time
)
# A user is waiting: the graph gets one short try, and the catalog is the fallback.
_graph = connect_type_graph(
    _CREDENTIALS.tigergraph_host,
    _SETTINGS.tigergraph_graph,
    _CREDENTIALS.tigergraph_secret,
    timeout_s=_SETTINGS.graph_timeout_ms / 1000,
    retries=0,
)
_background.submit(_catalog.ping)
_breaker = CircuitBreaker(_graph, deadline_s=_SETTINGS.graph_timeout_ms / 1000, timer=_times.timer("TypeGraphTime"))
_breaker.warm_up()


def _send(message: str) -> None:
    """To the ingest queue, with a client that is made when one is needed, which is rarely."""
    send(client("sqs", **_AWS), _SETTINGS.ingest_queue_url, [message])


_routes = build_routes(
    Services(
        Library(_catalog, _breaker),
        S3PhotoBucket(client("s3", **_AWS), _SETTINGS.photo_bucket),
        _SETTINGS.max_photo_bytes,
        _send,
    )
)
_last_answer_at: float | None = None
RELATED = "GET /photos/{id}/related"
_background.shutdown(wait=False)
gc.freeze()
gc.enable()


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    global _last_answer_at  # noqa: PLW0603 -- the function is frozen between two invocations
    if _last_answer_at is not None:
        _breaker.resume_after(time.monotonic() - _last_answer_at)
    failures_before = _breaker.failures
    answer = _routes.resolve(event, context)
    _times.publish(_metrics)
    _metrics.add_metric("DegradedSearches", "Count", int(_breaker.failures > failures_before))
    # Not the query, nor the photo to which others are to be similar: what people search for is private.
    route, parameters = event.get("routeKey"), event.get("pathParameters", {})
    about = {"photo_id": parameters["id"]} if "id" in parameters and route != RELATED else {}
    logger.info("answered", route=route, status=answer["statusCode"], **about)
    _last_answer_at = time.monotonic()
    return answer
