"""The reconcile function: its composition and its handler."""

import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from photo_library.aws import client
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.queue.sqs import send
from photo_library.settings import read_credentials, read_reconcile_settings
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.run import Reconciler

logger = Logger(service="reconcile")
_metrics = Metrics(service="reconcile")

_SETTINGS = read_reconcile_settings(os.environ)
_CREDENTIALS = read_credentials(client("secretsmanager"), _SETTINGS.stores_secret)
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
    graph_check_every=timedelta(hours=_SETTINGS.graph_check_hours),
    bucket=S3PhotoBucket(client("s3"), _SETTINGS.photo_bucket),
    send=partial(send, client("sqs"), _SETTINGS.ingest_queue_url),
)


@_metrics.log_metrics
@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Continue the run that an earlier call could not finish, or begin one; returns its progress."""
    pending = _CATALOG.pending()  # first: as it was before this run
    age_s = (datetime.now(UTC) - pending.since).total_seconds() if pending.since else 0
    _metrics.add_metric("PhotosPending", "Count", pending.photos)
    _metrics.add_metric("OldestPending", "Seconds", round(age_s))
    run = _RECONCILER.run(lambda: context.get_remaining_time_in_millis() / 1000, logger.info)
    return asdict(run)
