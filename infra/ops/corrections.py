"""Export what people said of photos, as labelled pictures for the next training.

    python -m infra.ops.corrections --out FOLDER                  credentials from the environment, or
    python -m infra.ops.corrections --out FOLDER --secret ARN

    catalog, bucket -> FOLDER/<folder of the label>/<photo id>.jpg

The folders are those that training and evaluation know: put them into DATA/clothing-dataset-small/train/ and train, or
see how the model does on them with `make evaluate PHOTOS=FOLDER`. Run again, it writes all of it anew.
"""

import argparse
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.ops.command import exit_status, find_credentials
from model.data import FOLDERS, OTHER_FOLDER, TYPE_OF_FOLDER
from photo_library.aws import client
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
    say: Callable[[str], None],
    page_size: int = PAGE,
) -> int:
    """Write the pictures that a person said something of; returns how many. Raises CatalogUnavailable,
    BucketUnavailable.
    """
    for folder in FOLDERS:  # what was said before may have been corrected, or deleted, since
        shutil.rmtree(out / folder, ignore_errors=True)
    count, after = 0, ""
    while photos := catalog.page(after, page_size):
        after = photos[-1].id
        for photo in photos:
            if photo.status != "classified" or photo.types_source == "model":
                continue
            if (data := fetch(photo)) is None:
                continue
            target = out / next((FOLDER_OF_TYPE[name] for name in photo.types), OTHER_FOLDER)
            target.mkdir(parents=True, exist_ok=True)
            # Training looks for .jpg; what the format is, it reads from the content.
            (target / f"{photo.id}.jpg").write_bytes(data)
            count += 1
        say(f"{count:,} pictures up to {after}")
    return count


def fetch_object(s3: Any, photo: Photo) -> bytes | None:
    """The bytes that were corrected, read with a botocore `s3` client; None when they were deleted."""
    found = S3PhotoBucket(s3, photo.bucket).fetch(photo.key, version_id=photo.version_id)
    return found.data if found else None


def main() -> int:
    """Export what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.ops.corrections", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument(
        "--secret", metavar="ARN", help="the secret that holds the credentials; default: the environment"
    )
    parser.add_argument("--database", default="photo_library", help="MongoDB database (default: %(default)s)")
    arguments = parser.parse_args()

    def work() -> None:
        credentials = find_credentials(arguments.secret)
        catalog = connect_catalog(credentials.mongodb_uri, arguments.database, timeout_s=30)
        s3 = client("s3")
        count = export(
            catalog, lambda photo: fetch_object(s3, photo), arguments.out, lambda line: print(line, flush=True)
        )
        print(f"{count:,} pictures that people have said something of, in {arguments.out}")

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
