from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from photo_library.bucket.port import ListedObject
from photo_library.errors import TypeGraphUnavailable
from photo_library.events import parse_events, sequencer_after
from photo_library.photo import THUMBNAILS, Photo, photo_id
from reconcile.run import GRAPH_START_S, MARGIN_S, Reconciler, Run, TooManyDeletions
from tests.support.examples import BUCKET, NOON, a_photo
from tests.support.fakes import FakeCatalog, FakePhotoBucket, FakeTypeGraph


class Library:
    """Three stores in agreement, about as many photos as asked for."""

    def __init__(self, photos: int = 30) -> None:
        self.catalog, self.graph, self.bucket = FakeCatalog(), FakeTypeGraph(), FakePhotoBucket()
        self.sent: list[str] = []
        for number in range(photos):
            self.add(a_photo(f"uploads/{number:03}.jpg", graph="synced", etag="same"))

    def add(self, photo: Photo) -> None:
        self.catalog.photos[photo.id] = photo
        self.bucket.listed[photo.key] = ListedObject(photo.key, 1000, "same", NOON)
        if photo.graph == "synced":
            self.graph.types[photo.id] = dict(photo.types)

    def reconcile(self, remaining_s: Callable[[], float] = lambda: 1000, **options: Any) -> Run:
        stores: dict[str, Any] = {"catalog": self.catalog, "graph": self.graph, "bucket": self.bucket}
        stores["send"] = self.sent.extend
        return Reconciler(**stores | {"page_size": 7} | options).run(remaining_s)

    @property
    def processed_again(self) -> dict[str, str]:
        """Key → sequencer of what was sent to the queue."""
        events = [event for body in self.sent for event in parse_events(body)]
        assert all(event.object_may_exist for event in events)
        return {event.key: event.sequencer for event in events}

    def agrees(self) -> bool:
        types = {photo.id: photo.types for photo in self.catalog.photos.values() if photo.status == "classified"}
        return types == self.graph.types and not self.catalog.page("", 1, pending=True)


@pytest.fixture
def library() -> Library:
    return Library()


NUMBER = photo_id(BUCKET, "uploads/007.jpg")


def small(library: Library) -> set[str]:
    return {key for key in library.bucket.listed if key.startswith(THUMBNAILS)}


def test_thumbnails_that_no_photo_has_are_deleted_once_they_are_settled(library: Library) -> None:
    library.add(a_photo("uploads/007.jpg", thumbnail=f"thumbnails/{NUMBER}/b.webp", etag="same", graph="synced"))
    unused = [f"thumbnails/{NUMBER}/{name}.webp" for name in "ac"] + [f"thumbnails/{'0' * 24}/x.webp"]
    new = f"thumbnails/{NUMBER}/new.webp"
    for key in (*unused, f"thumbnails/{NUMBER}/b.webp"):
        library.bucket.listed[key] = ListedObject(key, 1000, "", NOON)
    library.bucket.listed[new] = ListedObject(new, 1000, "", datetime.now(UTC))
    assert library.reconcile(dry_run=True, page_size=2).done == {"thumbnails of no photo deleted": 3}
    assert len(small(library)) == 5
    assert library.reconcile(page_size=2).done == {"thumbnails of no photo deleted": 3}
    assert small(library) == {f"thumbnails/{NUMBER}/b.webp", new}


def test_thumbnails_of_deleted_photos_are_kept_while_these_can_be_restored(library: Library) -> None:
    """However many are deleted for good at once: all of them were deleted on purpose."""
    now, days = datetime.now(UTC), timedelta(days=1)
    for number in range(20):
        photo = library.catalog.photos[photo_id(BUCKET, f"uploads/{number:03}.jpg")]
        key = f"thumbnails/{photo.id}/a.webp"
        deleted_at = now - (29 if number < 10 else 31) * days
        library.catalog.photos[photo.id] = replace(
            photo, status="deleted", types={}, thumbnail=key, version_id="v", deleted_at=deleted_at
        )
        del library.bucket.listed[photo.key]
        del library.graph.types[photo.id]
        library.bucket.listed[key] = ListedObject(key, 1000, "", NOON)
    run = library.reconcile()
    assert (run.done, run.deleted) == ({"thumbnails of deleted photos deleted": 10}, 0)
    kept = {photo.thumbnail for photo in library.catalog.photos.values() if photo.deleted_at}
    assert len(small(library)) == 10
    assert small(library) < kept
    assert library.reconcile().done == {}


def test_a_rebuilt_graph_holds_manual_types(library: Library) -> None:
    library.add(a_photo("uploads/007.jpg", types={"Bag": 1.0}, types_source="person", etag="same"))
    assert library.reconcile(rebuild_graph=True).finished
    assert library.graph.types[NUMBER] == {"Bag": 1.0}
    assert library.agrees()


def test_where_all_agree_nothing_is_done(library: Library) -> None:
    writes = library.graph.writes
    run = library.reconcile()
    assert (run.finished, run.done) == (True, {})
    assert (library.graph.writes, library.graph.removed, library.sent) == (writes, [], [])
    assert library.catalog.checkpoints.keys() == {"graph_check"}


def test_what_the_graph_lacks_is_written_to_it(library: Library) -> None:
    for number in range(20):
        library.add(a_photo(f"uploads/new-{number}.jpg", etag="same"))
    library.add(a_photo("uploads/bad.jpg", status="rejected", types={}, reason="damaged", etag="same"))
    run = library.reconcile()
    assert library.agrees()
    assert run.done == {"pending photos written to the graph": 21}


def test_vertices_of_deleted_rejected_and_unknown_photos_go(library: Library) -> None:
    for key, status in (("001", "deleted"), ("002", "rejected")):
        photo = library.catalog.photos[photo_id(BUCKET, f"uploads/{key}.jpg")]
        library.catalog.photos[photo.id] = replace(photo, status=status, types={})  # type: ignore[arg-type]
        del library.bucket.listed[photo.key]
    library.graph.types |= {"0" * 24: {"Bag": 1.0}, "f" * 24: {}}
    library.reconcile()
    assert library.agrees()


def test_a_photo_that_comes_while_its_old_vertex_is_deleted_is_in_the_graph_in_the_end(library: Library) -> None:
    uploaded = a_photo("uploads/again.jpg", graph="synced", etag="same")
    library.graph.types[uploaded.id] = {"Bag": 1.0}  # of an upload whose tombstone has expired
    remove = library.graph.remove

    def remove_and_be_late(photo_ids: Any) -> None:
        library.add(uploaded)
        remove(photo_ids)

    library.graph.remove = remove_and_be_late  # type: ignore[method-assign]
    library.reconcile()
    assert library.graph.types[uploaded.id] == uploaded.types


def test_a_vertex_that_is_missing_is_written(library: Library) -> None:
    del library.graph.types[NUMBER]
    assert library.reconcile().done == {"missing vertices written": 1}
    assert library.agrees()


def test_an_object_without_a_document_is_processed_again(library: Library) -> None:
    library.bucket.listed["uploads/lost file+.jpg"] = ListedObject("uploads/lost file+.jpg", 1000, "etag", NOON)
    library.reconcile()
    assert library.processed_again.keys() == {"uploads/lost file+.jpg"}
    # What S3 itself tells of that upload, or later, is newer.
    assert library.processed_again["uploads/lost file+.jpg"] < f"00{int(NOON.timestamp()):08X}D90281E5"


def test_a_folder_that_the_console_made_is_no_photo(library: Library) -> None:
    library.bucket.listed["uploads/holiday/"] = ListedObject("uploads/holiday/", 1000, "etag", NOON)
    assert library.reconcile().done == {}


@pytest.mark.parametrize("change", [{"status": "deleted", "types": {}}, {"etag": "other"}])
def test_an_object_that_its_document_does_not_know_is_processed_again(library: Library, change: dict[str, Any]) -> None:
    changed = replace(library.catalog.photos[NUMBER], **change)
    library.catalog.photos[NUMBER] = changed
    library.reconcile()
    assert library.processed_again == {changed.key: sequencer_after(changed.sequencer)}


def test_a_document_without_an_object_is_processed_again(library: Library) -> None:
    gone = library.catalog.photos[NUMBER]
    del library.bucket.listed[gone.key]
    run = library.reconcile()
    assert library.processed_again == {gone.key: sequencer_after(gone.sequencer)}
    assert run.deleted == 1


def test_what_may_still_be_on_its_way_is_left_alone(library: Library) -> None:
    now = datetime.now(UTC)
    library.bucket.listed["uploads/new.jpg"] = ListedObject("uploads/new.jpg", 1000, "etag", now)
    deleted = library.catalog.photos[NUMBER]
    del library.bucket.listed[deleted.key]
    library.catalog.photos[NUMBER] = replace(deleted, updated_at=now)
    library.reconcile()
    assert library.sent == []
    library.reconcile(settled=timedelta(seconds=-60))
    assert len(library.sent) == 2


def test_more_than_a_tenth_of_all_photos_is_not_deleted_unless_forced(library: Library) -> None:
    for key in list(library.bucket.listed)[:4]:
        del library.bucket.listed[key]
    for _ in range(2):  # nor by the next runs, a tenth each
        with pytest.raises(TooManyDeletions, match="4 deletions for about 30 photos"):
            library.reconcile()
    assert library.sent == []
    assert library.reconcile(force=True).finished
    assert len(library.sent) == 4


def test_an_empty_catalog_does_not_empty_the_graph(library: Library) -> None:
    library.catalog.photos.clear()
    with pytest.raises(TooManyDeletions):
        library.reconcile()
    assert len(library.graph.types) == 30


def test_a_dry_run_says_what_it_would_do_and_does_nothing(library: Library) -> None:
    library.add(a_photo("uploads/new.jpg", etag="same"))
    for key in list(library.bucket.listed)[:4]:
        del library.bucket.listed[key]
    library.graph.types["0" * 24] = {}
    run = library.reconcile(dry_run=True)
    assert run.done == {
        "pending photos written to the graph": 1,
        "missing vertices written": 1,
        "vertices of unknown photos deleted": 1,
        "documents without an object processed again": 4,
    }
    assert (library.sent, library.graph.removed, library.catalog.checkpoints) == ([], [], {})
    assert library.catalog.page("", 1, pending=True)


def test_the_whole_graph_is_rebuilt_from_the_catalog(library: Library) -> None:
    library.graph.types.clear()
    library.graph.types |= {"0" * 24: {"Bag": 1.0}, NUMBER: {"Bag": 1.0}}
    library.reconcile(rebuild_graph=True)
    assert library.agrees()


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(library: Library) -> None:
    library.graph.types.clear()
    broken = library.graph.write
    pages: list[int] = []

    def write(types: Any, new: Any = ()) -> None:
        pages.append(len(types))
        if len(pages) == 3:
            raise TypeGraphUnavailable("down")
        broken(types, new)

    library.graph.write = write  # type: ignore[method-assign]
    with pytest.raises(TypeGraphUnavailable):
        library.reconcile(rebuild_graph=True, graph_start_s=0)
    library.reconcile(rebuild_graph=True)
    assert pages == [7, 7, 7, 7, 7, 2]
    assert library.agrees()


def test_an_idle_library_lets_the_graph_sleep(library: Library) -> None:
    day = timedelta(days=1)
    library.reconcile(graph_check_every=day)
    library.graph.down = True  # asked anything, it would fail
    for _ in range(3):
        run = library.reconcile(graph_check_every=day)
        assert (run.finished, run.skipped) == (True, [])


def test_the_graph_is_compared_again_after_a_day(library: Library) -> None:
    day = timedelta(days=1)
    library.reconcile(graph_check_every=day)
    library.graph.types["0" * 24] = {"Bag": 1.0}
    library.reconcile(graph_check_every=day)
    assert "0" * 24 in library.graph.types
    checked = library.catalog.checkpoints["graph_check"]
    checked["finished_at"] -= day
    library.reconcile(graph_check_every=day)
    assert library.agrees()


def test_a_graph_that_is_unavailable_is_skipped_and_the_bucket_compared(library: Library) -> None:
    library.catalog.photos[NUMBER] = replace(library.catalog.photos[NUMBER], graph="pending")
    library.bucket.listed["uploads/lost.jpg"] = ListedObject("uploads/lost.jpg", 1000, "same", NOON)
    library.graph.down = True
    waits: list[float] = []
    run = library.reconcile(wait=waits.append)
    assert (run.finished, run.skipped) == (True, ["pending", "graph"])
    assert sum(waits) == GRAPH_START_S  # once, not for each stage
    assert library.processed_again.keys() == {"uploads/lost.jpg"}
    library.graph.down = False
    library.reconcile()
    assert library.agrees()


def test_a_graph_that_is_starting_is_waited_for(library: Library) -> None:
    library.catalog.photos[NUMBER] = replace(library.catalog.photos[NUMBER], graph="pending")
    library.graph.down = True
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        library.graph.down = len(waits) < 3

    run = library.reconcile(wait=wait)
    assert (run.skipped, len(waits)) == ([], 3)
    assert run.done == {"pending photos written to the graph": 1}
    assert library.agrees()


def test_a_graph_is_not_waited_for_when_the_time_is_nearly_up(library: Library) -> None:
    library.graph.down = True
    run = library.reconcile(lambda: MARGIN_S + 1, wait=lambda _: pytest.fail("it waited"))
    assert run.skipped == ["graph"]


def test_a_run_ends_in_time_and_the_next_goes_on(library: Library) -> None:
    library.graph.types.clear()
    left = iter([MARGIN_S + 1] * 2 + [MARGIN_S - 1])
    run = library.reconcile(lambda: next(left))
    assert not run.finished
    assert 0 < len(library.graph.types) < 30
    stored = library.catalog.checkpoints["reconcile"]
    assert (stored["stage"], stored["after"]) == ("graph", max(library.graph.types))
    assert library.reconcile().finished
    assert library.agrees()


def test_a_page_is_all_that_is_ever_asked_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    for store, name in ((library.catalog, "page"), (library.catalog, "page_of_keys"), (library.graph, "ids")):
        method = getattr(store, name)

        def limited(*arguments: Any, method: Any = method, **options: Any) -> Any:
            asked.append(arguments[-1])
            return method(*arguments, **options)

        monkeypatch.setattr(store, name, limited)
    library.reconcile()
    assert set(asked) == {7}
    assert len(asked) >= 3 * 5 - 2
