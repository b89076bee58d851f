"""Prepare a MongoDB database: create the indexes of `photos`, on Atlas also its vector index, and bring older documents
up to date.

It can be repeated: only what is missing or differs is created.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.operations import SearchIndexModel

from photo_library.catalog.mongodb import MongoCatalog, open_mongodb
from photo_library.catalog.port import Document
from photo_library.catalog.queries import VECTOR_INDEX, VECTOR_INDEX_FILTERS
from photo_library.errors import CatalogUnavailable, ProvisioningError
from photo_library.likeness import NUMBERS
from photo_library.photo import TYPES

CONNECT_TIMEOUT_MS = 10_000
INDEX_TIMEOUT_MS = 3_600_000  # an index over a large collection

INDEXES = [
    # One for each type: search by type in order of probability, then id, without sorting.
    *(
        IndexModel(
            [(f"types.{name}", DESCENDING), ("_id", ASCENDING)],
            name=f"type_{name}",
            partialFilterExpression={f"types.{name}": {"$gte": 0}},
        )
        for name in TYPES
    ),
    # The newest photos first; read backwards, the oldest.
    IndexModel(
        [("uploaded_at", DESCENDING), ("_id", ASCENDING)],
        name="newest",
        partialFilterExpression={"status": "classified"},
    ),
    # Those taken last first.
    IndexModel(
        [("dated_at", DESCENDING), ("_id", ASCENDING)],
        name="taken",
        partialFilterExpression={"status": "classified"},
    ),
    # The newest of one colour.
    IndexModel(
        [("colors", ASCENDING), ("uploaded_at", DESCENDING), ("_id", ASCENDING)],
        name="color_newest",
        partialFilterExpression={"status": "classified"},
    ),
    # The newest rejected photos; read backwards, the oldest. Beginning with the status, it also serves to count them.
    IndexModel(
        [("status", ASCENDING), ("uploaded_at", DESCENDING), ("_id", ASCENDING)],
        name="rejected_newest",
        partialFilterExpression={"status": "rejected"},
    ),
    # The trash: deleted photos, the last deleted first.
    IndexModel(
        [("status", ASCENDING), ("deleted_at", DESCENDING), ("_id", ASCENDING)],
        name="deleted_newest",
        partialFilterExpression={"status": "deleted"},
    ),
    # Words of titles and file names.
    IndexModel("words", name="words", sparse=True),
    # Photos that the graph lacks, in order of their ids.
    IndexModel(
        [("graph", ASCENDING), ("_id", ASCENDING)], name="graph_pending", partialFilterExpression={"graph": "pending"}
    ),
    # Duplicates: photos with the same bytes.
    IndexModel("digest", name="digest", sparse=True),
    # In the order of the bucket's own listing.
    IndexModel([("bucket", ASCENDING), ("key", ASCENDING)], name="bucket_key"),
    # Tombstones expire.
    IndexModel("expires_at", name="tombstones_expire", expireAfterSeconds=0, sparse=True),
]

# Photos that can be compared, by the type and colour that they mainly have.
_CELLS = [("model", ASCENDING), ("cell", ASCENDING)]
# The same with all that comparing takes: a larger index, which is worth it unless Atlas's vector index answers.
_LOOKS = [*_CELLS, ("status", ASCENDING), ("look", ASCENDING), ("_id", ASCENDING)]
ALIKE, ALIKE_WITH_LOOKS = (
    IndexModel(fields, name="alike", partialFilterExpression={"cell": {"$exists": True}}) for fields in (_CELLS, _LOOKS)
)

VECTOR_INDEX_FIELDS: list[dict[str, Any]] = [
    {"type": "vector", "path": "look", "numDimensions": NUMBERS, "similarity": "cosine"},
    *({"type": "filter", "path": path} for path in VECTOR_INDEX_FILTERS),
]


def provision_catalog(uri: str, database: str, report: Callable[[str], None]) -> None:
    """Create the missing indexes of `photos`, and add to older documents what searches need.

    `report` gets a line for each. Raises ProvisioningError and SettingsError.
    """
    try:
        with open_mongodb(uri, serverSelectionTimeoutMS=CONNECT_TIMEOUT_MS, socketTimeoutMS=INDEX_TIMEOUT_MS) as client:
            photos = client[database]["photos"]
            created = _create_missing(photos, INDEXES)
            ready = provision_vector_index(photos, lambda line: report(f"MongoDB {database}.photos: {line}"))
            created += _create_missing(photos, [ALIKE if ready else ALIKE_WITH_LOOKS])
            done = f"created {created} indexes" if created else "all indexes exist"
            report(f"MongoDB {database}.photos: {done}")
            if completed := MongoCatalog(photos).complete():
                report(f"MongoDB {database}.photos: added words and dates to {completed} photos")
    except PyMongoError as error:
        raise ProvisioningError(f"MongoDB: {error}") from error
    except CatalogUnavailable as error:
        raise ProvisioningError(str(error)) from error


def _create_missing(photos: Collection[Document], indexes: list[IndexModel]) -> int:
    """Create those that don't exist, or differ; returns how many."""
    existing = {index["name"]: _definition(index) for index in photos.list_indexes()}
    wanted = {index.document["name"]: index for index in indexes}
    missing = [index for name, index in wanted.items() if existing.get(name) != _definition(index.document)]
    for name in [index.document["name"] for index in missing]:
        if name in existing:
            photos.drop_index(name)
    if missing:
        photos.create_indexes(missing)
    return len(missing)


def provision_vector_index(
    photos: Collection[Document], report: Callable[[str], None], wait_s: float = 600, poll_s: float = 2
) -> bool:
    """Create Atlas's vector index of looks, or give it the current definition, and wait until it can be asked.

    Returns whether it can; `report` gets a line that says so, or why not. A server that has no such indexes, or that
    refuses them, is no error: what is alike is found without one.
    """
    try:
        found = _vector_index(photos)
        if found is None:
            photos.create_search_index(
                SearchIndexModel({"fields": VECTOR_INDEX_FIELDS}, name=VECTOR_INDEX, type="vectorSearch")
            )
        elif not _is_current(found):
            photos.update_search_index(VECTOR_INDEX, {"fields": VECTOR_INDEX_FIELDS})
        end = time.monotonic() + wait_s
        while not _is_ready(found := _vector_index(photos)):
            if time.monotonic() > end or (found or {}).get("status") == "FAILED":
                state = (found or {}).get("status", "missing")
                report(f"the vector index isn't ready ({state}); it is used as soon as it is")
                return False
            time.sleep(poll_s)
        report("the vector index is ready")
        return True
    except OperationFailure as error:
        reason = (error.details or {}).get("errmsg", str(error))
        report(f"no vector index, which only Atlas has; alike photos are found without it ({reason})")
        return False


def _vector_index(photos: Collection[Document]) -> Mapping[str, Any] | None:
    return next(iter(photos.list_search_indexes(VECTOR_INDEX)), None)


def _is_current(index: Mapping[str, Any]) -> bool:
    """Whether an index has the wanted fields; the server adds defaults to their definitions."""
    fields = {field["path"]: field for field in index["latestDefinition"]["fields"]}
    wanted = {field["path"]: field for field in VECTOR_INDEX_FIELDS}
    return fields.keys() == wanted.keys() and all(fields[path] | wanted[path] == fields[path] for path in wanted)


def _is_ready(index: Mapping[str, Any] | None) -> bool:
    """Whether searches are answered by the current definition: while one is replaced, the old one answers."""
    return index is not None and bool(index.get("queryable")) and index.get("status") == "READY"


def _definition(index: Mapping[str, Any]) -> dict[str, Any]:
    """An index without the version and namespace that the server adds."""
    return {name: dict(value) if name == "key" else value for name, value in index.items() if name not in ("v", "ns")}
