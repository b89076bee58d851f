"""The search function: where its parts are put together, and its handler."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from photo_library.aws import client
from photo_library.catalog import connect_catalog
from photo_library.settings import read_credentials, read_search_settings
from photo_library.type_graph import connect_type_graph
from search.breaker import DEADLINE_S, Breaker
from search.bucket import S3Bucket, s3_client
from search.routes import build_routes

logger = Logger(service="search")

_SETTINGS = read_search_settings(os.environ)
_AWS = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
_CREDENTIALS = read_credentials(client("secretsmanager", _AWS), _SETTINGS.stores_secret)

# A person is waiting: the graph gets one short try, and the catalog answers in its stead.
_ROUTES = build_routes(
    connect_catalog(_CREDENTIALS.mongodb_uri, _SETTINGS.mongodb_database, timeout_s=3),
    connect_type_graph(
        _CREDENTIALS.tigergraph_host,
        _SETTINGS.tigergraph_graph,
        _CREDENTIALS.tigergraph_secret,
        timeout_s=DEADLINE_S,
        retries=0,
    ),
    Breaker(),
    S3Bucket(s3_client(_AWS), _SETTINGS.photo_bucket, _SETTINGS.max_photo_bytes),
    _SETTINGS.max_photo_bytes,
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    return _ROUTES.resolve(event, context)
