"""What the catalog asks MongoDB: aggregation pipelines for searches, facets and counts.

Indexes are in provisioning.py. A search is read from an index in the order of its results, whatever the page, with one
exception: the product of several probabilities is in no index.
"""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bson.binary import Binary

from photo_library.catalog.port import Document
from photo_library.photo import TYPES
from photo_library.search import SHOWN_FROM, FacetName, Place, Search, widens, without_own

Pipeline = list[Document]
VECTOR_INDEX = "looks"
VECTOR_INDEX_FILTERS = ("status", "model", "colors", "uploaded_at", *(f"types.{name}" for name in TYPES))
FROM_VECTOR_INDEX = 500  # photos, to be ranked exactly; for pages beyond them, others are compared


class _Order(NamedTuple):
    """How a place is compared with those before it: by its rank, then by its id."""

    direction: int  # of the rank, in a sort; the id's is the opposite
    rank: str
    id: str


_DESCENDING, _ASCENDING = _Order(-1, "$lt", "$gt"), _Order(1, "$gt", "$lt")
# What duplicates have in common; a photo that was stored without a digest has no duplicates.
_CONTENT: Document = {"$ifNull": ["$digest", "$_id"]}


def search_pipeline(search: Search, limit: int, after: Place | None, collection: str) -> Pipeline:
    """The first `limit` photos that the search finds after the place `after`, in its order."""
    if search.sort != "relevance":
        return _by_date(search, limit, after)
    if len(search.types) == 1:
        return _by_probability(search, search.types[0], limit, after)
    if search.match == "any":
        return _by_highest_probability(search, limit, after, collection)
    return _by_product(search, limit, after)


def looks_pipeline(search: Search, cells: Collection[int]) -> Pipeline:
    """The looks of the photos that the search finds in these cells, in no order.

    Without conditions on other fields they are read from an index alone, in a third of the time.
    """
    return [{"$match": {"cell": {"$in": list(cells)}, **_conditions(search)}}, {"$project": {"look": True}}]


def vector_index_pipeline(search: Search, vector: Binary) -> Pipeline:
    """The looks that Atlas's vector index finds nearest to a vector, of photos that meet the conditions.

    The index meets those conditions that its filters can express; what it then gives has to meet them all.
    """
    nearest = {
        "index": VECTOR_INDEX,
        "path": "look",
        "queryVector": vector,
        "numCandidates": 4 * FROM_VECTOR_INDEX,
        "limit": FROM_VECTOR_INDEX,
        "filter": {"$and": _filters(search)},
    }
    return [{"$vectorSearch": nearest}, {"$match": _conditions(search)}, {"$project": {"look": True}}]


def total_pipeline(search: Search, limit: int | None) -> Pipeline:
    """The number of photos that the search finds, or of at most `limit` of them, as `photos`; nothing for none."""
    one_of_each = [{"$group": {"_id": _CONTENT}}] if search.hide_duplicates else []
    return [{"$match": _conditions(search)}, *_limited(limit), *one_of_each, {"$count": "photos"}]


def facet_pipeline(search: Search, facet: FacetName, limit: int | None) -> Pipeline:
    """For each type or colour, the photos found with it in addition; of `limit` photos, or of all.

    If it widens the search, those are the photos that the search does not find already.
    """
    if search.hide_duplicates:
        return _facet_without_duplicates(search, facet, limit)
    conditions = _conditions(search)
    if widens(search, facet):
        conditions = {"$and": [_conditions(without_own(search, facet)), *_without(search, facet)]}
    values: Document = {"$objectToArray": "$types"} if facet == "type" else {"$ifNull": ["$colors", []]}
    return [
        {"$match": conditions},
        *_limited(limit),
        {"$project": {"_id": False, "one": values}},
        {"$unwind": "$one"},
        *([{"$match": {"one.v": {"$gte": search.min_probability}}}] if facet == "type" else []),
        {"$group": {"_id": "$one.k" if facet == "type" else "$one", "photos": {"$sum": 1}}},
    ]


def _facet_without_duplicates(search: Search, facet: FacetName, limit: int | None) -> Pipeline:
    """The same, each content counted once: for all values that one of its photos has, unless the search finds one."""
    has_own: Document | bool = False  # whether the search finds a photo, of those that it would find with other values
    if widens(search, facet) and facet == "type":
        has_own = {"$or": [{"$gte": [f"$types.{name}", search.min_probability]} for name in search.types]}
    elif widens(search, facet):
        has_own = {"$ne": [{"$setIntersection": [{"$ifNull": ["$colors", []]}, list(search.colors)]}, []]}
    shown = {
        "$filter": {
            "input": {"$objectToArray": "$types"},
            "as": "type",
            "cond": {"$gte": ["$$type.v", search.min_probability]},
        }
    }
    values: Document = {"$map": {"input": shown, "as": "type", "in": "$$type.k"}}
    if facet == "color":
        values = {"$ifNull": ["$colors", []]}
    merged = {"$reduce": {"input": "$values", "initialValue": [], "in": {"$setUnion": ["$$value", "$$this"]}}}
    return [
        {"$match": _conditions(without_own(search, facet) if widens(search, facet) else search)},
        *_limited(limit),
        {"$group": {"_id": _CONTENT, "found": {"$max": has_own}, "values": {"$push": values}}},
        {"$match": {"found": {"$ne": True}}},
        {"$project": {"one": merged}},
        {"$unwind": "$one"},
        {"$group": {"_id": "$one", "photos": {"$sum": 1}}},
    ]


def copies_pipeline(search: Search, digests: Collection[str]) -> Pipeline:
    """For each digest, the oldest photo that the search finds, and how many it finds."""
    return [
        {"$match": {"digest": {"$in": list(digests)}, **_conditions(search)}},
        {"$sort": {"uploaded_at": 1, "_id": 1}},
        {"$group": {"_id": "$digest", "oldest": {"$first": "$_id"}, "photos": {"$sum": 1}}},
    ]


def type_counts_pipeline(min_probability: float, collection: str) -> Pipeline:
    """For each type, its photos and the sum of their probabilities, read from the types' indexes alone."""
    return _union([type_count_pipeline(name, min_probability) for name in TYPES], collection)


def type_count_pipeline(name: str, min_probability: float) -> Pipeline:
    """The photos that show one type, and the sum of their probabilities."""
    field = f"types.{name}"
    total = {"_id": name, "photos": {"$sum": 1}, "total": {"$sum": f"${field}"}}
    return [{"$match": {field: {"$gte": min_probability}}}, {"$group": total}]


def _by_probability(search: Search, name: str, limit: int, after: Place | None, *conditions: Document) -> Pipeline:
    """Photos that show one type, in order of its probability."""
    field = f"types.{name}"
    ranges: list[Document] = [{field: {"$gte": search.min_probability}}]
    if after:
        # Two ranges of one index, which MongoDB merges in order: the rest of the ties, and everything below.
        ranges = [
            {field: {"$gte": search.min_probability, "$eq": after.rank}, "_id": {"$gt": after.id}},
            {field: {"$gte": search.min_probability, "$lt": after.rank}},
        ]
    others = [*_other_conditions(search), *conditions]
    # The other conditions are repeated in each range: next to the $or they would keep MongoDB from merging.
    wanted = [one | {"$and": others} if others else one for one in ranges]
    return [
        {"$match": {"$or": wanted} if after else wanted[0]},
        {"$sort": {field: -1, "_id": 1}},
        {"$limit": limit},
    ]


def _by_highest_probability(search: Search, limit: int, after: Place | None, collection: str) -> Pipeline:
    """Photos that show any of the types, in order of the highest probability: the types' indexes side by side.

    A photo comes from the index of its most probable type only; from the first one if several are equal.
    """
    parts = []
    for position, name in enumerate(search.types):
        later = [f"$types.{other}" for other in search.types[position + 1 :]]
        earlier = [f"$types.{other}" for other in search.types[:position]]
        best = [{"$gte": [f"$types.{name}", {"$max": later}]}, {"$gt": [f"$types.{name}", {"$max": earlier}]}]
        parts.append(_by_probability(search, name, limit, after, {"$expr": {"$and": best}}))
    highest = {"$max": [f"$types.{name}" for name in search.types]}
    return [
        *_union(parts, collection),
        {"$set": {"score": highest}},
        {"$sort": {"score": -1, "_id": 1}},
        {"$limit": limit},
    ]


def _by_product(search: Search, limit: int, after: Place | None) -> Pipeline:
    """Photos that show all of the types, in order of the product; every one of them is read."""
    first, *rest = [f"$types.{name}" for name in search.types]
    product: Any = first
    for factor in rest:  # from left to right, as `search.score` multiplies
        product = {"$multiply": [product, factor]}
    return [
        {"$match": {"$and": [*_shown(search), *_other_conditions(search)]}},
        {"$set": {"score": product}},
        *([{"$match": _after("score", after.rank, after.id, _DESCENDING)}] if after else []),
        {"$sort": {"score": -1, "_id": 1}},
        {"$limit": limit},
    ]


def _by_date(search: Search, limit: int, after: Place | None) -> Pipeline:
    """Photos by the date of their upload, or the date they were taken: from one index, starting at the place."""
    field = "dated_at" if search.sort == "taken" else _searched_date(search)
    order = _ASCENDING if search.sort == "oldest" else _DESCENDING
    conditions: list[Document] = [{"status": search.status}, *_shown(search), *_other_conditions(search)]
    if after:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=after.rank)
        # The bound next to the $or is for the index, which is read from the place on.
        conditions += [{field: {f"{order.rank}e": moment}}, _after(field, moment, after.id, order)]
    sort = {field: order.direction, "_id": -order.direction}
    return [{"$match": {"$and": conditions}}, {"$sort": sort}, {"$limit": limit}]


def _union(parts: list[Pipeline], collection: str) -> Pipeline:
    """One pipeline with the results of all parts, one after the other."""
    if not parts:
        return []
    first, *rest = parts
    return [*first, *({"$unionWith": {"coll": collection, "pipeline": part}} for part in rest)]


def _limited(limit: int | None) -> Pipeline:
    return [{"$limit": limit}] if limit else []


def _conditions(search: Search) -> Document:
    """All conditions of the search. Only classified photos have types: with types, an index is enough to count them."""
    conditions = [*_shown(search), *_other_conditions(search)]
    return {"$and": conditions if search.types else [{"status": search.status}, *conditions]}


def _without(search: Search, facet: FacetName) -> list[Document]:
    """Conditions for photos that show none of the search's types, or that have none of its colours."""
    if facet == "color":
        return [{"colors": {"$nin": list(search.colors)}}]
    return [{f"types.{name}": {"$not": {"$gte": search.min_probability}}} for name in search.types]


def _shown(search: Search) -> list[Document]:
    """The conditions for the wanted types."""
    wanted = [{f"types.{name}": {"$gte": search.min_probability}} for name in search.types]
    return wanted if search.match == "all" or not wanted else [{"$or": wanted}]


def _other_conditions(search: Search) -> list[Document]:
    """All conditions except those for the wanted types."""
    conditions: list[Document] = [
        {f"types.{name}": {"$not": {"$gte": search.exclude_from}}} for name in search.unwanted
    ]
    if search.untyped:
        conditions += [{f"types.{name}": {"$not": {"$gte": SHOWN_FROM}}} for name in TYPES]
    if search.colors:
        conditions.append({"colors": {"$in": list(search.colors)}})
    if search.unwanted_colors:
        conditions.append({"colors": {"$nin": list(search.unwanted_colors)}})
    # A word is letters and digits, so there is nothing to escape; a pattern with ^ is a range of the index.
    conditions += [{"words": {"$regex": f"^{word}"}} for word in search.words]
    if search.like:
        conditions += [{"model": search.like.model}, {"cell": {"$gte": 0}}]  # a photo with a look has a cell
    if search.other_than:
        conditions.append({"_id": {"$ne": search.other_than}})
    if search.since:
        conditions.append({_searched_date(search): {"$gte": search.since}})
    if search.before:
        conditions.append({_searched_date(search): {"$lt": search.before}})
    if search.status == "deleted":
        conditions += [{"deleted_at": {"$exists": True}}, {"version_id": {"$exists": True}}]
    return conditions


def _searched_date(search: Search) -> str:
    return "deleted_at" if search.status == "deleted" else "uploaded_at"


def _filters(search: Search) -> list[Document]:
    """Conditions on the fields that the vector index has beside the vector, with the operators that it knows."""
    filters: list[Document] = [{"status": {"$eq": "classified"}}, *_shown(search)]
    if search.like:
        filters.append({"model": {"$eq": search.like.model}})
    if search.colors:
        filters.append({"colors": {"$in": list(search.colors)}})
    if search.unwanted_colors:
        filters.append({"colors": {"$nin": list(search.unwanted_colors)}})
    if search.since:
        filters.append({"uploaded_at": {"$gte": search.since}})
    if search.before:
        filters.append({"uploaded_at": {"$lt": search.before}})
    return filters


def _after(field: str, rank: Any, id_: str, order: _Order) -> Document:
    return {"$or": [{field: rank, "_id": {order.id: id_}}, {field: {order.rank: rank}}]}
