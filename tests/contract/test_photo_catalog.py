"""What every PhotoCatalog does: the fake that other tests use, and the real one on a real MongoDB."""

import os
import random
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import BulkWriteError, ExecutionTimeout

from infra.local.mongod import start_mongod
from infra.local.processes import Process
from photo_library.catalog.mongodb import MongoCatalog, connect_catalog
from photo_library.catalog.port import Pending, PhotoCatalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.catalog.queries import type_count_pipeline
from photo_library.errors import CatalogUnavailable
from photo_library.likeness import Look
from photo_library.photo import COLORS, TYPES, Photo
from photo_library.search import NO_PHOTOS, Copies, Facet, FacetName, Place, Search, Total, TypeCount, milliseconds
from tests.support.examples import BUCKET, NOON, a_photo
from tests.support.fakes import FakeCatalog

DAWN = NOON - timedelta(hours=6)


@pytest.fixture(params=["fake", "mongodb"])
def catalog(request: pytest.FixtureRequest) -> PhotoCatalog:
    if request.param == "fake":
        return FakeCatalog()
    return request.getfixturevalue("mongo_catalog")  # type: ignore[no-any-return]


@pytest.fixture
def mongo_catalog(mongodb_uri: str, database: str) -> Iterator[MongoCatalog]:
    provision_catalog(mongodb_uri, database, lambda _: None)
    with closing(connect_catalog(mongodb_uri, database, timeout_s=10)) as catalog:
        yield catalog


def test_it_gives_a_sign_of_life(catalog: PhotoCatalog) -> None:
    catalog.ping()


def test_a_photo_comes_back_as_it_was_written(catalog: PhotoCatalog) -> None:
    photo = a_photo(
        version_id="v1",
        etag="abc",
        title="grünes Hemd",
        format="JPEG",
        width=4000,
        height=3000,
        taken_at="2024-05-06T07:08:09",
        model="m1",
        colors=("white", "blue"),
        truncated=True,
        digest="0123456789abcdef" * 2,
        embedding=(0.5, -0.25, 0.75),
        expires_at=datetime(2030, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        reason="damaged",
    )
    catalog.write([photo])
    assert catalog.find([photo.id]) == {photo.id: photo}


def test_types_keep_their_order_and_their_exact_probabilities(catalog: PhotoCatalog) -> None:
    photo = a_photo(types={"Shirt": 0.7, "Coat": 0.2001, "Bag": 0.0999})
    catalog.write([photo])
    assert list(catalog.find([photo.id])[photo.id].types.items()) == list(photo.types.items())


def test_ids_that_are_not_there_are_left_out(catalog: PhotoCatalog) -> None:
    catalog.write([a_photo()])
    assert catalog.find(["0" * 24]) == {}
    assert catalog.find([]) == {}


def test_write_says_what_is_new(catalog: PhotoCatalog) -> None:
    one, other = a_photo("uploads/1.jpg"), a_photo("uploads/2.jpg")
    assert catalog.write([one]) == {one.id: True}
    assert catalog.write([one, other]) == {one.id: False, other.id: True}
    assert catalog.write([]) == {}


def test_a_newer_photo_replaces_an_older_one_wholly(catalog: PhotoCatalog) -> None:
    rejected = a_photo(sequencer="05", status="rejected", reason="damaged", types={})
    newer = a_photo(sequencer="06", types={"Bag": 1.0})
    catalog.write([rejected])
    assert catalog.write([newer]) == {newer.id: False}
    assert catalog.find([newer.id])[newer.id] == newer


def test_an_older_photo_is_left_out_and_changes_nothing(catalog: PhotoCatalog) -> None:
    newer, older, other = a_photo(sequencer="06"), a_photo(sequencer="0599"), a_photo("uploads/2.jpg")
    catalog.write([newer])
    assert catalog.write([older, other]) == {other.id: True}
    assert catalog.find([newer.id])[newer.id] == newer


def test_the_same_event_may_be_written_again(catalog: PhotoCatalog) -> None:
    catalog.write([a_photo()])
    assert catalog.write([a_photo(title="again")]) == {a_photo().id: False}


def test_any_order_of_writes_ends_with_the_newest(catalog: PhotoCatalog) -> None:
    history = [a_photo(sequencer=f"{number:02}", title=str(number)) for number in range(8)]
    for seed in range(5):
        order = history * 2
        random.Random(seed).shuffle(order)
        for photo in order:
            catalog.write([photo])
        assert catalog.find([history[0].id])[history[0].id].title == "7"


def test_a_correction_is_written_where_the_photo_is_as_it_was_seen(catalog: PhotoCatalog) -> None:
    photo = a_photo(etag="same")
    corrected = replace(photo, types={"Bag": 1.0}, types_source="person", sequencer="06".ljust(32, "0"))
    assert not catalog.correct(corrected, photo.sequencer)
    catalog.write([photo])
    assert not catalog.correct(corrected, "04".ljust(32, "0"))
    assert catalog.correct(corrected, photo.sequencer)
    assert catalog.find([photo.id]) == {photo.id: corrected}
    rejected = a_photo("uploads/bad.jpg", status="rejected", reason="damaged", types={})
    catalog.write([rejected])
    assert not catalog.correct(replace(corrected, id=rejected.id), rejected.sequencer)


def test_manual_types_of_the_same_bytes_are_replaced_by_the_same_types_alone(catalog: PhotoCatalog) -> None:
    corrected = a_photo(etag="same", types={"Bag": 1.0}, types_source="person", sequencer="05")
    by_model = a_photo(etag="same", sequencer="06")
    catalog.write([corrected])
    assert catalog.write([by_model]) == {}
    other_types = replace(corrected, types={"Coat": 1.0}, sequencer=by_model.sequencer)
    assert catalog.write([other_types]) == {}
    no_types = replace(corrected, types={}, sequencer=by_model.sequencer)
    assert catalog.write([no_types]) == {}
    assert catalog.find([corrected.id]) == {corrected.id: corrected}
    carried = replace(corrected, title="new", sequencer=by_model.sequencer)
    assert catalog.write([carried]) == {corrected.id: False}
    other_bytes = a_photo(etag="other", sequencer="07")
    assert catalog.write([other_bytes]) == {corrected.id: False}
    assert catalog.find([corrected.id]) == {corrected.id: other_bytes}


def test_a_persons_title_is_replaced_for_the_same_bytes_by_the_same_title_alone(
    catalog: PhotoCatalog,
) -> None:
    named = a_photo(etag="same", title="Mine", title_source="person", sequencer="05")
    catalog.write([named])
    assert catalog.write([a_photo(etag="same", title="file.jpg", sequencer="06")]) == {}
    assert catalog.write([replace(named, title="Other", sequencer="06")]) == {}
    carried = replace(named, types={"Bag": 0.9}, sequencer="06")
    assert catalog.write([carried]) == {named.id: False}
    other_bytes = a_photo(etag="other", title="file.jpg", sequencer="07")
    assert catalog.write([other_bytes]) == {named.id: False}
    assert catalog.find([named.id]) == {named.id: other_bytes}


@pytest.mark.parametrize(
    "changes", [{"status": "deleted"}, {"status": "rejected", "etag": "same", "reason": "too_large"}]
)
def test_a_photo_without_types_replaces_manual_types(catalog: PhotoCatalog, changes: dict[str, Any]) -> None:
    catalog.write([a_photo(etag="same", types={"Bag": 1.0}, types_source="person")])
    without = a_photo(types={}, sequencer="06", **changes)
    assert catalog.write([without]) == {without.id: False}


def test_marking_synced_notes_it_for_what_is_still_current(catalog: PhotoCatalog) -> None:
    one, other = a_photo("uploads/1.jpg"), a_photo("uploads/2.jpg")
    newer = replace(other, sequencer="06".ljust(32, "0"))
    catalog.write([one, other])
    catalog.write([newer])
    assert catalog.mark_synced([one, other]) == [newer]
    assert catalog.find([one.id])[one.id].graph == "synced"
    assert catalog.find([other.id])[other.id].graph == "pending"
    assert catalog.mark_synced([]) == []


def test_what_the_graph_lacks_is_counted_and_how_long_it_does(catalog: PhotoCatalog) -> None:
    assert catalog.pending() == Pending(0, None)
    early, late = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    photos = [a_photo("a", updated_at=late), a_photo("b", updated_at=early), a_photo("c", updated_at=late)]
    catalog.write(photos)
    assert catalog.pending() == Pending(3, early)
    catalog.mark_synced(photos[1:])
    assert catalog.pending() == Pending(1, late)


def test_photos_of_a_type_are_those_at_or_above_the_probability_best_first(catalog: PhotoCatalog) -> None:
    fill(catalog, {"a": {"Shirt": 0.7}, "b": {"Shirt": 0.7001}, "c": {"Shirt": 0.6999}, "d": {"Bag": 1.0}})
    assert keys(catalog.search(of("Shirt", 0.7), 10)) == ["b", "a"]
    assert keys(catalog.search(of("Shirt", 0.0), 2)) == ["b", "a"]
    assert keys(catalog.search(of("Dress", 0.0), 10)) == []


def test_ties_are_ordered_by_id(catalog: PhotoCatalog) -> None:
    fill(catalog, {str(number): {"Coat": 0.5} for number in range(20)})
    found = [photo.id for photo in catalog.search(of("Coat", 0.5), 20)]
    assert found == sorted(found)
    assert len(found) == 20


def test_a_page_begins_after_a_place_whether_or_not_a_photo_is_there_still(catalog: PhotoCatalog) -> None:
    fill(catalog, {str(number): {"Coat": (number // 5) / 10} for number in range(40)})  # ties across the pages
    everything = catalog.search(of("Coat", 0.2), 100)
    for number, photo in enumerate(everything):
        place = Place(photo.id, photo.types["Coat"])
        assert catalog.search(of("Coat", 0.2), 7, place) == everything[number + 1 : number + 8]
        just_before = Place(f"{int(photo.id, 16) - 1:024x}", photo.types["Coat"])
        assert catalog.search(of("Coat", 0.2), 2, just_before) == everything[number : number + 2]
    assert catalog.search(of("Coat", 0.2), 100, Place("f" * 24, 1.0)) == everything
    assert catalog.search(of("Coat", 0.2), 100, Place("0" * 24, 0.1)) == []


def test_rejected_and_deleted_photos_are_in_no_search(catalog: PhotoCatalog) -> None:
    catalog.write([a_photo("uploads/1.jpg", status="rejected", types={}, reason="empty")])
    catalog.write([a_photo("uploads/2.jpg", status="deleted", types={}, expires_at=NOON.replace(year=2040))])
    assert all(not catalog.search(of(name, 0.0), 10) for name in TYPES)


def test_counts_are_of_all_ten_types(catalog: PhotoCatalog) -> None:
    fill(catalog, {"a": {"Shirt": 0.7, "Bag": 0.3}, "b": {"Shirt": 0.5}, "c": {"Shirt": 0.4999}})
    assert catalog.type_counts(0.5) == NO_PHOTOS | {"Shirt": TypeCount(2, 0.6)}
    assert catalog.type_counts(0.3) == NO_PHOTOS | {"Shirt": TypeCount(3, 0.5666), "Bag": TypeCount(1, 0.3)}


def test_types_are_counted_from_an_index_alone(mongo_catalog: MongoCatalog, mongodb_uri: str, database: str) -> None:
    fill(mongo_catalog, {f"{number}": {"Shirt": number / 100, "Bag": 0.2} for number in range(100)})
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        count = {"aggregate": "photos", "pipeline": type_count_pipeline("Shirt", 0.5), "cursor": {}}
        plan = client[database].command("explain", count, verbosity="executionStats")
    assert set(re.findall(r"'totalDocsExamined': (\d+)", str(plan))) == {"0"}
    assert mongo_catalog.type_counts(0.5)["Shirt"] == TypeCount(50, 0.745)


def test_facets_count_what_is_found_with_one_type_or_colour_more(catalog: PhotoCatalog) -> None:
    catalog.write(
        [
            a_photo("uploads/1.jpg", types={"Shirt": 0.9}, colors=("pink",)),
            a_photo("uploads/2.jpg", types={"Shirt": 0.6, "Bag": 0.8}, colors=("pink", "white")),
            a_photo("uploads/3.jpg", types={"Bag": 0.8}, colors=("black", "pink")),
            a_photo("uploads/4.jpg", types={"Shirt": 0.7, "Coat": 0.4}, colors=("black",)),
            a_photo("uploads/old.jpg", types={"Shirt": 0.7}),
            a_photo("uploads/bad.jpg", status="rejected", types={}, reason="empty"),
        ]
    )

    def facets(search: Search) -> list[Facet]:
        return [catalog.facet(search, name, 30) for name in ("type", "color")]

    pink_shirts = Search(types=("Shirt",), colors=("pink",), min_probability=0.5)
    assert facets(pink_shirts) == [
        Facet(dict.fromkeys(TYPES, 2) | {"Bag": 3}, exact=True),
        Facet(dict.fromkeys(COLORS, 2) | {"black": 3}, exact=True),
    ]
    assert facets(replace(pink_shirts, match="all")) == [
        Facet(dict.fromkeys(TYPES, 0) | {"Shirt": 2, "Bag": 1}, exact=True),
        Facet(dict.fromkeys(COLORS, 2) | {"black": 3}, exact=True),
    ]
    assert facets(Search(min_probability=0.3)) == [
        Facet(dict.fromkeys(TYPES, 0) | {"Shirt": 4, "Bag": 2, "Coat": 1}, exact=True),
        Facet(dict.fromkeys(COLORS, 0) | {"pink": 3, "white": 1, "black": 2}, exact=True),
    ]
    bags_alone = catalog.facet(Search(unwanted=("Shirt",), unwanted_colors=("white",)), "type", 30)
    assert bags_alone == Facet(dict.fromkeys(TYPES, 0) | {"Bag": 1}, exact=True)


def test_a_total_counts_what_the_search_finds(catalog: PhotoCatalog) -> None:
    fill(catalog, {"a": {"Shirt": 0.7}, "b": {"Shirt": 0.5, "Bag": 0.9}, "c": {"Bag": 0.4999}})
    catalog.write([a_photo("uploads/bad.jpg", status="rejected", types={}, reason="empty")])
    totals = [(of("Shirt", 0.5), 2), (Search(), 3), (of("Coat", 0.0), 0), (Search(untyped=True), 1)]
    both = Search(types=("Shirt", "Bag"))
    for search, total in [*totals, (both, 2), (replace(both, match="all"), 1)]:
        assert catalog.total(search, 30) == Total(total, exact=True)


def test_the_photos_of_a_type_are_counted_from_its_index_alone(
    mongo_catalog: MongoCatalog, mongodb_uri: str, database: str
) -> None:
    fill(mongo_catalog, {f"{number}": {"Shirt": number / 100, "Bag": 0.2} for number in range(100)})
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)
        assert mongo_catalog.total(of("Shirt", 0.5), 30) == Total(50, exact=True)
        client[database].command("profile", 0)
        (ran,) = client[database]["system.profile"].find({"command.aggregate": "photos"})
    assert ran["docsExamined"] == 0


def test_what_takes_too_long_to_count_is_counted_in_part(
    mongo_catalog: MongoCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    mongo_catalog.write([a_photo(f"uploads/{number}.jpg", colors=("pink",)) for number in range(9)])
    search = Search(types=(), min_probability=0.5)
    monkeypatch.setattr("photo_library.catalog.mongodb.COUNTED_IN_PART", 4)
    whole = mongo_catalog._photos.aggregate

    def slow_without_a_limit(pipeline: list[dict[str, Any]]) -> Any:
        if not any("$limit" in stage for stage in pipeline):
            raise ExecutionTimeout("operation exceeded time limit")
        return whole(pipeline)

    monkeypatch.setattr(mongo_catalog._photos, "aggregate", slow_without_a_limit)
    assert mongo_catalog.facet(search, "color", 30) == Facet(dict.fromkeys(COLORS, 0) | {"pink": 4}, exact=False)
    assert mongo_catalog.total(search, 30) == Total(4, exact=False)


def test_where_there_is_no_time_at_all_facets_say_none_at_least(mongo_catalog: MongoCatalog) -> None:
    mongo_catalog.write([a_photo(colors=("pink",))])
    search = Search(types=("Shirt",), min_probability=0.5)
    assert mongo_catalog.facet(search, "color", 1e-6) == Facet(dict.fromkeys(COLORS, 0), exact=False)
    assert mongo_catalog.total(search, 1e-6) == Total(0, exact=False)


def some_duplicates() -> list[Photo]:
    """Two pictures several times, with and without a manual correction, and one that has no digest."""
    hours = [timedelta(hours=number) for number in range(8)]
    return [
        a_photo("uploads/a1.jpg", digest="a", types={"Shirt": 0.9}, colors=("red",), uploaded_at=NOON + hours[2]),
        a_photo("uploads/a2.jpg", digest="a", types={"Shirt": 0.9}, colors=("red",), uploaded_at=NOON + hours[1]),
        a_photo("uploads/a3.jpg", digest="a", types={"Bag": 1.0}, colors=("red",), uploaded_at=NOON),
        a_photo("uploads/b1.jpg", digest="b", types={"Shirt": 0.7, "Bag": 0.6}, uploaded_at=NOON + hours[4]),
        a_photo("uploads/b2.jpg", digest="b", types={"Shirt": 0.7, "Bag": 0.6}, uploaded_at=NOON + hours[4]),
        a_photo("uploads/c.jpg", types={"Shirt": 0.6}, colors=("blue",), uploaded_at=NOON + hours[5]),
        a_photo("uploads/d.jpg", digest="a", status="deleted", types={}, uploaded_at=NOON - hours[1]),
        a_photo("uploads/e.jpg", digest="b", status="rejected", reason="damaged", types={}, uploaded_at=NOON),
    ]


def test_the_oldest_copy_is_the_oldest_that_meets_the_conditions(catalog: PhotoCatalog) -> None:
    photos = {photo.key[8:-4]: photo for photo in some_duplicates()}
    catalog.write([*photos.values()])
    first_b = min(photos["b1"].id, photos["b2"].id)
    shirts, newest = Search(types=("Shirt",)), Search(sort="newest")
    assert catalog.copies(shirts, {"a", "b", "c"}) == {"a": Copies(photos["a2"].id, 2), "b": Copies(first_b, 2)}
    assert catalog.copies(newest, {"a"}) == {"a": Copies(photos["a3"].id, 3)}
    assert catalog.copies(replace(newest, words=("a1",)), {"a", "b"}) == {"a": Copies(photos["a1"].id, 1)}
    assert catalog.copies(newest, set()) == {}


def test_duplicates_are_the_other_photos_with_the_same_bytes(catalog: PhotoCatalog) -> None:
    photos = {photo.key[8:-4]: photo for photo in some_duplicates()}
    catalog.write([*photos.values()])
    assert catalog.duplicates(photos["a1"]) == [photos["a3"].id, photos["a2"].id]
    assert set(catalog.duplicates(photos["b1"])) == {photos["b2"].id, photos["e"].id}
    assert catalog.duplicates(photos["c"]) == []


@pytest.mark.parametrize(
    "search",
    [
        Search(sort="newest"),
        Search(types=("Shirt",)),
        Search(types=("Shirt",), match="all"),
        Search(types=("Shirt", "Bag"), match="any"),
        Search(types=("Bag",), colors=("red",)),
        Search(colors=("blue",), sort="newest"),
    ],
)
def test_without_duplicates_each_content_is_counted_once(mongo_catalog: MongoCatalog, search: Search) -> None:
    """As the plain catalog does it, which searches once for each number."""
    plain = FakeCatalog()
    for catalog in (mongo_catalog, plain):
        catalog.write(some_duplicates())
    search = replace(search, hide_duplicates=True)
    assert mongo_catalog.total(search, 30) == plain.total(search, 30)
    names: tuple[FacetName, FacetName] = ("type", "color")
    for name in names:
        assert mongo_catalog.facet(search, name, 30) == plain.facet(search, name, 30)


def test_pages_are_in_order_of_ids_and_hold_what_is_asked_for(catalog: PhotoCatalog) -> None:
    photos = [
        a_photo(
            f"uploads/{number}.jpg",
            model=f"m{number % 2}",
            embedding=() if number == 5 else (1.0,),
            digest=None if number == 7 else "d",
            look=b"" if number == 9 else bytes(150),
        )
        for number in range(11)
    ]
    photos[1] = replace(photos[1], format="HEIF")
    photos[3] = replace(photos[3], format="HEIF", preview="thumbnails/3/a.webp.preview")
    gone = a_photo("uploads/gone.jpg", status="deleted", types={}, expires_at=NOON.replace(year=2040))
    catalog.write([*photos, gone])
    catalog.mark_synced(photos[:4])
    ids = sorted(photo.id for photo in [*photos, gone])
    first = catalog.page("", 4)
    assert [photo.id for photo in first] == ids[:4]
    assert [photo.id for photo in catalog.page(first[-1].id, 100)] == ids[4:]
    assert {photo.id for photo in catalog.page("", 100, pending=True)} == {one.id for one in [*photos[4:], gone]}
    assert {photo.id for photo in catalog.page("", 100, not_classified_by="m1")} == {
        one.id for one in [*photos[::2], photos[1], photos[5], photos[7], photos[9]]
    }
    assert catalog.page(ids[-1], 1) == []
    assert catalog.count() == 12


def test_pages_of_keys_are_in_the_order_in_which_s3_lists_them(catalog: PhotoCatalog) -> None:
    keys_ = [
        "uploads/",
        "uploads/B",
        "uploads/a b",
        "uploads/a/",
        "uploads/a/1",
        "uploads/é",
        "uploads/👕",
        "uploads/豈",
    ]
    catalog.write([a_photo(key) for key in keys_] + [replace(a_photo("uploads/c"), id="0" * 24, bucket="another")])
    in_order = sorted(keys_, key=str.encode)
    assert [photo.key for photo in catalog.page_of_keys(BUCKET, "", 100)] == in_order
    assert [photo.key for photo in catalog.page_of_keys(BUCKET, in_order[2], 2)] == in_order[3:5]


def test_a_checkpoint_is_kept_until_it_is_forgotten(catalog: PhotoCatalog) -> None:
    assert catalog.checkpoint("a") is None
    catalog.store_checkpoint("a", {"after": "1", "done": {"x": 1}})
    catalog.store_checkpoint("a", {"after": "2", "done": {}})
    catalog.store_checkpoint("b", {"after": "3"})
    assert catalog.checkpoint("a") == {"after": "2", "done": {}}
    catalog.store_checkpoint("a", None)
    assert (catalog.checkpoint("a"), catalog.checkpoint("b")) == (None, {"after": "3"})


def test_pages_are_read_from_an_index_in_order(mongo_catalog: MongoCatalog, mongodb_uri: str, database: str) -> None:
    fill(mongo_catalog, {f"{number:03}": {"Bag": 0.5} for number in range(100)})
    mongo_catalog.mark_synced(mongo_catalog.page("", 90))
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        photos = client[database]["photos"]
        plans = [
            photos.find({"_id": {"$gt": ""}, "graph": "pending"}).sort("_id").limit(5).explain(),
            photos.find({"bucket": BUCKET, "key": {"$gt": "uploads/050"}}).sort("key").limit(5).explain(),
        ]
    for plan in plans:
        assert plan["executionStats"]["totalKeysExamined"] <= 10
        assert "SORT" not in str(plan["queryPlanner"]["winningPlan"])


def test_first_writes_at_the_same_time_end_with_the_newest(mongo_catalog: MongoCatalog) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(25):
            key = f"uploads/{number}.jpg"
            history = [a_photo(key, sequencer=f"{step:02}") for step in range(8)]
            list(pool.map(lambda photo: mongo_catalog.write([photo]), history))
            assert mongo_catalog.find([history[0].id])[history[0].id].sequencer == history[-1].sequencer


class RefusingCollection:
    """A collection whose bulk writes end as given: None for success, else what MongoDB reports."""

    def __init__(self, *outcomes: dict[str, Any] | None) -> None:
        self.outcomes, self.writes = list(outcomes), 0

    def bulk_write(self, operations: list[Any], **_: Any) -> Any:
        self.writes += 1
        if outcome := self.outcomes.pop(0):
            raise BulkWriteError({"writeErrors": [], "writeConcernErrors": [], "upserted": []} | outcome)
        return SimpleNamespace(bulk_api_result={"upserted": []}, matched_count=len(operations))


def refusing(*outcomes: dict[str, Any] | None) -> tuple[MongoCatalog, RefusingCollection]:
    collection = RefusingCollection(*outcomes)
    return MongoCatalog(collection), collection  # type: ignore[arg-type]


DUPLICATE = {"writeErrors": [{"index": 0, "code": 11000}]}


def test_the_loser_of_two_first_writes_tries_again_since_it_may_be_the_newer() -> None:
    catalog, collection = refusing(DUPLICATE, None)
    assert catalog.write([a_photo()]) == {a_photo().id: False}
    assert collection.writes == 2


def test_a_second_refusal_means_that_a_newer_one_is_stored() -> None:
    catalog, _ = refusing(DUPLICATE, DUPLICATE)
    assert catalog.write([a_photo()]) == {}


@pytest.mark.parametrize(
    "failure",
    [
        {"writeErrors": [{"index": 0, "code": 50}]},
        {"writeConcernErrors": [{"code": 64, "errmsg": "waiting timed out"}]},
    ],
)
def test_what_mongodb_did_not_surely_write_is_a_transient_error(failure: dict[str, Any]) -> None:
    catalog, _ = refusing(failure)
    with pytest.raises(CatalogUnavailable):
        catalog.write([a_photo()])


def test_a_mongodb_that_stops_answering_is_given_up(mongod: Process, mongodb_uri: str, database: str) -> None:
    with closing(connect_catalog(mongodb_uri, database, timeout_s=0.5)) as catalog:
        catalog.write([a_photo()])
        os.kill(mongod.pid, signal.SIGSTOP)
        try:
            with ThreadPoolExecutor(1) as pool, pytest.raises(CatalogUnavailable):
                pool.submit(catalog.find, ["1"]).result(timeout=10)
        finally:
            os.kill(mongod.pid, signal.SIGCONT)


def test_what_was_acknowledged_is_there_after_a_crash(tmp_path: Path) -> None:
    process, uri = start_mongod(tmp_path / "data", tmp_path / "mongod.log")
    try:
        process.wait_ready()
        photos = [a_photo(f"uploads/{number}.jpg") for number in range(100)]
        with closing(connect_catalog(uri, "photo_library", timeout_s=10)) as catalog:
            catalog.ping()
            for photo in photos:
                catalog.write([photo])
        os.kill(process.pid, signal.SIGKILL)
        process.stop()
        process, uri = start_mongod(tmp_path / "data", tmp_path / "mongod.log")
        process.wait_ready()
        with closing(connect_catalog(uri, "photo_library", timeout_s=10)) as catalog:
            assert catalog.find([photo.id for photo in photos]).keys() == {photo.id for photo in photos}
    finally:
        process.stop()


def test_each_search_index_holds_the_photos_of_its_type_alone(
    mongo_catalog: MongoCatalog, mongodb_uri: str, database: str
) -> None:
    fill(mongo_catalog, {str(number): {"Bag": 0.5} for number in range(30)} | {"31": {"Shirt": 1.0, "Bag": 0.1}})
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        keys = client[database].command("validate", "photos")["keysPerIndex"]
    assert {name: keys[name] for name in ("type_Bag", "type_Shirt", "type_Coat", "tombstones_expire")} == {
        "type_Bag": 31,
        "type_Shirt": 1,
        "type_Coat": 0,
        "tombstones_expire": 0,
    }


@pytest.mark.parametrize(
    ("search", "after", "keys_examined"),
    [
        (Search(types=("Shirt",), min_probability=0.3), None, 11),
        (Search(types=("Shirt",), min_probability=0.3), Place("8" * 24, 0.9), 12),
        (Search(types=("Shirt",), min_probability=0.3), Place("8" * 24, 0.5), 12),
        (Search(types=("Shirt",), unwanted=("Bag",), min_probability=0.3), Place("8" * 24, 0.9), 12),
        (Search(types=("Dress", "Coat"), match="any", min_probability=0.3), None, 22),
        (Search(types=("Dress", "Coat"), match="any", min_probability=0.3), Place("8" * 24, 0.9), 24),
        (Search(types=("Shirt",), min_probability=0.3, sort="newest"), None, 11),
        (Search(types=("Shirt",), min_probability=0.3, sort="oldest"), None, 11),
        (Search(types=("Shirt",), min_probability=0.3, sort="taken"), None, 11),
        (Search(types=("Shirt",), min_probability=0.3, sort="oldest"), Place("8" * 24, milliseconds(NOON)), 12),
        (Search(types=("Shirt",), min_probability=0.3, sort="taken"), Place("8" * 24, milliseconds(DAWN)), 12),
        (Search(min_probability=0.3, sort="newest", before=NOON), None, 12),
        (Search(min_probability=0.3, sort="newest", since=NOON, before=NOON + timedelta(seconds=10)), None, 12),
        (Search(types=("Shirt",), min_probability=0.3, sort="newest"), Place("8" * 24, milliseconds(NOON)), 12),
    ],
)
def test_a_page_is_read_from_the_indexes_alone_in_order(
    *,
    mongo_catalog: MongoCatalog,
    mongodb_uri: str,
    database: str,
    search: Search,
    after: Place | None,
    keys_examined: int,
) -> None:
    photos = [
        a_photo(
            f"uploads/{number}",
            types={"Shirt": (high := max(0.5, number / 200)), "Bag": 0.05, ("Dress", "Coat")[number % 2]: high},
            uploaded_at=NOON + timedelta(seconds=number - 100),
            taken_at=(DAWN + timedelta(seconds=number - 100)).replace(tzinfo=None).isoformat(),
        )
        for number in range(200)
    ]
    mongo_catalog.write(photos)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)
        found = mongo_catalog.search(search, 10, after)
        client[database].command("profile", 0)
        (ran,) = client[database]["system.profile"].find({"command.aggregate": "photos"})
    assert len(found) == 10
    assert ran["keysExamined"] <= keys_examined
    assert "hasSortStage" not in ran or search.match == "any"  # the two indexes' first photos are sorted together


@pytest.mark.parametrize(
    ("search", "count"),
    [
        (Search(status="rejected", sort="newest"), 20),
        (Search(status="rejected", sort="oldest"), 20),
        (Search(status="deleted", sort="newest", since=NOON), 15),
    ],
)
def test_rejected_and_deleted_photos_have_an_index_that_also_counts_them(
    mongo_catalog: MongoCatalog, mongodb_uri: str, database: str, search: Search, count: int
) -> None:
    photos = [a_photo(f"uploads/{number}") for number in range(200)]
    for number in range(20):
        moment = NOON + timedelta(seconds=number - 5)
        photos.append(a_photo(f"uploads/r{number}", status="rejected", types={}, uploaded_at=moment))
        gone: dict[str, Any] = {"status": "deleted", "types": {}, "version_id": "v", "deleted_at": moment}
        photos.append(a_photo(f"uploads/d{number}", **gone))
    mongo_catalog.write(photos)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)
        found = mongo_catalog.search(search, 10)
        total = mongo_catalog.total(search, time_s=30)
        client[database].command("profile", 0)
        page, counted = client[database]["system.profile"].find({"command.aggregate": "photos"}).sort("ts")
    assert (len(found), total) == (10, Total(count, exact=True))
    assert page["keysExamined"] <= 12
    assert "hasSortStage" not in page
    assert counted["keysExamined"] <= count + 2


def test_the_trash_holds_what_can_be_restored_the_last_deleted_first(catalog: PhotoCatalog) -> None:
    def gone(name: str, seconds: int, **changes: Any) -> Photo:
        values = {"status": "deleted", "types": {}, "deleted_types": {"Bag": 0.75}, "version_id": "v"}
        moment = NOON + timedelta(seconds=seconds)
        return a_photo(f"uploads/{name}", **values | {"deleted_at": moment, "uploaded_at": NOON} | changes)

    photos = [gone("a", 1), gone("b", 3), gone("c", 2), gone("d", 2), gone("no-version", 2, version_id=None)]
    catalog.write([*photos, a_photo(), a_photo("uploads/old", status="deleted", types={}, version_id="marker")])
    trash = Search(status="deleted", sort="newest")
    c, d = sorted((photos[2], photos[3]), key=lambda photo: photo.id)
    assert catalog.search(trash, 10) == [photos[1], c, d, photos[0]]
    assert catalog.search(trash, 10, Place(c.id, milliseconds(NOON) + 2000)) == [d, photos[0]]
    since = replace(trash, since=NOON + timedelta(seconds=2))
    assert catalog.search(since, 10) == [photos[1], c, d]
    assert catalog.total(since, time_s=30) == Total(3, exact=True)
    # A deleted photo shows nothing, whatever it showed.
    assert catalog.type_counts(0.0)["Bag"].photos == 0
    assert catalog.search(of("Bag", 0.0), 10) == []
    like = Search(like=Look("m1", b"\x01"), sort="likeness")
    catalog.write([gone("e", 1, look=b"\x01", model="m1")])
    assert catalog.most_alike(like, 10, None, time_s=30).photos == []


def test_a_correction_does_not_keep_a_tombstone_from_being_replaced(catalog: PhotoCatalog) -> None:
    manual: dict[str, Any] = {"types_source": "person", "title_source": "person", "etag": "same"}
    catalog.write([a_photo(status="deleted", types={}, deleted_types={"Bag": 1.0}, sequencer="05", **manual)])
    new = a_photo(sequencer="06", etag="same")
    assert catalog.write([new]) == {new.id: False}


def test_words_are_looked_up_in_their_index(mongo_catalog: MongoCatalog, mongodb_uri: str, database: str) -> None:
    photos = [a_photo(f"uploads/{number}", title="rare" if number % 20 == 0 else "common") for number in range(200)]
    mongo_catalog.write(photos)
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)
        found = mongo_catalog.search(Search(words=("rar",), min_probability=0.5, sort="newest"), 20)
        client[database].command("profile", 0)
        (ran,) = client[database]["system.profile"].find({"command.aggregate": "photos"})
    assert len(found) == 10
    assert ran["keysExamined"] <= 12


@pytest.mark.parametrize("colors", [("pink",), ("white", "pink")])
def test_the_newest_of_a_color_are_read_from_its_index_at_any_page(
    mongo_catalog: MongoCatalog, mongodb_uri: str, database: str, colors: tuple[str, ...]
) -> None:
    photos = [
        a_photo(f"uploads/{number}", colors=(COLORS[number % 11],), uploaded_at=NOON + timedelta(seconds=number))
        for number in range(1100)
    ]
    mongo_catalog.write(photos)
    search = Search(colors=colors, min_probability=0.5, sort="newest")
    fiftieth = mongo_catalog.search(search, 50)[-1]
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client[database].command("profile", 2)
        found = mongo_catalog.search(search, 10, Place(fiftieth.id, milliseconds(fiftieth.uploaded_at)))
        client[database].command("profile", 0)
        (ran,) = client[database]["system.profile"].find({"command.aggregate": "photos"})
    assert len(found) == 10
    assert ran["keysExamined"] <= 14


def test_a_mongodb_that_is_not_there_is_a_transient_error(unused_port: int) -> None:
    away = connect_catalog(f"mongodb://127.0.0.1:{unused_port}", "photo_library", timeout_s=0.2)
    calls: list[Callable[[], Any]] = [
        away.ping,
        lambda: away.find(["1"]),
        lambda: away.write([a_photo()]),
        lambda: away.mark_synced([a_photo()]),
        lambda: away.search(of("Shirt", 0.5), 1),
        lambda: away.facet(of("Shirt", 0.5), "type", 0.2),
        lambda: away.total(of("Shirt", 0.5), 0.2),
        lambda: away.most_alike(Search(like=Look("m1", b"\x01"), sort="likeness"), 1, None, 0.2),
        lambda: away.type_counts(0.5),
        away.complete,
        lambda: away.page("", 1),
        lambda: away.page_of_keys(BUCKET, "", 1),
        away.count,
        lambda: away.checkpoint("a"),
        lambda: away.store_checkpoint("a", {}),
    ]
    with closing(away):
        for call in calls:
            with pytest.raises(CatalogUnavailable):
                call()


def fill(catalog: PhotoCatalog, types: dict[str, dict[str, float]]) -> None:
    catalog.write([a_photo(f"uploads/{name}", types=found) for name, found in types.items()])


def keys(photos: list[Photo]) -> list[str]:
    return [photo.key.removeprefix("uploads/") for photo in photos]


def of(name: str, min_probability: float) -> Search:
    return Search(types=(name,), min_probability=min_probability)
