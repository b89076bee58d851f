"""Ingest one batch, as one unit of work.

    events ─▶ newest a photo ─▶ fetch ─▶ decode ─▶ classify ─▶ catalog ─▶ type graph

    parse_events   S3 events of each message                        a message that is none fails, and ends in the DLQ
    fetch          the objects as they are now, side by side        gone: nothing to store
    decode         upright RGB pictures, each as it arrives         PhotoRejected: recorded, never retried
    classify       one run of the model for all pictures
    catalog.write  one bulk write, "graph: pending"                 a newer event stored meanwhile wins
    sync           one graph upsert, then "graph: synced"

A failure of one photo is that photo's alone; a store that is down fails the messages that needed it, and SQS brings
them back. So it does with those for which the time was too short. Every step is safe to repeat.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

import numpy as np

from classify.colors import garment_colors
from classify.image import decode
from classify.saved_model import Pixels, SavedModel
from photo_library.catalog import PhotoCatalog
from photo_library.errors import Corrected, EventError, OutOfTime, PhotoRejected, TransientError
from photo_library.events import ObjectEvent, parse_events
from photo_library.photos import Photo, photo_id
from photo_library.sync import sync
from photo_library.type_graph import TypeGraph

# Later than any event can arrive: S3 retries for a day, the queue and the DLQ keep a message 14 days each.
TOMBSTONE_LIFETIME = timedelta(days=30)
_FETCHERS = 10
# What is kept for the stores, from the last decoding (up to 10 s) on: each call of theirs and its repetitions.
STORES_S, GRAPH_S = 40, 20
_LAMBDAS_LONGEST_S = 900


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """An object's bytes, unless there were too many, with what S3 says of it."""

    data: bytes | None
    size: int
    modified: datetime
    etag: str | None = None
    version_id: str | None = None
    title: str | None = None


# Fetch the object that an event speaks of, as it is now. None when there is none; raises BucketUnavailable.
Fetch = Callable[[ObjectEvent], Fetched | None]


def ingest(
    messages: Mapping[str, str],
    *,
    fetch: Fetch,
    model: SavedModel,
    catalog: PhotoCatalog,
    graph: TypeGraph,
    min_probability: float,
    redelivered: Collection[str] = (),
    remaining: Callable[[], float] = lambda: _LAMBDAS_LONGEST_S,
) -> dict[str, Exception]:
    """Bring both stores up to date with the events in `messages` (message id → body).

    `redelivered` names messages that have been here before: how far they came then is not known.
    `remaining` says how many seconds are left; what would not be done by then is not begun, and its messages fail.
    Returns the messages that failed, each with its cause; the others are done for good.
    """
    failures: dict[str, Exception] = {}
    senders: dict[str, list[str]] = {}  # photo id → messages that speak of it
    events: dict[str, list[ObjectEvent]] = {}
    for message_id, body in messages.items():
        try:
            for event in parse_events(body):
                photo = photo_id(event.bucket, event.key)
                senders.setdefault(photo, []).append(message_id)
                events.setdefault(photo, []).append(event)
        except EventError as error:
            failures[message_id] = error

    def fail(photos: Iterable[str], cause: Exception) -> None:
        failures.update({message: cause for photo in photos for message in senders[photo]})

    try:
        stored = catalog.find(events.keys())
        newest = {photo: _newest(several, stored.get(photo)) for photo, several in events.items()}
        changes = {photo: event for photo, event in newest.items() if event}
        # The catalog knows these already. The graph may not: it was out of reach, or a try was broken off.
        unsynced = [
            photo
            for id_, photo in stored.items()
            if id_ not in changes and (photo.graph == "pending" or not set(senders[id_]).isdisjoint(redelivered))
        ]
        fresh: list[Photo] = []
        pictures: list[tuple[Photo, Pixels]] = []
        for id_, found in _arriving(fetch, changes, remaining):
            if isinstance(found, Exception):
                fail([id_], found)
            elif found is not None:
                described, pixels = _decoded(_photo(id_, changes[id_], found), found, model)
                if pixels is None:
                    fresh.append(described)
                else:
                    pictures.append((described, pixels))
            elif changes[id_].kind == "removed":  # nothing was there before the version that was taken away
                fresh.append(_tombstone(changes[id_]))
        fresh += [_tombstone(event) for event in changes.values() if not _has_object(event)]
        fresh += [_as_corrected(photo, stored) for photo in _classified(pictures, model, min_probability)]
        written = catalog.write(fresh)
        fail(_corrected_meanwhile(catalog, [photo for photo in fresh if photo.id not in written]), Corrected())
        current = [photo for photo in fresh if photo.id in written] + unsynced
        new = {photo for photo, is_new in written.items() if is_new}
        try:
            if current and remaining() < GRAPH_S:
                raise OutOfTime("no time is left for the type graph")
            sync(catalog, graph, current, new)
        except TransientError as error:
            fail([photo.id for photo in current], error)
    except TransientError as error:
        fail(events, error)
    return failures


def top_types(
    types: Sequence[str], probabilities: Iterable[np.float32], min_probability: float = 0.0
) -> dict[str, float]:
    """One photo's types, most probable first, each at least `min_probability`.

    Rounded to four decimals here, once, so that both stores hold and compare the same number.
    """
    rounded = {name: round(float(value), 4) for name, value in zip(types, probabilities, strict=True)}
    ranked = sorted(rounded.items(), key=lambda pair: -pair[1])
    return {name: value for name, value in ranked if value >= min_probability}


def _newest(events: Iterable[ObjectEvent], stored: Photo | None) -> ObjectEvent | None:
    """The newest event of one photo, if it is newer than what the catalog knows.

    Which event it is decides nothing but the order: the object is looked at after the newest of them happened, and
    so is found as it was left.
    """
    newest = max(events, key=lambda event: event.sequencer)
    return None if stored is not None and stored.sequencer >= newest.sequencer else newest


def _has_object(event: ObjectEvent) -> bool:
    """Whether an object may be there after the event; a version taken away may uncover another one."""
    return event.kind == "created" or event.of_version


def _arriving(
    fetch: Fetch, events: Mapping[str, ObjectEvent], remaining: Callable[[], float]
) -> Iterator[tuple[str, Fetched | Exception | None]]:
    """(photo id, its object or why it could not be fetched), in the order in which they arrive."""
    wanted = {photo: event for photo, event in events.items() if _has_object(event)}
    if not wanted:
        return
    pool = ThreadPoolExecutor(min(_FETCHERS, len(wanted)))
    arriving = {pool.submit(fetch, event): photo for photo, event in wanted.items()}
    try:
        for done in as_completed(arriving, timeout=max(0, remaining() - STORES_S)):
            if remaining() < STORES_S:
                break
            # What has been decoded is let go of: ten large uploads and a picture at once would be too much.
            photo = arriving.pop(done)
            yield photo, done.exception() or done.result()  # type: ignore[misc] # no BaseException but Exceptions
    except TimeoutError:
        pass  # the same, found while waiting
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # nobody waits for what comes too late
    for photo in arriving.values():
        yield photo, OutOfTime("the photo came too late, or others took too long")


def _decoded(photo: Photo, found: Fetched, model: SavedModel) -> tuple[Photo, Pixels | None]:
    """The photo with what its file says, and what the model is to see; or it rejected, and nothing to see."""
    try:
        if found.data is None:
            raise PhotoRejected("too_large", f"{found.size:,} bytes")
        picture = decode(found.data)
    except PhotoRejected as rejection:
        return replace(photo, status="rejected", reason=rejection.reason), None
    photo = replace(
        photo,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        taken_at=picture.taken_at,
        colors=garment_colors(picture.image),
    )
    # Only what the model sees is kept: ten large pictures at once would not fit into memory.
    return photo, picture.pixels(model.size, model.channels)


def _classified(pictures: list[tuple[Photo, Pixels]], model: SavedModel, min_probability: float) -> list[Photo]:
    """The photos with their types and embeddings, found in one run of the model."""
    if not pictures:
        return []
    found = model.run(np.stack([pixels for _, pixels in pictures]))
    return [
        replace(
            photo,
            types=top_types(model.types, probabilities, min_probability),
            embedding=tuple(embedding.tolist()),
            model=model.version,
        )
        for (photo, _), probabilities, embedding in zip(pictures, found.probabilities, found.embeddings, strict=True)
    ]


def _as_corrected(photo: Photo, stored: Mapping[str, Photo]) -> Photo:
    """The photo with what a person said of the same bytes, if one did: no model knows better."""
    known = stored.get(photo.id)
    if known is None or known.types_source == "model" or known.etag != photo.etag:
        return photo
    return replace(photo, types=known.types, types_source=known.types_source)


def _corrected_meanwhile(catalog: PhotoCatalog, refused: Sequence[Photo]) -> list[str]:
    """Those of the photos that were not written although nothing newer is stored."""
    now = catalog.find([photo.id for photo in refused]) if refused else {}
    return [photo.id for photo in refused if photo.id in now and now[photo.id].sequencer < photo.sequencer]


def _photo(id_: str, event: ObjectEvent, found: Fetched) -> Photo:
    return Photo(
        id=id_,
        bucket=event.bucket,
        key=event.key,
        sequencer=event.sequencer,
        status="classified",
        # The event's time is finer, but that of a delete is not when the object it uncovered was uploaded.
        uploaded_at=event.time if event.kind == "created" else found.modified,
        updated_at=datetime.now(UTC),
        version_id=found.version_id,
        etag=found.etag,
        size=found.size,
        title=found.title or PurePosixPath(event.key).name,
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
