"""Pictures damaged at random, in every format: each ends as classified or rejected.

    python -m tests.support.fuzz [--pictures 2100] [--seed N]

They go through the pipeline as uploads do, ten at a time, with the bundled model and stores in memory. Prints what
became of them, the time of the slowest ten and the memory that they took beside the model, as JSON in the last line.
"""

import argparse
import io
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from classify.image import FORMATS
from classify.pipeline import Pipeline
from classify.saved_model import SavedModel
from infra.local.template import ROOT
from infra.samples.drawing import draw_samples
from photo_library.bucket.port import FetchedObject
from photo_library.photo import REASONS
from tests.support.examples import NOON, a_picture, an_event
from tests.support.fakes import FakeCatalog, FakeThumbnails, FakeTypeGraph

BATCH = 10
_EXTREMES = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\1\0\0", b"\x80\0\0\0"]


def originals() -> dict[str, list[bytes]]:
    """The sample photos in every format, some of them animated, progressive, with a palette, or transparent."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = [Image.open(path).convert("RGBA").resize((160, 160)) for path in draw_samples(Path(folder))]
    found: dict[str, list[bytes]] = {}
    for format_ in FORMATS:
        for number, picture in enumerate(pictures):
            flat = picture if format_ in ("PNG", "WEBP", "AVIF") and number % 2 else picture.convert("RGB")
            options = {}
            if format_ == "JPEG" and number % 2:
                options = {"progressive": True, "exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\3\0\1\0\0\0\6\0\0\0"}
            elif format_ in ("GIF", "WEBP", "AVIF", "PNG") and number % 3 == 0:
                options = {"save_all": True, "append_images": [pictures[number - 1].convert(flat.mode)]}
            elif format_ in ("PNG", "BMP", "GIF") and number % 3 == 1:
                flat = flat.convert("RGB").quantize(16)
            data = io.BytesIO()
            flat.save(data, format_, **options)
            found.setdefault(format_, []).append(data.getvalue())
    return found


def mutated(data: bytes, other: bytes, randomly: random.Random) -> bytes:
    """The file with one to four things wrong with it; parts of `other` may have got into it."""
    damaged = bytearray(data)
    for _ in range(randomly.randint(1, 4)):
        if not damaged:
            break
        # Headers are where a small change does the most.
        end = randomly.choice((64, 512, len(damaged)))
        place = randomly.randrange(min(end, len(damaged)))
        length = randomly.choice((1, 4, 64, 1000))
        match randomly.randrange(7):
            case 0:
                damaged[place] ^= 1 << randomly.randrange(8)
            case 1:
                damaged[place : place + 4] = randomly.choice(_EXTREMES)
            case 2:
                damaged[place : place + length] = randomly.randbytes(length)
            case 3:
                del damaged[place : place + length]
            case 4:
                damaged[place:place] = damaged[place : place + length] * randomly.choice((1, 50))
            case 5:
                start = randomly.randrange(len(other))
                damaged[place : place + length] = other[start : start + length]
            case _:
                del damaged[max(place, randomly.randrange(len(damaged))) :]
    return bytes(damaged)


def fuzz(pictures: int, seed: int, say: Callable[[str], None]) -> dict[str, object]:
    """Ingest so many damaged pictures, of each format as many; AssertionError names one that did not end well."""
    randomly, model, kinds = random.Random(seed), SavedModel(ROOT / "model"), originals()
    outcomes: dict[str, Counter[str]] = {format_: Counter() for format_ in kinds}
    ingest_one_batch(model, [a_picture()] * BATCH)
    before = _peak()
    slowest = 0.0
    done = 0
    while done < pictures:
        formats = [FORMATS[(done + number) % len(FORMATS)] for number in range(min(BATCH, pictures - done))]
        files = [
            mutated(randomly.choice(kinds[one]), randomly.choice(kinds[randomly.choice(FORMATS)]), randomly)
            for one in formats
        ]
        begun = time.monotonic()
        for format_, outcome in zip(formats, ingest_one_batch(model, files), strict=True):
            outcomes[format_][outcome] += 1
        slowest = max(slowest, time.monotonic() - begun)
        done += len(files)
        if done % 200 < BATCH:
            say(f"{done:,} of {pictures:,} damaged pictures")
    return {
        "pictures": done,
        "seed": seed,
        "slowest_ten_s": round(slowest, 2),
        "megabytes": round(_peak() - before),
        "outcomes": {format_: dict(counts) for format_, counts in outcomes.items()},
    }


def ingest_one_batch(model: SavedModel, files: list[bytes]) -> list[str]:
    """What became of each file: classified, or the reason of its rejection."""
    catalog, graph = FakeCatalog(), FakeTypeGraph()
    keys = {f"uploads/{number}": data for number, data in enumerate(files)}
    thumbnails = FakeThumbnails()
    pipeline = Pipeline(
        fetch=lambda event: FetchedObject(data=keys[event.key], size=len(keys[event.key]), modified=NOON),
        store_thumbnail=thumbnails.store,
        delete_thumbnails=thumbnails.delete,
        model=model,
        catalog=catalog,
        graph=graph,
        min_probability=0.01,
    )
    failures = pipeline.ingest({key: an_event(key) for key in keys}).failures
    assert failures == {}, failures
    photos = {photo.key: photo for photo in catalog.photos.values()}
    assert graph.types.keys() == {photo.id for photo in photos.values() if photo.status == "classified"}
    return [_outcome(photos[key].status, photos[key].reason) for key in keys]


def _outcome(status: str, reason: str | None) -> str:
    if status == "classified":
        return status
    assert status == "rejected"
    assert reason in REASONS
    return str(reason)


def _peak() -> float:
    """The most memory that this process had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    """Fuzz; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.fuzz", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=2_100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    arguments = parser.parse_args()

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    say(json.dumps(fuzz(arguments.pictures, arguments.seed, say)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
