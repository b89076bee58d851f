"""Ingest one batch of messages, as one unit of work.

    messages ─▶ newest events ─▶ fetch ─▶ decode ─┬▶ classify ──┬▶ catalog ─▶ type graph ─▶ old thumbnails
                                                  └▶ thumbnail ─┘

    newest events  of each photo the newest, if it is newer than    a message without S3 events fails, and ends in the
                   the catalog's                                    dead-letter queue
    fetch          the objects as they are now, concurrently        no object: nothing to classify
    decode         upright RGB pictures, each as it arrives         PhotoRejected: recorded, never retried
    thumbnail      is uploaded while other photos are decoded
    classify       one run of the model for all pictures
    catalog        one bulk write, with graph: "pending"            a newer event stored meanwhile wins
    type graph     one upsert, then graph: "synced"                 unavailable: the photos stay pending, for a later
                                                                    batch or reconcile to write
    old thumbnails of the replaced photos are deleted               reconcile deletes what remains

A failure of one photo is that photo's alone. When S3 or MongoDB is unavailable or the time runs out, the messages that
needed it fail, and SQS redelivers them. TigerGraph may sleep for hours: once the catalog holds a photo as pending, its
message is done. Every step is idempotent.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from classify.batch import Batch
from classify.image import Picture, decode
from classify.photos import Decoded, classified, decoded, rejected, tombstone, with_correction, with_upload_date
from classify.saved_model import SavedModel
from photo_library.bucket.port import FetchedObject
from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import (
    BucketUnavailable,
    CatalogUnavailable,
    Corrected,
    OutOfTime,
    PhotoRejected,
    TransientError,
    TypeGraphUnavailable,
)
from photo_library.events import ObjectEvent
from photo_library.photo import Photo
from photo_library.sync import sync
from photo_library.type_graph.port import TypeGraph

decode_upload = partial(decode, for_preview=True)
_THREADS = 10
# Seconds that are reserved for the stores after the last decoding, which takes up to 10: each call and its retry. Ten
# of them are for thumbnails that are still being uploaded (decision 31).
STORES_S, CATALOG_S, GRAPH_S = 40, 30, 20
_LAMBDA_LIMIT_S = 900
# Photos that the graph still lacks after this are no longer under way in another batch; each takes a few requests.
_OVERDUE_AFTER, _OVERDUE_AT_ONCE = timedelta(minutes=2), 10


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """The steps of `ingest` and the stores that they use."""

    # The event's object as it is now; None when there is none. Raises BucketUnavailable. Called by several threads.
    fetch: Callable[[ObjectEvent], FetchedObject | None]
    # Store WebPs as the photo's thumbnail and preview. Raises BucketUnavailable. Called by several threads.
    store_thumbnail: Callable[[Photo, bytes, bytes | None], None]
    # Delete the thumbnails and previews of these photos. Raises BucketUnavailable.
    delete_thumbnails: Callable[[Sequence[Photo]], None]
    model: SavedModel
    catalog: PhotoCatalog
    graph: TypeGraph
    min_probability: float  # types below it are not stored
    decode: Callable[[bytes], Picture] = decode_upload  # raises PhotoRejected

    def ingest(
        self,
        messages: Mapping[str, str],
        *,
        redelivered: Collection[str] = (),
        remaining: Callable[[], float] = lambda: _LAMBDA_LIMIT_S,
    ) -> Batch:
        """Bring both stores up to date with the events in `messages` (message id → body).

        `redelivered` names messages that were delivered before. `remaining` returns the seconds that are left: what
        would not be finished in time is not begun, and its messages fail.
        """
        batch = Batch(messages, remaining, redelivered)
        try:
            stored = self.catalog.find(batch.photo_ids)
            changes = batch.newer_events(stored)
            photos = self._process(batch, changes, stored)
            new_ids = self._write(batch, photos, stored)
            self._sync(batch, stored, changes, new_ids)
            self._delete_replaced_thumbnails(batch, stored)
        except TransientError as error:
            batch.fail(batch.photo_ids, error)
        return batch

    def _process(self, batch: Batch, changes: Sequence[ObjectEvent], stored: Mapping[str, Photo]) -> list[Photo]:
        """The photos' new states; those that could not be determined are noted as failures.

        All thumbnails are stored by then: no photo is shown whose thumbnail may be missing.
        """
        photos = [tombstone(event, stored.get(event.photo_id)) for event in changes if not event.object_may_exist]
        pictures: list[Decoded] = []
        uploads: dict[str, Future[None]] = {}  # photo id → its thumbnail's
        with _worker_pool() as pool:
            for event, fetched in _fetched(pool, self.fetch, changes, batch.remaining):
                if isinstance(fetched, Exception):
                    batch.fail([event.photo_id], fetched)
                elif fetched is not None:
                    try:
                        picture = self._decode(event, fetched)
                    except PhotoRejected as rejection:
                        photos.append(rejected(event, fetched, rejection.reason))
                    else:
                        pictures.append(picture)
                        uploads[event.photo_id] = pool.submit(
                            self.store_thumbnail, picture.photo, picture.thumbnail, picture.preview
                        )
                elif event.kind == "removed":  # the deleted version was the last one
                    photos.append(tombstone(event, stored.get(event.photo_id)))
            photos += classified(pictures, self.model, self.min_probability)
            failed = _failed_uploads(uploads, batch.remaining)
        for photo_id, cause in failed.items():
            batch.fail([photo_id], cause)
        return [photo for photo in photos if photo.id not in failed]

    def _decode(self, event: ObjectEvent, fetched: FetchedObject) -> Decoded:
        """Raises PhotoRejected."""
        if fetched.data is None:
            raise PhotoRejected("too_large", f"{fetched.size:,} bytes")
        return decoded(event, fetched, self.decode(fetched.data), self.model)

    def _write(self, batch: Batch, photos: Iterable[Photo], stored: Mapping[str, Photo]) -> set[str]:
        """Write the photos to the catalog unless newer ones are stored; returns the ids that are new to it."""
        photos = [with_correction(with_upload_date(one, stored.get(one.id)), stored.get(one.id)) for one in photos]
        is_new = self.catalog.write(photos)
        batch.written = [photo for photo in photos if photo.id in is_new]
        refused = [photo for photo in photos if photo.id not in is_new]
        current = self.catalog.find([photo.id for photo in refused]) if refused else {}
        # Refused although nothing newer is stored: the photo was corrected since `stored` was read.
        batch.fail(
            (one.id for one in refused if one.id in current and current[one.id].sequencer < one.sequencer), Corrected()
        )
        return {photo_id for photo_id, new in is_new.items() if new}

    def _sync(
        self, batch: Batch, stored: Mapping[str, Photo], changes: Iterable[ObjectEvent], new_ids: Collection[str]
    ) -> None:
        """Write to the graph what was written to the catalog, and what an earlier delivery may not have finished."""
        changed = {event.photo_id for event in changes}
        unfinished = [
            photo
            for photo in stored.values()
            if photo.id not in changed and (photo.graph == "pending" or batch.was_redelivered(photo.id))
        ]
        photos = batch.written + unfinished
        if not photos:
            return
        try:
            if batch.remaining() < GRAPH_S:
                raise OutOfTime("no time is left for the type graph")
            batch.note_synced(sync(self.catalog, self.graph, photos, new_ids))
        except (TypeGraphUnavailable, OutOfTime) as error:
            batch.graph_failure = error
            self._mark_pending(batch, photos)
            return
        except TransientError as error:
            batch.fail([photo.id for photo in photos], error)
            return
        self._sync_overdue(batch)

    def _mark_pending(self, batch: Batch, photos: Sequence[Photo]) -> None:
        """Have photos written to the graph again later: how far a write got is not known.

        It may have overwritten the edges of a newer state that another batch stored and synced meanwhile.
        """
        try:
            current = self.catalog.find([photo.id for photo in photos])
            synced = [photo for photo in current.values() if photo.graph != "pending"]
            if synced:
                self.catalog.write([replace(photo, graph="pending", updated_at=datetime.now(UTC)) for photo in synced])
        except CatalogUnavailable as error:
            batch.fail([photo.id for photo in photos], error)

    def _sync_overdue(self, batch: Batch) -> None:
        """Write a few photos of earlier batches for which the graph was unavailable; reconcile writes the rest."""
        if batch.remaining() < GRAPH_S:
            return
        with suppress(TransientError):
            since = datetime.now(UTC) - _OVERDUE_AFTER
            pending = self.catalog.page("", _OVERDUE_AT_ONCE, pending=True)
            batch.note_synced(sync(self.catalog, self.graph, [photo for photo in pending if photo.updated_at < since]))

    def _delete_replaced_thumbnails(self, batch: Batch, stored: Mapping[str, Photo]) -> None:
        """Delete the thumbnails of the photos' former states; if that fails, reconcile does it."""
        replaced = [
            stored[photo.id]
            for photo in batch.written
            if photo.id in stored and stored[photo.id].thumbnail not in (None, photo.thumbnail)
        ]
        if replaced and batch.remaining() > GRAPH_S:
            with suppress(BucketUnavailable):
                self.delete_thumbnails(replaced)


@contextmanager
def _worker_pool() -> Iterator[ThreadPoolExecutor]:
    """Threads for requests to S3. Requests that are late when the block ends are abandoned."""
    pool = ThreadPoolExecutor(_THREADS)
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _fetched(
    pool: ThreadPoolExecutor,
    fetch: Callable[[ObjectEvent], FetchedObject | None],
    events: Iterable[ObjectEvent],
    remaining: Callable[[], float],
) -> Iterator[tuple[ObjectEvent, FetchedObject | Exception | None]]:
    """Each event with its object, or why that could not be fetched, in the order in which they arrive."""
    arriving = {pool.submit(fetch, event): event for event in events if event.object_may_exist}
    try:
        for done in as_completed(arriving, timeout=max(0, remaining() - STORES_S)):
            if remaining() < STORES_S:
                break
            # Forget objects that were decoded: ten large ones and a picture at once would not fit into memory.
            event = arriving.pop(done)
            yield event, _result(done)
    except TimeoutError:
        pass  # the rest is late, as after the break
    for late, event in arriving.items():
        late.cancel()
        yield event, OutOfTime("the object arrived too late, or the others took too long")


def _result(done: Future[FetchedObject | None]) -> FetchedObject | Exception | None:
    try:
        return done.result()
    except Exception as error:
        return error


def _failed_uploads(uploads: Mapping[str, Future[None]], remaining: Callable[[], float]) -> dict[str, Exception]:
    """The photos whose thumbnails could not be stored, or not in time, each with its cause."""
    done, _late = wait(uploads.values(), timeout=max(0, remaining() - CATALOG_S))
    causes = {
        photo_id: upload.exception() if upload in done else OutOfTime("the thumbnail could not be stored in time")
        for photo_id, upload in uploads.items()
    }
    return {photo_id: cause for photo_id, cause in causes.items() if isinstance(cause, Exception)}
