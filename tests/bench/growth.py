"""How search over MongoDB grows: pages of the product's catalog, with its own indexes, at several numbers of photos."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from infra.local.mongod import start_mongod
from photo_library.catalog.mongodb import MongoCatalog, _to_document, connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.likeness import joined
from photo_library.photo import COLORS, THUMBNAILS, TYPES, Photo, photo_id
from photo_library.search import Place, Search
from tests.bench.figures import percentile

MIN_PROBABILITY = 0.01  # all that is stored
LIMIT = 20
CACHE_GB = 3.0  # holds the largest collection, as a database server does for what is searched
Say = Callable[[str], None]
Page = Callable[[], list[Photo]]


def search_times(
    sizes: Sequence[int], page: int, runs: int, queries: int, say: Say
) -> dict[str, dict[int, dict[str, list[float]]]]:
    """Seconds of the first and the `page`-th page at each size: {"first" | "later": {size: {"p50" | "p99": [a run]}}}.

    A size with fewer pages has no later one. All sizes are asked in turn, so that whatever else the machine does
    meets all of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        process, uri = start_mongod(Path(folder, "data"), Path(folder, "log"), CACHE_GB)
        try:
            process.wait_ready()
            for size in sizes:
                say(f"storing {size:,} photos")
                _fill(uri, _database(size), size)
            say(f"{runs} runs of {queries} searches at each size")
            catalogs = {size: connect_catalog(uri, _database(size), timeout_s=60) for size in sizes}
            pages = {
                (which, size): searches
                for size, catalog in catalogs.items()
                for which, searches in (("first", _pages(catalog, 1)), ("later", _pages(catalog, page)))
                if searches
            }
            _timed(pages, queries // 4)  # unmeasured: plans are made, and what is read is in the cache
            times: dict[str, dict[int, dict[str, list[float]]]] = {"first": {}, "later": {}}
            for _ in range(runs):
                for (which, size), took in _timed(pages, queries).items():
                    found = times[which].setdefault(size, {"p50": [], "p99": []})
                    found["p50"].append(percentile(took, 50))
                    found["p99"].append(percentile(took, 99))
            for catalog in catalogs.values():
                catalog.close()
        finally:
            process.stop()
        return times


def _timed(pages: dict[tuple[str, int], list[Page]], queries: int) -> dict[tuple[str, int], list[float]]:
    times: dict[tuple[str, int], list[float]] = {key: [] for key in pages}
    for number in range(queries):
        for key, searches in pages.items():
            search = searches[number % len(searches)]
            began = time.perf_counter()
            found = search()
            times[key].append(time.perf_counter() - began)
            if len(found) != LIMIT:
                raise RuntimeError(f"a full page was expected, not {len(found)} photos")
    return times


def _pages(catalog: MongoCatalog, number: int) -> list[Page]:
    """A search for this page of every type that has so many."""

    def of(name: str) -> Search:
        return Search(types=(name,), min_probability=MIN_PROBABILITY)

    def search(name: str, after: Place | None) -> Page:
        return lambda: catalog.search(of(name), LIMIT, after)

    found = []
    for name in TYPES:
        after = None
        if number > 1:
            before = catalog.search(of(name), LIMIT * (number - 1))
            after = Place(before[-1].id, before[-1].types[name])
        if len(catalog.search(of(name), LIMIT, after)) == LIMIT:
            found.append(search(name, after))
    return found


def _fill(uri: str, database: str, size: int) -> None:
    with MongoClient[dict[str, Any]](uri) as client:
        documents = _documents(size)
        while several := list(islice(documents, 10_000)):
            client[database]["photos"].insert_many(several, ordered=False)
    provision_catalog(uri, database, lambda _: None)


def _documents(size: int) -> Iterator[dict[str, Any]]:
    """Photos as classify writes them: mostly one type with a high probability, and a few with the rest."""
    draw = random.Random(size)
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    embeddings = [tuple(draw.gauss(0, 0.09) for _ in range(128)) for _ in range(1000)]
    for number in range(size):
        digest = f"{draw.getrandbits(128):032x}"
        key = f"uploads/{number // 1000:04}/IMG_{number % 1000:04}.jpg"
        rest, types = 1.0, {}
        for name in draw.sample(TYPES, 3):
            share = rest * (1 - draw.random() ** 3 / 2)
            types[name], rest = round(max(share, MIN_PROBABILITY), 4), rest - share
        embedding = draw.choice(embeddings)
        colors = tuple(draw.sample(COLORS, draw.choice((1, 1, 2))))
        yield _to_document(
            Photo(
                id=photo_id("photos", key),
                bucket="photos",
                key=key,
                sequencer=f"{number:032X}",
                status="classified",
                uploaded_at=now,
                updated_at=now,
                graph="synced",
                version_id=f"{draw.getrandbits(128):032x}",
                etag=digest,
                digest=digest,
                size=draw.randrange(1_000_000, 6_000_000),
                title=key.rpartition("/")[2],
                format="JPEG",
                width=4000,
                height=3000,
                types=types,
                model="bench",
                embedding=embedding,
                colors=colors,
                look=joined(embedding, [(name in colors) / len(colors) for name in COLORS], types),
                thumbnail=f"{THUMBNAILS}{photo_id('photos', key)}/{draw.getrandbits(64):016x}-{number:X}.webp",
            )
        )


def _database(size: int) -> str:
    return f"photos_{size}"
