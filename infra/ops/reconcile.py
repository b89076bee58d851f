"""Run reconcile by hand: bring the bucket, the catalog and the type graph into agreement.

If interrupted, run it again to continue.
"""

import math
from datetime import timedelta
from functools import partial

import click

from infra.ops.command import (
    aws_client,
    bucket_option,
    database_option,
    find_credentials,
    graph_option,
    print_line,
    queue_option,
    secret_option,
)
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.errors import TypeGraphUnavailable
from photo_library.queue.sqs import send
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.run import SETTLED, Reconciler


@click.command("reconcile", help=__doc__)
@bucket_option
@queue_option
@secret_option
@database_option
@graph_option
@click.option(
    "--settled",
    type=float,
    default=SETTLED / timedelta(minutes=1),
    show_default=True,
    metavar="MINUTES",
    help="Leave alone what changed within these minutes: its event may still be on its way.",
)
@click.option("--rebuild-graph", is_flag=True, help="Write all photos to the graph again, and do nothing else.")
@click.option("--dry-run", is_flag=True, help="Only report what would be done.")
@click.option("--force", is_flag=True, help="Continue even if more than a tenth of all photos would be deleted.")
def command(
    *,
    bucket: str,
    queue_url: str,
    secret: str | None,
    database: str,
    graph: str,
    settled: float,
    rebuild_graph: bool,
    dry_run: bool,
    force: bool,
) -> None:
    credentials = find_credentials(secret)
    reconciler = Reconciler(
        catalog=connect_catalog(credentials.mongodb_uri, database, timeout_s=30),
        graph=connect_type_graph(
            credentials.tigergraph_host, graph, credentials.tigergraph_secret, timeout_s=30, retries=2
        ),
        bucket=S3PhotoBucket(aws_client("s3"), bucket),
        send=partial(send, aws_client("sqs"), queue_url),
        rebuild_graph=rebuild_graph,
        dry_run=dry_run,
        force=force,
        settled=timedelta(minutes=settled),
    )
    run = reconciler.run(lambda: math.inf, lambda line: print_line(f"{'would do: ' if dry_run else ''}{line}"))
    if run.skipped:
        raise TypeGraphUnavailable(f"{', '.join(run.skipped)}: skipped; run it again when TigerGraph is up")
