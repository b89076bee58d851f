"""Every way in which the catalog finds the most alike photos, asked the same, compared with a plain look at all."""

import os
import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import bson
import numpy as np
import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import ExecutionTimeout

from photo_library.catalog import mongodb
from photo_library.catalog.mongodb import MongoCatalog, connect_catalog
from photo_library.catalog.port import Alike, PhotoCatalog
from photo_library.catalog.provisioning import VECTOR_INDEX_FIELDS, provision_catalog
from photo_library.catalog.queries import FROM_VECTOR_INDEX, VECTOR_INDEX, looks_pipeline
from photo_library.likeness import NUMBERS, SCALE, Look, cells, joined, to_text
from photo_library.photo import COLORS, TYPES, Photo
from photo_library.search import Compared, Place, Search, Total, place
from tests.support.examples import NOON, a_photo
from tests.support.fakes import FakeCatalog
from tests.support.vector_search import VectorSearching

DIMENSIONS = NUMBERS - len(COLORS) - len(TYPES) - 1
PHOTOS = 600
PATIENT_S = 60


def some_look(dice: random.Random) -> bytes:
    """A look near one of a few: garments come in kinds."""
    kind = random.Random(dice.randrange(12))
    embedding = [kind.gauss(0, 1) + dice.gauss(0, 0.4) for _ in range(DIMENSIONS)]
    length = sum(number**2 for number in embedding) ** 0.5
    shares = [dice.random() ** 4 for _ in COLORS]
    types = {name: dice.random() ** 2 for name in kind.sample(TYPES, 2)}
    return joined([number / length for number in embedding], [share / sum(shares) for share in shares], types)


def some_photos(dice: random.Random) -> list[Photo]:
    """Photos of two models and every status; some have no look, and some the same as another."""
    photos: list[Photo] = []
    for number in range(PHOTOS):
        status = dice.choices(["classified", "rejected", "deleted"], [20, 1, 1])[0]
        look = some_look(dice) if status == "classified" and dice.random() < 0.95 else b""
        if photos and dice.random() < 0.05:
            look = dice.choice(photos).look
        photo = a_photo(
            f"uploads/{number}.jpg",
            status=status,
            look=look if status == "classified" else b"",
            model=dice.choices(["m1", "m0"], [9, 1])[0],
            types={name: dice.choice([0.3, 0.5, 0.9]) for name in dice.sample(TYPES, dice.choice([0, 1, 1, 2]))},
            colors=tuple(dice.sample(COLORS, dice.choice([1, 2]))),
            title=dice.choice(["blue shirt", "a bag"]),
            uploaded_at=NOON + timedelta(minutes=number),
        )
        photos.append(photo if status == "classified" else replace(photo, types={}, colors=()))
    return photos


def some_search(dice: random.Random, photos: list[Photo]) -> Search:
    """What is like a photo, or like something else; with some of all other conditions."""
    like = dice.choice([photo for photo in photos if photo.look and photo.model == "m1"])
    from_library = dice.random() < 0.7
    moment = NOON + timedelta(minutes=dice.randrange(PHOTOS))
    return Search(
        like=Look("m1", like.look if from_library else some_look(dice)),
        other_than=like.id if from_library else None,
        sort="likeness",
        types=tuple(name for name in TYPES if dice.random() < dice.choice([0, 0, 0.2])),
        unwanted=(dice.choice(TYPES),) if dice.random() < 0.2 else (),
        match=dice.choice(["any", "any", "all"]),
        min_probability=dice.choice([0.2, 0.5]),
        colors=tuple(name for name in COLORS if dice.random() < dice.choice([0, 0, 0.3])),
        unwanted_colors=(dice.choice(COLORS),) if dice.random() < 0.2 else (),
        words=("blue",) if dice.random() < 0.2 else (),
        since=moment if dice.random() < 0.2 else None,
        before=moment + timedelta(minutes=PHOTOS // 2) if dice.random() < 0.2 else None,
        untyped=dice.random() < 0.05,
    )


def by_looking(photos: list[Photo], search: Search) -> list[Place]:
    """The photos that meet the conditions, as docs/api.md describes them, by the product of their looks."""
    assert search.like
    found = []
    wanted = np.frombuffer(search.like.vector, np.int8).astype(int)
    for photo in photos:
        shown = [name for name in search.types if photo.types.get(name, -1) >= search.min_probability]
        enough = len(shown) == len(search.types) if search.match == "all" else bool(shown) or not search.types
        excluded = [photo.types.get(name, -1) >= min(0.5, search.min_probability) for name in search.unwanted]
        if (
            photo.status == "classified"
            and photo.look
            and photo.model == search.like.model
            and photo.id != search.other_than
            and enough
            and not any(excluded)
            and (not search.colors or {*search.colors} & {*photo.colors})
            and not {*search.unwanted_colors} & {*photo.colors}
            and all(word in str(photo.title).split() for word in search.words)
            and (search.since is None or photo.uploaded_at >= search.since)
            and (search.before is None or photo.uploaded_at < search.before)
            and not (search.untyped and any(value >= 0.5 for value in photo.types.values()))
        ):
            product = int(wanted @ np.frombuffer(photo.look, np.int8).astype(int))
            found.append(Place(photo.id, product / SCALE**2))
    return sorted(found, key=lambda one: (-one.rank, one.id))


class Slowly:
    """A collection that answers so many pipelines, and is too slow for the next."""

    def __init__(self, photos: Collection[dict[str, Any]], answers: int) -> None:
        self._photos, self._left = photos, answers

    def __getattr__(self, name: str) -> Any:
        return getattr(self._photos, name)

    def aggregate(self, *arguments: Any, **options: Any) -> Any:
        # The first is of the vector index, which there may not be.
        if self._left == 0:
            raise ExecutionTimeout("operation exceeded time limit", 50)
        self._left -= 1
        return self._photos.aggregate(*arguments, **options)


@pytest.fixture
def mongo(mongodb_uri: str, database: str) -> Iterator[MongoCatalog]:
    provision_catalog(mongodb_uri, database, lambda _: None)
    with closing(connect_catalog(mongodb_uri, database, timeout_s=30)) as catalog:
        yield catalog


@pytest.fixture
def indexed(mongo: MongoCatalog, mongodb_uri: str, database: str) -> Iterator[tuple[MongoCatalog, VectorSearching]]:
    """A catalog whose collection answers as one with a vector index would."""
    del mongo  # it has been provisioned
    with MongoClient[dict[str, Any]](mongodb_uri, tz_aware=True) as client:
        photos = VectorSearching(client[database]["photos"], VECTOR_INDEX, VECTOR_INDEX_FIELDS)
        yield MongoCatalog(photos), photos  # type: ignore[arg-type]


@pytest.fixture(params=["fake", "mongo", "indexed"])
def catalog(request: pytest.FixtureRequest) -> PhotoCatalog:
    if request.param == "fake":
        return FakeCatalog()
    if request.param == "indexed":
        return cast(MongoCatalog, request.getfixturevalue("indexed")[0])
    return cast(MongoCatalog, request.getfixturevalue("mongo"))


def wait_until_indexed(catalog: PhotoCatalog, photos: list[Photo]) -> None:
    """Wait until Atlas's own vector index, if there is one, has the photos: it follows the collection."""
    like = next(photo for photo in photos if photo.look and photo.model == "m1")
    search = Search(like=Look("m1", like.look), sort="likeness")
    expected = min(len(by_looking(photos, search)), FROM_VECTOR_INDEX)
    end = time.monotonic() + PATIENT_S
    while (found := catalog.most_alike(search, 10, None, PATIENT_S).compared).by == "vector_index":
        if found.photos == expected:
            return
        assert time.monotonic() < end
        time.sleep(0.5)


def test_the_most_alike_photos_are_those_with_the_highest_products(catalog: PhotoCatalog) -> None:
    dice = random.Random(3)
    photos = some_photos(dice)
    catalog.write(photos)
    wait_until_indexed(catalog, photos)
    lengths, hits, approximate = [], 0, 0
    for _ in range(40):
        search = some_search(dice, photos)
        expected = by_looking(photos, search)
        lengths.append(len(expected))
        start = dice.choice([None, *range(len(expected))])
        after = None if start is None else expected[start]
        limit = dice.choice([1, 10, 100])
        found = catalog.most_alike(search, limit, after, PATIENT_S)
        page = expected[0 if start is None else start + 1 :][:limit]
        ids = [one.id for one in page]
        if found.compared.by == "vector_index":
            approximate += len(ids)
            hits += len({photo.id for photo in found.photos} & {*ids})
        else:
            assert [photo.id for photo in found.photos] == ids, search
            assert found.compared == Compared("all", len(expected))
        ranks = [(-place(search, photo).rank, photo.id) for photo in found.photos]
        assert ranks == sorted(ranks)
        assert catalog.total(search, PATIENT_S) == Total(len(expected), exact=True)
    assert hits >= 0.95 * approximate
    # The searches are worth asking: some find nothing, some find much.
    assert min(lengths) == 0
    assert max(lengths) > PHOTOS // 2


def test_what_has_no_look_is_like_nothing(catalog: PhotoCatalog) -> None:
    catalog.write(some_photos(random.Random(4)))
    for like in (Look("", b""), Look("m1", b"")):
        found = catalog.most_alike(Search(like=like, sort="likeness"), 10, None, PATIENT_S)
        assert (found.photos, found.compared) == ([], Compared("nothing", 0))


def test_when_the_time_is_over_the_most_alike_until_then_are_found(
    mongo: MongoCatalog, mongodb_uri: str, database: str
) -> None:
    written = some_photos(random.Random(5))
    mongo.write(written)
    like = next(photo for photo in written if photo.look and photo.model == "m1")
    search = Search(like=Look("m1", like.look), sort="likeness")
    with closing(connect_catalog(mongodb_uri, database, timeout_s=30)) as slow:
        slow._photos = Slowly(slow._photos, answers=3)  # type: ignore[assignment]
        found = slow.most_alike(search, 10, None, PATIENT_S)
    assert found.compared.by == "candidates"
    assert 0 < found.compared.photos < len(by_looking(written, search))
    assert like.id in [photo.id for photo in found.photos]


def test_what_is_asked_for_is_compared_before_what_is_near(mongo: MongoCatalog) -> None:
    """Photos that show one type and colour, like something of another: they are far from it, and found at once."""

    def looking(name: str, color: str, number: int) -> Photo:
        embedding = [random.Random(number).gauss(0, 0.09) for _ in range(DIMENSIONS)]
        look = joined(embedding, [float(one == color) for one in COLORS], {name: 0.9})
        return a_photo(f"uploads/{number}.jpg", types={name: 0.9}, colors=(color,), look=look, model="m1")

    dresses = [looking("Dress", color, number) for number, color in enumerate(COLORS)]
    shirts = [looking("Shirt", "red", number) for number in range(20, 25)]
    mongo.write(dresses + shirts)
    search = Search(like=Look("m1", dresses[5].look), sort="likeness", types=("Shirt",), colors=("red",))
    mongo._photos = Slowly(mongo._photos, answers=2)  # type: ignore[assignment] # the vector index and one group
    found = mongo.most_alike(search, 10, None, PATIENT_S)
    assert {photo.id for photo in found.photos} == {photo.id for photo in shirts}
    assert found.compared == Compared("candidates", 5)


@pytest.mark.parametrize("words", [(), ("unknown",)])
def test_without_time_nothing_is_compared_not_even_to_find_that_nothing_can_be(
    mongo: MongoCatalog, words: tuple[str, ...]
) -> None:
    mongo.write(some_photos(random.Random(5)))
    search = Search(like=Look("m1", some_look(random.Random(6))), sort="likeness", words=words)
    assert mongo.most_alike(search, 10, None, time_s=0) == Alike([], Compared("candidates", 0))


def test_looks_are_read_from_an_index_alone(mongo: MongoCatalog, mongodb_uri: str, database: str) -> None:
    mongo.write(some_photos(random.Random(12)))
    look = some_look(random.Random(13))
    search = Search(like=Look("m1", look), other_than="0" * 24, sort="likeness")
    read = {"aggregate": "photos", "pipeline": looks_pipeline(search, cells(look)[:30]), "cursor": {}}
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        ran = client[database].command("explain", read, verbosity="executionStats")["executionStats"]
    assert ran["nReturned"] > 0
    assert ran["totalDocsExamined"] == 0
    assert ran["totalKeysExamined"] < ran["nReturned"] + 2 * 30


@pytest.mark.skipif("MONGODB_URI" in os.environ, reason="MONGODB_URI names a server that may not be profiled")
def test_a_mongod_is_not_told_what_is_looked_for(mongo: MongoCatalog, mongodb_uri: str, database: str) -> None:
    """It gives candidates, which are compared here."""
    mongo.write(some_photos(random.Random(14)))
    look = some_look(random.Random(15))
    search = Search(like=Look("m1", look), sort="likeness", types=("Bag", "Coat"), hide_duplicates=True)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)  # everything that is asked
        found = mongo.most_alike(search, 10, None, PATIENT_S).photos
        mongo.most_alike(search, 10, place(search, found[-1]), PATIENT_S)
        mongo.total(search, PATIENT_S)
        mongo.facet(search, "color", PATIENT_S)
        mongo.copies(search, {str(photo.digest) for photo in found})
        client[database].command("profile", 0)
        asked = [bson.encode(one) for one in client[database]["system.profile"].find()]
    assert len(asked) >= 6
    assert any(b"cell" in one for one in asked)
    hidden = (look[:20], look[20:40], to_text(Look("m1", look)).encode())
    assert not [one for one in asked if any(part in one for part in hidden)]


def test_the_vector_index_is_asked_where_it_has_enough(indexed: tuple[MongoCatalog, VectorSearching]) -> None:
    catalog, _ = indexed
    written = some_photos(random.Random(7))
    catalog.write(written)
    search = Search(like=Look("m1", some_look(random.Random(8))), sort="likeness")
    expected = by_looking(written, search)
    first = catalog.most_alike(search, 10, None, PATIENT_S)
    assert first.compared.by == "vector_index"
    assert [photo.id for photo in first.photos] == [one.id for one in expected[:10]]
    # A page that begins after everything that the index gives is found by comparing all.
    last = catalog.most_alike(search, 10, expected[-4], PATIENT_S)
    assert last.compared == Compared("all", len(expected))
    assert [photo.id for photo in last.photos] == [one.id for one in expected[-3:]]


def test_a_vector_index_that_is_still_being_built_is_left_alone_for_a_while(
    indexed: tuple[MongoCatalog, VectorSearching],
) -> None:
    catalog, photos = indexed
    written = some_photos(random.Random(9))
    catalog.write(written)
    photos.ready = False
    search = Search(like=Look("m1", some_look(random.Random(10))), sort="likeness")
    expected = by_looking(written, search)
    for _ in range(3):
        found = catalog.most_alike(search, 10, None, PATIENT_S)
        assert found.compared == Compared("all", len(expected))
        assert [photo.id for photo in found.photos] == [one.id for one in expected[:10]]
    assert photos.asked == 1


def test_a_large_library_is_searched_in_the_nearest_cells(mongo: MongoCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mongodb, "ENOUGH_LOOKS", 100)
    written = some_photos(random.Random(11))
    mongo.write(written)
    hits = 0
    for seed in range(20):
        search = Search(like=Look("m1", some_look(random.Random(seed))), sort="likeness")
        expected = by_looking(written, search)
        found = mongo.most_alike(search, 10, None, PATIENT_S)
        assert found.compared.by == "candidates"
        assert 100 <= found.compared.photos < len(expected) / 2
        hits += len({photo.id for photo in found.photos} & {one.id for one in expected[:10]})
    assert hits > 0.5 * 20 * 10  # these kinds have many colours; tests.bench.likeness has looks more like pictures'
    # Conditions that leave few photos leave them all to be compared.
    narrow = replace(search, since=NOON + timedelta(minutes=PHOTOS - 100))
    assert mongo.most_alike(narrow, 10, None, PATIENT_S).compared.by == "all"
