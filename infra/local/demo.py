"""The demonstration: photos in, types out, searches answered, all through the public interfaces (S3 and HTTP)."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.local.cloud import LocalCloud
from infra.samples.drawing import draw_samples
from photo_library.photo import TYPES, photo_id

TIMEOUT_S = 60  # without any progress


class DemoError(Exception):
    """A step of the demonstration failed; the message says which."""


@dataclass
class Upload:
    """A photo on its way: when its bytes had arrived, and what became of it."""

    file: Path
    id: str
    uploaded: float
    classified: float = 0.0
    photo: dict[str, Any] | None = None


def run_demo(photos: Path | None) -> None:
    """Run the whole path once, on these photos or on the sample ones. Raises DemoError, StartError."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=120)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        if photos is None:
            draw_samples(Path(folder))
        root = photos or Path(folder)
        files = _photos_in(root)
        with LocalCloud(say=console.print) as cloud:
            up = time.monotonic()
            console.print(f"the local cloud is up after {up - started:.1f} s; uploading {len(files)} files")
            uploads = _upload(cloud, root, files)
            _wait_until_classified(cloud, uploads, console)
            console.print(_photo_table(uploads))
            _search(cloud, uploads, console)
            console.print("S3 and SQS were emulated by moto, TigerGraph by a development stand-in.")
    console.print(f"done in {time.monotonic() - started:.1f} s; everything has stopped")


def _photos_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DemoError(f"{folder} is not a folder")
    inside = [(file, file.relative_to(folder).parts) for file in folder.rglob("*") if file.is_file()]
    files = sorted(file for file, parts in inside if not any(part.startswith(".") for part in parts))
    if not files:
        raise DemoError(f"{folder} contains no files")
    return files


def _upload(cloud: LocalCloud, root: Path, files: list[Path]) -> list[Upload]:
    s3 = cloud.client("s3")
    uploads = []
    for file in files:
        key = f"uploads/{file.relative_to(root).as_posix()}"
        s3.upload_file(str(file), cloud.bucket, key)
        uploads.append(Upload(file, photo_id(cloud.bucket, key), time.monotonic()))
    return uploads


def _wait_until_classified(cloud: LocalCloud, uploads: list[Upload], console: Console) -> None:
    waiting = list(uploads)
    progress = time.monotonic()
    with console.status("") as status, requests.Session() as session:
        while waiting:
            status.update(f"{len(uploads) - len(waiting)} of {len(uploads)} photos classified")
            for upload in list(waiting):
                answer = session.get(f"{cloud.api_url}/photos/{upload.id}", timeout=30)
                if answer.ok:
                    upload.photo, upload.classified = answer.json(), time.monotonic()
                    waiting.remove(upload)
                    progress = time.monotonic()
                elif answer.status_code != requests.codes.not_found:
                    raise DemoError(f"GET /photos/{upload.id} answered {answer.status_code}: {answer.text[:200]}")
            if time.monotonic() - progress > TIMEOUT_S:
                last = _last_error(cloud.logs / "ClassifyFunction.log")
                raise DemoError(
                    f"{waiting[0].file.name} was not classified within {TIMEOUT_S} s; "
                    f"the last error that classify logged: {last}"
                )
            time.sleep(0.02)


def _last_error(log: Path) -> str:
    lines = (
        [line for line in log.read_text().splitlines() if "Error" in line or '"ERROR"' in line] if log.exists() else []
    )
    return lines[-1][:500] if lines else "none"


def _photo_table(uploads: list[Upload]) -> Table:
    table = _table("Photos", "photo", "format", "pixels", "types, with probabilities", "seconds")
    for upload in uploads:
        photo = upload.photo or {}
        rejected = f"rejected: {photo.get('detail')}"
        table.add_row(
            escape(upload.file.name),
            photo.get("format", ""),
            f"{photo['width']} × {photo['height']}" if "width" in photo else "",
            _types(photo) if photo["status"] == "classified" else rejected,
            f"{upload.classified - upload.uploaded:.1f}",
        )
    return table


def _search(cloud: LocalCloud, uploads: list[Upload], console: Console) -> None:
    """Search for every type over HTTP, and check that each photo is found by what it shows."""
    table = _table("Searches", "request", "results, best first", "answered by", "ms")
    deadline = time.monotonic() + TIMEOUT_S
    for name in TYPES:
        path = f"/search?type={name}"
        body, took = _search_until_complete(cloud, path, uploads, name, deadline)
        photos = body["photos"]
        shown = [f"{escape(photo['title'])} {photo['types'][name]:.2f}" for photo in photos[:3]]
        more = f" and {len(photos) - len(shown)} more" if len(photos) > len(shown) else ""
        table.add_row(path, ", ".join(shown) + more or "–", body["backend"], f"{took * 1000:.0f}")
    console.print(table)
    counts = ", ".join(f"{one['type']} {one['photos']}" for one in _get(cloud, "/types")["types"])
    console.print(f"  /types: {counts}\n")


def _search_until_complete(
    cloud: LocalCloud, path: str, uploads: list[Upload], type_name: str, deadline: float
) -> tuple[dict[str, Any], float]:
    """The answer, and how long it took. The graph follows the catalog by a moment, so a photo may still be missing."""
    while True:
        began = time.monotonic()
        body = _get(cloud, path)
        took = time.monotonic() - began
        found = {photo["id"] for photo in body["photos"]}
        missing = [one.file.name for one in uploads if _shows(one, type_name) and one.id not in found]
        if not missing or len(found) == body["limit"]:
            return body, took
        if time.monotonic() > deadline:
            raise DemoError(f"{missing[0]} shows {type_name}, but GET {path} doesn't find it")
        time.sleep(0.02)


def _get(cloud: LocalCloud, path: str) -> Any:
    answer = requests.get(f"{cloud.api_url}{path}", timeout=30)
    if not answer.ok:
        raise DemoError(f"GET {path} answered {answer.status_code}: {answer.text[:200]}")
    return answer.json()


def _shows(upload: Upload, type_name: str) -> bool:
    return bool((upload.photo or {}).get("types", {}).get(type_name, 0) >= 0.5)


def _types(photo: dict[str, Any]) -> str:
    return ", ".join(f"{name} {probability:.2f}" for name, probability in list(photo["types"].items())[:3])


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in ("seconds", "ms") else "left")
    return table
