"""How soon the page is there and an upload has its types, in a real browser on the local cloud.

python -m tests.bench.page [--photos N] [--runs N]

first page   from the navigation's start until all pictures in sight are drawn and the search box can be used, with
             nothing in the browser's cache and warm functions
upload       from the moment when the last byte had arrived in the bucket until the page shows the types
scrolling    through all photos: the longest that the page was busy at once, and how many are in the document then
"""

import argparse
import io
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, expect
from pymongo import MongoClient

from infra.local.cloud import LocalCloud
from infra.samples.drawing import draw_samples
from photo_library.catalog.mongodb import _to_document
from photo_library.photo import COLORS, TYPES, Photo, photo_id
from tests.bench.pictures import camera_photo
from tests.support.browser import browser, chromium, drop, opened

BATCH = 1_000
PICTURES = 200  # that differ; the photos share their thumbnails

# Resolves with the milliseconds since the navigation began, once everything in sight is drawn.
READY = """async () => {
  for (;;) {
    const images = [...document.querySelectorAll("#gallery img")].filter((image) => {
      const box = image.getBoundingClientRect();
      return box.top < innerHeight && box.bottom > 0;
    });
    if (images.length && images.every((image) => image.complete && image.naturalWidth)) break;
    await new Promise((look) => setTimeout(look, 10)); // frame by frame it would keep the page drawing
  }
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  return performance.now();
}"""

# Scrolls to the end, whatever comes, and resolves with the longest task in milliseconds.
SCROLL = """async (photos) => {
  let longest = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) longest = Math.max(longest, one.duration); })
    .observe({ entryTypes: ["longtask"] });
  const shown = () => Number(document.querySelector("#gallery li:last-child").ariaPosInSet);
  while (shown() < photos) {
    scrollBy(0, 1500);
    await new Promise(requestAnimationFrame);
  }
  return longest;
}"""


def main() -> int:
    """Measure what the command line asks for; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.page", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()
    if not chromium():
        sys.stderr.write("there is no Chromium on PATH\n")
        return 1
    with LocalCloud() as cloud, browser() as chrome:
        fill(cloud, arguments.photos)
        loads = [first_page(chrome, cloud.api_url) for _ in range(arguments.runs + 1)]
        tell("first page", loads[0:1], "ms, the very first: the search functions start")
        tell("first page", loads[1:], f"ms with {arguments.photos:,} photos")
        with opened(chrome, cloud.api_url, motion=True) as page:
            waits = uploads(page, arguments.runs + 1)
        tell("upload", waits[0:1], "ms, the very first: the classify function starts")
        tell("upload", waits[1:], "ms from the last byte to the types")
        with opened(chrome, cloud.api_url, motion=True) as page:
            page.evaluate(READY)
            longest = page.evaluate(SCROLL, arguments.photos)
            tell("scrolling", [longest], f"ms the longest task on the way through {arguments.photos:,} photos")
            tell("scrolling", [page.locator("#gallery li").count()], "photos in the document at the end")
    return 0


def tell(what: str, values: list[float], unit: str) -> None:
    """Print a figure: the median, and between which it lies."""
    middle = f"{statistics.median(values):,.0f}"
    spread = f" ({min(values):,.0f} to {max(values):,.0f}, {len(values)} runs)" if len(values) > 1 else ""
    sys.stdout.write(f"{what:12} {middle} {unit}{spread}\n")
    sys.stdout.flush()


def first_page(chrome: Browser, url: str) -> float:
    """Milliseconds until the first page can be used."""
    with opened(chrome, url, motion=True) as page:
        took: float = page.evaluate(READY)
        expect(page.get_by_role("combobox", name="Search photos")).to_be_editable()
    return took


def uploads(page: Page, runs: int) -> list[float]:
    """Milliseconds from the arrival of each upload until its types are shown, one photo after the other."""
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs):
            file = Path(folder, f"upload{run}.jpg")
            file.write_bytes(camera_photo(1600, 1200, seed=run))
            drop(page, file)
            expect(page.locator("#uploads li", has_text=file.name)).to_have_class("classified", timeout=60_000)
    rows = page.locator("#uploads li").evaluate_all("rows => rows.map((row) => Number(row.dataset.took))")
    return list(rows)


def fill(cloud: LocalCloud, photos: int) -> None:
    """Put classified photos into the catalog and the type graph, and their pictures into the bucket."""
    randomly, s3 = Random(1), cloud.client("s3")
    keys = _pictures(s3, cloud.bucket)
    now = datetime.now(UTC)
    with MongoClient[dict[str, Any]](cloud.credentials.mongodb_uri) as client:
        collection = client[cloud.database]["photos"]
        for begin in range(0, photos, BATCH):
            documents = []
            for number in range(begin, min(begin + BATCH, photos)):
                key, (original, thumbnail, width, height) = f"uploads/{number}.jpg", randomly.choice(keys)
                first, second = randomly.sample(TYPES, 2)
                sure = round(randomly.uniform(0.4, 0.98), 4)
                photo = Photo(
                    id=photo_id(cloud.bucket, key),
                    bucket=cloud.bucket,
                    key=original,
                    sequencer="0" * 32,
                    status="classified",
                    graph="synced",
                    uploaded_at=now - timedelta(minutes=number),
                    updated_at=now,
                    title=f"Photo {number}",
                    size=400_000,
                    format="JPEG",
                    width=width,
                    height=height,
                    types={first: sure, second: round(1 - sure, 4)},
                    colors=(randomly.choice(COLORS),),
                    embedding=tuple(randomly.gauss(0, 0.1) for _ in range(64)),
                    thumbnail=thumbnail,
                )
                documents.append(_to_document(photo))
            collection.insert_many(documents)


def _pictures(s3: Any, bucket: str) -> list[tuple[str, str, int, int]]:
    """Keys of pictures and their thumbnails, of several shapes, with width and height."""
    randomly, keys = Random(2), []
    with tempfile.TemporaryDirectory() as folder:
        samples = [Image.open(path).convert("RGB") for path in draw_samples(Path(folder))]
    for number in range(PICTURES):
        width, height = randomly.choice([(480, 480), (480, 360), (360, 480), (320, 480), (480, 270)])
        with io.BytesIO() as file:
            randomly.choice(samples).resize((width, height)).save(file, "WEBP", quality=70)
            data = file.getvalue()
        original, thumbnail = f"pictures/{number}.webp", f"thumbnails/{number:024x}/x.webp"
        for key in (original, thumbnail):
            s3.put_object(
                Bucket=bucket,
                Key=key,
                Body=data,
                ContentType="image/webp",
                CacheControl="private, max-age=31536000, immutable",
            )
        keys.append((original, thumbnail, width * 3, height * 3))
    return keys


if __name__ == "__main__":
    sys.exit(main())
