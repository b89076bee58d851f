"""How fast and how completely photos like another are found without a vector index, measured on a real mongod.

    python -m tests.bench.likeness [--photos 100000] [--looks FILE.npy]

The looks are drawn at random, in kinds as garments come (of a type, in a style, with some colours), or read from a file
[N, numbers] of signed bytes. Each answer is compared with the ten highest of all products.
"""

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pymongo import MongoClient
from rich.console import Console

from infra.local.mongod import start_mongod
from photo_library.catalog.mongodb import _stored, connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.likeness import COLORS_LENGTH, EMBEDDING_LENGTH, SCALE, TYPES_LENGTH, Look, cells
from photo_library.photo import COLORS, TYPES, photo_id
from photo_library.search import Compared, Search
from search.library import LIKENESS_S
from tests.bench.growth import _documents

QUESTIONS = 40
STYLES = 40  # of each type
AT_ONCE = 20_000
DATABASE, MODEL = "likeness", "m1"
Looks = npt.NDArray[np.int8]
Floats = npt.NDArray[np.floating[Any]]


def some_looks(count: int) -> Looks:
    """Looks of garments: each is of a style, from which it differs a little, and has some colours."""
    draw = np.random.default_rng(count)
    of_type = draw.normal(size=(len(TYPES), 128))
    of_style = of_type.repeat(STYLES, 0) + draw.normal(size=(len(TYPES) * STYLES, 128)) * 0.7
    parts = []
    for several in (min(AT_ONCE, count - start) for start in range(0, count, AT_ONCE)):
        style = draw.integers(0, len(of_style), several)
        embeddings = of_style[style] + draw.normal(size=(several, 128)) * 0.5
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        colors = draw.dirichlet(np.full(len(COLORS), 0.15), several)
        types = draw.beta(0.1, 2, (several, len(TYPES)))
        types[np.arange(several), style // STYLES] = draw.beta(8, 1, several)
        parts.append(looks_of(embeddings, colors, types))
    return np.concatenate(parts)


def looks_of(embeddings: Floats, colors: Floats, types: Floats) -> Looks:
    """What likeness.joined makes of each row, for many rows at once."""
    types = types / np.maximum(1, types.sum(1, keepdims=True))
    none = np.maximum(0, 1 - types.sum(1, keepdims=True))
    parts = (
        EMBEDDING_LENGTH * embeddings,
        COLORS_LENGTH * np.sqrt(colors),
        TYPES_LENGTH * np.sqrt(np.hstack([types, none])),
    )
    return np.clip(np.rint(np.hstack(parts) * SCALE), -127, 127).astype(np.int8)


def store(uri: str, looks: Looks) -> list[str]:
    """Store photos with these looks; returns their ids."""
    ids = [photo_id("photos", f"uploads/{number}.jpg") for number in range(len(looks))]
    # Beside what likeness needs, a photo is as large as one usually is.
    (usual,) = _documents(1)
    provision_catalog(uri, DATABASE, lambda _: None)
    with MongoClient[dict[str, Any]](uri) as client:
        photos = client[DATABASE]["photos"]
        # Each index makes storing slower; what is asked here uses this one alone.
        for name in photos.index_information().keys() - {"_id_", "alike"}:
            photos.drop_index(name)
        for start in range(0, len(looks), AT_ONCE):
            photos.insert_many(
                [
                    usual | {"_id": id_, "model": MODEL, "look": _stored(look), "cell": cells(look)[0]}
                    for id_, row in zip(ids[start : start + AT_ONCE], looks[start : start + AT_ONCE], strict=True)
                    for look in [row.tobytes()]
                ],
                ordered=False,
            )
    return ids


def measure(uri: str, looks: Looks, ids: list[str]) -> tuple[float, list[float], list[Compared]]:
    """Ask for photos like some of them.

    Returns the recall of the true ten, the seconds that the answers took, and how they were found.
    """
    index = {id_: number for number, id_ in enumerate(ids)}
    hits, took, ways = 0, [], []
    with closing(connect_catalog(uri, DATABASE, timeout_s=60)) as catalog:
        for row in np.random.default_rng(1).integers(0, len(looks), QUESTIONS):
            like = looks[row].astype(np.float32)
            parts = (looks[start : start + AT_ONCE] for start in range(0, len(looks), AT_ONCE))
            products = np.concatenate([part.astype(np.float32) @ like for part in parts])
            products[row] = -np.inf
            tenth = np.partition(products, -10)[-10]
            search = Search(like=Look(MODEL, looks[row].tobytes()), other_than=ids[row], sort="likeness")
            began = time.perf_counter()
            found = catalog.most_alike(search, 10, None, LIKENESS_S)
            took.append(time.perf_counter() - began)
            ways.append(found.compared)
            hits += sum(products[index[photo.id]] >= tenth for photo in found.photos)
    return hits / (10 * QUESTIONS), took, ways


def main() -> int:
    """Measure on a mongod of its own; returns the exit status: 1 if fewer than 95 % of the true ten are found."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.likeness", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--photos", type=int, default=100_000, help="default: %(default)s")
    parser.add_argument("--looks", type=Path, help="a file of looks, instead of drawn ones")
    arguments = parser.parse_args()
    looks = np.load(arguments.looks)[: arguments.photos] if arguments.looks else some_looks(arguments.photos)
    with tempfile.TemporaryDirectory() as folder:
        process, uri = start_mongod(Path(folder, "data"), Path(folder, "log"), cache_gb=1)
        try:
            process.wait_ready()
            recall, took, ways = measure(uri, looks, store(uri, looks))
        finally:
            process.stop()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{len(looks):,} photos, {QUESTIONS} questions: {recall:.3f} of the true ten found")
    console.print(f"seconds: median {statistics.median(took):.2f}, at most {max(took):.2f}")
    numbers = [way.photos for way in ways]
    console.print(f"compared: median {statistics.median(numbers):,.0f}, at most {max(numbers):,} photos")
    console.print(f"the answers said: {', '.join(sorted({way.by for way in ways}))}")
    return 0 if recall >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
