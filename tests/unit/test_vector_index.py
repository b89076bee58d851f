from collections.abc import Iterator
from typing import Any

import pytest
from pymongo.errors import OperationFailure
from pymongo.operations import SearchIndexModel

from photo_library.catalog.provisioning import VECTOR_INDEX_FIELDS, provision_vector_index
from photo_library.catalog.queries import VECTOR_INDEX
from photo_library.likeness import NUMBERS

CURRENT = [field | ({"quantization": "none"} if field["type"] == "vector" else {}) for field in VECTOR_INDEX_FIELDS]
OLD = [field | ({"numDimensions": NUMBERS - 1} if field["type"] == "vector" else {}) for field in CURRENT]


class Indexes:
    """The search indexes of a collection on Atlas, in one state after the other; records what is requested."""

    def __init__(self, *states: dict[str, Any] | None) -> None:
        self.states = list(states)
        self.requested: list[Any] = []

    def list_search_indexes(self, name: str) -> Iterator[dict[str, Any]]:
        assert name == VECTOR_INDEX
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return iter([state] if state else [])

    def create_search_index(self, model: SearchIndexModel) -> None:
        self.requested.append(model.document)

    def update_search_index(self, name: str, definition: dict[str, Any]) -> None:
        self.requested.append((name, definition))


def an_index(status: str, queryable: bool = False, fields: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    definition = {"fields": CURRENT if fields is None else fields}
    return {"name": VECTOR_INDEX, "status": status, "queryable": queryable, "latestDefinition": definition}


def provisioned(indexes: Any, wait_s: float = 60) -> list[str]:
    lines: list[str] = []
    ready = provision_vector_index(indexes, lines.append, wait_s=wait_s, poll_s=0)
    assert ready == (lines == ["the vector index is ready"])
    return lines


def test_the_index_is_created_and_waited_for() -> None:
    indexes = Indexes(None, None, an_index("PENDING"), an_index("BUILDING"), an_index("READY", queryable=True))
    assert provisioned(indexes) == ["the vector index is ready"]
    definition = {"fields": VECTOR_INDEX_FIELDS}
    assert indexes.requested == [{"definition": definition, "name": VECTOR_INDEX, "type": "vectorSearch"}]


def test_a_current_index_is_left_as_it_is() -> None:
    indexes = Indexes(an_index("READY", queryable=True))
    assert provisioned(indexes) == ["the vector index is ready"]
    assert indexes.requested == []


@pytest.mark.parametrize("fields", [OLD, CURRENT[:-1], [*CURRENT, {"type": "filter", "path": "size"}]])
def test_an_index_of_another_definition_is_replaced_and_the_new_one_waited_for(fields: list[dict[str, Any]]) -> None:
    old = an_index("READY", queryable=True, fields=fields)
    indexes = Indexes(old, an_index("BUILDING", queryable=True), an_index("READY", queryable=True))
    assert provisioned(indexes) == ["the vector index is ready"]
    assert indexes.requested == [(VECTOR_INDEX, {"fields": VECTOR_INDEX_FIELDS})]
    assert len(indexes.states) == 1


@pytest.mark.parametrize(("status", "wait_s"), [("FAILED", 60), ("BUILDING", 0)])
def test_an_index_that_does_not_become_ready_is_reported(status: str, wait_s: float) -> None:
    lines = provisioned(Indexes(None, an_index(status)), wait_s)
    assert lines == [f"the vector index isn't ready ({status}); it is used as soon as it is"]


def test_a_server_that_refuses_is_reported_in_its_own_words() -> None:
    class Refusing(Indexes):
        def create_search_index(self, model: SearchIndexModel) -> None:
            details = {"errmsg": "no more search indexes on this tier"}
            raise OperationFailure(f"failed to create {model.document['name']}", 8000, details)

    (line,) = provisioned(Refusing(None))
    assert line.startswith("no vector index")
    assert "no more search indexes on this tier" in line
