"""What the stand-in keeps in memory: graphs with their schema, queries and data; and its way of refusing a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "STRING": str,
    "DOUBLE": (int, float),
    "FLOAT": (int, float),
    "INT": int,
    "BOOL": bool,
}


class Refusal(Exception):
    """The server refuses a request: with an HTTP status, REST++'s code if there is one, and a message."""

    def __init__(self, status: int, code: str | None, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class EdgeType:
    """An undirected edge type: its two ends, and the types of its attributes."""

    ends: tuple[str, str]
    attributes: dict[str, str]


@dataclass
class Query:
    """A query as it was created; `parameters` are (type, whether there is a default) by name."""

    text: str
    parameters: dict[str, tuple[str, bool]]
    installed: bool = False


@dataclass
class Graph:
    """A graph in memory: its schema, its queries, and its data."""

    vertex_types: dict[str, dict[str, str]] = field(default_factory=dict)
    edge_types: dict[str, EdgeType] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)
    vertices: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    # (vertex type, id) → edge type → (other vertex type, other id) → attributes; each edge is there from both ends.
    edges: dict[tuple[str, str], dict[str, dict[tuple[str, str], dict[str, Any]]]] = field(default_factory=dict)

    def neighbours(self, vertex_type: str, id_: str, edge_type: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The other ends of a vertex's edges of one type, with the edges' attributes."""
        return self.edges.get((vertex_type, id_), {}).get(edge_type, {})

    def connect(self, one: tuple[str, str], edge_type: str, other: tuple[str, str], attributes: dict[str, Any]) -> None:
        """Add an edge, or change its attributes; missing vertices are created."""
        shared = self.edges.get(one, {}).get(edge_type, {}).get(other, {})
        shared.update(attributes)
        for (kind, id_), end in ((one, other), (other, one)):
            self.vertices.setdefault(kind, {}).setdefault(id_, {})
            self.edges.setdefault((kind, id_), {}).setdefault(edge_type, {})[end] = shared

    def disconnect(self, one: tuple[str, str], edge_type: str, other: tuple[str, str]) -> None:
        """Delete an edge."""
        del self.edges[one][edge_type][other]
        del self.edges[other][edge_type][one]


def vertex(kind: str, id_: str, attributes: dict[str, Any]) -> dict[str, Any]:
    """A vertex as the server prints it."""
    return {"v_id": id_, "v_type": kind, "attributes": attributes}


def known(types: Mapping[str, Any], name: str, what: str) -> Any:
    """The vertex or edge type of this name. Raises Refusal."""
    if name not in types:
        raise Refusal(400, "REST-30200", f"'{name}' is not a valid {what} type.")
    return types[name]
