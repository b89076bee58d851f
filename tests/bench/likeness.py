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
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pymongo import MongoClient
from rich.console import Console

from infra.local.mongod import start_mongod
from photo_library.catalog.mongodb import _stored, connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.likeness import Look, cells, joined
from photo_library.photo import COLORS, TYPES
from photo_library.search import Search
from search.library import LIKENESS_S
from tests.bench.growth import _documents

QUESTIONS = 40
STYLES = 40  # of each type
Looks = npt.NDArray[np.int8]


def some_looks(count: int) -> Looks:
    """Looks of garments: each is of a style, from which it differs a little, and has some colours."""
    draw = np.random.default_rng(count)
    of_type = draw.normal(size=(len(TYPES), 128))
    of_style = of_type.repeat(STYLES, 0) + draw.normal(size=(len(TYPES) * STYLES, 128)) * 0.7
    rows = []
    for style in draw.integers(0, len(of_style), count):
        embedding = of_style[style] + draw.normal(size=128) * 0.5
        colors = draw.dirichlet(np.full(len(COLORS), 0.15))
        types = dict(zip(TYPES, draw.beta(0.1, 2, len(TYPES)).tolist(), strict=True))
        types[TYPES[style // STYLES]] = float(draw.beta(8, 1))
        rows.append(joined((embedding / np.linalg.norm(embedding)).tolist(), colors.tolist(), types))
    return np.stack([np.frombuffer(row, np.int8) for row in rows])


def measure(uri: str, looks: Looks) -> tuple[float, list[float], list[str]]:
    """Store photos with these looks, and ask for those like some of them.

    Returns the recall of the true ten, the seconds that the answers took, and how they were found.
    """
    provision_catalog(uri, "likeness", lambda _: None)
    with MongoClient[dict[str, Any]](uri) as client:
        documents = list(_documents(len(looks)))
        for document, look in zip(documents, looks, strict=True):
            document |= {"model": "m1", "look": _stored(look.tobytes()), "cell": cells(look.tobytes())[0]}
        client["likeness"]["photos"].insert_many(documents, ordered=False)
    catalog = connect_catalog(uri, "likeness", timeout_s=60)
    index = {document["_id"]: number for number, document in enumerate(documents)}
    numbers, hits, took, ways = looks.astype(np.float32), 0, [], []
    for row in np.random.default_rng(1).integers(0, len(looks), QUESTIONS):
        products = numbers @ numbers[row]
        products[row] = -np.inf
        tenth = np.partition(products, -10)[-10]
        like = Look("m1", looks[row].tobytes())
        search = Search(like=like, other_than=documents[row]["_id"], sort="likeness")
        began = time.perf_counter()
        found = catalog.most_alike(search, 10, None, LIKENESS_S)
        took.append(time.perf_counter() - began)
        ways.append(f"{found.compared.by} ({found.compared.photos:,})")
        hits += sum(products[index[photo.id]] >= tenth for photo in found.photos)
    catalog.close()
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
            recall, took, ways = measure(uri, looks)
        finally:
            process.stop()
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{len(looks):,} photos, {QUESTIONS} questions: {recall:.3f} of the true ten found")
    console.print(f"seconds: median {statistics.median(took):.2f}, at most {max(took):.2f}")
    console.print(f"compared: {', '.join(ways[:5])}, …")
    return 0 if recall >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
