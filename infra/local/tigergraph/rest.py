"""REST++: upserts, edges, vertices, counts and installed queries, on one graph."""

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from infra.local.tigergraph.graph import PYTHON_TYPES, Graph, Refusal, known, vertex
from infra.local.tigergraph.queries import ANSWERS

_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


def upsert(graph: Graph, body: str) -> list[dict[str, int]]:
    """Write all of the body or nothing: everything is checked before anything is written."""
    try:
        data = json.loads(body)
        if not isinstance(data, dict) or data.keys() - {"vertices", "edges"}:
            raise ValueError("only vertices and edges are expected")
    except ValueError as error:
        raise Refusal(400, "REST-2001", f"The JSON payload is invalid: {error}") from error
    vertices = [
        (kind, id_, _plain_values(attributes, known(graph.vertex_types, kind, "vertex")))
        for kind, ids in data.get("vertices", {}).items()
        for id_, attributes in ids.items()
    ]
    edges = [
        (
            (kind, id_),
            edge_type,
            (other_kind, other),
            _edge(graph, kind, edge_type, other_kind, attributes),
        )
        for kind, ids in data.get("edges", {}).items()
        for id_, edge_types in ids.items()
        for edge_type, other_kinds in edge_types.items()
        for other_kind, others in other_kinds.items()
        for other, attributes in others.items()
    ]
    for kind, id_, values in vertices:
        graph.vertices.setdefault(kind, {}).setdefault(id_, {}).update(values)
    for one, edge_type, end, values in edges:
        graph.connect(one, edge_type, end, values)
    return [{"accepted_vertices": len(vertices), "accepted_edges": len(edges)}]


def _edge(graph: Graph, kind: str, edge_type: str, other_kind: str, attributes: Any) -> dict[str, Any]:
    declared = known(graph.edge_types, edge_type, "edge")
    if (kind, other_kind) not in (declared.ends, declared.ends[::-1]):
        raise Refusal(400, "REST-30200", f"{edge_type} does not lead from {kind} to {other_kind}.")
    return _plain_values(attributes, declared.attributes)


def edges_of(graph: Graph, path: list[str], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The edges that a path type/id[/edge type[/other type[/other id]]] and its parameters name."""
    kind, id_, edge_type, other_kind, other_id = [*path, *[""] * 5][:5]
    known(graph.vertex_types, kind, "vertex")
    if id_ not in graph.vertices.get(kind, {}):
        raise _no_such_vertex(kind, id_)
    if edge_type:
        known(graph.edge_types, edge_type, "edge")
    found: list[dict[str, Any]] = [
        {
            "e_type": name,
            "directed": False,
            "from_id": id_,
            "from_type": kind,
            "to_id": end[1],
            "to_type": end[0],
            "attributes": dict(attributes),
        }
        for name, ends in graph.edges.get((kind, id_), {}).items()
        for end, attributes in ends.items()
        if edge_type in ("", name) and other_kind in ("", end[0]) and other_id in ("", end[1])
    ]
    for condition in filter(None, query.get("filter", "").split(",")):
        found = [edge for edge in found if _holds(edge["attributes"], condition)]
    for name in filter(None, reversed(query.get("sort", "").split(","))):
        found.sort(key=_attribute(name.lstrip("-")), reverse=name.startswith("-"))
    found = found[: int(query["limit"])] if "limit" in query else found
    if "select" in query:
        wanted = query["select"].split(",")
        for edge in found:
            edge["attributes"] = {name: edge["attributes"][name] for name in wanted}
    return found


def edges(method: str, graph: Graph, path: list[str], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """List, count or delete edges."""
    found = edges_of(graph, path, query)
    if method == "DELETE":
        for edge in found:
            graph.disconnect((path[0], path[1]), edge["e_type"], (edge["to_type"], edge["to_id"]))
    elif query.get("count_only") != "true":
        return found
    counts = {name: sum(edge["e_type"] == name for edge in found) for name in {edge["e_type"] for edge in found}}
    if not counts and len(path) > 2:
        counts = {path[2]: 0}
    word = "deleted_edges" if method == "DELETE" else "count"
    return [{"e_type": name, word: count} for name, count in counts.items()]


def vertices(method: str, graph: Graph, kind: str, id_: str | None) -> Any:
    """List vertices, read one, or delete one or all of a type with their edges."""
    known(graph.vertex_types, kind, "vertex")
    there = graph.vertices.get(kind, {})
    if method == "DELETE":
        deleted = [one for one in (list(there) if id_ is None else [id_]) if one in there]
        for one in deleted:
            del there[one]
            for edge_type, ends in list(graph.edges.get((kind, one), {}).items()):
                for end in list(ends):
                    graph.disconnect((kind, one), edge_type, end)
        return {"v_type": kind, "deleted_vertices": len(deleted)}
    if id_ is not None:
        if id_ not in there:
            raise _no_such_vertex(kind, id_)
        there = {id_: there[id_]}
    name = next(iter(graph.vertex_types[kind]))
    return [vertex(kind, one, {name: one} | attributes) for one, attributes in there.items()]


def statistics(graph: Graph, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """The built-in counts of vertices or edges, of one type or of all ("*")."""
    types: Mapping[str, Any]
    match wanted.get("function"):
        case "stat_vertex_number":
            types, word = graph.vertex_types, "v_type"
            counts = {name: len(graph.vertices.get(name, {})) for name in types}
        case "stat_edge_number":
            types, word = graph.edge_types, "e_type"
            counts = {
                name: sum(len(edges.get(name, {})) for (kind, _), edges in graph.edges.items() if kind == one.ends[0])
                for name, one in graph.edge_types.items()
            }
        case other:
            raise Refusal(400, "REST-30000", f"The stand-in has no built-in function {other}.")
    name = wanted.get("type", "*")
    if name != "*":
        known(types, name, "vertex or edge")
    return [{word: one, "count": count} for one, count in counts.items() if name in ("*", one)]


def run_query(graph: Graph, name: str, body: str) -> list[dict[str, Any]]:
    """Run an installed query after checking its parameters against its declaration."""
    parameters = json.loads(body or "{}", parse_float=_fixed_point)
    query = graph.queries.get(name)
    if query is None or not query.installed:
        raise Refusal(
            404,
            "REST-1000",
            f"Endpoint is not found from url = /query/{name}, please use GET /endpoints.",
        )
    for given, value in (parameters or {}).items():
        if given not in query.parameters:
            raise Refusal(400, "REST-30000", f"Runtime Error: unknown parameter {given}.")
        kind = query.parameters[given][0]
        if not _is_a(kind, value):
            raise Refusal(400, "REST-30000", f"Runtime Error: {value!r} is not a {kind} for parameter {given}.")
    for needed, (_, has_default) in query.parameters.items():
        if not has_default and needed not in (parameters or {}):
            raise Refusal(400, "REST-30000", f"Runtime Error: parameter {needed} is missing.")
    return [ANSWERS[name](graph, **(parameters or {}))]


def element_type(kind: str) -> str:
    """The type of a set's elements; any other type itself."""
    return kind.removeprefix("SET<").removesuffix(">")


def _is_a(kind: str, value: Any) -> bool:
    """Whether a query takes this JSON value for a parameter of this kind; a set is a list."""
    if (element := element_type(kind)) != kind:
        return isinstance(value, list) and all(_is_a(element, one) for one in value)
    return isinstance(value, PYTHON_TYPES[kind]) and (kind == "BOOL" or not isinstance(value, bool))


def _fixed_point(number: str) -> float:
    if "e" in number.lower():
        raise Refusal(400, "REST-30000", f"Runtime Error: {number} is not a fixed-point number.")
    return float(number)


def _plain_values(attributes: Any, known: Mapping[str, str]) -> dict[str, Any]:
    """The attribute values of an upsert. Operation codes are refused: a probability is only ever overwritten."""
    values = {}
    for name, given in (attributes or {}).items():
        if name not in known:
            raise Refusal(400, "REST-30200", f"There is no attribute {name}.")
        if not isinstance(given, dict) or given.keys() != {"value"}:
            raise Refusal(400, "REST-30200", f'The stand-in expects {{"value": …}} for the attribute {name}.')
        value = given["value"]
        if isinstance(value, bool) or not isinstance(value, PYTHON_TYPES[known[name]]):
            raise Refusal(400, "REST-30200", f"{value!r} is not a {known[name]} for the attribute {name}.")
        values[name] = value
    return values


def _attribute(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda edge: edge["attributes"][name]


def _holds(attributes: Mapping[str, Any], condition: str) -> bool:
    parsed = re.fullmatch(r"(\w+)(>=|<=|!=|=|>|<)(.+)", condition)
    if parsed is None or parsed[1] not in attributes:
        raise Refusal(400, "REST-30000", f"The filter {condition} is not valid.")
    value = attributes[parsed[1]]
    return bool(_COMPARE[parsed[2]](value, type(value)(parsed[3].strip('"'))))


def _no_such_vertex(kind: str, id_: str) -> Refusal:
    return Refusal(200, "601", f"The input vertex id '{id_}' is not a valid vertex id for vertex type = {kind}.")
