import hashlib
import io
import re
import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from classify.pipeline import CATALOG_S, GRAPH_S, STORES_S, Pipeline
from classify.recognition import top_types
from classify.saved_model import Pixels, Predictions, SavedModel
from infra.local.template import ROOT
from photo_library.bucket.port import FetchedObject
from photo_library.errors import BucketUnavailable, Corrected, EventError, OutOfTime, TransientError
from photo_library.events import ObjectEvent, is_upload, reprocess_message, sequencer_after, sequencer_of_correction
from photo_library.likeness import likeness
from photo_library.photo import Photo, photo_id, restorable_until
from photo_library.sync import sync
from photo_library.type_graph.port import TypesByPhoto
from tests.support.examples import BUCKET, NOON, a_photo, a_picture, an_event
from tests.support.fakes import FakeCatalog, FakeThumbnails, FakeTypeGraph

TOO_LARGE = b"more bytes than are read"
LAST_YEAR = datetime(2025, 1, 1, tzinfo=UTC)
SHIRT = photo_id(BUCKET, "uploads/shirt.jpg")


class CountingModel(SavedModel):
    """The bundled model, counting its runs and how many pictures each had."""

    def __init__(self) -> None:
        super().__init__(ROOT / "model")
        self.batches: list[int] = []

    def run(self, pixels: Pixels) -> Predictions:
        self.batches.append(len(pixels))
        return super().run(pixels)


class Library:
    """The pipeline with stores in memory and a bucket that is a dictionary."""

    def __init__(self, model: CountingModel) -> None:
        self.catalog, self.graph, self.model = FakeCatalog(), FakeTypeGraph(), model
        self.thumbnails = FakeThumbnails()
        self.objects: dict[str, bytes | Exception] = {}
        self.fetches: list[str] = []
        self.versions: dict[str, str] = {}
        self.title: str | None = None
        self.etag = "etag"

    def fetch(self, event: ObjectEvent) -> FetchedObject | None:
        self.fetches.append(event.key)
        found = self.objects.get(event.key)
        if isinstance(found, Exception):
            raise found
        return self.found(event.key, found)

    def found(self, key: str, data: bytes | None) -> FetchedObject | None:
        if data is None:
            return None
        about = {"etag": self.etag, "version_id": self.versions.get(key), "title": self.title}
        return FetchedObject(data=data if data != TOO_LARGE else None, size=len(data), modified=LAST_YEAR, **about)

    def ingest(
        self, *bodies: str, redelivered: bool = False, remaining: Callable[[], float] = lambda: 60
    ) -> dict[str, Exception]:
        """Ingest messages that are named 0, 1, 2…"""
        messages = {str(number): body for number, body in enumerate(bodies)}
        pipeline = Pipeline(
            fetch=self.fetch,
            store_thumbnail=self.thumbnails.store,
            delete_thumbnails=self.thumbnails.delete,
            model=self.model,
            catalog=self.catalog,
            graph=self.graph,
            min_probability=0.001,
        )
        batch = pipeline.ingest(messages, redelivered=messages if redelivered else (), remaining=remaining)
        return batch.failures

    @property
    def shirt(self) -> Photo:
        return self.catalog.photos[SHIRT]

    @property
    def status(self) -> str:
        return self.shirt.status


@pytest.fixture(scope="module")
def counting_model() -> CountingModel:
    return CountingModel()


@pytest.fixture
def library(counting_model: CountingModel) -> Library:
    counting_model.batches.clear()
    library = Library(counting_model)
    library.objects["uploads/shirt.jpg"] = a_picture("JPEG", size=(60, 40))
    return library


def test_a_photo_is_classified_and_in_both_stores(library: Library) -> None:
    library.versions["uploads/shirt.jpg"] = "v1"
    assert library.ingest(an_event(versionId="v1")) == {}

    photo = library.shirt
    assert (photo.status, photo.graph, photo.format, photo.width, photo.height) == (
        "classified",
        "synced",
        "JPEG",
        60,
        40,
    )
    assert photo.types
    assert all(probability >= 0.001 for probability in photo.types.values())
    assert (photo.title, photo.version_id, photo.etag, photo.model) == (
        "shirt.jpg",
        "v1",
        "etag",
        library.model.version,
    )
    assert library.graph.types[SHIRT] == photo.types
    assert photo.colors == ("red",)
    assert sum(number**2 for number in photo.embedding) == pytest.approx(1, abs=1e-5)
    assert likeness(photo.look, photo.look) == pytest.approx(1, abs=0.02)


def test_an_incomplete_photo_is_classified_and_marked(library: Library, samples: list[Path]) -> None:
    data = next(one for one in samples if one.name == "shirt.jpg").read_bytes()
    library.objects["uploads/shirt.jpg"] = data
    library.ingest(an_event(sequencer="05"))
    assert not library.shirt.truncated
    library.objects["uploads/shirt.jpg"] = data[:-33]
    library.ingest(an_event(sequencer="06"))
    assert (library.status, library.shirt.truncated) == ("classified", True)
    assert library.shirt.types


def test_the_digest_is_that_of_the_objects_bytes(library: Library) -> None:
    library.objects["uploads/other.jpg"] = library.objects["uploads/shirt.jpg"]
    library.objects["uploads/different.jpg"] = a_picture("JPEG", size=(60, 41))
    library.objects["uploads/huge.jpg"] = TOO_LARGE
    library.ingest(*(an_event(key) for key in library.objects))
    digests = {photo.key: photo.digest for photo in library.catalog.photos.values()}
    assert digests["uploads/shirt.jpg"] == digests["uploads/other.jpg"]
    assert len({*digests.values()} - {None}) == 2
    assert digests["uploads/huge.jpg"] is None
    assert (
        digests["uploads/shirt.jpg"] == hashlib.md5(a_picture("JPEG", size=(60, 40)), usedforsecurity=False).hexdigest()
    )


def test_each_photo_of_a_batch_has_its_own_embedding_and_colors(library: Library, samples: list[Path]) -> None:
    library.objects["uploads/other.jpg"] = next(one for one in samples if one.name == "blue-shirt.jpg").read_bytes()
    library.ingest(an_event("uploads/other.jpg"))
    alone = library.catalog.photos[photo_id(BUCKET, "uploads/other.jpg")]
    library.ingest(an_event(), an_event("uploads/other.jpg", sequencer="06"))
    together = library.catalog.photos[alone.id]
    assert together.embedding == pytest.approx(alone.embedding, abs=1e-4)
    assert (together.colors, library.shirt.colors) == (("blue",), ("red",))
    assert library.shirt.embedding != pytest.approx(alone.embedding, abs=1e-2)
    assert likeness(together.look, alone.look) > 0.97 > likeness(together.look, library.shirt.look)


def thumbnail(library: Library) -> tuple[str, str]:
    assert library.shirt.thumbnail
    return BUCKET, library.shirt.thumbnail


def test_a_photos_thumbnail_is_stored_under_a_name_made_of_its_content(library: Library) -> None:
    library.ingest(an_event())
    bucket, key = thumbnail(library)
    data = library.thumbnails.stored[bucket, key]
    assert key == f"thumbnails/{SHIRT}/{hashlib.sha256(data).hexdigest()[:16]}-05.webp"
    assert library.thumbnails.stored.keys() == {(bucket, key)}
    assert not is_upload(key)


def test_a_thumbnail_goes_with_its_photo_and_when_another_takes_its_place(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    first = thumbnail(library)
    library.ingest(an_event(sequencer="06"))
    second = thumbnail(library)
    assert first != second
    assert library.thumbnails.stored.keys() == {second}
    library.objects["uploads/shirt.jpg"] = b"no longer a picture"
    library.ingest(an_event(sequencer="07"))
    assert library.thumbnails.stored == {}
    library.objects["uploads/shirt.jpg"] = a_picture()
    library.ingest(an_event(sequencer="08"))
    library.ingest(an_event(sequencer="09", name="ObjectRemoved:Delete"))
    assert (library.thumbnails.stored, library.shirt.thumbnail) == ({}, None)


def test_only_a_photo_that_browsers_cannot_show_has_a_preview_which_goes_with_its_thumbnail(library: Library) -> None:
    library.objects["uploads/shirt.jpg"] = a_picture("HEIF", size=(3000, 1500))
    library.ingest(an_event(sequencer="05"))
    preview = library.shirt.preview
    assert preview == f"{library.shirt.thumbnail}.preview"
    with Image.open(io.BytesIO(library.thumbnails.stored[BUCKET, preview])) as picture:
        assert (picture.format, picture.size) == ("WEBP", (2048, 1024))
    library.objects["uploads/shirt.jpg"] = a_picture("AVIF", size=(3000, 1500))
    library.ingest(an_event(sequencer="06"))
    assert library.shirt.preview is None
    assert library.thumbnails.stored.keys() == {thumbnail(library)}


def test_a_photo_whose_thumbnail_cannot_be_stored_comes_again(library: Library) -> None:
    library.thumbnails.down = True
    library.objects["uploads/text.jpg"] = b"hello"
    failures = library.ingest(an_event(), an_event("uploads/text.jpg"))
    assert failures.keys() == {"0"}
    assert isinstance(failures["0"], BucketUnavailable)
    assert library.catalog.photos.keys() == {photo_id(BUCKET, "uploads/text.jpg")}
    library.thumbnails.down = False
    assert library.ingest(an_event(), redelivered=True) == {}
    assert library.thumbnails.stored.keys() == {thumbnail(library)}


def test_a_thumbnail_that_takes_too_long_is_not_waited_for(library: Library) -> None:
    over = threading.Event()
    library.thumbnails.store = lambda *_: over.wait(30)  # type: ignore[method-assign, assignment]
    left = chain([60, 60], repeat(CATALOG_S))  # the photo is fetched and decoded in time
    try:
        failures = library.ingest(an_event(), remaining=lambda: next(left))
    finally:
        over.set()
    assert isinstance(failures["0"], OutOfTime)
    assert "thumbnail" in str(failures["0"])
    assert library.catalog.photos == {}


def test_a_thumbnail_that_cannot_be_deleted_is_left_to_reconcile(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    library.thumbnails.down = True
    assert library.ingest(an_event(sequencer="06", name="ObjectRemoved:Delete")) == {}
    assert (library.shirt.status, library.shirt.thumbnail, len(library.thumbnails.stored)) == ("deleted", None, 1)


def test_without_time_a_replaced_thumbnail_is_left_to_reconcile(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    left = chain([60, 60, 60], repeat(GRAPH_S - 1))
    assert library.ingest(an_event(sequencer="06"), remaining=lambda: next(left)) == {}
    assert len(library.thumbnails.stored) == 2
    assert thumbnail(library) in library.thumbnails.stored


def test_the_title_that_came_with_the_upload_is_kept(library: Library) -> None:
    library.title = "My shirt"
    library.ingest(an_event())
    assert library.shirt.title == "My shirt"


def test_a_batch_is_one_run_of_the_model_one_write_and_one_upsert(library: Library) -> None:
    keys = [f"uploads/{number}.png" for number in range(10)]
    library.objects |= dict.fromkeys(keys, a_picture())
    assert library.ingest(*(an_event(key) for key in keys)) == {}
    assert (library.model.batches, library.catalog.writes, library.graph.writes) == ([10], 1, 1)
    assert len(library.graph.types) == 10


def test_a_rejected_photo_is_recorded_and_does_not_touch_the_others(library: Library) -> None:
    library.objects |= {
        "uploads/text.jpg": b"hello",
        "uploads/huge.jpg": TOO_LARGE,
    }
    assert library.ingest(an_event("uploads/text.jpg"), an_event(), an_event("uploads/huge.jpg")) == {}

    text, huge = (library.catalog.photos[photo_id(BUCKET, f"uploads/{name}.jpg")] for name in ("text", "huge"))
    assert (text.status, text.reason, text.types, text.graph) == ("rejected", "unsupported_format", {}, "synced")
    assert (huge.status, huge.reason, huge.size) == ("rejected", "too_large", len(TOO_LARGE))
    assert library.shirt.status == "classified"
    assert library.graph.types.keys() == {SHIRT}


def test_an_object_that_is_gone_leaves_nothing(library: Library) -> None:
    assert library.ingest(an_event("uploads/gone.jpg")) == {}
    assert library.catalog.photos == {}


def test_a_message_that_is_no_event_fails_alone(library: Library) -> None:
    failures = library.ingest("nonsense", an_event())
    assert failures.keys() == {"0"}
    assert isinstance(failures["0"], EventError)
    assert library.shirt.graph == "synced"


def test_an_object_that_cannot_be_read_now_fails_its_message_alone(library: Library) -> None:
    library.objects["uploads/slow.jpg"] = BucketUnavailable("503")
    failures = library.ingest(an_event("uploads/slow.jpg"), an_event())
    assert failures.keys() == {"0"}
    assert isinstance(failures["0"], TransientError)
    assert library.shirt.graph == "synced"


def test_with_the_catalog_down_every_message_comes_again(library: Library) -> None:
    library.catalog.down = True
    assert library.ingest(an_event(), an_event("uploads/b.jpg")).keys() == {"0", "1"}
    assert library.graph.types == {}


def test_with_the_graph_down_the_photo_is_pending_and_its_message_done(library: Library) -> None:
    library.graph.down = True
    assert library.ingest(an_event()) == {}
    assert (library.shirt.status, library.shirt.graph) == ("classified", "pending")

    library.graph.down = False
    library.fetches.clear()
    library.model.batches.clear()
    assert library.ingest(an_event()) == {}
    assert library.graph.types[SHIRT] == library.shirt.types
    assert library.shirt.graph == "synced"
    assert (library.fetches, library.model.batches) == ([], [])  # the types were known already


def test_with_the_graph_down_a_redelivered_message_is_done_and_its_photo_written_later(library: Library) -> None:
    library.ingest(an_event())
    library.graph.down = True
    assert library.ingest(an_event(), redelivered=True) == {}
    assert library.shirt.graph == "pending"  # whether the graph holds it is not known


def test_with_the_graph_down_a_deleted_photo_is_pending_and_its_message_done(library: Library) -> None:
    library.ingest(an_event())
    library.graph.down = True
    library.objects.clear()
    assert library.ingest(an_event(sequencer="06", name="ObjectRemoved:Delete")) == {}
    assert (library.status, library.catalog.photos[SHIRT].graph) == ("deleted", "pending")


@pytest.fixture
def overdue(library: Library) -> str:
    """The id of a photo that the graph has lacked for three minutes."""
    library.objects["uploads/a.jpg"] = a_picture()
    library.graph.down = True
    library.ingest(an_event("uploads/a.jpg"))
    library.graph.down = False
    id_ = photo_id(BUCKET, "uploads/a.jpg")
    before = library.catalog.photos[id_]
    library.catalog.photos[id_] = replace(before, updated_at=before.updated_at - timedelta(minutes=3))
    return id_


def test_a_batch_writes_photos_for_which_the_graph_was_unavailable_before(library: Library, overdue: str) -> None:
    library.objects["uploads/b.jpg"] = a_picture()
    library.graph.down = True
    library.ingest(an_event("uploads/b.jpg"))
    recent = photo_id(BUCKET, "uploads/b.jpg")
    synced = replace(library.catalog.photos[overdue], id="0" * 24, graph="synced")
    library.catalog.photos[synced.id] = synced
    library.graph.down = False
    assert library.ingest(an_event()) == {}
    assert library.graph.types.keys() == {SHIRT, overdue}
    assert library.catalog.photos[overdue].graph == "synced"
    assert library.catalog.photos[recent].graph == "pending"  # another batch may be writing it


def test_without_time_photos_of_earlier_batches_are_left_to_reconcile(library: Library, overdue: str) -> None:
    left = chain([60, 60, 60, 60], repeat(GRAPH_S - 1))
    assert library.ingest(an_event(), remaining=lambda: next(left)) == {}
    assert library.graph.types.keys() == {SHIRT}
    assert library.catalog.photos[overdue].graph == "pending"


def test_with_both_stores_down_a_redelivered_message_fails(library: Library) -> None:
    library.ingest(an_event())
    find = library.catalog.find

    def find_and_go_away(ids: Collection[str]) -> dict[str, Photo]:
        found = find(ids)
        library.catalog.down = library.graph.down = True
        return found

    library.catalog.find = find_and_go_away  # type: ignore[method-assign]
    assert library.ingest(an_event(), redelivered=True).keys() == {"0"}


def test_a_message_that_comes_again_repairs_what_a_broken_off_try_left_in_the_graph(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    library.ingest(an_event(sequencer="06"))
    library.graph.types[SHIRT] = {"Bag": 0.9}  # the older one's write to the graph landed late
    assert library.ingest(an_event(sequencer="05"), redelivered=True) == {}
    assert library.graph.types[SHIRT] == library.shirt.types


def test_a_photo_that_was_never_in_the_graph_is_not_looked_for_there(library: Library) -> None:
    library.objects["uploads/shirt.jpg"] = b"hello"
    library.ingest(an_event())
    assert library.graph.removed == []


def test_an_unexpected_error_fails_the_one_photo(library: Library) -> None:
    library.objects["uploads/odd.jpg"] = LookupError("unknown encoding")
    assert library.ingest(an_event("uploads/odd.jpg"), an_event()).keys() == {"0"}
    assert library.shirt.graph == "synced"


def test_a_photo_that_a_newer_event_overtook_is_not_written_to_the_graph(library: Library) -> None:
    newer = a_photo(sequencer="06", types={"Coat": 1.0}, graph="synced")
    library.graph.types[SHIRT] = {"Coat": 1.0}

    def find_and_be_overtaken(ids: Collection[str]) -> dict[str, Photo]:
        found = FakeCatalog.find(library.catalog, ids)
        library.catalog.photos[SHIRT] = newer
        return found

    library.catalog.find = find_and_be_overtaken  # type: ignore[method-assign]
    assert library.ingest(an_event(sequencer="05")) == {}
    assert library.graph.types[SHIRT] == {"Coat": 1.0}
    assert library.graph.writes == 0


def test_an_event_delivered_twice_changes_nothing(library: Library) -> None:
    library.ingest(an_event())
    before, writes = library.shirt, library.graph.writes
    library.fetches.clear()
    assert library.ingest(an_event()) == {}
    assert (library.shirt, library.graph.writes) == (before, writes)
    assert library.fetches == []


def test_an_older_event_changes_nothing(library: Library) -> None:
    library.ingest(an_event(sequencer="06"))
    before = library.shirt
    assert library.ingest(an_event(sequencer="0599")) == {}
    assert library.ingest(an_event(sequencer="05", name="ObjectRemoved:Delete")) == {}
    assert library.shirt == before
    assert SHIRT in library.graph.types


def corrected(library: Library) -> Photo:
    """The shirt, classified, and then corrected by a person."""
    library.ingest(an_event(sequencer="05"))
    classified = library.shirt
    by_hand = replace(
        classified, types={"Bag": 1.0}, types_source="person", sequencer=sequencer_of_correction(classified.sequencer)
    )
    assert library.catalog.correct(by_hand, classified.sequencer)
    sync(library.catalog, library.graph, [by_hand])
    return library.shirt


@pytest.mark.parametrize("redelivered", [False, True])
def test_no_event_of_the_same_bytes_changes_manual_types(library: Library, redelivered: bool) -> None:
    before = corrected(library)
    again = reprocess_message(BUCKET, before.key, sequencer_after(before.sequencer))
    for body in (an_event(sequencer="05"), an_event(sequencer="04"), again, an_event(sequencer="06")):
        assert library.ingest(body, redelivered=redelivered) == {}
        assert (library.shirt.types, library.shirt.types_source) == ({"Bag": 1.0}, "person")
        assert library.graph.types[SHIRT] == {"Bag": 1.0}
    assert library.shirt.sequencer > before.sequencer


def test_a_title_given_by_a_person_stays_with_the_same_bytes_alone(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    classified = library.shirt
    sequencer = sequencer_of_correction(classified.sequencer)
    named = replace(classified, title="Mine", title_source="person", sequencer=sequencer)
    assert library.catalog.correct(named, classified.sequencer)
    library.catalog.photos[SHIRT] = replace(library.shirt, types={"Bag": 0.9})  # from a model before this one
    assert library.ingest(an_event(sequencer="06")) == {}
    assert (library.shirt.title, library.shirt.title_source) == ("Mine", "person")
    assert (library.shirt.types, library.shirt.types_source) == (classified.types, "model")
    library.objects["uploads/shirt.jpg"], library.etag = a_picture("PNG"), "other"
    assert library.ingest(an_event(sequencer="07")) == {}
    assert (library.shirt.title, library.shirt.title_source) == (classified.title, "upload")


def test_the_same_bytes_get_the_types_that_the_model_gives_them_now(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    from_model = library.shirt.types
    library.catalog.photos[SHIRT] = replace(library.shirt, types={"Bag": 0.9})  # from a model before this one
    assert library.ingest(an_event(sequencer="06")) == {}
    assert library.shirt.types == library.graph.types[SHIRT] == from_model != {"Bag": 0.9}


def test_reprocessing_that_was_on_its_way_is_older_than_a_correction(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    sent = reprocess_message(BUCKET, library.shirt.key, sequencer_after(library.shirt.sequencer))
    before = corrected(library)
    assert library.ingest(sent) == {}
    assert library.shirt == before


def test_other_bytes_under_the_same_key_are_another_picture(library: Library) -> None:
    corrected(library)
    library.objects["uploads/shirt.jpg"], library.etag = a_picture("PNG"), "other"
    assert library.ingest(an_event(sequencer="06")) == {}
    assert library.shirt.types_source == "model"
    assert library.graph.types[SHIRT] == library.shirt.types != {"Bag": 1.0}


def test_a_correction_made_while_the_same_bytes_are_classified_again_is_kept(library: Library) -> None:
    corrected(library)
    find = library.catalog.find

    def find_and_be_corrected(ids: Collection[str]) -> dict[str, Photo]:
        found = find(ids)
        classified = library.shirt
        by_hand = replace(classified, types={"Coat": 1.0}, sequencer=sequencer_of_correction(classified.sequencer))
        library.catalog.find = find  # type: ignore[method-assign]
        assert library.catalog.correct(by_hand, classified.sequencer)
        return found

    library.catalog.find = find_and_be_corrected  # type: ignore[method-assign]
    failures = library.ingest(an_event(sequencer="06"))
    assert isinstance(failures["0"], Corrected)
    assert library.shirt.types == {"Coat": 1.0}
    assert library.ingest(an_event(sequencer="06"), redelivered=True) == {}
    assert library.graph.types[SHIRT] == library.shirt.types == {"Coat": 1.0}
    assert library.shirt.sequencer.startswith("06")


def test_of_several_events_for_one_key_the_newest_wins_whatever_their_order(library: Library) -> None:
    bodies = [an_event(sequencer="06"), an_event(sequencer="07", name="ObjectRemoved:Delete"), an_event(sequencer="05")]
    assert library.ingest(*bodies) == {}
    assert (library.shirt.status, library.catalog.writes) == ("deleted", 1)
    assert library.fetches == []


def test_a_delete_removes_photo_and_vertex_and_leaves_a_tombstone(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    assert library.ingest(an_event(sequencer="06", name="ObjectRemoved:DeleteMarkerCreated")) == {}
    assert (library.shirt.status, library.shirt.types, library.shirt.graph) == ("deleted", {}, "synced")
    assert library.shirt.expires_at is not None
    assert (library.shirt.expires_at - library.shirt.updated_at).days == 37
    assert library.graph.types == {}
    assert (library.thumbnails.stored, restorable_until(library.shirt)) == ({}, None)  # the bucket has no versions

    assert library.ingest(an_event(sequencer="05")) == {}  # the upload's event, late
    assert library.shirt.status == "deleted"


def test_a_key_that_is_overwritten_gets_the_new_types_alone(library: Library) -> None:
    library.ingest(an_event(sequencer="05"))
    library.graph.types[SHIRT]["Bag"] = 0.99
    library.objects["uploads/shirt.jpg"] = b"no longer a picture"
    assert library.ingest(an_event(sequencer="06")) == {}
    assert (library.shirt.status, library.shirt.reason) == ("rejected", "unsupported_format")
    assert library.graph.types == {}


def test_a_photo_that_comes_too_late_is_handed_back_and_the_others_are_done(library: Library) -> None:
    arrived = threading.Event()
    fetch = library.fetch

    def slow(event: ObjectEvent) -> FetchedObject | None:
        if event.key == "uploads/slow.jpg":
            arrived.wait(30)
        return fetch(event)

    library.fetch = slow  # type: ignore[method-assign]
    try:
        failures = library.ingest(an_event("uploads/slow.jpg"), an_event(), remaining=lambda: STORES_S + 0.5)
        assert library.fetches == ["uploads/shirt.jpg"]  # it was not waited for
    finally:
        arrived.set()
    assert failures.keys() == {"0"}
    assert isinstance(failures["0"], OutOfTime)
    assert library.shirt.graph == "synced"


def test_when_decoding_took_too_long_the_rest_is_handed_back_and_what_was_decoded_is_stored(library: Library) -> None:
    keys = [f"uploads/{number}.png" for number in range(10)]
    library.objects |= dict.fromkeys(keys, a_picture())
    left = iter([60, 60, 50, STORES_S] + [STORES_S - 1] * 4)
    failures = library.ingest(*(an_event(key) for key in keys), remaining=lambda: next(left))
    assert len(failures) == 7
    assert all(isinstance(cause, OutOfTime) for cause in failures.values())
    assert {photo.graph for photo in library.catalog.photos.values()} == {"synced"}
    assert len(library.graph.types) == 3
    assert library.ingest(*(an_event(key) for key in keys), redelivered=True) == {}
    assert len(library.graph.types) == 10


def test_without_time_for_the_graph_the_photo_is_pending_and_its_message_done(library: Library) -> None:
    left = iter([60, 60, 60, GRAPH_S - 1])
    assert library.ingest(an_event(), remaining=lambda: next(left)) == {}
    assert (library.shirt.status, library.shirt.graph, library.graph.writes) == ("classified", "pending", 0)


def version_deleted(sequencer: str, version: str) -> str:
    return an_event(sequencer=sequencer, versionId=version, name="ObjectRemoved:Delete")


class TestVersions:
    """What becomes of a photo when one of its versions is taken away for good."""

    def put(self, library: Library, version: str, sequencer: str) -> None:
        library.versions["uploads/shirt.jpg"] = version
        assert library.ingest(an_event(sequencer=sequencer, versionId=version)) == {}

    def test_an_old_one_leaves_the_photo(self, library: Library) -> None:
        self.put(library, "new", "06")
        before = library.shirt
        assert library.ingest(version_deleted("07", "old")) == {}
        assert (library.status, library.shirt.types) == ("classified", before.types)
        assert library.graph.types[SHIRT] == before.types

    def test_the_only_one_removes_the_photo(self, library: Library) -> None:
        self.put(library, "only", "06")
        library.objects.clear()
        assert library.ingest(version_deleted("07", "only")) == {}
        assert library.status == "deleted"
        assert library.graph.types == {}

    def test_the_current_one_uncovers_the_one_before(self, library: Library) -> None:
        self.put(library, "new", "06")
        library.versions["uploads/shirt.jpg"] = "old"
        library.objects["uploads/shirt.jpg"], library.etag = a_picture("PNG"), "another"
        assert library.ingest(version_deleted("07", "new")) == {}
        assert (library.status, library.shirt.version_id) == ("classified", "old")
        assert library.shirt.uploaded_at == LAST_YEAR

    def test_a_deleted_photo_keeps_what_the_trash_and_a_restore_need(self, library: Library) -> None:
        self.put(library, "only", "05")
        before = library.shirt
        library.ingest(an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"))
        kept = library.shirt
        forgotten: dict[str, Any] = {"embedding": (), "look": b"", "model": None, "types": {}}
        changed = {"sequencer", "status", "updated_at", "deleted_at", "deleted_types", "expires_at", *forgotten}
        unchanged = {name: value for name, value in vars(before).items() if name not in changed}
        assert {name: getattr(kept, name) for name in unchanged} == unchanged
        assert {name: getattr(kept, name) for name in forgotten} == forgotten
        assert (kept.deleted_types, kept.version_id, kept.deleted_at) == (before.types, "only", NOON)
        assert restorable_until(kept) == NOON + timedelta(days=30)
        assert len(library.thumbnails.stored) == 1

        # A second delete marker changes nothing about that.
        library.ingest(an_event(sequencer="07", versionId="second", name="ObjectRemoved:DeleteMarkerCreated"))
        assert replace(library.shirt, updated_at=kept.updated_at, expires_at=kept.expires_at) == replace(
            kept, sequencer=library.shirt.sequencer
        )

    def test_a_photo_whose_last_version_is_deleted_cannot_be_restored(self, library: Library) -> None:
        self.put(library, "only", "05")
        library.ingest(an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"))
        library.objects.clear()
        assert library.ingest(version_deleted("07", "only")) == {}
        assert (library.status, library.shirt.version_id, library.shirt.deleted_types) == ("deleted", None, {})
        assert restorable_until(library.shirt) is None
        assert library.thumbnails.stored == {}

    @pytest.mark.parametrize("etag", ["etag", "other"])
    def test_a_restored_photo_keeps_its_corrections(self, library: Library, etag: str) -> None:
        """Copied by S3, an object that was sent in parts has another ETag."""
        self.put(library, "only", "05")
        corrected = replace(
            library.shirt,
            types={"Bag": 1.0},
            types_source="person",
            title="Mine",
            title_source="person",
            etag=etag,
            uploaded_at=LAST_YEAR,
        )
        library.catalog.photos[SHIRT] = corrected
        library.ingest(an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"))
        assert (library.shirt.types, library.shirt.deleted_types) == ({}, {"Bag": 1.0})
        library.versions["uploads/shirt.jpg"] = "copy"
        assert library.ingest(an_event(sequencer="07", name="ObjectCreated:Copy", versionId="copy")) == {}
        restored = library.shirt
        assert (restored.status, restored.version_id, restored.deleted_at) == ("classified", "copy", None)
        assert (restored.types, restored.types_source) == ({"Bag": 1.0}, "person")
        assert (restored.title, restored.title_source, restored.deleted_types) == ("Mine", "person", {})
        assert restored.uploaded_at == corrected.uploaded_at
        assert library.graph.types[SHIRT] == {"Bag": 1.0}
        assert library.thumbnails.stored.keys() == {thumbnail(library)}

    def test_other_bytes_under_a_deleted_photos_key_are_another_photo(self, library: Library) -> None:
        self.put(library, "only", "05")
        library.catalog.photos[SHIRT] = replace(library.shirt, types={"Bag": 1.0}, types_source="person")
        library.ingest(an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"))
        library.objects["uploads/shirt.jpg"], library.etag = a_picture("PNG", size=(50, 50)), "other"
        self.put(library, "other", "07")
        assert (library.status, library.shirt.types_source) == ("classified", "model")

    def test_a_delete_marker_brings_the_photo_back(self, library: Library) -> None:
        self.put(library, "only", "05")
        library.ingest(an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"))
        assert library.status == "deleted"
        assert library.ingest(version_deleted("07", "marker")) == {}
        assert library.status == "classified"
        assert SHIRT in library.graph.types

    @pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
    @pytest.mark.parametrize("size", [1, 2, 3])
    def test_an_undelete_ends_with_the_photo_whatever_the_order_and_the_batches(
        self, library: Library, order: tuple[int, ...], size: int
    ) -> None:
        library.versions["uploads/shirt.jpg"] = "only"
        history = [
            an_event(sequencer="05", versionId="only"),
            an_event(sequencer="06", versionId="marker", name="ObjectRemoved:DeleteMarkerCreated"),
            version_deleted("07", "marker"),
        ]
        delivered = [history[index] for index in order]
        for start in range(0, 3, size):
            assert library.ingest(*delivered[start : start + size]) == {}
        assert library.status == "classified"
        assert library.graph.types[SHIRT] == library.shirt.types

    @pytest.mark.parametrize("is_stored", [False, True])
    @pytest.mark.parametrize("together", [False, True])
    def test_the_old_one_after_an_upload_that_comes_late_loses_nothing(
        self, library: Library, is_stored: bool, together: bool
    ) -> None:
        if is_stored:
            self.put(library, "old", "05")
        library.versions["uploads/shirt.jpg"] = "new"
        bodies = [version_deleted("07", "old"), an_event(sequencer="06", versionId="new")]
        batches = [bodies] if together else [[body] for body in bodies]
        for batch in batches:
            assert library.ingest(*batch) == {}
        assert (library.status, library.shirt.version_id) == ("classified", "new")
        assert library.graph.types[SHIRT] == library.shirt.types


def test_one_message_may_hold_several_events_and_fails_once(library: Library) -> None:
    library.catalog.down = True
    both = an_event()[:-2] + ", " + an_event("uploads/b.jpg")[len('{"Records": [') :]
    assert library.ingest(both).keys() == {"0"}


def test_a_newer_event_that_overtakes_on_the_way_to_the_graph_has_the_last_word() -> None:
    older, newer = a_photo(sequencer="05", types={"Bag": 1.0}), a_photo(sequencer="06", types={"Coat": 1.0})

    class OvertakenGraph(FakeTypeGraph):
        def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
            if self.writes == 0:  # while the older write is under way, the newer one is completed
                catalog.write([newer])
                catalog.photos[newer.id] = replace(newer, graph="synced")
            super().write(types, new)

    catalog, graph = FakeCatalog(), OvertakenGraph()
    catalog.write([older])

    sync(catalog, graph, [older], new=[older.id])

    assert graph.types[newer.id] == {"Coat": 1.0}
    assert catalog.photos[newer.id].graph == "synced"


def test_types_are_ranked_and_rounded_once_to_four_decimals(model: SavedModel) -> None:
    values = model.run(model_input(model)).probabilities[0]
    types = top_types(model.types, values)
    assert list(types.values()) == sorted(types.values(), reverse=True)
    assert all(re.fullmatch(r"\d(\.\d{1,4})?", str(value)) for value in types.values() if value >= 0.0001)
    assert len(top_types(model.types, values, 0.2)) == sum(value >= 0.2 for value in types.values())


def model_input(model: SavedModel) -> Pixels:
    import numpy as np

    return np.random.default_rng(2).integers(0, 256, (1, *model.size, model.channels), np.uint8)
