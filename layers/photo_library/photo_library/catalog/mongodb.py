"""The catalog on MongoDB: the collection `photos`."""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from typing import Any, TypeVar

import pymongo
from bson.binary import VECTOR_SUBTYPE, Binary, BinaryVectorDtype
from pymongo import MongoClient, ReplaceOne, UpdateOne
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import BulkWriteError, InvalidURI, OperationFailure, PyMongoError, ServerSelectionTimeoutError

from photo_library.catalog.alike import cells_to_compare, most_alike
from photo_library.catalog.port import Alike, Document, Pending
from photo_library.catalog.queries import (
    copies_pipeline,
    facet_pipeline,
    looks_pipeline,
    search_pipeline,
    total_pipeline,
    type_counts_pipeline,
    vector_index_pipeline,
)
from photo_library.errors import CatalogUnavailable, SettingsError
from photo_library.formats import NEED_PREVIEW
from photo_library.likeness import cells
from photo_library.metrics import Timer
from photo_library.photo import Photo, dated_at
from photo_library.search import (
    FACETS,
    NO_PHOTOS,
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
    type_count,
    widens,
    words_of,
)

T = TypeVar("T")
_DUPLICATE_KEY = 11000
# Looks of the nearest cells, this many or a twentieth of all: further cells hold hardly any of the most alike.
ENOUGH_LOOKS, ENOUGH_PART = 10_000, 20
VECTOR_INDEX_S = 0.5  # how long it may take to answer
VECTOR_INDEX_REST_S = 60  # how long it is left alone if it did not
LOOKS_AT_ONCE = 2000  # in one answer of MongoDB
_SIGNED_BYTES = b"\x03\x00"  # the type of BSON's vectors of signed bytes, and how many bits of the last are not used
COUNTED_IN_PART = 1000  # photos, where all would take too long
DERIVED = ("words", "dated_at")  # fields that are computed from the others, to be searched or sorted by


class Looks:
    """The looks of the photos that a search finds, those in the nearest cells first; counts them.

    Complete, unless enough photos were in near cells, or the time was over.
    """

    def __init__(self, photos: MongoCollection[Document], search: Search, vector: bytes, time_s: float) -> None:
        self.count = 0
        self.complete = False
        self._photos = photos
        self._search = search
        self._fitting, self._others = cells_to_compare(search, vector)
        self._end = time.monotonic() + time_s

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        left = len(self._fitting) + len(self._others)
        for group in self._groups():
            rest_s = self._end - time.monotonic()
            if rest_s <= 0:
                return
            try:
                yield from self._in_cells(group, rest_s)
            except PyMongoError as error:
                if _took_too_long(error):
                    return
                raise
            left -= len(group)
        self.complete = left == 0

    def _groups(self) -> Iterator[list[int]]:
        """Cells to be asked for together, as long as their looks are not enough."""
        enough = max(ENOUGH_LOOKS, self._photos.estimated_document_count() // ENOUGH_PART)
        asked, several = 0, 1
        while asked < len(self._fitting) and self.count < enough:
            yield self._fitting[asked : asked + several]
            asked += several
            # As many as probably have the rest, and at most as many as before.
            several = min(asked, math.ceil((enough - self.count) * asked / max(1, self.count)))
        if self._others and self.count < enough:
            yield self._others

    def _in_cells(self, group: list[int], time_s: float) -> Iterator[tuple[str, bytes]]:
        with pymongo.timeout(time_s):
            for document in self._photos.aggregate(looks_pipeline(self._search, group), batchSize=LOOKS_AT_ONCE):
                self.count += 1
                yield document["_id"], _vector(document["look"])


class MongoCatalog:
    """PhotoCatalog on MongoDB."""

    def __init__(self, collection: MongoCollection[Document], timer: Timer = nullcontext) -> None:
        self._photos = collection
        self._timer = timer
        self._without_vector_index_until = -math.inf  # when it is asked again, after it did not answer

    def close(self) -> None:
        """Close the connection; nothing else may be called afterwards."""
        self._photos.database.client.close()

    def ping(self) -> None:
        with _translated():  # not timed: the first one at a start is mostly TLS
            self._photos.database.command("ping")

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        with self._operation():
            return {photo.id: photo for photo in map(_from_document, self._photos.find({"_id": {"$in": list(ids)}}))}

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        # If a newer document is stored, the filter matches nothing, so that the upsert tries to insert and fails
        # with a duplicate key. So does the loser of two simultaneous first writes, which may be the newer of them.
        # Only a second refusal, when a document certainly exists, means "stale".
        written, refused = self._replace_older(photos)
        if refused:
            again, _stale = self._replace_older(refused)
            written |= again
        return written

    def _replace_older(self, photos: Sequence[Photo]) -> tuple[dict[str, bool], list[Photo]]:
        if not photos:
            return {}, []
        replacements = [ReplaceOne(_replaceable(photo), _to_document(photo), upsert=True) for photo in photos]
        refused: set[int] = set()
        with self._operation():
            try:
                upserted = self._photos.bulk_write(replacements, ordered=False).bulk_api_result["upserted"]
            except BulkWriteError as error:
                failures = error.details["writeErrors"]
                if error.details["writeConcernErrors"] or any(one["code"] != _DUPLICATE_KEY for one in failures):
                    raise
                refused = {failure["index"] for failure in failures}
                upserted = error.details["upserted"]
        new = {entry["index"] for entry in upserted}
        written = {photo.id: index in new for index, photo in enumerate(photos) if index not in refused}
        return written, [photos[index] for index in sorted(refused)]

    def correct(self, photo: Photo, expected_sequencer: str) -> bool:
        same = {"_id": photo.id, "sequencer": expected_sequencer, "status": "classified"}
        with self._operation():
            return self._photos.replace_one(same, _to_document(photo)).matched_count == 1

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        if not photos:
            return []
        with self._operation():
            result = self._photos.bulk_write(
                [
                    UpdateOne({"_id": photo.id, "sequencer": photo.sequencer}, {"$set": {"graph": "synced"}})
                    for photo in photos
                ],
                ordered=False,
            )
        if result.matched_count == len(photos):
            return []
        now = self.find([photo.id for photo in photos])
        return [now[photo.id] for photo in photos if photo.id in now and now[photo.id].sequencer != photo.sequencer]

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Photo]:
        pipeline = search_pipeline(search, limit, after, self._photos.name)
        with self._operation():
            return [_from_document(document) for document in self._photos.aggregate(pipeline)]

    def most_alike(self, search: Search, limit: int, after: Place | None, time_s: float) -> Alike:
        if search.like is None or not search.like.vector:
            return Alike([], Compared("nothing", 0))
        found = self._nearest_of_vector_index(search, search.like.vector, limit, after)
        nearest, compared = found or self._nearest_of_cells(search, search.like.vector, limit, after, time_s)
        photos = self.find([one.id for one in nearest])
        # A photo may have changed meanwhile.
        still = sorted((photo for photo in photos.values() if is_found(search, photo)), key=lambda one: one.id)
        still.sort(key=lambda one: -place(search, one).rank)
        return Alike(still, compared)

    def _nearest_of_cells(
        self, search: Search, vector: bytes, limit: int, after: Place | None, time_s: float
    ) -> tuple[list[Place], Compared]:
        looks = Looks(self._photos, search, vector, time_s)
        with self._operation():
            nearest = most_alike(vector, looks, limit, after)
        return nearest, Compared("all" if looks.complete else "candidates", looks.count)

    def _nearest_of_vector_index(
        self, search: Search, vector: bytes, limit: int, after: Place | None
    ) -> tuple[list[Place], Compared] | None:
        """None if Atlas's vector index does not answer, or with too few photos: it may still be being built, the
        conditions may leave few photos, and the page may begin after all that it gives.
        """
        if time.monotonic() < self._without_vector_index_until:
            return None
        pipeline = vector_index_pipeline(search, _stored(vector))
        try:
            with self._timer(), pymongo.timeout(VECTOR_INDEX_S):
                looks = [(document["_id"], _vector(document["look"])) for document in self._photos.aggregate(pipeline)]
        except PyMongoError as error:
            if not (_took_too_long(error) or isinstance(error, OperationFailure)):
                raise CatalogUnavailable(f"MongoDB: {error}") from error
            self._without_vector_index_until = time.monotonic() + VECTOR_INDEX_REST_S
            return None
        nearest = most_alike(vector, looks, limit, after)
        return (nearest, Compared("vector_index", len(looks))) if len(nearest) == limit else None

    def total(self, search: Search, time_s: float) -> Total:
        found, exact = self._counted(lambda limit: self._total(search, limit), time_s)
        return Total(found or 0, exact)

    def facet(self, search: Search, name: FacetName, time_s: float) -> Facet:
        def count(limit: int | None) -> dict[str, int]:
            already = self._total(search, limit) if widens(search, name) else 0
            groups = self._photos.aggregate(facet_pipeline(search, name, limit))
            added = {group["_id"]: group["photos"] for group in groups}
            return {value: already + added.get(value, 0) for value in FACETS[name]}

        photos, exact = self._counted(count, time_s)
        return Facet(photos or dict.fromkeys(FACETS[name], 0), exact)

    def _total(self, search: Search, limit: int | None) -> int:
        return sum(document["photos"] for document in self._photos.aggregate(total_pipeline(search, limit)))

    def _counted(self, count: Callable[[int | None], T], time_s: float) -> tuple[T | None, bool]:
        """What `count` returns without a limit, and True, if it is done in time.

        Otherwise what it returns for some photos only, a lower bound, and False; None if not even those are counted
        within another quarter of the time. Raises CatalogUnavailable.
        """
        for part, limit in ((1.0, None), (0.25, COUNTED_IN_PART)):
            try:
                with self._timer(), pymongo.timeout(time_s * part):
                    return count(limit), limit is None
            except PyMongoError as error:
                if not _took_too_long(error):
                    raise CatalogUnavailable(f"MongoDB: {error}") from error
        return None, False

    def copies(self, search: Search, digests: Collection[str]) -> dict[str, Copies]:
        if not digests:
            return {}
        with self._operation():
            groups = list(self._photos.aggregate(copies_pipeline(search, digests)))
        return {group["_id"]: Copies(group["oldest"], group["photos"]) for group in groups}

    def duplicates(self, photo: Photo) -> list[str]:
        if photo.digest is None:
            return []
        others = {"digest": photo.digest, "_id": {"$ne": photo.id}, "status": {"$ne": "deleted"}}
        with self._operation():
            found = self._photos.find(others, {"_id": True}).sort([("uploaded_at", 1), ("_id", 1)])
            return [document["_id"] for document in found]

    def complete(self) -> int:
        """Add to documents what the versions that wrote them didn't store, for searches; returns how many."""
        completed = 0
        missing = [{name: {"$exists": False}} for name in DERIVED]
        with self._operation():
            for document in self._photos.find({"status": {"$in": ["classified", "rejected"]}, "$or": missing}):
                photo = _from_document(document)
                # A newer event stores them itself.
                same = {"_id": photo.id, "sequencer": photo.sequencer}
                completed += self._photos.update_one(same, {"$set": _derived(photo)}).modified_count
        return completed

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        with self._operation():
            groups = list(self._photos.aggregate(type_counts_pipeline(min_probability, self._photos.name)))
        return NO_PHOTOS | {group["_id"]: type_count(group["photos"], group["total"]) for group in groups}

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        wanted: Document = {"_id": {"$gt": after}} | ({"graph": "pending"} if pending else {})
        if not_classified_by is not None:
            missing: list[Document] = [{name: {"$exists": False}} for name in ("embedding", "look", "digest")]
            missing.append({"format": {"$in": NEED_PREVIEW}, "preview": {"$exists": False}})
            wanted |= {"status": "classified", "$or": [{"model": {"$ne": not_classified_by}}, *missing]}
        with self._operation():
            return [_from_document(document) for document in self._photos.find(wanted).sort("_id").limit(limit)]

    def page_of_keys(self, bucket: str, after: str, limit: int) -> list[Photo]:
        with self._operation():
            found = self._photos.find({"bucket": bucket, "key": {"$gt": after}}).sort("key").limit(limit)
            return [_from_document(document) for document in found]

    def count(self) -> int:
        with self._operation():
            return self._photos.estimated_document_count()

    def pending(self) -> Pending:
        oldest: list[Document] = [
            {"$match": {"graph": "pending"}},
            {"$group": {"_id": None, "photos": {"$sum": 1}, "since": {"$min": "$updated_at"}}},
        ]
        with self._operation():
            found = next(iter(self._photos.aggregate(oldest)), None)
        return Pending(found["photos"], found["since"]) if found else Pending(0, None)

    def checkpoint(self, name: str) -> Document | None:
        with self._operation():
            return self._checkpoints.find_one({"_id": name}, {"_id": False})

    def store_checkpoint(self, name: str, content: Document | None) -> None:
        with self._operation():
            if content is None:
                self._checkpoints.delete_one({"_id": name})
            else:
                self._checkpoints.replace_one({"_id": name}, content, upsert=True)

    @contextmanager
    def _operation(self) -> Iterator[None]:
        """One request to MongoDB: timed, and its errors translated."""
        with self._timer(), _translated():
            yield

    @property
    def _checkpoints(self) -> MongoCollection[Document]:
        return self._photos.database["checkpoints"]


def open_mongodb(uri: str, **options: Any) -> MongoClient[Document]:
    """MongoDB's client. Raises SettingsError when the URI cannot be read, and PyMongoError.

    The driver's own message isn't shown: it may quote the end of a password with an unescaped "/".
    """
    try:
        return MongoClient(uri, **options)
    except (InvalidURI, ValueError):
        raise SettingsError(
            "MONGODB_URI cannot be read: it must begin with mongodb:// or mongodb+srv://, and in the user's name and "
            "password characters like @ : / % must be percent-encoded"
        ) from None


def connect_catalog(
    uri: str, database: str, timeout_s: float, timer: Timer = nullcontext, connections: int = 4
) -> MongoCatalog:
    """The collection `photos`; the connection itself is made in the background.

    A function handles one event at a time, so `connections`, the size of the pool, is small: small tiers of Atlas have
    500. `timeout_s` limits every call as a whole, `timer` measures each. Raises SettingsError and CatalogUnavailable.
    """
    with _translated():
        client = open_mongodb(
            uri,
            appname="photo-library",
            connect=False,  # an unknown host name fails the requests, not the start
            tz_aware=True,
            maxPoolSize=connections,
            maxIdleTimeMS=60_000,
            connectTimeoutMS=int(timeout_s * 1000),
            serverSelectionTimeoutMS=int(timeout_s * 1000),
            timeoutMS=int(timeout_s * 1000),
            # An acknowledged write survives a failover and a crash: only then may S3's message be deleted.
            w="majority",
            journal=True,
        )
        return MongoCatalog(client[database]["photos"], timer)


def _replaceable(photo: Photo) -> Document:
    """The filter for documents that this photo replaces: older ones, unless a manual correction of the same bytes."""
    older: Document = {"_id": photo.id, "sequencer": {"$lte": photo.sequencer}}
    if photo.status != "classified" or photo.etag is None:
        return older
    # A tombstone keeps corrections too, and is always replaced.
    same: Document = {"status": "classified", "etag": photo.etag}
    types: Document = {"types_source": "person", **same}
    if photo.types_source == "person":
        types["types"] = {"$ne": dict(photo.types)}
    title: Document = {"title_source": "person", **same}
    if photo.title_source == "person":
        title["title"] = {"$ne": photo.title}
    return older | {"$nor": [types, title]}


def _took_too_long(error: PyMongoError) -> bool:
    """Whether there was an answer to be had from a server, but not in the time that was given."""
    return error.timeout and not isinstance(error, ServerSelectionTimeoutError)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise CatalogUnavailable(f"MongoDB: {error}") from error


def _to_document(photo: Photo) -> Document:
    document = {field.name: getattr(photo, field.name) for field in fields(Photo)}
    document["_id"] = document.pop("id")
    document["types"] = dict(photo.types)
    document["colors"] = list(photo.colors) or None
    document["deleted_types"] = dict(photo.deleted_types) or None
    document["truncated"] = photo.truncated or None
    vector = Binary.from_vector(list(photo.embedding), BinaryVectorDtype.FLOAT32)
    document["embedding"] = vector if photo.embedding else None
    document["look"] = _stored(photo.look) if photo.look else None
    if photo.status == "classified" and photo.look:
        document["cell"] = cells(photo.look)[0]
    if photo.status != "deleted":
        document |= _derived(photo)
    return {name: value for name, value in document.items() if value is not None}


def _derived(photo: Photo) -> Document:
    return {"words": words_of(photo), "dated_at": dated_at(photo)}


def _from_document(document: Mapping[str, Any]) -> Photo:
    known = {field.name for field in fields(Photo)}
    values = {name: value for name, value in document.items() if name in known}
    values["colors"] = tuple(values.get("colors", ()))
    values["embedding"] = tuple(values["embedding"].as_vector().data) if "embedding" in values else ()
    values["look"] = _vector(values["look"]) if "look" in values else b""
    return Photo(id=document["_id"], **values)


def _stored(vector: bytes) -> Binary:
    """A look's vector as one of BSON's vectors of signed bytes."""
    return Binary(_SIGNED_BYTES + vector, VECTOR_SUBTYPE)


def _vector(stored: Binary) -> bytes:
    """The numbers of a vector of signed bytes."""
    return bytes(stored)[len(_SIGNED_BYTES) :]
