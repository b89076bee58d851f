"""Bring the catalog into agreement with the bucket, and the type graph with the catalog, page by page.

    pending      photos that the graph does not hold yet       are written to it
    graph        compares the graph with the catalog, by id,    vertices without a classified photo are deleted, photos
                                                                without a vertex are written; a rebuild writes all
    bucket       compares the bucket with the catalog, by key   where they differ, classify processes the object again
    thumbnails   compares thumbnails with the catalog           those that belong to no photo are deleted

A run may end at any moment, at its deadline or by force: after each page its progress is stored, and the next run
continues from there; pending photos come first in every run. Every step is idempotent. So that an idle graph can sleep,
it is asked only when photos are pending and, once in a while, to be compared; while it is unavailable, the other stages
run.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta

from photo_library.bucket.port import PhotoBucket
from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import PhotoLibraryError, TypeGraphUnavailable
from photo_library.events import is_upload, reprocess_message, sequencer_after, sequencer_of
from photo_library.photo import Photo, derived_keys, restorable_until
from photo_library.sync import sync
from photo_library.type_graph.port import TypeGraph

# Small enough that a page is done within the margin while TigerGraph takes 0.2 s for each photo.
PAGE = 200
MARGIN_S = 60
# A paused TigerGraph workspace starts with the first request, which takes minutes; the rest of a run is the bucket's.
GRAPH_START_S, GRAPH_POLL_S = 240, 15
_GRAPH_CHECK = "graph_check"  # the checkpoint that says when the graph was compared with the catalog last
# Later changes are left alone: the event of an upload or a delete may take minutes to arrive.
SETTLED = timedelta(minutes=15)

Say = Callable[[str], None]
_Stage = Callable[["Run", str], str | None]  # does the page after an id or a key; returns the page's last one


class TooManyDeletions(PhotoLibraryError):
    """More than a tenth of all photos would be deleted, which looks like a mistake: a wrong bucket, an empty store."""


@dataclass
class Run:
    """The progress of a run; stored as its checkpoint."""

    stage: str  # graph, bucket or thumbnails; empty when it is finished
    photos: int  # how many there were when it began
    after: str = ""  # an id, or in the bucket a key: everything up to it is done
    deleted: int = 0  # photos and vertices deleted because their counterpart was not found
    skipped: list[str] = field(default_factory=list)  # stages for which the graph was unavailable
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
    graph_check_every: timedelta = timedelta(0)  # how often the graph is compared with the catalog
    graph_start_s: float = GRAPH_START_S  # how long an unavailable graph is waited for
    wait: Callable[[float], None] = time.sleep

    def run(self, remaining_s: Callable[[], float], say: Say = lambda _: None) -> Run:
        """Run until everything is done or the time is nearly up; the next call continues from there.

        Stages that need the graph are skipped while it is unavailable, but not a rebuild. Raises TooManyDeletions,
        before the page that would exceed the limit, and TransientError.
        """
        name = "rebuild" if self.rebuild_graph else "reconcile"
        stages: dict[str, _Stage] = (
            {"graph": self._graph}
            if self.rebuild_graph
            else {"graph": self._check_graph, "bucket": self._bucket, "thumbnails": self._thumbnails}
        )
        stored = None if self.dry_run else self.catalog.checkpoint(name)
        run = Run(**stored) if stored else Run(stage=next(iter(stages)), photos=self.catalog.count())
        run.skipped = []
        page = self._pages(run, remaining_s, say)
        if not self.rebuild_graph:  # in every run, however far the last one came: searches don't find them until then
            after: str | None = ""
            while after is not None and remaining_s() > MARGIN_S:
                after = page("pending", self._pending, after)
        while not run.finished and remaining_s() > MARGIN_S:
            after = page(run.stage, stages[run.stage], run.after)
            if after is None:
                following = [*stages, ""]
                run.stage, run.after = following[following.index(run.stage) + 1], ""
            else:
                run.after = after
            if not self.dry_run:
                self.catalog.store_checkpoint(name, None if run.finished else asdict(run))
        return run

    def _pages(
        self, run: Run, remaining_s: Callable[[], float], say: Say
    ) -> Callable[[str, "_Stage", str], str | None]:
        """How to do one page of a stage: it returns where the next page begins, None when the stage is done.

        An unavailable graph is waited for, but in one run no longer than graph_start_s; then the stage is skipped.
        """
        waited_s = 0.0

        def page(name: str, stage: _Stage, after: str) -> str | None:
            nonlocal waited_s
            while True:
                try:
                    end = stage(run, after)
                except TypeGraphUnavailable as error:
                    if waited_s < self.graph_start_s and remaining_s() > MARGIN_S + GRAPH_POLL_S:
                        say(f"{name}: waiting for the type graph: {error}")
                        self.wait(GRAPH_POLL_S)
                        waited_s += GRAPH_POLL_S
                    elif self.rebuild_graph:
                        raise
                    else:
                        say(f"{name}: skipped, the type graph is unavailable: {error}")
                        run.skipped.append(name)
                        return None
                else:
                    say(f"{name}{f' up to {end}' if end else ', all of it'}: {_counts(run.done)}")
                    return end

        return page

    def _pending(self, run: Run, after: str) -> str | None:
        photos = self.catalog.page(after, self.page_size, pending=True)
        self._sync(run, "pending photos written to the graph", photos)
        return self._last(photo.id for photo in photos)

    def _check_graph(self, run: Run, after: str) -> str | None:
        """Compare the graph with the catalog, unless that was done a short while ago: it wakes a sleeping graph."""
        checked = self.catalog.checkpoint(_GRAPH_CHECK)
        if checked and datetime.now(UTC) - checked["finished_at"] < self.graph_check_every:
            return None
        end = self._graph(run, after)
        if end is None and not self.dry_run:
            self.catalog.store_checkpoint(_GRAPH_CHECK, {"finished_at": datetime.now(UTC)})
        return end

    def _graph(self, run: Run, after: str) -> str | None:
        ids = self.graph.ids(after, self.page_size)
        photos = self.catalog.page(after, self.page_size)
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

    def _bucket(self, run: Run, after: str) -> str | None:
        found = self.bucket.uploads(after, self.page_size)
        photos = self.catalog.page_of_keys(self.bucket.name, after, self.page_size)
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

    def _thumbnails(self, run: Run, after: str) -> str | None:
        """Delete thumbnails of photos that can no longer be restored, and of no photo, where classify couldn't."""
        found = self.bucket.thumbnails(after, self.page_size)
        photos = self.catalog.find({_photo_id_of(one.key) for one in found})
        now = datetime.now(UTC)
        used = {key: _is_over(photo, now) for photo in photos.values() for key in derived_keys(photo)}
        over = [one.key for one in found if used.get(one.key)]
        unknown = [one.key for one in found if one.key not in used and one.modified < now - self.settled]
        self._count_deletions(run, "thumbnails of no photo deleted", len(unknown))
        _count(run, "thumbnails of deleted photos deleted", len(over))
        if not self.dry_run:
            self.bucket.delete_thumbnails(unknown + over)
        return self._last(one.key for one in found)

    def _sync(self, run: Run, what: str, photos: list[Photo], new: Iterable[str] = ()) -> None:
        if not self.dry_run:
            sync(self.catalog, self.graph, photos, [*new])
        _count(run, what, len(photos))

    def _count_deletions(self, run: Run, what: str, count: int) -> None:
        if count and run.deleted + count > run.photos / 10 and not (self.force or self.dry_run):
            raise TooManyDeletions(
                f"{what}: {run.deleted + count} deletions for about {run.photos} photos, more than a tenth. "
                "If this is intended, run `python -m infra.ops reconcile --stack NAME --force`."
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


def _is_over(photo: Photo, now: datetime) -> bool:
    """Whether the photo was deleted too long ago to be restored."""
    end = restorable_until(photo)
    return end is not None and end < now


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
