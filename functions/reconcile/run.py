"""Bring the catalog into agreement with the bucket, and the type graph with the catalog, page by page.

    pending      photos that the graph does not hold yet       are written to it
    graph        compares the graph with the catalog, by id     vertices without a classified photo are deleted, photos
                                                                without a vertex are written; a rebuild writes all
    bucket       compares the bucket with the catalog, by key   where they differ, classify processes the object again
    thumbnails   compares thumbnails with the catalog           those that belong to no photo are deleted

A run may end at any moment, at its deadline or by force: after each page its progress is stored, and the next run
continues from there. Every step is idempotent.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from photo_library.bucket.port import PhotoBucket
from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import PhotoLibraryError
from photo_library.events import is_upload, reprocess_message, sequencer_after, sequencer_of
from photo_library.photo import Photo
from photo_library.sync import sync
from photo_library.type_graph.port import TypeGraph

# Small enough that a page is done within the margin while TigerGraph takes 0.2 s for each photo.
PAGE = 200
MARGIN_S = 60
# Later changes are left alone: the event of an upload or a delete may take minutes to arrive.
SETTLED = timedelta(minutes=15)

Say = Callable[[str], None]


class TooManyDeletions(PhotoLibraryError):
    """More than a tenth of all photos would be deleted, which looks like a mistake: a wrong bucket, an empty store."""


@dataclass
class Run:
    """The progress of a run; stored as its checkpoint."""

    stage: str
    photos: int  # how many there were when it began
    after: str = ""  # an id, or in the bucket a key: everything up to it is done
    deleted: int = 0  # photos and vertices deleted because their counterpart was not found
    done: dict[str, int] = field(default_factory=dict)  # what was done → how often

    @property
    def finished(self) -> bool:
        return not self.stage


@dataclass(frozen=True, kw_only=True)
class Reconciler:
    """A way to run: on these stores, with these permissions."""

    catalog: PhotoCatalog
    graph: TypeGraph
    bucket: PhotoBucket
    send: Callable[[Sequence[str]], None]  # to the ingest queue; raises QueueUnavailable
    rebuild_graph: bool = False  # write all photos to the graph, and nothing else
    dry_run: bool = False  # only count what would be done
    force: bool = False  # even if more than a tenth of all photos are deleted
    page_size: int = PAGE
    settled: timedelta = SETTLED

    def run(self, remaining_s: Callable[[], float], say: Say = lambda _: None) -> Run:
        """Run until everything is done or the time is nearly up; the next call continues from there.

        Raises TooManyDeletions, before the page that would exceed the limit, and TransientError.
        """
        name = "rebuild" if self.rebuild_graph else "reconcile"
        stages = (
            {"graph": self._graph}
            if self.rebuild_graph
            else {
                "pending": self._pending,
                "graph": self._graph,
                "bucket": self._bucket,
                "thumbnails": self._thumbnails,
            }
        )
        stored = None if self.dry_run else self.catalog.checkpoint(name)
        run = Run(**stored) if stored else Run(stage=next(iter(stages)), photos=self.catalog.count())
        while not run.finished and remaining_s() > MARGIN_S:
            stage = run.stage
            after = stages[stage](run)
            if after is None:
                following = [*stages, ""]
                run.stage, run.after = following[following.index(stage) + 1], ""
            else:
                run.after = after
            if not self.dry_run:
                self.catalog.store_checkpoint(name, None if run.finished else asdict(run))
            say(f"{stage}{f' up to {after}' if after else ', all of it'}: {_counts(run.done)}")
        return run

    def _pending(self, run: Run) -> str | None:
        photos = self.catalog.page(run.after, self.page_size, pending=True)
        self._sync(run, "pending photos written to the graph", photos)
        return self._last(photo.id for photo in photos)

    def _graph(self, run: Run) -> str | None:
        ids = self.graph.ids(run.after, self.page_size)
        photos = self.catalog.page(run.after, self.page_size)
        end = self._common_end([*ids], [photo.id for photo in photos])
        vertices = {id_ for id_ in ids if end is None or id_ <= end}
        documents = {photo.id: photo for photo in photos if end is None or photo.id <= end}

        unknown = vertices - documents.keys()
        self._count_deletions(run, "vertices of unknown photos deleted", len(unknown))
        if unknown and not self.dry_run:
            self.graph.remove(sorted(unknown))
            # Some may have been added to the catalog, and from there to the graph, in the meantime.
            sync(self.catalog, self.graph, [*self.catalog.find(unknown).values()])
        stale = [photo for id_, photo in documents.items() if id_ in vertices and photo.status != "classified"]
        self._sync(run, "vertices of deleted photos deleted", stale)
        classified = [photo for photo in documents.values() if photo.status == "classified"]
        missing = [photo for photo in classified if photo.id not in vertices]
        self._sync(run, "missing vertices written", missing, new=[photo.id for photo in missing])
        if self.rebuild_graph:
            self._sync(run, "vertices written again", [photo for photo in classified if photo.id in vertices])
        return end

    def _bucket(self, run: Run) -> str | None:
        found = self.bucket.uploads(run.after, self.page_size)
        photos = self.catalog.page_of_keys(self.bucket.name, run.after, self.page_size)
        end = self._common_end([one.key for one in found], [photo.key for photo in photos])
        objects = {one.key: one for one in found if is_upload(one.key) and (end is None or one.key <= end)}
        documents = {photo.key: photo for photo in photos if end is None or photo.key <= end}

        settled = datetime.now(UTC) - self.settled
        unknown, changed, missing = [], [], []
        for key, one in objects.items():
            photo = documents.get(key)
            if one.modified > settled or (photo and photo.updated_at > settled):
                continue
            if photo is None:
                unknown.append(reprocess_message(self.bucket.name, key, sequencer_of(one.modified)))
            elif photo.status == "deleted" or photo.etag != one.etag:
                changed.append(_reprocess(photo))
        for key, photo in documents.items():
            if key not in objects and photo.status != "deleted" and photo.updated_at < settled:
                missing.append(_reprocess(photo))
        self._count_deletions(run, "documents without an object processed again", len(missing))
        _count(run, "objects without a document processed again", len(unknown))
        _count(run, "objects that differ from their document processed again", len(changed))
        if not self.dry_run:
            self.send(unknown + changed + missing)
        return end

    def _thumbnails(self, run: Run) -> str | None:
        """Delete thumbnails of no photo: classify was killed, or S3 was unavailable, before it could."""
        found = self.bucket.thumbnails(run.after, self.page_size)
        photos = self.catalog.find({_photo_id_of(one.key) for one in found})
        used = {photo.thumbnail for photo in photos.values()}
        settled = datetime.now(UTC) - self.settled
        unused = [one.key for one in found if one.key not in used and one.modified < settled]
        self._count_deletions(run, "thumbnails of no photo deleted", len(unused))
        if not self.dry_run:
            self.bucket.delete_thumbnails(unused)
        return self._last(one.key for one in found)

    def _sync(self, run: Run, what: str, photos: list[Photo], new: Iterable[str] = ()) -> None:
        _count(run, what, len(photos))
        if not self.dry_run:
            sync(self.catalog, self.graph, photos, [*new])

    def _count_deletions(self, run: Run, what: str, count: int) -> None:
        if count and run.deleted + count > run.photos / 10 and not (self.force or self.dry_run):
            raise TooManyDeletions(
                f"{run.deleted + count} of about {run.photos} photos would be deleted, more than a tenth ({what}). "
                "If that is right, use --force."
            )
        run.deleted += count
        _count(run, what, count)

    def _last(self, page: Iterable[str]) -> str | None:
        """The last of a full page; None when there is nothing after it."""
        names = [*page]
        return names[-1] if len(names) == self.page_size else None

    def _common_end(self, *pages: list[str]) -> str | None:
        """The last name up to which all pages are complete; None when all of them reach the end."""
        return min((last for last in map(self._last, pages) if last is not None), default=None)


def _photo_id_of(thumbnail: str) -> str:
    """The photo's id in a thumbnail's key."""
    return thumbnail.split("/")[1]


def _reprocess(photo: Photo) -> str:
    return reprocess_message(photo.bucket, photo.key, sequencer_after(photo.sequencer))


def _count(run: Run, what: str, count: int) -> None:
    if count:
        run.done[what] = run.done.get(what, 0) + count


def _counts(done: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in done.items()) or "nothing to do"
