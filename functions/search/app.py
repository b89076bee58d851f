"""The search function: where its parts are put together, and its handler.

In a cold start the credentials are read while the rest is imported, and the stores are greeted while the client of S3
is made.
"""

# ruff: noqa: E402 -- the credentials are read while the rest is imported
import gc
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

gc.disable()  # what a start makes is there to stay: looking through it for garbage takes a tenth of the start

from botocore.config import Config

from photo_library.aws import client
from photo_library.settings import read_credentials, read_search_settings

_SETTINGS = read_search_settings(os.environ)
_AWS = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
_aside = ThreadPoolExecutor(2)
_asked = _aside.submit(read_credentials, client("secretsmanager", _AWS), _SETTINGS.stores_secret)

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_library.catalog.mongodb import connect_catalog
from photo_library.metrics import Stages
from photo_library.type_graph.tigergraph import connect_type_graph
from search.breaker import DEADLINE_S, Breaker
from search.bucket import S3Bucket, s3_client
from search.routes import build_routes

logger = Logger(service="search")
_metrics = Metrics(service="search")
_stages = Stages()

_CREDENTIALS = _asked.result()
_catalog = connect_catalog(_CREDENTIALS.mongodb_uri, _SETTINGS.mongodb_database, timeout_s=3)
# A person is waiting: the graph gets one short try, and the catalog answers in its stead.
_graph = connect_type_graph(
    _CREDENTIALS.tigergraph_host,
    _SETTINGS.tigergraph_graph,
    _CREDENTIALS.tigergraph_secret,
    timeout_s=DEADLINE_S,
    retries=0,
)
for _store in (_catalog, _graph):
    _aside.submit(_store.ping)
_breaker = Breaker()
_ROUTES = build_routes(
    _stages.port("CatalogTime", _catalog),
    _graph,
    _stages.port("TypeGraphTime", _breaker),
    S3Bucket(s3_client(_AWS), _SETTINGS.photo_bucket, _SETTINGS.max_photo_bytes),
    _SETTINGS.max_photo_bytes,
)
_answered_at: float | None = None
_aside.shutdown(wait=False)
gc.freeze()
gc.enable()


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    global _answered_at  # noqa: PLW0603 -- what is known of the time between two invocations
    if _answered_at is not None:
        _breaker.thawed(time.monotonic() - _answered_at)
    refused = _breaker.refused
    answer = _ROUTES.resolve(event, context)
    _stages.hand_on(_metrics)
    _metrics.add_metric("DegradedSearches", "Count", int(_breaker.refused > refused))
    # Nothing of the query: what people search for is theirs.
    about = {"photo_id": event["pathParameters"]["id"]} if "id" in event.get("pathParameters", {}) else {}
    logger.info("answered", route=event.get("routeKey"), status=answer["statusCode"], **about)
    _answered_at = time.monotonic()
    return answer
