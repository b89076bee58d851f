"""The catalog on MongoDB: the collection `photos`."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

import pymongo
from bson.binary import Binary, BinaryVectorDtype
from pymongo import MongoClient, ReplaceOne, UpdateOne
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import BulkWriteError, InvalidURI, PyMongoError, ServerSelectionTimeoutError

from photo_library.catalog.port import Document, Pending
from photo_library.errors import CatalogUnavailable, SettingsError
from photo_library.metrics import Timer
from photo_library.photo import TYPES, Photo
from photo_library.search import (
    CONFIDENT,
    FACETS,
    NO_PHOTOS,
    Facet,
    FacetName,
    Place,
    Search,
    TypeCount,
    nearby,
    type_count,
    without_own,
    words_of,
)

_DUPLICATE_KEY = 11000
COUNTED_IN_PART = 1000  # photos, where all would take too long


class MongoCatalog:
    """PhotoCatalog on MongoDB."""

    def __init__(self, collection: MongoCollection[Document], timer: Timer = nullcontext) -> None:
        self._photos = collection
        self._timer = timer

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
        # When a newer document is stored the filter matches nothing, the upsert tries to insert and meets the
        # newer one's _id: a duplicate key. So does the loser of two first writes at one time, which may be the
        # newer of them; only the second refusal, with a document surely there, means "stale".
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

    def correct(self, photo: Photo, seen: str) -> bool:
        same = {"_id": photo.id, "sequencer": seen, "status": "classified"}
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
        if search.sort == "newest":
            pipeline = _newest(search, limit, after)
        elif len(search.types) == 1:
            pipeline = _by_probability(search, search.types[0], limit, after)
        elif search.match == "any":
            pipeline = _by_best(search, limit, after, self._photos.name)
        else:
            pipeline = _by_product(search, limit, after)
        with self._operation():
            return [_from_document(document) for document in self._photos.aggregate(pipeline)]

    def facet(self, search: Search, name: FacetName, time_s: float) -> Facet:
        photos = dict.fromkeys(FACETS[name], 0)
        for part, limit in ((1.0, None), (0.25, COUNTED_IN_PART)):
            try:
                with self._timer(), pymongo.timeout(time_s * part):
                    for group in self._photos.aggregate(_counted(search, name, limit)):
                        photos[group["_id"]] = group["photos"]
                return Facet(photos, exact=limit is None)
            except PyMongoError as error:
                if not error.timeout or isinstance(error, ServerSelectionTimeoutError):
                    raise CatalogUnavailable(f"MongoDB: {error}") from error
        return Facet(photos, exact=False)  # of each there are none, at least

    def related(self, types: Mapping[str, float], most: int) -> set[str]:
        shares = nearby(types, most)
        if not shares:
            return set()
        first, *rest = [part for name, share in shares.items() for part in _nearby(name, types[name], share)]
        unions = [{"$unionWith": {"coll": self._photos.name, "pipeline": part}} for part in rest]
        with self._operation():
            return {document["_id"] for document in self._photos.aggregate([*first, *unions])}

    def note_words(self) -> int:
        """Give documents the words to be found by that were written before there were any; returns how many."""
        noted = 0
        with self._operation():
            for document in self._photos.find({"status": "classified", "words": {"$exists": False}}):
                photo = _from_document(document)
                # A newer event writes the words itself.
                same = {"_id": photo.id, "sequencer": photo.sequencer}
                noted += self._photos.update_one(same, {"$set": {"words": words_of(photo)}}).modified_count
        return noted

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        first, *rest = [_total(name, min_probability) for name in TYPES]
        unions = [{"$unionWith": {"coll": self._photos.name, "pipeline": part}} for part in rest]
        with self._operation():
            groups = list(self._photos.aggregate([*first, *unions]))
        return NO_PHOTOS | {group["_id"]: type_count(group["photos"], group["total"]) for group in groups}

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        wanted: Document = {"_id": {"$gt": after}} | ({"graph": "pending"} if pending else {})
        if not_classified_by is not None:
            unseen = [{"model": {"$ne": not_classified_by}}, {"embedding": {"$exists": False}}]
            wanted |= {"status": "classified", "$or": unseen}
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

    What the driver says of such a URI is not passed on: it may quote the end of a password whose / was not escaped.
    """
    try:
        return MongoClient(uri, **options)
    except (InvalidURI, ValueError):
        raise SettingsError(
            "MONGODB_URI cannot be read: it must begin with mongodb:// or mongodb+srv://, and in the user's name and "
            "password characters like @ : / % must be percent-encoded"
        ) from None


def connect_catalog(uri: str, database: str, timeout_s: float, timer: Timer = nullcontext) -> MongoCatalog:
    """Connect to the collection `photos`; the connection itself is made in the background.

    A function handles one event at a time, so the pool is small; `timeout_s` bounds every call as a whole.
    `timer` measures each of them. Raises SettingsError and CatalogUnavailable.
    """
    with _translated():
        client = open_mongodb(
            uri,
            appname="photo-library",
            connect=False,  # a name that cannot be looked up fails what needs it, not the start
            tz_aware=True,
            maxPoolSize=4,
            maxIdleTimeMS=60_000,
            connectTimeoutMS=int(timeout_s * 1000),
            serverSelectionTimeoutMS=int(timeout_s * 1000),
            timeoutMS=int(timeout_s * 1000),
            # What is acknowledged outlives a failover and a crash: S3's message is deleted on the strength of it.
            w="majority",
            journal=True,
        )
        return MongoCatalog(client[database]["photos"], timer)


# ---- Searches --------------------------------------------------------------------------------------------------------


def _by_probability(
    search: Search, name: str, limit: int, after: Place | None, *conditions: Document
) -> list[Document]:
    """Photos that show one type, in order of its probability: read from the type's index, at any page."""
    field = f"types.{name}"
    ranges: list[Document] = [{field: {"$gte": search.min_probability}}]
    if after:
        # Two ranges of one index, which MongoDB merges in order: the rest of the ties, and whatever is below.
        ranges = [
            {field: {"$gte": search.min_probability, "$eq": after.rank}, "_id": {"$gt": after.id}},
            {field: {"$gte": search.min_probability, "$lt": after.rank}},
        ]
    others = [*_others(search), *conditions]
    # The other conditions stand in each range: beside the $or, they would keep MongoDB from merging.
    wanted = [one | {"$and": others} if others else one for one in ranges]
    return [
        {"$match": {"$or": wanted} if after else wanted[0]},
        {"$sort": {field: -1, "_id": 1}},
        {"$limit": limit},
    ]


def _by_best(search: Search, limit: int, after: Place | None, collection: str) -> list[Document]:
    """Photos that show any of the types, in order of the highest probability: the types' indexes, read side by side.

    A photo comes from the index of its best type alone, and from the first of them when several are the best.
    """
    parts = []
    for position, name in enumerate(search.types):
        others = [f"$types.{other}" for other in search.types[position + 1 :]]
        earlier = [f"$types.{other}" for other in search.types[:position]]
        best = [{"$gte": [f"$types.{name}", {"$max": others}]}, {"$gt": [f"$types.{name}", {"$max": earlier}]}]
        parts.append(_by_probability(search, name, limit, after, {"$expr": {"$and": best}}))
    first, *rest = parts
    highest = {"$max": [f"$types.{name}" for name in search.types]}
    return [
        *first,
        *({"$unionWith": {"coll": collection, "pipeline": part}} for part in rest),
        {"$set": {"score": highest}},
        {"$sort": {"score": -1, "_id": 1}},
        {"$limit": limit},
    ]


def _by_product(search: Search, limit: int, after: Place | None) -> list[Document]:
    """Photos that show all of the types, in order of the product, which no index knows: all of them are looked at."""
    first, *rest = [f"$types.{name}" for name in search.types]
    product: Any = first
    for factor in rest:  # from left to right, as `searches.score` multiplies
        product = {"$multiply": [product, factor]}
    return [
        {"$match": {"$and": [*_shown(search), *_others(search)]}},
        {"$set": {"score": product}},
        *([{"$match": _after("score", after.rank, after.id)}] if after else []),
        {"$sort": {"score": -1, "_id": 1}},
        {"$limit": limit},
    ]


def _newest(search: Search, limit: int, after: Place | None) -> list[Document]:
    """Photos in the order of their uploads, the newest first: one index, from the place on."""
    conditions: list[Document] = [{"status": "classified"}, *_shown(search), *_others(search)]
    if after:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=after.rank)
        # The bound beside the $or is for the index: it begins at the place.
        conditions += [{"uploaded_at": {"$lte": moment}}, _after("uploaded_at", moment, after.id)]
    return [{"$match": {"$and": conditions}}, {"$sort": {"uploaded_at": -1, "_id": 1}}, {"$limit": limit}]


def _nearby(name: str, probability: float, most: int) -> tuple[list[Document], list[Document]]:
    """The ids of photos with this type, nearest to a probability on either side: both read from the type's index."""
    field = f"types.{name}"
    ids: list[Document] = [{"$limit": most}, {"$project": {"_id": True}}]
    above: list[Document] = [{"$match": {field: {"$gte": probability}}}, {"$sort": {field: 1, "_id": -1}}, *ids]
    below: list[Document] = [
        {"$match": {field: {"$gte": 0, "$lt": probability}}},
        {"$sort": {field: -1, "_id": 1}},
        *ids,
    ]
    return above, below


def _total(name: str, min_probability: float) -> list[Document]:
    """The photos with this type and the sum of their probabilities: the type's index has both, no photo is read."""
    field = f"types.{name}"
    total = {"_id": name, "photos": {"$sum": 1}, "total": {"$sum": f"${field}"}}
    return [{"$match": {field: {"$gte": min_probability}}}, {"$group": total}]


def _counted(search: Search, facet: FacetName, limit: int | None) -> list[Document]:
    """A group for each type or colour: of all photos that meet the other conditions, or of `limit` of them."""
    others = without_own(search, facet)
    listed: Document = {"$objectToArray": "$types"} if facet == "type" else {"$ifNull": ["$colors", []]}
    return [
        {"$match": {"$and": [{"status": "classified"}, *_shown(others), *_others(others)]}},
        *([{"$limit": limit}] if limit else []),
        {"$project": {"_id": False, "one": listed}},
        {"$unwind": "$one"},
        *([{"$match": {"one.v": {"$gte": search.min_probability}}}] if facet == "type" else []),
        {"$group": {"_id": "$one.k" if facet == "type" else "$one", "photos": {"$sum": 1}}},
    ]


def _shown(search: Search) -> list[Document]:
    wanted = [{f"types.{name}": {"$gte": search.min_probability}} for name in search.types]
    return wanted if search.match == "all" or not wanted else [{"$or": wanted}]


def _others(search: Search) -> list[Document]:
    """All conditions but those of the wanted types."""
    conditions: list[Document] = [
        {f"types.{name}": {"$not": {"$gte": search.exclude_from}}} for name in search.unwanted
    ]
    if search.untyped:
        conditions += [{f"types.{name}": {"$not": {"$gte": CONFIDENT}}} for name in TYPES]
    if search.colors:
        conditions.append({"colors": {"$in": list(search.colors)}})
    # A word is letters and digits: there is nothing to escape, and a pattern with ^ is a range of the index.
    conditions += [{"words": {"$regex": f"^{word}"}} for word in search.words]
    if search.since:
        conditions.append({"uploaded_at": {"$gte": search.since}})
    if search.before:
        conditions.append({"uploaded_at": {"$lt": search.before}})
    return conditions


def _after(field: str, rank: Any, id_: str) -> Document:
    return {"$or": [{field: rank, "_id": {"$gt": id_}}, {field: {"$lt": rank}}]}


def _replaceable(photo: Photo) -> Document:
    """What may be stored of a photo so that this is written in its place."""
    older: Document = {"_id": photo.id, "sequencer": {"$lte": photo.sequencer}}
    if photo.status != "classified" or photo.etag is None:
        return older
    word = {"types_source": "person", "etag": photo.etag}
    return older | {"$nor": [word if photo.types_source == "model" else word | {"types": {"$ne": dict(photo.types)}}]}


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
    vector = Binary.from_vector(list(photo.embedding), BinaryVectorDtype.FLOAT32)
    document["embedding"] = vector if photo.embedding else None
    if photo.status == "classified":
        document["words"] = words_of(photo)
    return {name: value for name, value in document.items() if value is not None}


def _from_document(document: Mapping[str, Any]) -> Photo:
    known = {field.name for field in fields(Photo)}
    values = {name: value for name, value in document.items() if name in known}
    values["colors"] = tuple(values.get("colors", ()))
    values["embedding"] = tuple(values["embedding"].as_vector().data) if "embedding" in values else ()
    return Photo(id=document["_id"], **values)
