"""Ingest one batch, as one unit of work.

    events ─▶ newest a photo ─▶ fetch ─▶ decode ─┬▶ classify ─┬▶ catalog ─▶ type graph
                                                  └▶ thumbnail ┘

    parse_events   S3 events of each message                        a message that is none fails, and ends in the DLQ
    fetch          the objects as they are now, side by side        gone: nothing to store
    decode         upright RGB pictures, each as it arrives         PhotoRejected: recorded, never retried
    thumbnail      made from what was decoded, and sent to the bucket meanwhile
    classify       one run of the model for all pictures
    catalog.write  one bulk write, "graph: pending"                 a newer event stored meanwhile wins
    sync           one graph upsert, then "graph: synced"

A failure of one photo is that photo's alone; a store that is down fails the messages that needed it, and SQS brings
them back. So it does with those for which the time was too short. Every step is safe to repeat.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

import numpy as np

from classify.colors import garment_colors
from classify.image import Picture, decode
from classify.saved_model import Pixels, SavedModel
from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import BucketUnavailable, Corrected, EventError, OutOfTime, PhotoRejected, TransientError
from photo_library.events import ObjectEvent, parse_events
from photo_library.photo import THUMBNAILS, Photo, photo_id
from photo_library.sync import sync
from photo_library.type_graph.port import TypeGraph

# Later than any event can arrive: S3 retries for a day, the queue and the DLQ keep a message 14 days each.
TOMBSTONE_LIFETIME = timedelta(days=30)
_FETCHERS = 10
# What is kept for the stores, from the last decoding (up to 10 s) on: each call of theirs and its repetitions. Ten
# seconds of it are for thumbnails that are still on their way.
STORES_S, CATALOG_S, GRAPH_S = 40, 30, 20
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


class Thumbnails(Protocol):
    """Where thumbnails are kept: in the bucket of their photo. Each method raises BucketUnavailable."""

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Store a WebP. Called by several threads."""

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete up to 1,000 of them; those that are gone are fine."""


class Decoded(NamedTuple):
    """A photo that was decoded: what its file says, what the model is to see, and its thumbnail with its key."""

    photo: Photo
    pixels: Pixels
    key: str
    thumbnail: bytes


# Fetch the object that an event speaks of, as it is now. None when there is none; raises BucketUnavailable.
Fetch = Callable[[ObjectEvent], Fetched | None]
# Make a picture of an upload's bytes. Raises PhotoRejected.
Decode = Callable[[bytes], Picture]


def ingest(
    messages: Mapping[str, str],
    *,
    fetch: Fetch,
    thumbnails: Thumbnails,
    model: SavedModel,
    catalog: PhotoCatalog,
    graph: TypeGraph,
    min_probability: float,
    decode: Decode = decode,
    redelivered: Collection[str] = (),
    remaining: Callable[[], float] = lambda: _LAMBDAS_LONGEST_S,
) -> dict[str, Exception]:
    """Bring both stores up to date with the events in `messages` (message id → body).

    `redelivered` names messages that have been here before: how far they came then is not known.
    `remaining` says how many seconds are left; what would not be done by then is not begun, and its messages fail.
    Returns the messages that failed, each with its cause; the others are done for good.
    """
    senders, events, failures = _parsed(messages)

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
        looked_at, causes = _look_at(
            changes,
            fetch=fetch,
            thumbnails=thumbnails,
            model=model,
            min_probability=min_probability,
            decode=decode,
            remaining=remaining,
        )
        for id_, cause in causes.items():
            fail([id_], cause)
        fresh = [_as_corrected(photo, stored.get(photo.id)) for photo in looked_at]
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
        replaced = _replaced(stored, [photo for photo in fresh if photo.id in written])
        if replaced and remaining() > GRAPH_S:  # else, and when S3 is away, reconcile deletes them
            with suppress(BucketUnavailable):
                for bucket, keys in replaced.items():
                    thumbnails.delete(bucket, keys)
    except TransientError as error:
        fail(events, error)
    return failures


def _parsed(
    messages: Mapping[str, str],
) -> tuple[dict[str, list[str]], dict[str, list[ObjectEvent]], dict[str, Exception]]:
    """By photo, the messages that speak of it and their events; and the messages that are none."""
    senders: dict[str, list[str]] = {}
    events: dict[str, list[ObjectEvent]] = {}
    failures: dict[str, Exception] = {}
    for message_id, body in messages.items():
        try:
            for event in parse_events(body):
                photo = photo_id(event.bucket, event.key)
                senders.setdefault(photo, []).append(message_id)
                events.setdefault(photo, []).append(event)
        except EventError as error:
            failures[message_id] = error
    return senders, events, failures


def _look_at(
    changes: Mapping[str, ObjectEvent],
    *,
    fetch: Fetch,
    thumbnails: Thumbnails,
    model: SavedModel,
    min_probability: float,
    decode: Decode,
    remaining: Callable[[], float],
) -> tuple[list[Photo], dict[str, Exception]]:
    """The photos as they are now, and why others could not be looked at.

    Their thumbnails are stored by then: no photo is shown whose thumbnail may not be there.
    """
    fresh = [_tombstone(event) for event in changes.values() if not _has_object(event)]
    causes: dict[str, Exception] = {}
    pictures: list[tuple[Photo, Pixels]] = []
    sent: dict[str, Future[None]] = {}
    with _pool() as pool:
        for id_, found in _arriving(pool, fetch, changes, remaining):
            if isinstance(found, Exception):
                causes[id_] = found
            elif found is not None:
                seen = _decoded(_photo(id_, changes[id_], found), found, model, decode)
                if isinstance(seen, Photo):
                    fresh.append(seen)
                else:
                    pictures.append((seen.photo, seen.pixels))
                    sent[id_] = pool.submit(thumbnails.put, seen.photo.bucket, seen.key, seen.thumbnail)
            elif changes[id_].kind == "removed":  # nothing was there before the version that was taken away
                fresh.append(_tombstone(changes[id_]))
        classified = _classified(pictures, model, min_probability)
        causes |= _not_stored(sent, remaining)
    return fresh + [photo for photo in classified if photo.id not in causes], causes


@contextmanager
def _pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for what is fetched and stored. Nobody waits for what comes too late."""
    pool = ThreadPoolExecutor(_FETCHERS)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
    pool: ThreadPoolExecutor, fetch: Fetch, events: Mapping[str, ObjectEvent], remaining: Callable[[], float]
) -> Iterator[tuple[str, Fetched | Exception | None]]:
    """(photo id, its object or why it could not be fetched), in the order in which they arrive."""
    arriving = {pool.submit(fetch, event): photo for photo, event in events.items() if _has_object(event)}
    try:
        for done in as_completed(arriving, timeout=max(0, remaining() - STORES_S)):
            if remaining() < STORES_S:
                break
            # What has been decoded is let go of: ten large uploads and a picture at once would be too much.
            photo = arriving.pop(done)
            yield photo, done.exception() or done.result()  # type: ignore[misc] # no BaseException but Exceptions
    except TimeoutError:
        pass  # the same, found while waiting
    for late, photo in arriving.items():
        late.cancel()
        yield photo, OutOfTime("the photo came too late, or others took too long")


def _decoded(photo: Photo, found: Fetched, model: SavedModel, decode: Decode) -> Decoded | Photo:
    """What is seen of the photo; or the photo, rejected."""
    try:
        if found.data is None:
            raise PhotoRejected("too_large", f"{found.size:,} bytes")
        picture = decode(found.data)
    except PhotoRejected as rejection:
        return replace(photo, status="rejected", reason=rejection.reason)
    thumbnail = picture.thumbnail()
    key = _thumbnail_key(photo, thumbnail)
    photo = replace(
        photo,
        format=picture.format,
        width=picture.width,
        height=picture.height,
        taken_at=picture.taken_at,
        colors=garment_colors(picture.image),
        thumbnail=key,
    )
    # No picture is kept: ten large ones at once would not fit into memory.
    return Decoded(photo, picture.pixels(model.size, model.channels), key, thumbnail)


def _thumbnail_key(photo: Photo, thumbnail: bytes) -> str:
    """Named after its content, so that whoever has it has it for good.

    The sequencer keeps two events apart that brought the same bytes: a thumbnail that was replaced is never used again,
    and may be deleted whatever else happens at that moment.
    """
    return f"{THUMBNAILS}{photo.id}/{sha256(thumbnail).hexdigest()[:16]}-{photo.sequencer.rstrip('0')}.webp"


def _not_stored(sent: Mapping[str, Future[None]], remaining: Callable[[], float]) -> dict[str, Exception]:
    """The photos whose thumbnails could not be stored, or not in time, each with its cause."""
    done, _late = wait(sent.values(), timeout=max(0, remaining() - CATALOG_S))
    causes = {
        id_: put.exception() if put in done else OutOfTime("the thumbnail could not be stored in time")
        for id_, put in sent.items()
    }
    return {id_: cause for id_, cause in causes.items() if isinstance(cause, Exception)}


def _replaced(stored: Mapping[str, Photo], written: Iterable[Photo]) -> dict[str, list[str]]:
    """The thumbnails of what was stored before, by bucket."""
    replaced: dict[str, list[str]] = {}
    for photo in written:
        before = stored.get(photo.id)
        if before and before.thumbnail and before.thumbnail != photo.thumbnail:
            replaced.setdefault(before.bucket, []).append(before.thumbnail)
    return replaced


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


def _as_corrected(photo: Photo, known: Photo | None) -> Photo:
    """The photo with what a person said of the same bytes, if one did: no model knows better."""
    if known is None or known.types_source == "model" or photo.status != "classified" or known.etag != photo.etag:
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
