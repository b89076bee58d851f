"""Bring bucket, catalog and type graph into agreement.

    python -m infra.ops.reconcile --bucket NAME --queue-url URL                   credentials from the environment, or
    python -m infra.ops.reconcile --bucket NAME --queue-url URL --secret ARN

Safe to interrupt: run it again to continue where it stopped. The environment variables are those of the secret,
MONGODB_URI, TIGERGRAPH_HOST and TIGERGRAPH_SECRET.
"""

import argparse
import math
import sys
from datetime import timedelta
from functools import partial

from infra.ops.command import exit_status, find_credentials
from photo_library.aws import client
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.queue.sqs import send
from photo_library.settings import StoreCredentials
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.run import SETTLED, Reconciler, Run, Say


def reconcile(
    credentials: StoreCredentials,
    *,
    bucket: str,
    queue_url: str,
    database: str,
    graph: str,
    say: Say,
    settled: timedelta = SETTLED,
    rebuild_graph: bool = False,
    dry_run: bool = False,
    force: bool = False,
) -> Run:
    """Reconcile a deployment's stores completely. Raises TooManyDeletions and TransientError."""
    reconciler = Reconciler(
        catalog=connect_catalog(credentials.mongodb_uri, database, timeout_s=30),
        graph=connect_type_graph(
            credentials.tigergraph_host, graph, credentials.tigergraph_secret, timeout_s=30, retries=2
        ),
        bucket=S3PhotoBucket(client("s3"), bucket),
        send=partial(send, client("sqs"), queue_url),
        rebuild_graph=rebuild_graph,
        dry_run=dry_run,
        force=force,
        settled=settled,
    )
    return reconciler.run(lambda: math.inf, say)


def main() -> int:
    """Reconcile what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.reconcile", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--bucket", required=True, help="the photos' bucket")
    parser.add_argument("--queue-url", required=True, help="the ingest queue")
    parser.add_argument(
        "--secret", metavar="ARN", help="the secret that holds the credentials; default: the environment"
    )
    parser.add_argument("--database", default="photo_library", help="MongoDB database (default: %(default)s)")
    parser.add_argument("--graph", default="photos", help="TigerGraph graph (default: %(default)s)")
    parser.add_argument(
        "--settled",
        type=float,
        default=SETTLED / timedelta(minutes=1),
        metavar="MINUTES",
        help="leave later changes alone, their events may still arrive (default: %(default)g)",
    )
    parser.add_argument("--rebuild-graph", action="store_true", help="write all photos to the graph again")
    parser.add_argument("--dry-run", action="store_true", help="only print what would be done")
    parser.add_argument("--force", action="store_true", help="even if more than a tenth of all photos are deleted")
    arguments = parser.parse_args()

    def say(line: str) -> None:
        sys.stdout.write(f"{'would do: ' if arguments.dry_run else ''}{line}\n")
        sys.stdout.flush()

    return exit_status(
        lambda: reconcile(
            find_credentials(arguments.secret),
            bucket=arguments.bucket,
            queue_url=arguments.queue_url,
            database=arguments.database,
            graph=arguments.graph,
            say=say,
            settled=timedelta(minutes=arguments.settled),
            rebuild_graph=arguments.rebuild_graph,
            dry_run=arguments.dry_run,
            force=arguments.force,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
