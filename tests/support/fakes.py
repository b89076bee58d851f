"""Stores in memory, for tests of what uses them; the contract suites hold them to what the real ones do."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from photo_library.bucket.port import FetchedObject, Form, ListedObject, Restored
from photo_library.catalog.port import Alike, Pending
from photo_library.errors import BucketUnavailable, CatalogUnavailable, TypeGraphUnavailable
from photo_library.events import UPLOADS
from photo_library.formats import NEED_PREVIEW
from photo_library.photo import THUMBNAILS, TYPES, Photo, derived_keys
from photo_library.search import (
    FACETS,
    Compared,
    Copies,
    Facet,
    FacetName,
    Place,
    Search,
    Total,
    TypeCount,
    is_found,
    place,
    score,
    shows,
    type_count,
)
from photo_library.type_graph.port import TypesByPhoto
from tests.support.examples import BUCKET, NOON


class FakeCatalog:
    """PhotoCatalog in memory; while `down`, it cannot be reached."""

    def __init__(self) -> None:
        self.photos: dict[str, Photo] = {}
        self.checkpoints: dict[str, dict[str, Any]] = {}
        self.down = False
        self.writes = 0

    def ping(self) -> None:
        self._check()

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        self._check()
        return {id_: self.photos[id_] for id_ in ids if id_ in self.photos}

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        self._check()
        self.writes += 1
        written = {}
        for photo in photos:
            stored = self.photos.get(photo.id)
            if stored is None or (stored.sequencer <= photo.sequencer and not _loses_a_correction(stored, photo)):
                self.photos[photo.id] = photo
                written[photo.id] = stored is None
        return written

    def correct(self, photo: Photo, expected_sequencer: str) -> bool:
        self._check()
        stored = self.photos.get(photo.id)
        if stored is None or (stored.sequencer, stored.status) != (expected_sequencer, "classified"):
            return False
        self.photos[photo.id] = photo
        return True

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        self._check()
        changed = []
        for photo in photos:
            stored = self.photos.get(photo.id)
            if stored and stored.sequencer == photo.sequencer:
                self.photos[photo.id] = replace(stored, graph="synced")
            elif stored:
                changed.append(stored)
        return changed

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Photo]:
        self._check()
        found = [place(search, photo) for photo in self.photos.values() if is_found(search, photo)]
        return [self.photos[one.id] for one in _page(found, limit, after, backwards=search.sort == "oldest")]

    def most_alike(self, search: Search, limit: int, after: Place | None, time_s: float) -> Alike:
        photos = self.search(search, limit, after)
        if search.like is None or not search.like.vector:
            return Alike([], Compared("nothing", 0))
        return Alike(photos, Compared("all", self.total(search, time_s).photos))

    def total(self, search: Search, time_s: float) -> Total:
        self._check()
        found = [photo for photo in self.photos.values() if is_found(search, photo)]
        contents = {photo.digest or photo.id for photo in found}
        return Total(len(contents if search.hide_duplicates else found), exact=time_s > 0)

    def facet(self, search: Search, name: FacetName, time_s: float) -> Facet:
        return Facet({one: self.total(_with(search, name, one), time_s).photos for one in FACETS[name]}, time_s > 0)

    def copies(self, search: Search, digests: Collection[str]) -> dict[str, Copies]:
        self._check()
        copies = {}
        for digest in digests:
            same = [one for one in self.photos.values() if one.digest == digest and is_found(search, one)]
            if same:
                copies[digest] = Copies(min(same, key=lambda one: (one.uploaded_at, one.id)).id, len(same))
        return copies

    def duplicates(self, photo: Photo) -> list[str]:
        self._check()
        same = [one for one in self.photos.values() if one.digest == photo.digest and one.status != "deleted"]
        same.sort(key=lambda one: (one.uploaded_at, one.id))
        return [one.id for one in same if one.id != photo.id and photo.digest]

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        self._check()
        return _counts((photo.types for photo in self.photos.values()), min_probability)

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        self._check()
        found = [photo for id_, photo in sorted(self.photos.items()) if id_ > after]
        if pending:
            found = [photo for photo in found if photo.graph == "pending"]
        if not_classified_by is not None:
            found = [one for one in found if one.status == "classified"]
            found = [one for one in found if one.model != not_classified_by or _lacks_something(one)]
        return found[:limit]

    def page_of_keys(self, bucket: str, after: str, limit: int) -> list[Photo]:
        self._check()
        found = [
            photo for photo in self.photos.values() if photo.bucket == bucket and photo.key.encode() > after.encode()
        ]
        return sorted(found, key=lambda photo: photo.key.encode())[:limit]

    def count(self) -> int:
        self._check()
        return len(self.photos)

    def pending(self) -> Pending:
        self._check()
        since = [photo.updated_at for photo in self.photos.values() if photo.graph == "pending"]
        return Pending(len(since), min(since, default=None))

    def checkpoint(self, name: str) -> dict[str, Any] | None:
        self._check()
        return self.checkpoints.get(name)

    def store_checkpoint(self, name: str, content: dict[str, Any] | None) -> None:
        self._check()
        if content is None:
            self.checkpoints.pop(name, None)
        else:
            self.checkpoints[name] = content

    def _check(self) -> None:
        if self.down:
            raise CatalogUnavailable("down")


class FakeTypeGraph:
    """TypeGraph in memory; while `down`, it cannot be reached."""

    def __init__(self) -> None:
        self.types: dict[str, dict[str, float]] = {}
        self.removed: list[str] = []
        self.down = False
        self.writes = 0

    def ping(self) -> None:
        self._check()

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        self._check()
        self.writes += bool(types)
        for id_, found in types.items():
            old = self.types.get(id_, {}) if id_ in new else {}  # whoever says "new" has nothing old looked for
            self.types[id_] = old | dict(found)

    def remove(self, photo_ids: Collection[str]) -> None:
        self._check()
        self.removed += photo_ids
        for id_ in photo_ids:
            self.types.pop(id_, None)

    def types_of(self, photo_id: str) -> dict[str, float]:
        self._check()
        return self.types.get(photo_id, {})

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Place]:
        self._check()
        found = [Place(id_, score(search, types)) for id_, types in self.types.items() if shows(search, types)]
        return _page(found, limit, after)

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        self._check()
        return _counts(self.types.values(), min_probability)

    def ids(self, after: str, limit: int) -> list[str]:
        self._check()
        return sorted(id_ for id_ in self.types if id_ > after)[:limit]

    def _check(self) -> None:
        if self.down:
            raise TypeGraphUnavailable("down")


class FakePhotoBucket:
    """PhotoBucket in memory; while `down`, it cannot be reached."""

    name, origin = BUCKET, "https://bucket.example"

    def __init__(self) -> None:
        self.listed: dict[str, ListedObject] = {}  # by key: uploads and thumbnails
        self.data: dict[str, bytes] = {}
        self.deleted: list[str] = []
        self.restored: list[tuple[str, str | None]] = []  # key and version
        self.restoring: Restored = "restored"  # what becomes of it
        self.down = False

    def fetch(self, key: str, max_bytes: int | None = None, version_id: str | None = None) -> FetchedObject | None:
        self._check()
        data = self.data.get(key)
        if data is None:
            return None
        fits = max_bytes is None or len(data) <= max_bytes
        return FetchedObject(data=data if fits else None, size=len(data), modified=NOON, version_id=version_id)

    def put_thumbnail(self, photo: Photo, data: bytes, preview: bytes | None = None) -> None:
        self._check()
        self.data[str(photo.thumbnail)] = data
        if preview is not None:
            self.data[str(photo.preview)] = preview

    def delete_thumbnails(self, keys: Sequence[str]) -> None:
        self._check()
        for key in keys:
            self.data.pop(key, None)
            self.listed.pop(key, None)

    def uploads(self, after: str, limit: int) -> list[ListedObject]:
        return self._list(UPLOADS, after, limit)

    def thumbnails(self, after: str, limit: int) -> list[ListedObject]:
        return self._list(THUMBNAILS, after, limit)

    def url(self, photo: Photo, download: bool = False) -> str:
        return f"https://{'download' if download else 'signed'}/{photo.key}"

    def thumbnail_url(self, photo: Photo) -> str | None:
        return f"https://signed/{photo.thumbnail}" if photo.thumbnail else None

    def preview_url(self, photo: Photo) -> str | None:
        return f"https://signed/{photo.preview}" if photo.preview else None

    def upload_form(self, key: str, content_type: str, title: str | None, max_bytes: int) -> Form:
        fields = {"key": key, "Content-Type": content_type, "max-bytes": str(max_bytes)}
        return Form("https://bucket", fields | ({"title": title} if title else {}))

    def delete(self, photo: Photo) -> None:
        self._check()
        self.deleted.append(photo.key)

    def restore(self, photo: Photo) -> Restored:
        self._check()
        if self.restoring == "restored":
            self.restored.append((photo.key, photo.version_id))
        return self.restoring

    def _list(self, prefix: str, after: str, limit: int) -> list[ListedObject]:
        self._check()
        found = sorted(key for key in self.listed if key.startswith(prefix) and key > after)
        return [self.listed[key] for key in found[:limit]]

    def _check(self) -> None:
        if self.down:
            raise BucketUnavailable("down")


class FakeThumbnails:
    """The pipeline's thumbnails in memory: bucket and key → bytes; while `down`, S3 cannot be reached."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str], bytes] = {}
        self.down = False

    def store(self, photo: Photo, data: bytes, preview: bytes | None) -> None:
        self._check()
        self.stored[photo.bucket, str(photo.thumbnail)] = data
        if preview is not None:
            self.stored[photo.bucket, str(photo.preview)] = preview

    def delete(self, photos: Sequence[Photo]) -> None:
        self._check()
        for photo in photos:
            for key in derived_keys(photo):
                self.stored.pop((photo.bucket, key), None)

    def _check(self) -> None:
        if self.down:
            raise BucketUnavailable("down")


def _lacks_something(photo: Photo) -> bool:
    """Whether the photo was classified before all that is stored now was stored."""
    needed = photo.embedding, photo.look, photo.digest, photo.preview or photo.format not in NEED_PREVIEW
    return not all(needed)


def _loses_a_correction(stored: Photo, photo: Photo) -> bool:
    """Whether the same bytes were corrected to something else."""
    if {stored.status, photo.status} != {"classified"} or stored.etag is None or stored.etag != photo.etag:
        return False
    types = stored.types_source == "person" and (photo.types_source, photo.types) != ("person", stored.types)
    title = stored.title_source == "person" and (photo.title_source, photo.title) != ("person", stored.title)
    return types or title


def _with(search: Search, facet: FacetName, one: str) -> Search:
    """The search with one type or colour more."""
    own = search.types if facet == "type" else search.colors
    added = tuple(other for other in FACETS[facet] if other == one or other in own)
    return replace(search, types=added) if facet == "type" else replace(search, colors=added)


def _counts(photos: Iterable[Mapping[str, float]], min_probability: float) -> dict[str, TypeCount]:
    shown: dict[str, list[float]] = {name: [] for name in TYPES}
    for types in photos:
        for name, probability in types.items():
            if probability >= min_probability:
                shown[name].append(probability)
    return {name: type_count(len(found), sum(found)) for name, found in shown.items()}


def _page(found: list[Place], limit: int, after: Place | None, backwards: bool = False) -> list[Place]:
    """The first `limit` in order, from `after` on."""
    ranked = sorted(found, key=lambda one: (-one.rank, one.id), reverse=backwards)
    if after is None:
        return ranked[:limit]
    start = (-after.rank, after.id)
    rest = [one for one in ranked if ((-one.rank, one.id) < start if backwards else (-one.rank, one.id) > start)]
    return rest[:limit]
