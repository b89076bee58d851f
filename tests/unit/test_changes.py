"""Uploads, deletes and corrections over HTTP."""

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from photo_library.bucket.port import Restored
from photo_library.events import is_upload, parse_events, sequencer_after
from photo_library.formats import CONTENT_TYPES
from photo_library.photo import TYPES, Photo, photo_id
from tests.support.api import MAX_BYTES, Api
from tests.support.examples import BUCKET, a_photo

SHIRT = a_photo(etag="same")
TYPES_OF_SHIRT = f"/photos/{SHIRT.id}/types"
TITLE_OF_SHIRT = f"/photos/{SHIRT.id}/title"


@pytest.fixture
def api() -> Api:
    api = Api()
    api.add(SHIRT, a_photo("uploads/bag.jpg", types={"Bag": 0.8}))
    return api


def test_an_upload_gets_a_form_and_the_id_that_its_photo_will_have(api: Api) -> None:
    body = {"name": "shirt 1.JPG", "content_type": "image/jpeg", "size": 1000, "title": "My shirt"}
    answer = api.ask("POST", "/uploads", body)
    assert answer.status == 201
    key = answer.body["key"]
    assert re.fullmatch(r"uploads/[0-9a-f]{16}/shirt 1\.JPG", key)
    assert answer.body == {
        "id": photo_id(BUCKET, key),
        "key": key,
        "url": "https://bucket",
        "fields": {"key": key, "Content-Type": "image/jpeg", "max-bytes": str(MAX_BYTES), "title": "My shirt"},
        "max_bytes": MAX_BYTES,
        "expires_in": 900,
    }
    assert api.ask("POST", "/uploads", body).body["key"] != key


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("../../etc/x.png", ".._.._etc_x.png"),
        ("a\\b/c.png", "a_b_c.png"),
        ("${filename}.png", "_{filename}.png"),
        ("a\nb\x00.png", "a_b_.png"),
        ("...png", "...png"),
        ("x" * 250 + ".png", "x" * 146 + ".png"),
        ("grün 👕.png", "grün 👕.png"),
    ],
)
def test_a_name_is_the_end_of_the_key_without_what_means_something_there(api: Api, name: str, ending: str) -> None:
    key = api.ask("POST", "/uploads", {"name": name}).body["key"]
    assert key.partition("/")[2].partition("/")[2] == ending
    assert is_upload(key)
    assert len(key.encode()) < 1024


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_browsers_take_for_a_step_to_another_folder_is_none(api: Api, name: str) -> None:
    key = api.ask("POST", "/uploads", {"name": name, "content_type": "image/png"}).body["key"]
    assert key.endswith("/_")


def test_a_title_is_one_line(api: Api) -> None:
    answer = api.ask("POST", "/uploads", {"name": "x.png", "title": "My\r\nshirt\x00"})
    assert answer.body["fields"]["title"] == "My  shirt"


@pytest.mark.parametrize(
    ("name", "kind"), [("x.HEIC", "image/heic"), ("x.jpeg", "image/jpeg"), ("a.b.avif", "image/avif")]
)
def test_a_type_that_the_browser_does_not_know_is_read_from_the_name(api: Api, name: str, kind: str) -> None:
    for body in ({"name": name}, {"name": name, "content_type": ""}, {"name": name, "content_type": None}):
        assert api.ask("POST", "/uploads", body).body["fields"]["Content-Type"] == kind


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (None, "body"),
        ("", "body"),
        ("[]", "body"),
        ('"x.png"', "body"),
        ("[" * 100_000, "body"),
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": " "}, "name"),
        ({"name": 5}, "name"),
        ({"name": "x" * 252 + ".png"}, "name"),
        ('{"name": "\\ud800.png"}', "name"),
        ({"name": "x.txt"}, "content_type"),
        ({"name": "x"}, "content_type"),
        ({"name": "x.png", "content_type": "text/html"}, "content_type"),
        ({"name": "x.png", "content_type": ["image/png"]}, "content_type"),
        ({"name": "x.png", "size": MAX_BYTES + 1}, "size"),
        ({"name": "x.png", "size": 0}, "size"),
        ({"name": "x.png", "size": 1.5}, "size"),
        ({"name": "x.png", "size": True}, "size"),
        ({"name": "x.png", "title": "x" * 201}, "title"),
        ({"name": "x.png", "title": ["x"]}, "title"),
        ({"name": "x.png", "tilte": "x"}, "tilte"),
    ],
)
def test_an_upload_that_cannot_be_is_refused_by_name(api: Api, body: Any, parameter: str) -> None:
    answer = api.ask("POST", "/uploads", body)
    assert (answer.status, answer.body["parameter"]) == (400, parameter), answer.body
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["allowed"]


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("title", "", "title must be 1 to 200 characters."),
        ("name", "", "name must be 1 to 255 characters."),
        ("size", "1", "size must be an integer (bytes)."),
        ("size", 0, "This file is empty."),
        ("size", MAX_BYTES + 1, "This file is 4.8 MiB; the limit is 4.768 MiB."),
        ("size", 36_279_808, "This file is 34.6 MiB; the limit is 4.768 MiB."),
        ("name", "x.txt", "Only JPEG, PNG, WebP, GIF, BMP, HEIC and AVIF pictures can be uploaded."),
        ("titel", "x", "Unknown field 'titel'. Did you mean 'title'?"),
    ],
)
def test_a_refused_upload_says_what_is_wrong_and_what_would_be_right(
    api: Api, field: str, value: Any, detail: str
) -> None:
    assert api.ask("POST", "/uploads", {"name": "x.png"} | {field: value}).body["detail"] == detail


def test_each_accepted_type_has_endings_of_its_own() -> None:
    endings = [ending for several in CONTENT_TYPES.values() for ending in several]
    assert len(endings) == len(set(endings))


def test_a_delete_removes_the_object_and_leaves_the_rest_to_its_event(api: Api) -> None:
    answer = api.ask("DELETE", f"/photos/{SHIRT.id}")
    assert (answer.status, answer.body, api.bucket.deleted) == (202, {"id": SHIRT.id}, [SHIRT.key])
    assert api.catalog.photos[SHIRT.id] == SHIRT


@pytest.mark.parametrize(("method", "path", "body"), [("DELETE", "", None), ("PUT", "/types", {"types": []})])
def test_an_unknown_or_deleted_photo_cannot_be_changed(api: Api, method: str, path: str, body: Any) -> None:
    gone = a_photo("uploads/gone.jpg", status="deleted", types={})
    api.add(gone)
    for id_ in ("0" * 24, "x", gone.id):
        answer = api.ask(method, f"/photos/{id_}{path}", body)
        assert (answer.status, answer.body["parameter"]) == (404, "id")
    assert api.bucket.deleted == []


def test_a_bucket_or_a_catalog_that_is_away_is_said_with_when_to_try_again(api: Api) -> None:
    api.bucket.down = True
    assert api.ask("DELETE", f"/photos/{SHIRT.id}").status == 503
    api.catalog.down = True
    answer = api.ask("PUT", TYPES_OF_SHIRT, {"types": ["Bag"]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize(
    ("given", "types"),
    [
        (["bag"], {"Bag": 1.0}),
        (["Ankle boot"], {"Ankle-boot": 1.0}),
        (["Sneaker", "trouser", "t-shirt/top", "Trouser"], {"T-shirt": 1.0, "Trouser": 1.0, "Sneaker": 1.0}),
        (list(TYPES), dict.fromkeys(TYPES, 1.0)),
        ([], {}),
    ],
)
def test_manual_types_are_stored_shown_and_found_at_once(api: Api, given: list[str], types: Any) -> None:
    answer = api.ask("PUT", TYPES_OF_SHIRT, {"types": given})
    assert (answer.status, answer.body["types"], answer.body["types_source"]) == (200, types, "person")
    assert api.get(f"/photos/{SHIRT.id}").body["types_source"] == "person"
    stored = api.catalog.photos[SHIRT.id]
    assert (stored.types, stored.types_source, stored.graph) == (types, "person", "synced")
    assert stored.sequencer > sequencer_after(SHIRT.sequencer)
    assert api.graph.types[SHIRT.id] == types
    assert (SHIRT.id in ids(api, "type=Shirt")) == ("Shirt" in types)
    if types:
        assert SHIRT.id in ids(api, f"type={','.join(types)}&match=all&min_probability=1")
    assert list(stored.types) == [name for name in TYPES if name in types]
    for name in types:
        answer = api.get(f"/search?type={name}&min_probability=1")
        assert [(one["id"], one["score"]) for one in answer.body["photos"]] == [(SHIRT.id, 1)]
    assert (SHIRT.id in ids(api, "untyped=true")) == (types == {})


def test_a_correction_can_be_corrected(api: Api) -> None:
    for name in ("Bag", "Coat", "Shirt"):
        assert api.ask("PUT", TYPES_OF_SHIRT, {"types": [name]}).body["types"] == {name: 1.0}
        assert api.graph.types[SHIRT.id] == {name: 1.0}


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (None, "body"),
        ("nonsense", "body"),
        ({}, "types"),
        ({"types": "Bag"}, "types"),
        ({"types": [1]}, "types"),
        ({"types": ["Hat"]}, "types"),
        ({"types": ["Bag", "Hat"]}, "types"),
        ({"types": None}, "types"),
        ({"type": ["Bag"]}, "type"),
        ('{"\\ud800": 1}', "?"),
    ],
)
def test_a_correction_that_says_nothing_is_refused_by_name(api: Api, body: Any, parameter: str) -> None:
    answer = api.ask("PUT", TYPES_OF_SHIRT, body)
    assert (answer.status, answer.body["parameter"]) == (400, parameter)
    assert api.catalog.photos[SHIRT.id] == SHIRT


def test_an_unknown_type_is_answered_with_the_types(api: Api) -> None:
    assert api.ask("PUT", TYPES_OF_SHIRT, {"types": ["Hat"]}).body["allowed"] == list(TYPES)


@pytest.mark.parametrize(("field", "value"), [("types", ["Bag"]), ("title", "Bad")])
def test_a_rejected_photo_cannot_be_corrected(api: Api, field: str, value: Any) -> None:
    bad = a_photo("uploads/bad.jpg", status="rejected", reason="damaged", types={})
    api.add(bad)
    answer = api.ask("PUT", f"/photos/{bad.id}/{field}", {field: value})
    assert (answer.status, "rejected" in answer.body["detail"]) == (409, True)


def test_a_rejected_photo_is_processed_again(api: Api) -> None:
    bad = a_photo("uploads/bad + ä.jpg", status="rejected", reason="damaged", types={})
    api.add(bad)
    answer = api.ask("POST", f"/photos/{bad.id}/retry")
    assert (answer.status, answer.body) == (202, {"id": bad.id, "updated_at": bad.updated_at.isoformat()})
    (message,) = api.sent
    (event,) = parse_events(message)
    assert (event.photo_id, event.key, event.object_may_exist) == (bad.id, bad.key, True)
    assert event.sequencer > bad.sequencer
    assert api.get(f"/photos/{bad.id}").body["updated_at"] == answer.body["updated_at"]


def test_only_rejected_photos_are_tried_again(api: Api) -> None:
    answer = api.ask("POST", f"/photos/{SHIRT.id}/retry")
    assert (answer.status, answer.body["detail"]) == (
        409,
        "This photo was not rejected, so there is nothing to try again.",
    )
    assert api.ask("POST", f"/photos/{'f' * 24}/retry").status == 404
    assert api.sent == []


def test_a_rejected_photo_is_deleted_like_any_other(api: Api) -> None:
    bad = a_photo("uploads/bad.jpg", status="rejected", reason="damaged", types={})
    api.add(bad)
    assert api.ask("DELETE", f"/photos/{bad.id}").status == 202
    assert api.bucket.deleted == [bad.key]


NOW = datetime.now(UTC)


def deleted(key: str = "uploads/gone.jpg", days_ago: float = 1, **changes: Any) -> Photo:
    about: dict[str, Any] = {
        "status": "deleted",
        "types": {},
        "deleted_types": {"Bag": 0.75},
        "version_id": "v1",
        "thumbnail": "thumbnails/a.webp",
        "deleted_at": NOW - timedelta(days=days_ago),
    }
    return a_photo(key, **about | changes)


def test_a_deletion_says_until_when_it_can_be_undone(api: Api) -> None:
    versioned = a_photo("uploads/v.jpg", version_id="v1")
    api.add(versioned)
    before = datetime.now(UTC)
    until = datetime.fromisoformat(api.ask("DELETE", f"/photos/{versioned.id}").body["restorable_until"])
    assert before <= until - timedelta(days=30) <= datetime.now(UTC)
    assert api.ask("DELETE", f"/photos/{SHIRT.id}").body == {"id": SHIRT.id}  # the bucket has no versions


def test_the_trash_shows_what_can_be_restored(api: Api) -> None:
    photo = deleted(types_source="person", title="Mine", colors=("red",))
    api.add(photo)
    assert api.get("/trash").body == {
        "limit": 20,
        "total": {"photos": 1, "exact": True},
        "photos": [
            {
                "id": photo.id,
                "title": "Mine",
                "status": "deleted",
                "types": {"Bag": 0.75},
                "types_source": "person",
                "colors": ["red"],
                "size": 1000,
                "uploaded_at": photo.uploaded_at.isoformat(),
                "deleted_at": (NOW - timedelta(days=1)).isoformat(),
                "restorable_until": (NOW + timedelta(days=29)).isoformat(),
                "url": f"https://signed/{photo.key}",
                "thumbnail_url": "https://signed/thumbnails/a.webp",
            }
        ],
    }


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_the_trash_has_the_last_deleted_first_page_by_page(api: Api, limit: int) -> None:
    api.add(
        *(deleted(f"uploads/{days}.jpg", days) for days in (3, 1, 29, 2, 31)),
        deleted("uploads/no-version.jpg", version_id=None),
        deleted("uploads/bad.jpg", 5, reason="damaged", deleted_types={}, thumbnail=None),
    )
    names, cursor = [], ""
    while True:
        body = api.get(f"/trash?limit={limit}{cursor}").body
        names += [photo["title"] for photo in body["photos"]]
        assert body["total"] == {"photos": 5, "exact": True}
        if "next" not in body:
            break
        cursor = f"&cursor={body['next']}"
    assert names == ["1.jpg", "2.jpg", "3.jpg", "bad.jpg", "29.jpg"]
    bad = next(photo for photo in api.get("/trash").body["photos"] if photo["title"] == "bad.jpg")
    assert (bad["reason"], "types" in bad) == ("damaged", False)
    for query, parameter in (("cursor=x", "cursor"), ("limit=0", "limit"), ("type=Bag", "type")):
        assert api.get(f"/trash?{query}").body["parameter"] == parameter


def test_deleted_photos_are_found_nowhere_else(api: Api) -> None:
    photo = deleted(digest="a", colors=("red",))
    api.add(photo, a_photo("uploads/other.jpg", digest="a"))
    for query in ("type=bag", "color=red", "q=%22gone%22", "sort=newest", "status=rejected", "untyped=true"):
        assert photo.id not in ids(api, query)
    assert api.get(f"/photos/{photo.id}").status == 404
    assert "duplicates" not in api.get(f"/photos/{photo_id(BUCKET, 'uploads/other.jpg')}").body
    (bags,) = [one["photos"] for one in api.get("/types").body["types"] if one["type"] == "Bag"]
    assert bags == 1  # of bag.jpg


@pytest.mark.parametrize("key", ["uploads/gone.jpg", "uploads/a +%2B/ä/./../👕.jpg"])
def test_a_deleted_photo_is_restored(api: Api, key: str) -> None:
    photo = deleted(key)
    api.add(photo)
    answer = api.ask("POST", f"/photos/{photo.id}/restore")
    assert (answer.status, answer.body) == (202, {"id": photo.id})
    assert api.bucket.restored == [(key, "v1")]


def test_a_deletion_can_be_undone_before_its_event_has_arrived(api: Api) -> None:
    photo = a_photo("uploads/just.jpg", version_id="v2")
    api.add(photo)
    assert api.ask("POST", f"/photos/{photo.id}/restore").status == 202
    assert api.bucket.restored == [(photo.key, "v2")]


def test_a_photo_that_exists_is_not_overwritten(api: Api) -> None:
    photo = deleted()
    api.add(photo)
    api.bucket.restoring = "exists"
    answer = api.ask("POST", f"/photos/{photo.id}/restore")
    assert (answer.status, answer.body["detail"]) == (
        409,
        "This photo exists: it was not deleted, or it was restored or uploaded again.",
    )
    assert api.ask("POST", f"/photos/{SHIRT.id}/restore").status == 409  # the bucket has no versions


@pytest.mark.parametrize(("photo", "outcome"), [(deleted(), "gone"), (deleted(days_ago=30.1), "restored")])
def test_a_photo_that_was_deleted_for_good_is_gone(api: Api, photo: Photo, outcome: Restored) -> None:
    api.add(photo)
    api.bucket.restoring = outcome
    answer = api.ask("POST", f"/photos/{photo.id}/restore")
    assert (answer.status, "for good" in answer.body["detail"]) == (410, True)
    assert api.bucket.restored == []
    assert api.ask("POST", f"/photos/{'f' * 24}/restore").status == 404


def test_without_the_bucket_nothing_is_restored(api: Api) -> None:
    photo = deleted()
    api.add(photo)
    api.bucket.down = True
    assert api.ask("POST", f"/photos/{photo.id}/restore").status == 503


def test_with_the_graph_away_a_correction_is_stored_and_left_to_reconcile(api: Api) -> None:
    api.graph.down = True
    assert api.ask("PUT", TYPES_OF_SHIRT, {"types": ["Bag"]}).status == 200
    assert api.catalog.photos[SHIRT.id].graph == "pending"
    assert SHIRT.id in ids(api, "type=Bag&min_probability=1")


@pytest.mark.parametrize("etag", ["same", "other"])
def test_a_photo_that_changes_while_it_is_corrected_is_corrected_unless_it_has_other_bytes(api: Api, etag: str) -> None:
    find = api.catalog.find
    newer = a_photo(etag=etag, sequencer="07", title="looked at again")

    def find_and_change(ids: Collection[str]) -> dict[str, Photo]:
        found = find(ids)
        api.catalog.find = find  # type: ignore[method-assign]
        api.add(newer)
        return found

    api.catalog.find = find_and_change  # type: ignore[method-assign]
    answer = api.ask("PUT", TYPES_OF_SHIRT, {"types": ["Bag"]})
    stored = api.catalog.photos[SHIRT.id]
    assert (answer.status, stored.types_source) == ((200, "person") if etag == SHIRT.etag else (409, "model"))
    assert stored.title == "looked at again"
    assert (stored.sequencer > newer.sequencer) == (answer.status == HTTPStatus.OK)


@pytest.mark.parametrize(
    ("given", "title"), [("Blue shirt", "Blue shirt"), (" two\nlines ", "two lines"), ("x" * 200, "x" * 200)]
)
def test_a_title_is_stored_shown_and_found_at_once(api: Api, given: str, title: str) -> None:
    answer = api.ask("PUT", TITLE_OF_SHIRT, {"title": given})
    assert (answer.status, answer.body["title"]) == (200, title)
    assert api.get(f"/photos/{SHIRT.id}").body["title"] == title
    stored = api.catalog.photos[SHIRT.id]
    assert (stored.title_source, stored.types_source, stored.types) == ("person", SHIRT.types_source, SHIRT.types)
    assert stored.sequencer > sequencer_after(SHIRT.sequencer)
    assert SHIRT.id in ids(api, f'q="{title.split(maxsplit=1)[0]}"')


def test_a_title_and_types_are_corrected_one_after_the_other(api: Api) -> None:
    api.ask("PUT", TYPES_OF_SHIRT, {"types": ["Bag"]})
    api.ask("PUT", TITLE_OF_SHIRT, {"title": "First"})
    answer = api.ask("PUT", TITLE_OF_SHIRT, {"title": "Second"})
    assert (answer.body["title"], answer.body["types"]) == ("Second", {"Bag": 1.0})


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (None, "body"),
        ({}, "title"),
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": "\x00 \n"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": ["a"]}, "title"),
        ({"titel": "a"}, "titel"),
        ('{"title": "\\ud800"}', "title"),
    ],
)
def test_a_title_that_cannot_be_shown_is_refused(api: Api, body: Any, parameter: str) -> None:
    answer = api.ask("PUT", TITLE_OF_SHIRT, body)
    assert (answer.status, answer.body["parameter"]) == (400, parameter)
    assert api.catalog.photos[SHIRT.id] == SHIRT


def ids(api: Api, query: str) -> set[str]:
    return {photo["id"] for photo in api.get(f"/search?{query}").body["photos"]}
