"""The same searches by both stores, compared with what a plain look at every photo says."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from photo_library.catalog.mongodb import MongoCatalog, connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.photo import COLORS, TYPES, Photo
from photo_library.search import FACETS, Facet, Place, Search, Sort, Total
from photo_library.type_graph.tigergraph import connect_type_graph
from tests.support.examples import NOON, a_photo
from tests.support.tigergraph import Server

SECONDS = 1000  # in which all photos were uploaded
TITLES = {
    "Blue Shirt": ("blue", "shirt"),
    "grünes Hemd": ("grunes", "hemd"),
    "T-shirt_42 – Größe": ("t", "shirt", "42", "grosse"),
    "": (),
}
# The ids in the store's order, from a place on.
Ask = Callable[[Search, int, Place | None], list[str]]


@dataclass
class Found:
    """A photo as the plain look finds it."""

    rank: float
    id: str


def some_types(dice: random.Random) -> dict[str, float]:
    """Probabilities of some types, best first: often in coarse steps, so that many photos have the same ones."""
    names = dice.sample(TYPES, dice.choice([0, 1, 2, 2, 3, 4, 5, 10]))
    steps = [0.05, 0.1, 0.1667, 0.2, 0.4999, 0.5, 0.5, 0.7, 0.9, 0.95, 1.0]
    parts = [dice.choice(steps) if dice.random() < 0.7 else round(dice.random(), 4) for _ in names]
    return dict(zip(names, sorted(parts, reverse=True), strict=True))


def some_photos(dice: random.Random, count: int) -> list[Photo]:
    """Photos of every status, several of them uploaded in the same second."""
    return [
        a_photo(
            f"uploads/{number}.jpg",
            status=(status := dice.choices(["classified", "rejected", "deleted"], [20, 1, 1])[0]),
            reason="damaged" if status == "rejected" else None,
            title=dice.choice(list(TITLES)),
            colors=tuple(dice.sample(COLORS, dice.choice([0, 1, 1, 2, 3]))),
            types=some_types(dice) if status == "classified" else {},
            uploaded_at=NOON + timedelta(seconds=dice.randrange(SECONDS), milliseconds=dice.choice([0, 455])),
            taken_at=dice.choice([None, f"2026-03-01T12:{dice.randrange(17):02}:00{dice.choice(['', '+05:00'])}"]),
        )
        for number in range(count)
    ]


def some_search(dice: random.Random) -> Search:
    names = dice.sample(TYPES, dice.choice([1, 1, 2, 2, 3, 4, 5, 10]))
    unwanted = [name for name in TYPES if name not in names and dice.random() < 0.1]
    match = dice.choice(("all", "any"))
    return Search(
        types=tuple(name for name in TYPES if name in names),
        unwanted=tuple(unwanted),
        match=match,  # type: ignore[arg-type]
        min_probability=dice.choice([0.0, 0.1, 0.2, dice.random(), 0.5, 0.5, 0.9]),
    )


def narrowed(search: Search, dice: random.Random) -> Search:
    """The search with some of the conditions that only MongoDB knows, and with fewer of the others."""
    since = NOON + timedelta(seconds=dice.randrange(SECONDS))
    return replace(
        search,
        types=search.types[: dice.choice([0, 1, 2])],
        unwanted=search.unwanted[:1],
        colors=(colors := tuple(name for name in COLORS if dice.random() < 0.15)),
        unwanted_colors=tuple(name for name in COLORS if name not in colors and dice.random() < 0.05),
        words=dice.choice([(), (), ("shirt",), ("gr",), ("42", "t"), ("hem", "jpg"), ("1",)]),
        since=dice.choice([None, since]),
        before=dice.choice([None, since + timedelta(seconds=SECONDS // 2)]),
        untyped=dice.random() < 0.3,
        sort=dice.choice(["newest", "oldest", "taken"]),
    )


def of_rejected(search: Search, dice: random.Random) -> Search:
    """A search of rejected photos with some of the same conditions."""
    return Search(
        status="rejected",
        words=search.words,
        since=search.since,
        before=search.before,
        sort=dice.choice(["newest", "oldest"]),
    )


def is_narrow(photo: Photo, search: Search) -> bool:
    words = (*TITLES[photo.title or ""], *photo.key.removeprefix("uploads/").split("."))
    return (
        photo.status == search.status
        and all(any(word.startswith(beginning) for word in words) for beginning in search.words)
        and (not search.colors or not set(search.colors).isdisjoint(photo.colors))
        and set(search.unwanted_colors).isdisjoint(photo.colors)
        and (search.since is None or search.since <= photo.uploaded_at)
        and (search.before is None or search.before > photo.uploaded_at)
        and (not search.untyped or all(probability < 0.5 for probability in photo.types.values()))
    )


def expected_results(photos: list[Photo], search: Search) -> list[Found]:
    """What the search finds, by a plain look at each photo, as the documents describe it."""
    found = []
    for photo in photos:
        shown = [
            photo.types[name]
            for name in TYPES
            if name in search.types and name in photo.types and photo.types[name] >= search.min_probability
        ]
        if search.types and len(shown) < (len(search.types) if search.match == "all" else 1):
            continue
        if not is_narrow(photo, search):
            continue
        if any(photo.types.get(name, -1) >= min(0.5, search.min_probability) for name in search.unwanted):
            continue
        product = 1.0
        for probability in shown:
            product *= probability
        score = product if search.match == "all" else max(shown, default=1.0)
        uploaded = photo.uploaded_at.timestamp() * 1000
        taken = datetime.fromisoformat(f"{photo.taken_at[:19]}Z").timestamp() * 1000 if photo.taken_at else uploaded
        ranks = {"relevance": score, "newest": uploaded, "oldest": uploaded, "taken": taken}
        found.append(Found(ranks[search.sort], photo.id))
    return sorted(found, key=lambda one: (-one.rank, one.id), reverse=search.sort == "oldest")


def expected_facets(photos: list[Photo], search: Search) -> dict[str, Facet]:
    """How many photos the search finds with one more type, or one more colour."""

    def with_type(name: str) -> Search:
        return replace(search, types=tuple(one for one in TYPES if one == name or one in search.types))

    def with_color(name: str) -> Search:
        return replace(search, colors=tuple(one for one in COLORS if one == name or one in search.colors))

    return {
        "type": Facet({name: len(expected_results(photos, with_type(name))) for name in TYPES}, exact=True),
        "color": Facet({name: len(expected_results(photos, with_color(name))) for name in COLORS}, exact=True),
    }


def counted(photos: list[Photo], name: str, min_probability: float) -> tuple[int, float | None]:
    """How many photos show a type, and the mean of their probabilities, in whole ten-thousandths."""
    shown = [round(one.types[name] * 10_000) for one in photos if one.types.get(name, -1) >= min_probability]
    return len(shown), round(sum(shown) / 10_000 / len(shown), 4) if shown else None


@pytest.fixture
def catalog(mongodb_uri: str, database: str) -> Iterator[MongoCatalog]:
    provision_catalog(mongodb_uri, database, lambda _: None)
    with closing(connect_catalog(mongodb_uri, database, timeout_s=30)) as catalog:
        yield catalog


@pytest.mark.parametrize(
    ("count", "searches", "walks"), [(1000, 100, 10), pytest.param(3000, 300, 25, marks=pytest.mark.slow)]
)
def test_both_stores_find_what_a_plain_look_finds_in_the_same_order(
    catalog: MongoCatalog, provisioned: Server, count: int, searches: int, walks: int
) -> None:
    dice = random.Random(5)
    photos = some_photos(dice, count)
    catalog.write(photos)
    graph = connect_type_graph(provisioned.host, provisioned.graph, provisioned.secret, timeout_s=30, retries=0)
    classified = {photo.id: photo.types for photo in photos if photo.status == "classified"}
    graph.write(classified, new=classified.keys())

    def ask_graph(search: Search, limit: int, after: Place | None) -> list[str]:
        return [found.id for found in graph.search(search, limit, after)]

    def ask_catalog(search: Search, limit: int, after: Place | None) -> list[str]:
        return [photo.id for photo in catalog.search(search, limit, after)]

    lengths = []
    for number in range(searches):
        search = some_search(dice)
        by_date: Sort = dice.choice(["newest", "oldest", "taken"])
        dated, narrow = replace(search, sort=by_date), narrowed(search, dice)
        relevant_and_narrow = replace(narrow, types=search.types, sort="relevance")
        ranked, recent = expected_results(photos, search), expected_results(photos, dated)
        narrowed_down = expected_results(photos, narrow)
        not_taken = of_rejected(narrow, dice)
        lengths.append(len(ranked))
        for wanted, expected, stores in (
            (search, ranked, (ask_graph, ask_catalog)),
            (dated, recent, (ask_catalog,)),
            (narrow, narrowed_down, (ask_catalog,)),
            (not_taken, expected_results(photos, not_taken), (ask_catalog,)),
            (relevant_and_narrow, expected_results(photos, relevant_and_narrow), (ask_catalog,)),
        ):
            start = dice.choice([None, *range(len(expected))])
            after = None if start is None else Place(expected[start].id, expected[start].rank)
            limit = dice.choice([1, 20, 100])
            page = [one.id for one in expected[0 if start is None else start + 1 :][:limit]]
            for ask in stores:
                assert ask(wanted, limit, after) == page, (ask.__name__, wanted, after)
                if number < walks:
                    assert ids_of_all_pages(partial(ask, wanted), expected, dice) == [one.id for one in expected]
        for wanted, expected in (
            (search, ranked),
            (narrow, narrowed_down),
            (not_taken, expected_results(photos, not_taken)),
        ):
            assert catalog.total(wanted, time_s=30) == Total(len(expected), exact=True)
        if number % 50 == 0:
            for wanted in (search, narrow, relevant_and_narrow):
                facets = {name: catalog.facet(wanted, name, time_s=30) for name in FACETS}
                assert facets == expected_facets(photos, wanted)
    for min_probability in (0.0, 0.3, 0.5, 0.5001, 0.999, 1.0):
        for store in (graph, catalog):
            counts = {
                name: (one.photos, one.mean_probability) for name, one in store.type_counts(min_probability).items()
            }
            assert counts == {name: counted(photos, name, min_probability) for name in TYPES}
    # The searches are worth asking: some find nothing, most find something, and some find much.
    assert min(lengths) == 0
    assert sorted(lengths)[searches // 2] > 20
    assert max(lengths) > count // 2


def ids_of_all_pages(
    ask: Callable[[int, Place | None], list[str]], expected: list[Found], dice: random.Random
) -> list[str]:
    """All pages together, each of another length."""
    ranks = {one.id: one.rank for one in expected}
    ids: list[str] = []
    after = None
    while page := ask(dice.randrange(100, 300), after):
        ids += page
        after = Place(page[-1], ranks[page[-1]])
    return ids
