"""Reclassify photos that were classified by another model or an older version.

Older versions stored less, such as no previews of HEIC photos. Run it after deploying a new model, and again until it
finds nothing. It can be interrupted and repeated: photos of the present model are left alone, and a photo that is sent
twice is classified once. Manual corrections are kept.
"""

import json
from collections.abc import Callable
from pathlib import Path

import click

from infra.ops.command import aws_client, database_option, find_credentials, print_line, queue_option, secret_option
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
    report: Callable[[str], None],
    page_size: int = PAGE,
) -> int:
    """Send every photo that `model` has not classified to the ingest queue; returns how many.

    Raises CatalogUnavailable and QueueUnavailable.
    """
    sent, after = 0, ""
    while photos := catalog.page(after, page_size, not_classified_by=model):
        send_messages(
            [reprocess_message(photo.bucket, photo.key, sequencer_after(photo.sequencer)) for photo in photos]
        )
        sent, after = sent + len(photos), photos[-1].id
        report(f"{sent:,} photos up to {after}")
    return sent


@click.command("reclassify", help=__doc__)
@queue_option
@secret_option
@database_option
@click.option(
    "--model",
    metavar="VERSION",
    default=json.loads(MANIFEST.read_text())["version"],
    show_default="the bundled model",
    help="Version of the model whose photos are left alone.",
)
@click.option("--dry-run", is_flag=True, help="Only count the photos.")
def command(queue_url: str, secret: str | None, database: str, model: str, dry_run: bool) -> None:
    sqs = aws_client("sqs")

    def send_messages(bodies: list[str]) -> None:
        if not dry_run:
            send(sqs, queue_url, bodies)

    catalog = connect_catalog(find_credentials(secret).mongodb_uri, database, timeout_s=30)
    sent = reclassify(catalog, send_messages, model, print_line)
    print(f"{sent:,} photos {'would be ' if dry_run else ''}sent for reclassification")
