"""A collection of a plain mongod that answers `$vectorSearch`, as Atlas's documentation describes it
(https://www.mongodb.com/docs/atlas/atlas-vector-search/vector-search-stage/): exactly, where Atlas approximates."""

import math
from typing import Any

from bson.binary import Binary
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

Document = dict[str, Any]
_COMPARISONS = {"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin"}
_STAGE = {"index", "path", "queryVector", "numCandidates", "limit", "filter"}


class VectorSearching:
    """The collection with an index of these fields, which may not be ready; everything else is the collection's."""

    def __init__(self, photos: Collection[Document], name: str, fields: list[Document]) -> None:
        self._photos, self._name = photos, name
        self._vectors = {field["path"]: field for field in fields if field["type"] == "vector"}
        self._filters = {field["path"] for field in fields if field["type"] == "filter"}
        self.ready = True
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._photos, name)

    def aggregate(self, pipeline: list[Document], **options: Any) -> Any:
        if "$vectorSearch" not in pipeline[0]:
            return self._photos.aggregate(pipeline, **options)
        self.asked += 1
        if not self.ready:
            raise OperationFailure("cannot query vector index while in state INITIAL_SYNC")
        ids = self._nearest(pipeline[0]["$vectorSearch"])
        documents = self._photos.aggregate([{"$match": {"_id": {"$in": ids}}}, *pipeline[1:]], **options)
        return sorted(documents, key=lambda one: ids.index(one["_id"]))

    def _nearest(self, stage: Document) -> list[str]:
        """The ids of the nearest documents that meet the filter; none if the index has another name."""
        if stage.keys() != _STAGE or not 0 < stage["limit"] <= stage["numCandidates"] <= 10_000:
            raise OperationFailure("invalid $vectorSearch")
        field, wanted = self._vectors[stage["path"]], _numbers(stage["queryVector"])
        if len(wanted) != field["numDimensions"]:
            raise OperationFailure("vector field is indexed with another number of dimensions")
        self._check(stage["filter"])
        if stage["index"] != self._name:
            return []
        found = [
            (-_cosine(wanted, numbers), document["_id"])
            for document in self._photos.find({"$and": [stage["filter"], {stage["path"]: {"$exists": True}}]})
            if len(numbers := _numbers(document[stage["path"]])) == len(wanted)
        ]
        return [id_ for _, id_ in sorted(found)[: stage["limit"]]]

    def _check(self, condition: Document) -> None:
        for key, value in condition.items():
            if key in ("$and", "$or"):
                for one in value:
                    self._check(one)
            elif key not in self._filters or not isinstance(value, dict) or not value.keys() <= _COMPARISONS:
                raise OperationFailure(f"{key} needs to be indexed as a filter and compared: {value}")


def _numbers(vector: Binary) -> list[float]:
    return list(vector.as_vector().data)


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)
