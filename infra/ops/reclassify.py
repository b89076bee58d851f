"""Have photos classified again that another model than the present one, or an older version of classify, classified.

    python -m infra.ops.reclassify --queue-url URL                  credentials from the environment, or
    python -m infra.ops.reclassify --queue-url URL --secret ARN

An older version is one that stored no colours and no embedding. Safe to interrupt and to repeat: a photo that the
model has classified is not sent again, and one that is sent twice is classified once. Run it after the new model was
deployed, and again until it finds nothing.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from infra.ops.command import exit_status, find_credentials
from photo_library.aws import client
from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.port import PhotoCatalog
from photo_library.events import reprocess_message, sequencer_after
from photo_library.queue.sqs import send

MANIFEST = Path(__file__).parents[2] / "model" / "manifest.json"
PAGE = 500


def reclassify(
    catalog: PhotoCatalog,
    send_messages: Callable[[list[str]], None],
    model: str,
    say: Callable[[str], None],
    page_size: int = PAGE,
) -> int:
    """Send photos that another model or an older version classified through the ingest queue; returns how many.

    What a person said of a photo, classify keeps. Raises CatalogUnavailable and QueueUnavailable.
    """
    sent, after = 0, ""
    while photos := catalog.page(after, page_size, not_classified_by=model):
        send_messages(
            [reprocess_message(photo.bucket, photo.key, sequencer_after(photo.sequencer)) for photo in photos]
        )
        sent, after = sent + len(photos), photos[-1].id
        say(f"{sent:,} photos up to {after}")
    return sent


def main() -> int:
    """Send what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m infra.ops.reclassify", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queue-url", required=True, help="the ingest queue")
    parser.add_argument(
        "--secret", metavar="ARN", help="the secret that holds the credentials; default: the environment"
    )
    parser.add_argument("--database", default="photo_library", help="MongoDB database (default: %(default)s)")
    parser.add_argument(
        "--model",
        metavar="VERSION",
        default=json.loads(MANIFEST.read_text())["version"],
        help="the model whose photos are left alone (default: the bundled one, %(default)s)",
    )
    parser.add_argument("--dry-run", action="store_true", help="only count the photos")
    arguments = parser.parse_args()
    sqs = client("sqs")

    def send_messages(bodies: list[str]) -> None:
        if not arguments.dry_run:
            send(sqs, arguments.queue_url, bodies)

    def work() -> None:
        credentials = find_credentials(arguments.secret)
        catalog = connect_catalog(credentials.mongodb_uri, arguments.database, timeout_s=30)
        sent = reclassify(catalog, send_messages, arguments.model, lambda line: print(line, flush=True))
        print(f"{sent:,} photos that {arguments.model} has not classified{'' if arguments.dry_run else ': sent again'}")

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
