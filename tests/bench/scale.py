"""What a photo takes in the catalog, measured on a real mongod: bytes of documents and of each index, and times.

    python -m tests.bench.scale [--photos 100000]

docs/scale.md works out from it what large libraries need.
"""

import argparse
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bson.binary import Binary, BinaryVectorDtype
from pymongo import MongoClient
from rich.console import Console

from infra.local.mongod import start_mongod
from photo_library.catalog.mongodb import MongoCatalog, _from_document, connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.photo import TYPES
from reconcile.run import PAGE
from tests.bench.growth import _documents

DATABASE = "scale"
BATCH = 10
BATCHES = 200
# How many of 341 photographs (the validation part of the data set that model/README.md names) have so many types that
# are stored: the bundled model of 2026-11-26, MIN_PROBABILITY as in template.yaml.
TYPES_A_PHOTO = {0: 37, 1: 238, 2: 52, 3: 13, 4: 1}
EMBEDDING = 128
COLORS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")


def documents(count: int) -> Iterator[dict[str, Any]]:
    """The benchmark's photos, with as many types as photographs have, and upload times that differ."""
    draw = random.Random(count)
    began = datetime(2020, 1, 1, tzinfo=UTC)
    kinds, weights = list(TYPES_A_PHOTO), list(TYPES_A_PHOTO.values())
    for number, document in enumerate(_documents(count)):
        names = draw.sample(TYPES, draw.choices(kinds, weights)[0])
        probabilities = sorted((round(draw.uniform(0.1, 1), 4) for _ in names), reverse=True)
        document["types"] = dict(zip(names, probabilities, strict=True))
        document["uploaded_at"] = document["updated_at"] = document["dated_at"] = began + timedelta(seconds=number * 20)
        document["colors"] = draw.sample(COLORS, draw.randint(1, 3))
        vector = [draw.gauss(0, 0.09) for _ in range(EMBEDDING)]
        document["embedding"] = Binary.from_vector(vector, BinaryVectorDtype.FLOAT32)
        yield document


def measure(uri: str, count: int, say: Callable[[str], None]) -> None:
    """Store so many photos and say what they take."""
    with MongoClient[dict[str, Any]](uri) as client:
        photos = client[DATABASE]["photos"]
        provision_catalog(uri, DATABASE, lambda _: None)
        source = documents(count + BATCH * BATCHES)
        while several := list(itertools.islice(source, min(10_000, count - photos.estimated_document_count()))):
            photos.insert_many(several, ordered=False)
        client.admin.command("fsync")
        stats = client[DATABASE].command("collStats", "photos")
        say(f"{stats['count']:,} photos, mongod {client.server_info()['version']}, bytes a photo:")
        say(f"{stats['size'] / count:8.0f}  document")
        say(f"{stats['storageSize'] / count:8.0f}  document on disk, compressed")
        say(f"{stats['totalIndexSize'] / count:8.0f}  all indexes, of which")
        sizes = {name: size / count for name, size in stats["indexSizes"].items()}
        types = sum(size for name, size in sizes.items() if name.startswith("type_"))
        for name, size in {"the ten types'": types, **sizes}.items():
            if not name.startswith("type_"):
                say(f"{size:8.0f}      {name}")
        catalog = connect_catalog(uri, DATABASE, timeout_s=60)
        say("milliseconds, median:")
        for name, took in times(catalog, [_from_document(one) for one in source]).items():
            say(f"{statistics.median(took) * 1000:8.1f}  {name}")
        catalog.close()


def times(catalog: MongoCatalog, photos: list[Any]) -> dict[str, list[float]]:
    """Seconds that calls of the functions take, by what they are."""

    def batch(number: int) -> None:
        several = photos[number * BATCH : (number + 1) * BATCH]
        catalog.find([photo.id for photo in several])
        catalog.write(several)
        catalog.mark_synced(several)

    def page(number: int) -> None:
        catalog.page(f"{number * 97 % 251:02x}", PAGE)

    calls: dict[str, tuple[Callable[[int], object], int]] = {
        f"a batch of {BATCH} stored, journaled and noted as synced": (batch, len(photos) // BATCH),
        f"a page of {PAGE} for reconcile": (page, 50),
        "how many photos show each type": (lambda _: catalog.type_counts(0.5), 3),
    }
    took: dict[str, list[float]] = {}
    for name, (call, runs) in calls.items():
        for number in range(runs):
            began = time.perf_counter()
            call(number)
            took.setdefault(name, []).append(time.perf_counter() - began)
    return took


def main() -> int:
    """Measure on a mongod of its own, or on MONGODB_URI's; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=100_000, help="default: %(default)s")
    arguments = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as folder:
        process, uri = start_mongod(Path(folder, "data"), Path(folder, "log"), cache_gb=1)
        try:
            process.wait_ready()
            measure(uri, arguments.photos, console.print)
        finally:
            process.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
