"""The reconcile function: where its parts are put together, and its handler."""

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from photo_library.aws import client
from photo_library.catalog.mongodb import connect_catalog
from photo_library.settings import read_credentials, read_reconcile_settings
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.bucket import S3Bucket
from reconcile.run import Reconciler

logger = Logger(service="reconcile")
_metrics = Metrics(service="reconcile")

_SETTINGS = read_reconcile_settings(os.environ)
_AWS = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})
_CREDENTIALS = read_credentials(client("secretsmanager", _AWS), _SETTINGS.stores_secret)
_CATALOG = connect_catalog(_CREDENTIALS.mongodb_uri, _SETTINGS.mongodb_database, timeout_s=10)
_RECONCILER = Reconciler(
    catalog=_CATALOG,
    graph=connect_type_graph(
        _CREDENTIALS.tigergraph_host,
        _SETTINGS.tigergraph_graph,
        _CREDENTIALS.tigergraph_secret,
        timeout_s=10,
        retries=2,
    ),
    bucket=S3Bucket(
        client("s3", _AWS),
        client("sqs", _AWS),
        _SETTINGS.photo_bucket,
        _SETTINGS.ingest_queue_url,
    ),
)


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Go on with the run that an earlier call could not finish, or begin one; returns how far it came."""
    pending = _CATALOG.pending()  # before anything is done about it, which a graph that is away would end
    age_s = (datetime.now(UTC) - pending.since).total_seconds() if pending.since else 0
    _metrics.add_metric("PhotosPending", "Count", pending.photos)
    _metrics.add_metric("OldestPending", "Seconds", round(age_s))
    run = _RECONCILER.run(lambda: context.get_remaining_time_in_millis() / 1000, logger.info)
    return asdict(run)
