"""Ingest one batch, as one unit of work.

    events ─▶ newest a photo ─▶ fetch ─▶ decode ─▶ classify ─▶ catalog ─▶ type graph

    parse_events   S3 events of each message                        a message that is none fails, and ends in the DLQ
    fetch_all      the objects, side by side                        gone: nothing to store
    decode         upright RGB pictures                             PhotoRejected: recorded, never retried
    classify       one run of the model for all pictures
    catalog.write  one bulk write, "graph: pending"                 a newer event stored meanwhile wins
    sync           one graph upsert, then "graph: synced"

A failure of one photo is that photo's alone; a store that is down fails the messages that needed it, and SQS brings
them back. Every step is safe to repeat.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import numpy as np

from classify.image import decode
from classify.saved_model import Pixels, SavedModel
from photo_library.catalog import PhotoCatalog
from photo_library.errors import EventError, PhotoRejected, TransientError
from photo_library.events import ObjectEvent, parse_events
from photo_library.photos import Photo, photo_id
from photo_library.type_graph import TypeGraph

# Later than any event can arrive: S3 retries for a day, the queue and the DLQ keep a message 14 days each.
TOMBSTONE_LIFETIME = timedelta(days=30)
_FETCHERS = 10


@dataclass(frozen=True)
class Fetched:
    """An object's bytes with what S3 says of it."""

    data: bytes
    etag: str | None
    version_id: str | None
    title: str | None


# Fetch one object. None when it is gone; raises PhotoRejected or BucketUnavailable.
Fetch = Callable[[ObjectEvent], Fetched | None]


def ingest(
    messages: Mapping[str, str],
    *,
    fetch: Fetch,
    model: SavedModel,
    catalog: PhotoCatalog,
    graph: TypeGraph,
    min_probability: float,
) -> dict[str, Exception]:
    """Bring both stores up to date with the events in `messages` (message id → body).

    Returns the messages that failed, each with its cause; the others are done for good.
    """
    failures: dict[str, Exception] = {}
    senders: dict[str, list[str]] = {}  # photo id → messages that speak of it
    newest: dict[str, ObjectEvent] = {}
    for message_id, body in messages.items():
        try:
            for event in parse_events(body):
                photo = photo_id(event.bucket, event.key)
                senders.setdefault(photo, []).append(message_id)
                newest[photo] = max(newest.get(photo, event), event, key=lambda one: one.sequencer)
        except EventError as error:
            failures[message_id] = error

    def fail(photos: Iterable[str], cause: Exception) -> None:
        failures.update({message: cause for photo in photos for message in senders[photo]})

    try:
        stored = catalog.find(newest.keys())
        work = {photo: event for photo, event in newest.items() if not _is_done(event, stored.get(photo))}
        # Stored before, but the graph was out of reach then: the model need not run again.
        unsynced = {
            photo: stored[photo]
            for photo, event in work.items()
            if photo in stored and stored[photo].sequencer == event.sequencer
        }
        changes = {photo: event for photo, event in work.items() if photo not in unsynced}
        gone = [_tombstone(event) for event in changes.values() if event.kind == "removed"]
        created = {photo: event for photo, event in changes.items() if event.kind == "created"}
        fetched, unreachable = _fetch_all(fetch, created)
        for photo, cause in unreachable.items():
            fail([photo], cause)
        fresh = _classify(fetched, created, model, min_probability)
        written = catalog.write(gone + fresh)
        current = [photo for photo in gone + fresh if photo.id in written]
        new = {photo for photo, is_new in written.items() if is_new}
        try:
            sync(catalog, graph, current + list(unsynced.values()), new)
        except TransientError as error:
            fail([photo.id for photo in current] + list(unsynced), error)
    except TransientError as error:
        fail(newest, error)
    return failures


def sync(catalog: PhotoCatalog, graph: TypeGraph, photos: Sequence[Photo], new: Collection[str] = ()) -> None:
    """Make the graph hold what the catalog says of `photos`, and note it there.

    A newer event may overtake this write on its way to the graph; then the newer state is written once more.
    `new` names photos that were never in the graph.
    """
    while photos:
        graph.write({photo.id: photo.types for photo in photos if photo.status == "classified"}, new)
        graph.remove([photo.id for photo in photos if photo.status != "classified" and photo.id not in new])
        photos = catalog.mark_synced(photos)
        new = ()


def top_types(
    types: Sequence[str], probabilities: Iterable[np.float32], min_probability: float = 0.0
) -> dict[str, float]:
    """One photo's types, most probable first, each at least `min_probability`.

    Rounded to four decimals here, once, so that both stores hold and compare the same number.
    """
    rounded = {name: round(float(value), 4) for name, value in zip(types, probabilities, strict=True)}
    ranked = sorted(rounded.items(), key=lambda pair: -pair[1])
    return {name: value for name, value in ranked if value >= min_probability}


def _is_done(event: ObjectEvent, stored: Photo | None) -> bool:
    """Whether the catalog already knows what the event says, or something newer."""
    if event.of_version and (stored is None or stored.version_id != event.version_id):
        return True  # an older version was cleared away; the photo is another one
    if stored is None:
        return False
    if stored.sequencer == event.sequencer:
        return stored.graph == "synced"
    return stored.sequencer > event.sequencer


def _fetch_all(
    fetch: Fetch, events: Mapping[str, ObjectEvent]
) -> tuple[dict[str, Fetched | PhotoRejected], dict[str, TransientError]]:
    """The objects side by side; apart from them, those that could not be reached. Objects gone are in neither."""

    def attempt(event: ObjectEvent) -> Fetched | PhotoRejected | TransientError | None:
        try:
            return fetch(event)
        except (PhotoRejected, TransientError) as error:
            return error

    with ThreadPoolExecutor(_FETCHERS) as pool:
        results = dict(zip(events, pool.map(attempt, events.values()), strict=True))
    return (
        {photo: result for photo, result in results.items() if isinstance(result, Fetched | PhotoRejected)},
        {photo: result for photo, result in results.items() if isinstance(result, TransientError)},
    )


def _classify(
    fetched: Mapping[str, Fetched | PhotoRejected],
    events: Mapping[str, ObjectEvent],
    model: SavedModel,
    min_probability: float,
) -> list[Photo]:
    """Every fetched object as a photo: classified, all in one run of the model, or rejected with its reason."""
    photos: list[Photo] = []
    pictures: list[tuple[Photo, Pixels]] = []
    for id_, result in fetched.items():
        photo = _photo(id_, events[id_], result)
        try:
            if isinstance(result, PhotoRejected):
                raise result
            picture = decode(result.data)
        except PhotoRejected as rejection:
            photos.append(replace(photo, status="rejected", reason=rejection.reason))
            continue
        photo = replace(
            photo, format=picture.format, width=picture.width, height=picture.height, taken_at=picture.taken_at
        )
        # Only what the model sees is kept: ten large pictures at once would not fit into memory.
        pictures.append((photo, picture.pixels(model.size, model.channels)))
    if pictures:
        batch = np.stack([pixels for _, pixels in pictures])
        for (photo, _), probabilities in zip(pictures, model.run(batch), strict=True):
            types = top_types(model.types, probabilities, min_probability)
            photos.append(replace(photo, types=types, model=model.version))
    return photos


def _photo(id_: str, event: ObjectEvent, result: Fetched | PhotoRejected) -> Photo:
    file_name = PurePosixPath(event.key).name
    fetched = result if isinstance(result, Fetched) else None
    return Photo(
        id=id_,
        bucket=event.bucket,
        key=event.key,
        sequencer=event.sequencer,
        status="classified",
        uploaded_at=event.time,
        updated_at=datetime.now(UTC),
        version_id=event.version_id or (fetched.version_id if fetched else None),
        etag=(fetched.etag if fetched else None) or event.etag,
        size=len(fetched.data) if fetched else event.size,
        title=(fetched.title if fetched else None) or file_name,
    )


def _tombstone(event: ObjectEvent) -> Photo:
    now = datetime.now(UTC)
    return Photo(
        id=photo_id(event.bucket, event.key),
        bucket=event.bucket,
        key=event.key,
        sequencer=event.sequencer,
        status="deleted",
        uploaded_at=event.time,
        updated_at=now,
        version_id=event.version_id,
        expires_at=now + TOMBSTONE_LIFETIME,
    )
