"""Reconcile by hand.

    python -m reconcile --bucket NAME --queue-url URL             credentials from the environment, or
    python -m reconcile --bucket NAME --queue-url URL --secret ARN

Interrupted, it goes on where it stopped when it is run again. The environment variables are those of the secret,
MONGODB_URI, TIGERGRAPH_HOST and TIGERGRAPH_SECRET.
"""

import argparse
import math
import sys
from datetime import timedelta

import boto3

from infra.ops.command import exit_status, find_credentials
from photo_library.catalog.mongodb import connect_catalog
from photo_library.type_graph.tigergraph import connect_type_graph
from reconcile.bucket import S3Bucket
from reconcile.run import SETTLED, Reconciler


def main() -> int:
    """Reconcile what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m reconcile", description="Bring bucket, catalog and type graph into agreement."
    )
    parser.add_argument("--bucket", required=True, help="the bucket of the photos")
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
        help="leave alone what changed later than this, its event may be on its way (default: %(default)g)",
    )
    parser.add_argument("--rebuild-graph", action="store_true", help="write all photos to the graph again")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--force", action="store_true", help="even if more than a tenth of all photos are deleted")
    arguments = parser.parse_args()

    def say(line: str) -> None:
        sys.stdout.write(f"{'would do: ' if arguments.dry_run else ''}{line}\n")
        sys.stdout.flush()

    def work() -> None:
        credentials = find_credentials(arguments.secret)
        Reconciler(
            catalog=connect_catalog(credentials.mongodb_uri, arguments.database, timeout_s=30),
            graph=connect_type_graph(
                credentials.tigergraph_host,
                arguments.graph,
                credentials.tigergraph_secret,
                timeout_s=30,
                retries=2,
            ),
            bucket=S3Bucket(boto3.client("s3"), boto3.client("sqs"), arguments.bucket, arguments.queue_url),
            rebuild_graph=arguments.rebuild_graph,
            dry_run=arguments.dry_run,
            force=arguments.force,
            settled=timedelta(minutes=arguments.settled),
        ).run(lambda: math.inf, say)

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
