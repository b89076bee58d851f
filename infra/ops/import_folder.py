"""Upload the pictures in a folder on this machine, including its subfolders.

A file's key is uploads/, the prefix if there is one, and the file's path below the folder; its title is its name. The
upload can be interrupted and repeated: files that the bucket already has are not sent again. AWS credentials and
Region are the usual ones; with AWS_ENDPOINT_URL the pictures go to a local cloud (`make up` prints the line).
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.ops.command import aws_client, bucket_option
from photo_library.errors import PhotoLibraryError
from photo_library.events import UPLOADS
from photo_library.formats import content_type_of

AT_ONCE = 8
# After so many failures without a success, the cause is not in single files.
HOPELESS = 20


class ImportFailed(PhotoLibraryError):
    """The import could not start, or some pictures were not sent. The message says what to do."""


@dataclass
class Outcome:
    """How many pictures were sent, were in the bucket already, or failed."""

    sent: int = 0
    unchanged: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # path → why

    @property
    def hopeless(self) -> bool:
        return len(self.failed) >= HOPELESS and not self.sent


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures below a folder, and the other files, by their names; hidden files and folders are left out.

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
    """Send pictures of a folder with a botocore `s3` client; a `prefix` ends with a slash, `done` is called after each.

    Raises ImportFailed when the bucket cannot be listed. When interrupted, it finishes the uploads in progress.
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
            # Only now: the pool would not wait for a thread whose start was interrupted.
            begin.set()
            for one in working:
                one.result()
        finally:
            stop.set()
            begin.set()
    return outcome


def _stored(s3: Any, bucket: str, prefix: str) -> dict[str, tuple[int, str]]:
    """Size and ETag of each object, by key."""
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return {one["Key"]: (one["Size"], one["ETag"].strip('"')) for page in pages for one in page.get("Contents", [])}
    except (BotoCoreError, ClientError) as error:
        raise ImportFailed(f"cannot list the bucket {bucket}: {error}") from error


def _send(s3: Any, bucket: str, key: str, file: Path, stored: Mapping[str, tuple[int, str]]) -> bool:
    """Send one file unless the bucket has it; returns whether it was sent."""
    size, etag = stored.get(key, (-1, ""))
    with file.open("rb") as content:
        # The ETag of an object sent in one part into a bucket with SSE-S3 encryption, as ours, is its MD5 digest.
        if size == file.stat().st_size and hashlib.file_digest(content, _md5).hexdigest() == etag:
            return False
        content.seek(0)
        s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType=content_type_of(file.name))
    return True


def _md5() -> Any:
    return hashlib.md5(usedforsecurity=False)


def summary(outcome: Outcome, others: list[Path], folder: Path) -> Iterator[str]:
    """The outcome, a line each: every cause of failures with its first files, skipped files, and totals."""
    causes: dict[str, list[str]] = {}
    for path, why in sorted(outcome.failed.items()):
        causes.setdefault(why, []).append(path)
    for why, paths in sorted(causes.items(), key=lambda item: -len(item[1])):
        yield f"{len(paths):,} not sent: {_first(paths)}: {why}"
    if others:
        endings = Counter(file.suffix.lower() or file.name for file in others).most_common(5)
        named = ", ".join(f"{count:,} {ending}" for ending, count in endings)
        yield f"{len(others):,} skipped: not a supported picture format ({named}): {_first(_paths(others, folder))}"
    yield f"{outcome.sent:,} sent, {outcome.unchanged:,} already in the library, {len(outcome.failed):,} not sent"


def _paths(files: list[Path], folder: Path) -> list[str]:
    return [file.relative_to(folder).as_posix() for file in files]


def _first(paths: list[str]) -> str:
    shown = ", ".join(paths[:3]).encode(errors="replace").decode()  # a file name may not be valid text
    return f"{shown}{', …' if len(paths) > 3 else ''}"


@click.command("import", help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path))
@bucket_option
@click.option("--prefix", default="", help="Folder below uploads/ to send the pictures to.  [default: none]")
def command(folder: Path, bucket: str, prefix: str) -> None:
    prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    console = Console(highlight=False, soft_wrap=True)
    pictures, others = split(folder)
    s3 = aws_client("s3")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("pictures", total=len(pictures))

        def done(outcome: Outcome) -> None:
            progress.update(task, completed=outcome.sent + outcome.unchanged + len(outcome.failed))

        outcome = send(s3, bucket, folder, pictures, prefix=prefix, done=done)
    for line in summary(outcome, others, folder):
        console.print(line, markup=False)
    if outcome.hopeless:
        raise ImportFailed(f"nothing could be sent to {bucket}: stopped after {len(outcome.failed)} failures")
    if outcome.failed:
        raise ImportFailed("run it again to send the missing pictures")
