"""Whatever happened to a bucket, and however S3's events arrive, both stores end as the bucket is.

Histories are made up by hypothesis: uploads, deletes and versions taken away, with deliveries in between. A delivery is
a batch of messages that wait, or come once more; in the midst of it the bucket may change and other batches be
delivered from start to end (two functions at once), a store may go away, or the function may be killed. What fails
comes again, and in the end reconcile writes the photos that are still pending.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from classify.pipeline import Pipeline
from classify.saved_model import Pixels, Predictions
from photo_library.bucket.port import FetchedObject
from photo_library.errors import CatalogUnavailable, TypeGraphUnavailable
from photo_library.events import ObjectEvent
from photo_library.photo import TYPES, Photo, photo_id
from photo_library.sync import sync
from photo_library.type_graph.port import TypesByPhoto
from tests.support.examples import BUCKET, a_picture, an_event
from tests.support.fakes import FakeCatalog, FakeThumbnails, FakeTypeGraph

KEYS = ("uploads/a", "uploads/b")
# Each picture is of a type of its own; the last is none.
CONTENTS = [a_picture(color=(number, number, number), size=(4, 4)) for number in range(3)] + [b"no picture"]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Where a delivery may be interrupted, and the error of the store that is then away.
PLACES: dict[str, Exception] = {
    "catalog read": CatalogUnavailable("away"),
    "before the catalog is written": CatalogUnavailable("away"),
    "after the catalog was written": CatalogUnavailable("away"),  # which does not get to say so
    "before the graph is written": TypeGraphUnavailable("away"),
    "between new edges and old ones": TypeGraphUnavailable("away"),
    "after the graph was written": TypeGraphUnavailable("away"),
    "before synced is noted": CatalogUnavailable("away"),
    "after synced was noted": CatalogUnavailable("away"),
}


@dataclass(frozen=True)
class Interruption:
    """What happens at a place: "away", "killed", or a history of its own."""

    place: str
    what: str
    history: tuple[tuple[Any, ...], ...] = ()


class Killed(Exception):
    """The function was."""


class PixelModel:
    """A model by whose word a picture shows the type that its first pixel numbers, and a little of the next."""

    types, size, channels, version = TYPES, (2, 2), 1, "m1"

    def run(self, pixels: Pixels) -> Predictions:
        found = np.zeros((len(pixels), len(TYPES)), np.float32)
        for row, picture in enumerate(pixels):
            number = int(picture[0, 0, 0])
            found[row, number], found[row, number + 1] = 0.75, 0.25
        return Predictions(found, found)


@dataclass
class Library:
    """A bucket, the queue behind it, and the pipeline with stores in memory."""

    versions: dict[str, list[bytes | None]] = field(default_factory=lambda: {key: [] for key in KEYS})
    events: dict[str, list[str]] = field(default_factory=lambda: {key: [] for key in KEYS})
    waiting: list[str] = field(default_factory=list)  # ids of messages
    bodies: list[str] = field(default_factory=list)  # by the message's id, which is a number
    tried: set[str] = field(default_factory=set)
    interruptions: list[Interruption] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.catalog, self.graph = InterruptedCatalog(self.at), InterruptedGraph(self.at)
        self.thumbnails = FakeThumbnails()
        self.pipeline = Pipeline(
            fetch=self.fetch,
            store_thumbnail=self.thumbnails.store,
            delete_thumbnails=self.thumbnails.delete,
            model=PixelModel(),  # type: ignore[arg-type]
            catalog=self.catalog,
            graph=self.graph,
            min_probability=0.01,
        )

    def replay(self, history: Iterable[tuple[Any, ...]]) -> None:
        for name, *arguments in history:
            getattr(self, name)(*arguments)

    # -- the bucket

    def put(self, key: str, content: int) -> None:
        self.versions[key].append(CONTENTS[content])
        self.tell(key, "ObjectCreated:Put")

    def delete(self, key: str) -> None:
        self.versions[key].append(None)
        self.tell(key, "ObjectRemoved:DeleteMarkerCreated")

    def take_version(self, key: str, which: int) -> None:
        if versions := self.versions[key]:
            versions.pop(which % len(versions))
            self.tell(key, "ObjectRemoved:Delete", versionId="some")

    def tell(self, key: str, name: str, **stored: Any) -> None:
        # Trailing zeros say nothing, and S3's sequencers have no one length.
        sequencer = f"{sum(map(len, self.events.values())) + 1:06X}".rstrip("0")
        self.events[key].append(sequencer)
        self.send(an_event(key, sequencer=sequencer, name=name, **stored))

    def fetch(self, event: ObjectEvent) -> FetchedObject | None:
        versions = self.versions[event.key]
        data = versions[-1] if versions else None
        return None if data is None else FetchedObject(data=data, size=len(data), modified=NOON, etag=str(hash(data)))

    # -- the queue

    def send(self, body: str) -> None:
        self.waiting.append(str(len(self.bodies)))
        self.bodies.append(body)

    def deliver(self, picks: Sequence[int], interruptions: Sequence[Interruption] = ()) -> None:
        """Deliver a batch: what waits, and beyond that what came before once more."""
        batch: list[str] = []
        for pick in picks:
            if self.waiting and pick % 4:
                batch.append(self.waiting.pop(pick % len(self.waiting)))
            elif self.bodies:
                self.send(self.bodies[pick % len(self.bodies)])
                batch.append(self.waiting.pop())
        self.run(batch, interruptions)

    def run(self, batch: list[str], interruptions: Sequence[Interruption] = ()) -> None:
        outer, self.interruptions = self.interruptions, list(interruptions)
        try:
            failed: Collection[str] = self.pipeline.ingest(
                {id_: self.bodies[int(id_)] for id_ in batch}, redelivered=self.tried & set(batch)
            ).failures
        except Killed:
            failed = batch
        self.interruptions = outer
        self.tried |= set(batch)
        self.waiting += failed

    def at(self, place: str) -> None:
        for one in self.interruptions:
            if one.place == place:
                self.interruptions.remove(one)
                if one.what == "killed":
                    raise Killed
                if one.what == "away":
                    raise PLACES[place]
                self.replay(one.history)
                return

    def deliver_rest(self, randomly: Random) -> None:
        """Whatever waits, in any order and in batches of any size, until nothing does."""
        for body in [*self.bodies]:
            if randomly.random() < 0.1:
                self.send(body)
        while self.waiting:
            randomly.shuffle(self.waiting)
            size = randomly.randint(1, 10)
            batch, self.waiting = self.waiting[:size], self.waiting[size:]
            self.run(batch)
        # As reconcile does: what an unavailable graph was not told remains pending, without any message.
        sync(self.catalog, self.graph, self.catalog.page("", len(KEYS), pending=True))

    # -- what must be

    def check(self) -> None:
        expected = {photo_id(BUCKET, key): key for key in KEYS if self.events[key]}
        assert self.catalog.photos.keys() == expected.keys()
        for id_, photo in self.catalog.photos.items():
            key = expected[id_]
            data = self.versions[key][-1] if self.versions[key] else None
            assert photo.sequencer == self.events[key][-1].ljust(32, "0")
            assert photo.graph == "synced"
            if data is None:
                assert (photo.status, photo.types) == ("deleted", {})
            elif data == CONTENTS[-1]:
                assert (photo.status, photo.types, photo.size) == ("rejected", {}, len(data))
            else:
                number = CONTENTS.index(data)
                assert photo.status == "classified"
                assert photo.types == {TYPES[number]: 0.75, TYPES[number + 1]: 0.25}
        classified = {id_: photo.types for id_, photo in self.catalog.photos.items() if photo.status == "classified"}
        assert self.graph.types == classified
        # Of one that was killed, some may be left over that no photo has.
        used = {
            (BUCKET, str(photo.thumbnail)) for photo in self.catalog.photos.values() if photo.status == "classified"
        }
        assert len(used) == len(classified)
        assert used <= self.thumbnails.stored.keys()


class InterruptedCatalog(FakeCatalog):
    """A catalog in which something may happen at each step."""

    def __init__(self, at: Callable[[str], None]) -> None:
        super().__init__()
        self._at = at

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        found = super().find(ids)
        self._at("catalog read")
        return found

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        self._at("before the catalog is written")
        written = super().write(photos)
        self._at("after the catalog was written")
        return written

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        self._at("before synced is noted")
        changed = super().mark_synced(photos)
        self._at("after synced was noted")
        return changed


class InterruptedGraph(FakeTypeGraph):
    """A graph whose write is the two steps that it is in TigerGraph."""

    def __init__(self, at: Callable[[str], None]) -> None:
        super().__init__()
        self._at = at

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        self._at("before the graph is written")
        for id_, found in types.items():
            self.types[id_] = self.types.get(id_, {}) | dict(found)
        self._at("between new edges and old ones")
        for id_, found in types.items():
            if id_ not in new and id_ in self.types:
                self.types[id_] = {name: value for name, value in self.types[id_].items() if name in found}
        self._at("after the graph was written")


# Short histories of mostly one key, in small batches: what goes wrong there is not made good by what comes later.
keys = st.sampled_from([*KEYS[:1] * 3, KEYS[1]])
picks = st.lists(st.integers(0, 11), min_size=1, max_size=3).map(tuple)
changes = st.one_of(
    st.tuples(st.just("put"), keys, st.integers(0, len(CONTENTS) - 1)),
    st.tuples(st.just("delete"), keys),
    st.tuples(st.just("take_version"), keys, st.integers(0, 5)),
)
undisturbed = st.tuples(st.just("deliver"), picks)
interruptions = st.one_of(
    st.builds(Interruption, st.sampled_from([*PLACES]), st.sampled_from(["away", "killed"])),
    st.builds(
        Interruption,
        st.sampled_from([*PLACES]),
        st.just("meanwhile"),
        st.lists(st.one_of(changes, undisturbed), min_size=1, max_size=3).map(tuple),
    ),
)
disturbed = st.tuples(st.just("deliver"), picks, st.lists(interruptions, min_size=1, max_size=3))
# At its most dangerous: a photo changes, and the change is delivered, while the older state is on its way.
raced = st.builds(
    lambda place, change, ends: (
        "deliver",
        (1,),
        [Interruption(place, "meanwhile", (change, ("deliver", (1,)))), *ends],
    ),
    st.sampled_from([*PLACES]),
    changes,
    st.lists(st.builds(Interruption, st.sampled_from([*PLACES]), st.sampled_from(["away", "killed"])), max_size=1),
)
histories = st.lists(st.one_of(changes, changes, undisturbed, disturbed, raced, raced), max_size=8)


OVERTAKEN = Interruption("before the graph is written", "meanwhile", (("put", KEYS[0], 1), ("deliver", (1,))))


@example([("put", KEYS[0], 0), ("deliver", (1,), [OVERTAKEN])], Random(1))
@example(
    [("put", KEYS[0], 0), ("deliver", (1,), [OVERTAKEN, Interruption("after the graph was written", "killed")])],
    Random(1),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, randomly=st.randoms(use_true_random=False))
def test_any_delivery_of_any_history_ends_with_both_stores_as_the_bucket_is(
    history: list[tuple[Any, ...]], randomly: Random
) -> None:
    library = Library()
    library.replay(history)
    library.deliver_rest(randomly)
    library.check()


@settings(max_examples=100, deadline=None)
@given(history=histories, one=st.randoms(), other=st.randoms())
def test_two_deliveries_of_one_history_end_alike(history: list[tuple[Any, ...]], one: Random, other: Random) -> None:
    ends = []
    for randomly in (one, other):
        library = Library()
        library.replay(action for action in history if action[0] != "deliver")
        library.deliver_rest(randomly)
        ends.append(
            (
                {
                    id_: (photo.status, photo.sequencer, photo.types)
                    # What a tombstone keeps of the photo depends on whether the photo was processed before.
                    + ((photo.etag, photo.size, photo.reason) if photo.status != "deleted" else ())
                    for id_, photo in library.catalog.photos.items()
                },
                library.graph.types,
            )
        )
    assert ends[0] == ends[1]
