"""The search function: where its parts are put together, and its handler."""

import os
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from photo_library.catalog import connect_catalog
from photo_library.photos import Photo
from photo_library.settings import read_credentials, read_settings
from photo_library.type_graph import connect_type_graph
from search.routes import build_routes

URL_LIFETIME_S = 3600

logger = Logger(service="search")

_SETTINGS = read_settings(os.environ)
_AWS = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})
_CREDENTIALS = read_credentials(boto3.client("secretsmanager", config=_AWS), _SETTINGS.stores_secret)
_S3 = boto3.client("s3", config=_AWS.merge(Config(signature_version="s3v4")))


def _sign(photo: Photo) -> str:
    where = {"Bucket": photo.bucket, "Key": photo.key} | ({"VersionId": photo.version_id} if photo.version_id else {})
    url: str = _S3.generate_presigned_url("get_object", Params=where, ExpiresIn=URL_LIFETIME_S)
    return url


# A person is waiting: the graph gets one short try, and the catalog answers in its stead.
_ROUTES = build_routes(
    connect_catalog(_CREDENTIALS.mongodb_uri, _SETTINGS.mongodb_database, timeout_s=3),
    connect_type_graph(
        _CREDENTIALS.tigergraph_host,
        _SETTINGS.tigergraph_graph,
        _CREDENTIALS.tigergraph_secret,
        timeout_s=1.5,
        retries=0,
    ),
    _sign,
)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one HTTP API request (payload format 2.0)."""
    return _ROUTES.resolve(event, context)
