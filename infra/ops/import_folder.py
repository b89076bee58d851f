"""Send the pictures of a folder on this machine into the library.

    python -m infra.ops.import_folder FOLDER                   into the bucket of the stack photo-library
    python -m infra.ops.import_folder FOLDER --bucket NAME

A file's key is uploads/, the prefix if there is one, and its path below the folder; its title is its name. Safe to
interrupt and to repeat: what the bucket holds already is not sent again. Credentials and Region are AWS's usual ones;
with AWS_ENDPOINT_URL it goes into a local cloud (`make up` prints the line).
"""

import argparse
import hashlib
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.ops.command import exit_status
from photo_library.aws import client
from photo_library.errors import PhotoLibraryError
from photo_library.events import UPLOADS
from photo_library.formats import content_type_of

AT_ONCE = 8
# So many failures without one success: it is no matter of single files.
HOPELESS = 20


class ImportFailed(PhotoLibraryError):
    """The import could not begin, or not all pictures were sent. Says what to do about it."""


@dataclass
class Outcome:
    """What became of the pictures."""

    sent: int = 0
    unchanged: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # path → why

    @property
    def hopeless(self) -> bool:
        return len(self.failed) >= HOPELESS and not self.sent


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures below a folder, and what is none by its name; hidden files and folders are neither.

    Raises ImportFailed.
    """
    if not folder.is_dir():
        raise ImportFailed(f"{folder} is not a folder")
    files = sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
    )
    pictures = [file for file in files if content_type_of(file.name)]
    return pictures, [file for file in files if not content_type_of(file.name)]


def send(
    s3: Any,
    bucket: str,
    folder: Path,
    pictures: list[Path],
    *,
    prefix: str = "",
    done: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Send pictures of a folder with a boto3 `s3` client; a `prefix` ends with a slash, `done` is told after each.

    Raises ImportFailed when the bucket cannot be listed or nothing can be sent. Interrupted, it lets those that are on
    their way arrive.
    """
    stored = _stored(s3, bucket, f"{UPLOADS}{prefix}")
    outcome, waiting, lock = Outcome(), iter(pictures), threading.Lock()
    begin, stop = threading.Event(), threading.Event()

    def work() -> None:
        begin.wait()
        while not stop.is_set():
            with lock:
                file = next(waiting, None)
            if file is None:
                return
            path = file.relative_to(folder).as_posix()
            try:
                sent = _send(s3, bucket, f"{UPLOADS}{prefix}{path}", file, stored)
                why = None
            except (BotoCoreError, ClientError, OSError, UnicodeError) as error:
                why = str(error)
            with lock:
                if why is not None:
                    outcome.failed[path] = why
                elif sent:
                    outcome.sent += 1
                else:
                    outcome.unchanged += 1
                if outcome.hopeless:
                    stop.set()
                done(outcome)

    with ThreadPoolExecutor(AT_ONCE) as workers:
        try:
            working = [workers.submit(work) for _ in range(AT_ONCE)]
            # Not before: a thread in whose start the interruption falls is one that the pool does not wait for.
            begin.set()
            for one in working:
                one.result()
        finally:
            stop.set()
            begin.set()
    return outcome


def _stored(s3: Any, bucket: str, prefix: str) -> dict[str, tuple[int, str]]:
    """Size and ETag of what the bucket holds, by key."""
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {one["Key"]: (one["Size"], one["ETag"].strip('"')) for page in pages for one in page.get("Contents", [])}
    except (BotoCoreError, ClientError) as error:
        raise ImportFailed(f"the bucket {bucket} cannot be listed: {error}") from error


def _send(s3: Any, bucket: str, key: str, file: Path, stored: Mapping[str, tuple[int, str]]) -> bool:
    """Send one file unless the bucket has it already; returns whether it was sent."""
    size, etag = stored.get(key, (-1, ""))
    with file.open("rb") as content:
        # The ETag of what is sent in one part, into a bucket that is encrypted as ours is, is its MD5 digest.
        if size == file.stat().st_size and hashlib.file_digest(content, _md5).hexdigest() == etag:
            return False
        content.seek(0)
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type_of(file.name))
    return True


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def bucket_of(cloudformation: Any, stack: str) -> str:
    """The bucket of a deployed stack. Raises ImportFailed."""
    try:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except (BotoCoreError, ClientError) as error:
        raise ImportFailed(
            f"the stack {stack} cannot be asked for its bucket, so name it with BUCKET: {error}"
        ) from error
    outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}
    if "BucketName" not in outputs:
        raise ImportFailed(f"the stack {stack} has no output BucketName")
    return str(outputs["BucketName"])


def summary(outcome: Outcome, others: list[Path], folder: Path) -> Iterator[str]:
    """What became of everything, a line each: causes of failures with the first few files."""
    causes: dict[str, list[str]] = {}
    for path, why in sorted(outcome.failed.items()):
        causes.setdefault(why, []).append(path)
    for why, paths in sorted(causes.items(), key=lambda item: -len(item[1])):
        yield f"{len(paths):,} not sent: {_first(paths)}: {why}"
    if others:
        endings = Counter(file.suffix.lower() or file.name for file in others).most_common(5)
        named = ", ".join(f"{count:,} {ending}" for ending, count in endings)
        yield f"{len(others):,} skipped, no pictures by their names ({named}): {_first(_paths(others, folder))}"
    yield f"{outcome.sent:,} sent, {outcome.unchanged:,} there already, {len(outcome.failed):,} not sent"


def _paths(files: list[Path], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def _first(paths: list[str]) -> str:
    shown = ", ".join(paths[:3]).encode(errors="replace").decode()  # a file's name need not be text
    return f"{shown}{', …' if len(paths) > 3 else ''}"


def main() -> int:
    """Import what the command line names; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m infra.ops.import_folder", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", help="its pictures are sent, those in folders below it too")
    parser.add_argument("--bucket", help="the bucket (default: that of the stack)")
    parser.add_argument("--stack", default="photo-library", help="the deployed stack (default: %(default)s)")
    parser.add_argument("--prefix", default="", help="folder below uploads/ that they go to (default: none)")
    arguments = parser.parse_args()
    if not arguments.folder:  # which would be the present folder
        parser.error("which folder? make import FOLDER=photos")
    folder = Path(arguments.folder)
    prefix = f"{arguments.prefix.strip('/')}/" if arguments.prefix.strip("/") else ""
    console = Console(highlight=False, soft_wrap=True)

    def work() -> None:
        pictures, others = split(folder)
        try:
            bucket = arguments.bucket or bucket_of(client("cloudformation"), arguments.stack)
            s3 = client("s3", read_timeout_s=60)
        except BotoCoreError as error:  # no Region, for one
            raise ImportFailed(str(error)) from error
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("pictures", total=len(pictures))

            def done(outcome: Outcome) -> None:
                progress.update(task, completed=outcome.sent + outcome.unchanged + len(outcome.failed))

            outcome = send(s3, bucket, folder, pictures, prefix=prefix, done=done)
        for line in summary(outcome, others, folder):
            console.print(line, markup=False)
        if outcome.failed:
            raise ImportFailed(
                f"nothing could be sent to {bucket}: stopped after {len(outcome.failed)} failures"
                if outcome.hopeless
                else "run it again to send what is missing"
            )

    return exit_status(work)


if __name__ == "__main__":
    sys.exit(main())
