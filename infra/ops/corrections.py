"""Export manually corrected photos as labelled pictures for the next training.

    catalog, bucket -> FOLDER/<folder of the type>/<photo id>.jpg    (in the folder of each of its types)

Training and evaluation know these folders: add them to DATA/clothing-dataset-small/train/ and train, or run
`make evaluate PHOTOS=FOLDER` to see how the model does on them. Repeating the export replaces its earlier result.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from infra.ops.command import aws_client, database_option, find_credentials, print_line, secret_option
from model.data import FOLDERS, OTHER_FOLDER, TYPE_OF_FOLDER
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.port import PhotoCatalog
from photo_library.photo import Photo

FOLDER_OF_TYPE = {name: folder for folder, name in TYPE_OF_FOLDER.items()}
PAGE = 500


def export(
    catalog: PhotoCatalog,
    fetch: Callable[[Photo], bytes | None],
    out: Path,
    report: Callable[[str], None],
    page_size: int = PAGE,
) -> int:
    """Write every manually corrected picture; returns how many. Raises CatalogUnavailable and BucketUnavailable."""
    for folder in FOLDERS:  # an earlier correction may have been changed or its photo deleted since
        shutil.rmtree(out / folder, ignore_errors=True)
    count, after = 0, ""
    while photos := catalog.page(after, page_size):
        after = photos[-1].id
        for photo in photos:
            if photo.status != "classified" or photo.types_source == "model":
                continue
            if (data := fetch(photo)) is None:
                continue
            for folder in [FOLDER_OF_TYPE[name] for name in photo.types] or [OTHER_FOLDER]:
                (out / folder).mkdir(parents=True, exist_ok=True)
                # Training looks for .jpg files, and reads their format from the content.
                (out / folder / f"{photo.id}.jpg").write_bytes(data)
            count += 1
        report(f"{count:,} pictures up to {after}")
    return count


def fetch_object(s3: Any, photo: Photo) -> bytes | None:
    """The bytes that were corrected, read with a botocore `s3` client; None when they were deleted."""
    found = S3PhotoBucket(s3, photo.bucket).fetch(photo.key, version_id=photo.version_id)
    return found.data if found else None


@click.command("corrections", help=__doc__)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the pictures.")
@secret_option
@database_option
def command(out: Path, secret: str | None, database: str) -> None:
    catalog = connect_catalog(find_credentials(secret).mongodb_uri, database, timeout_s=30)
    s3 = aws_client("s3")
    count = export(catalog, lambda photo: fetch_object(s3, photo), out, print_line)
    print(f"{count:,} manually corrected pictures exported to {out}")
