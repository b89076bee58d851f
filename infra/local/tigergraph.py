"""A stand-in for TigerGraph, for development: the REST++ and GSQL calls that Photo Library makes, and no others.

    python -m infra.local.tigergraph

Prints "listening on PORT". It holds one graph in memory and answers the real pyTigerGraph client with the documented
answers, codes and strictness. It is NOT TigerGraph: it reads our statements, but runs no GSQL. What an
installed query answers is written in Python below, by the query's name.
Sources: https://docs.tigergraph.com/tigergraph-server/current/api/built-in-endpoints
and https://docs.tigergraph.com/tigergraph-server/current/reference/return-codes
"""

import base64
import json
import math
import operator
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.processes import hold_lifeline

VERSION = "4.2.1"
NAME = "TigerGraph stand-in for development"
_COMPARE = {
    ">=": operator.ge,
    "<=": operator.le,
    "!=": operator.ne,
    "=": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_PYTHON_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "STRING": str,
    "DOUBLE": (int, float),
    "FLOAT": (int, float),
    "INT": int,
    "BOOL": bool,
}


class Refusal(Exception):
    """What the server refuses: the HTTP status and REST++'s code."""

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
        """Add an edge, or change its attributes; vertices that are not there come into being."""
        shared = self.edges.get(one, {}).get(edge_type, {}).get(other, {})
        shared.update(attributes)
        for (kind, id_), end in ((one, other), (other, one)):
            self.vertices.setdefault(kind, {}).setdefault(id_, {})
            self.edges.setdefault((kind, id_), {}).setdefault(edge_type, {})[end] = shared

    def disconnect(self, one: tuple[str, str], edge_type: str, other: tuple[str, str]) -> None:
        """Take an edge away."""
        del self.edges[one][edge_type][other]
        del self.edges[other][edge_type][one]


# ---- What the installed queries answer ------


def _photos_by_types(
    graph: Graph,
    *,
    type_names: str,
    match_all: bool,
    min_probability: float,
    unwanted: list[str],
    exclude_from: float,
    page_size: int = 20,
    after_score: float = 2,
    after_id: str = "",
) -> dict[str, Any]:
    wanted = json.loads(type_names)
    excluded = {id_ for name in unwanted for id_, _ in _photos_of(graph, name, exclude_from)}
    shown: dict[str, dict[str, float]] = {}
    for name in wanted:
        for id_, probability in _photos_of(graph, name, min_probability):
            if id_ not in excluded:
                shown.setdefault(id_, {})[name] = probability
    scores = {
        id_: math.prod(found.values()) if match_all else max(found.values())
        for id_, found in shown.items()
        if len(found) >= (len(wanted) if match_all else 1)
    }
    places = sorted((-score, id_) for id_, score in scores.items())
    page = [id_ for negative, id_ in places if (negative, id_) > (-after_score, after_id)][:page_size]
    # TigerGraph promises no order for a vertex set that it prints, so the best is not first here.
    return {"photos": [_vertex("Photo", id_, {"photo_id": id_, "shown": shown[id_]}) for id_ in reversed(page)]}


def _photos_of(graph: Graph, type_name: str, min_probability: float) -> list[tuple[str, float]]:
    """The ids of the photos that show a type, each with its probability."""
    return [
        (id_, edge["probability"])
        for (_, id_), edge in graph.neighbours("PhotoType", type_name, "PHOTO_HAS_TYPE").items()
        if edge["probability"] >= min_probability
    ]


def _type_counts(graph: Graph, min_probability: float = 0.5) -> dict[str, Any]:
    shown = {
        name: [probability for _, probability in _photos_of(graph, name, min_probability)]
        for name in graph.vertices.get("PhotoType", {})
    }
    return {
        "types": [
            _vertex("PhotoType", name, {"name": name, "photos": len(found), "total": sum(found)})
            for name, found in shown.items()
            if found
        ]
    }


def _photo_ids(graph: Graph, last_id: str = "", page_size: int = 1000) -> dict[str, Any]:
    page = sorted(id_ for id_ in graph.vertices.get("Photo", {}) if id_ > last_id)[:page_size]
    return {"photos": [_vertex("Photo", id_, {"photo_id": id_}) for id_ in reversed(page)]}


def _related_photos(graph: Graph, *, wanted: str) -> dict[str, Any]:
    related = set[str]()
    for one in json.loads(wanted):
        showing = _photos_of(graph, one["name"], 0.0)
        by_id = sorted(showing, reverse=True)
        above = sorted((pair for pair in by_id if pair[1] >= one["probability"]), key=lambda pair: pair[1])
        below = sorted((pair for pair in by_id[::-1] if pair[1] < one["probability"]), key=lambda pair: -pair[1])
        related |= {id_ for part in (above, below) for id_, _ in part[: one["most"]]}
    return {"photos": [_vertex("Photo", id_, {"photo_id": id_}) for id_ in related]}


_ANSWERS: Mapping[str, Callable[..., dict[str, Any]]] = {
    "photos_by_types": _photos_by_types,
    "type_counts": _type_counts,
    "photo_ids": _photo_ids,
    "related_photos": _related_photos,
}


def _vertex(kind: str, id_: str, attributes: dict[str, Any]) -> dict[str, Any]:
    return {"v_id": id_, "v_type": kind, "attributes": attributes}


# ---- The server ------------------------------------------------------------------------------------------------------


class StandIn:
    """The server's state: graphs, pending schema jobs, and tokens."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.graphs: dict[str, Graph] = {}
        self.lock = threading.RLock()
        self._jobs: dict[str, tuple[str, str]] = {}
        self._tokens: dict[str, float] = {}

    # -- Authentication

    def issue_token(self, lifetime_s: float) -> dict[str, Any]:
        """A new token in the shape that version 4 answers with."""
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.time() + lifetime_s
        expiration = datetime.fromtimestamp(self._tokens[token], UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
        return {
            "expiration": expiration,
            "error": False,
            "message": "Generate new JWT token successfully.",
            "token": token,
        }

    def expire_tokens(self) -> None:
        """Make every token that was issued so far useless."""
        self._tokens.clear()

    def has_token(self, authorization: str) -> bool:
        """Whether the header carries a token that has not expired."""
        kind, _, token = authorization.partition(" ")
        return kind == "Bearer" and self._tokens.get(token, 0) > time.time()

    def has_secret(self, authorization: str) -> bool:
        """Whether the header carries the secret, as the client sends it: Basic, for the user __GSQL__secret."""
        expected = base64.b64encode(f"__GSQL__secret:{self.secret}".encode()).decode()
        return authorization == f"Basic {expected}"

    # -- REST++

    def graph(self, name: str) -> Graph:
        """Raises Refusal when there is no such graph."""
        if name not in self.graphs:
            raise Refusal(404, "REST-1004", f"Graph name {name} cannot be found.")
        return self.graphs[name]

    def upsert(self, graph: Graph, body: str) -> list[dict[str, int]]:
        """All of the body, or none of it: everything is checked before anything is written."""
        try:
            data = json.loads(body)
            if not isinstance(data, dict) or data.keys() - {"vertices", "edges"}:
                raise ValueError("only vertices and edges are expected")
        except ValueError as error:
            raise Refusal(400, "REST-2001", f"The JSON payload is invalid: {error}") from error
        vertices = [
            (kind, id_, _plain_values(attributes, _known(graph.vertex_types, kind, "vertex")))
            for kind, ids in data.get("vertices", {}).items()
            for id_, attributes in ids.items()
        ]
        edges = [
            (
                (kind, id_),
                edge_type,
                (other_kind, other),
                self._edge(graph, kind, edge_type, other_kind, attributes),
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

    @staticmethod
    def _edge(graph: Graph, kind: str, edge_type: str, other_kind: str, attributes: Any) -> dict[str, Any]:
        known = _known(graph.edge_types, edge_type, "edge")
        if (kind, other_kind) not in (known.ends, known.ends[::-1]):
            raise Refusal(400, "REST-30200", f"{edge_type} does not lead from {kind} to {other_kind}.")
        return _plain_values(attributes, known.attributes)

    def edges_of(self, graph: Graph, path: list[str], query: Mapping[str, str]) -> list[dict[str, Any]]:
        """The edges that a path type/id[/edge type[/other type[/other id]]] and its parameters name."""
        kind, id_, edge_type, other_kind, other_id = [*path, *[""] * 5][:5]
        _known(graph.vertex_types, kind, "vertex")
        if id_ not in graph.vertices.get(kind, {}):
            raise _no_such_vertex(kind, id_)
        if edge_type:
            _known(graph.edge_types, edge_type, "edge")
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

    def edges(self, method: str, graph: Graph, path: list[str], query: Mapping[str, str]) -> list[dict[str, Any]]:
        """List, count or delete edges."""
        found = self.edges_of(graph, path, query)
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

    def vertices(self, method: str, graph: Graph, kind: str, id_: str | None) -> Any:
        """List vertices, read one, or delete one with its edges."""
        _known(graph.vertex_types, kind, "vertex")
        there = graph.vertices.get(kind, {})
        if method == "DELETE":
            if id_ is None:
                raise Refusal(400, "REST-30000", "The stand-in deletes vertices by their id only.")
            gone = there.pop(id_, None)
            for edge_type, ends in list(graph.edges.get((kind, id_), {}).items()):
                for end in list(ends):
                    graph.disconnect((kind, id_), edge_type, end)
            return {"v_type": kind, "deleted_vertices": int(gone is not None)}
        if id_ is not None:
            if id_ not in there:
                raise _no_such_vertex(kind, id_)
            there = {id_: there[id_]}
        name = next(iter(graph.vertex_types[kind]))
        return [_vertex(kind, one, {name: one} | attributes) for one, attributes in there.items()]

    def statistics(self, graph: Graph, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
        """The built-in counts of vertices or edges, of one type or of all ("*")."""
        types: Mapping[str, Any]
        match wanted.get("function"):
            case "stat_vertex_number":
                types, word = graph.vertex_types, "v_type"
                counts = {name: len(graph.vertices.get(name, {})) for name in types}
            case "stat_edge_number":
                types, word = graph.edge_types, "e_type"
                counts = {
                    name: sum(
                        len(edges.get(name, {})) for (kind, _), edges in graph.edges.items() if kind == one.ends[0]
                    )
                    for name, one in graph.edge_types.items()
                }
            case other:
                raise Refusal(400, "REST-30000", f"The stand-in has no built-in function {other}.")
        name = wanted.get("type", "*")
        if name != "*":
            _known(types, name, "vertex or edge")
        return [{word: one, "count": count} for one, count in counts.items() if name in ("*", one)]

    def run_query(self, graph: Graph, name: str, parameters: Any) -> list[dict[str, Any]]:
        """Run an installed query after checking its parameters against what it declares."""
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
        return [_ANSWERS[name](graph, **(parameters or {}))]

    # -- GSQL

    def run_statements(self, text: str) -> str:
        """Run GSQL statements; like the server, says in its text what failed and stops there."""
        said: list[str] = []
        text = re.sub(r"//[^\n]*|#[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
        current = ""
        while text := text.lstrip().lstrip(";").lstrip():
            matches = ((re.match(pattern, text, re.IGNORECASE | re.DOTALL), run) for pattern, run in _STATEMENTS)
            statement, run = next((pair for pair in matches if pair[0]), (None, None))
            if statement is None:
                said.append(f'Encountered "{text.split()[0]}": the stand-in does not know this statement.')
                break
            rest = text[statement.end() :]
            body, text = _braced(rest) if statement.group(0).endswith("{") else ("", rest)
            if run is None:
                current = statement["graph"] or ""
                said.append(f"Using graph '{current}'" if current else "Using global scope")
                continue
            try:
                said.append(run(self, current, statement, body))
            except Refusal as refusal:
                said.append(refusal.message)
                break
        return "\n".join(said) + "\n"

    def _create_graph(self, _current: str, statement: re.Match[str], _body: str) -> str:
        name = statement["name"]
        if name in self.graphs:
            raise Refusal(
                200,
                None,
                f"Semantic Check Fails: The graph name {name} conflicts with another type or existing graph names!",
            )
        self.graphs[name] = Graph()
        return f"The graph {name} is created."

    def _create_job(self, _current: str, statement: re.Match[str], body: str) -> str:
        self.graph(statement["graph"])
        self._jobs[statement["name"]] = (statement["graph"], body)
        return f"Successfully created schema change jobs: [{statement['name']}]."

    def _run_job(self, _current: str, statement: re.Match[str], _body: str) -> str:
        if statement["name"] not in self._jobs:
            raise Refusal(200, None, f"Schema change job {statement['name']} does not exist.")
        name, body = self._jobs[statement["name"]]
        graph = self.graph(name)
        for change in filter(None, map(str.strip, body.split(";"))):
            if vertex := re.match(
                r"ADD\s+VERTEX\s+(\w+)\s*\(\s*PRIMARY_ID\s+(\w+)\s+(\w+)\s*\)", change, re.IGNORECASE
            ):
                _check_new(graph, vertex[1])
                graph.vertex_types[vertex[1]] = {vertex[2]: vertex[3].upper()}
            elif edge := re.match(
                r"ADD\s+UNDIRECTED\s+EDGE\s+(\w+)\s*\(\s*FROM\s+(\w+)\s*,\s*TO\s+(\w+)\s*((?:,\s*\w+\s+\w+\s*)*)\)",
                change,
                re.IGNORECASE,
            ):
                _check_new(graph, edge[1])
                for end in (edge[2], edge[3]):
                    _known(graph.vertex_types, end, "vertex")
                attributes = dict(part.split() for part in edge[4].split(",") if part.strip())
                graph.edge_types[edge[1]] = EdgeType((edge[2], edge[3]), attributes)
            else:
                raise Refusal(200, None, f"The stand-in does not know this schema change: {change}")
        return f"Kick off schema change job {statement['name']}\nLocal schema change succeeded."

    def _drop_job(self, _current: str, statement: re.Match[str], _body: str) -> str:
        self._jobs.pop(statement["name"], None)
        return f"Successfully dropped jobs on the graph: [{statement['name']}]."

    def _create_query(self, _current: str, statement: re.Match[str], body: str) -> str:
        graph = self.graph(statement["graph"])
        parameters = {}
        for part in filter(None, map(str.strip, statement["parameters"].split(","))):
            declared = re.fullmatch(r"(\w+|SET<\w+>)\s+(\w+)\s*(=.+)?", part, re.DOTALL)
            if declared is None or _element(declared[1].upper()) not in _PYTHON_TYPES:
                raise Refusal(200, None, f"The stand-in does not know this parameter: {part}")
            parameters[declared[2]] = (declared[1].upper(), declared[3] is not None)
        graph.queries[statement["name"]] = Query(f"{statement.group(0)}{body}}}", parameters)
        return f"Successfully created queries: [{statement['name']}]."

    def _install_query(self, current: str, statement: re.Match[str], _body: str) -> str:
        graph = self.graph(current)
        for name in re.split(r"\s*,\s*", statement["names"].strip()):
            if name not in graph.queries:
                raise Refusal(200, None, f"Query {name} cannot be found!")
            if name not in _ANSWERS:
                raise Refusal(200, None, f"The stand-in has no answers for the query {name}.")
            graph.queries[name].installed = True
        return "Query installation finished."

    def _show_query(self, current: str, statement: re.Match[str], _body: str) -> str:
        query = self.graph(current).queries.get(statement["name"])
        if query is None:
            raise Refusal(200, None, f"Query {statement['name']} cannot be found!")
        return query.text


_STATEMENTS: list[tuple[str, Callable[[StandIn, str, re.Match[str], str], str] | None]] = [
    (r"USE\s+(?:GLOBAL|GRAPH\s+(?P<graph>\w+))", None),
    (r"CREATE\s+GRAPH\s+(?P<name>\w+)\s*\(\s*\)", StandIn._create_graph),
    (
        r"CREATE\s+SCHEMA_CHANGE\s+JOB\s+(?P<name>\w+)\s+FOR\s+GRAPH\s+(?P<graph>\w+)\s*\{",
        StandIn._create_job,
    ),
    (r"RUN\s+SCHEMA_CHANGE\s+JOB\s+(?P<name>\w+)", StandIn._run_job),
    (r"DROP\s+JOB\s+(?P<name>\w+)", StandIn._drop_job),
    (
        r"CREATE\s+(?:OR\s+REPLACE\s+)?QUERY\s+(?P<name>\w+)\s*\((?P<parameters>[^)]*)\)\s*"
        r"FOR\s+GRAPH\s+(?P<graph>\w+)\s+SYNTAX\s+v2\s*\{",
        StandIn._create_query,
    ),
    (r"INSTALL\s+QUERY\s+(?P<names>\w+(?:\s*,\s*\w+)*)", StandIn._install_query),
    (r"SHOW\s+QUERY\s+(?P<name>\w+)", StandIn._show_query),
]


def _braced(text: str) -> tuple[str, str]:
    """What stands before the brace that closes one already open, and what stands after it."""
    depth = 1
    for position, character in enumerate(text):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if depth == 0:
            return text[:position], text[position + 1 :]
    raise Refusal(200, None, 'Encountered "<EOF>": a brace is not closed.')


def _element(kind: str) -> str:
    """What a set holds; a kind that is no set is its own."""
    return kind.removeprefix("SET<").removesuffix(">")


def _is_a(kind: str, value: Any) -> bool:
    """Whether a query takes this JSON value for a parameter of this kind; a set is a list."""
    if (element := _element(kind)) != kind:
        return isinstance(value, list) and all(_is_a(element, one) for one in value)
    return isinstance(value, _PYTHON_TYPES[kind]) and (kind == "BOOL" or not isinstance(value, bool))


def _known(types: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in types:
        raise Refusal(400, "REST-30200", f"'{name}' is not a valid {what} type.")
    return types[name]


def _check_new(graph: Graph, name: str) -> None:
    if name in graph.vertex_types or name in graph.edge_types:
        raise Refusal(200, None, f"Semantic Check Fails: The type {name} is used already.")
    if name.upper() == "TYPE":
        raise Refusal(200, None, f'Encountered "{name}": it is a reserved word.')


def _plain_values(attributes: Any, known: Mapping[str, str]) -> dict[str, Any]:
    """Attribute values of an upsert. Operation codes are refused: a probability is overwritten, never combined."""
    values = {}
    for name, given in (attributes or {}).items():
        if name not in known:
            raise Refusal(400, "REST-30200", f"There is no attribute {name}.")
        if not isinstance(given, dict) or given.keys() != {"value"}:
            raise Refusal(400, "REST-30200", f'The stand-in expects {{"value": …}} for the attribute {name}.')
        value = given["value"]
        if isinstance(value, bool) or not isinstance(value, _PYTHON_TYPES[known[name]]):
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


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body leave in two writes
    server_version = NAME.replace(" ", "-")
    state: StandIn

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        try:
            with self.state.lock:
                answer = self._answer(body)
            status = 200
        except Refusal as refusal:
            status = refusal.status
            answer = {"error": True, "message": refusal.message} | ({"code": refusal.code} if refusal.code else {})
        text = answer if isinstance(answer, str) else json.dumps(answer)
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_DELETE = _handle

    def _answer(self, body: str) -> Any:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        path = [unquote(part) for part in url.path.strip("/").split("/")]
        state, authorization = self.state, self.headers.get("Authorization", "")
        match (self.command, *path):
            case ("GET", "api", "ping"):
                return {"error": False, "message": "pong", "results": None}
            case ("POST", "gsql", "v1", "tokens"):
                given = json.loads(body or "{}")
                expired = authorization.startswith("Bearer ") and not state.has_token(authorization)
                if expired or not (given.get("secret") == state.secret or state.has_secret(authorization)):
                    raise Refusal(401, None, "Authentication failed.")
                return state.issue_token(float(given.get("lifetime", 3600)))
            case (_, "restpp", *rest):
                if not state.has_token(authorization):
                    raise Refusal(401, "REST-10016", "Access Denied because the input token is empty or has expired.")
                return self._restpp(rest, query, body)
        if not (state.has_token(authorization) or state.has_secret(authorization)):
            raise Refusal(401, None, "Authentication failed.")
        match (self.command, *path):
            case ("POST", "gsql", "v1", "statements"):
                return state.run_statements(body)
            case ("GET", "gsql", "v1", "schema", "graphs", name):
                return {"error": False, "message": "", "results": _schema(name, state.graph(name))}
        raise Refusal(404, "REST-1000", f"Endpoint is not found from url = {url.path}, please use GET /endpoints.")

    def _restpp(self, path: list[str], query: Mapping[str, str], body: str) -> Any:
        state = self.state
        match (self.command, *path):
            case ("GET", "echo"):
                return {"error": False, "message": "Hello GSQL"}
            case ("GET", "version"):
                banner = f"{NAME}\n---\nproduct and version\n"
                line = f"product release_{VERSION}_2026-01-01 0000000 2026-01-01 00:00:00 +0000"
                return {"error": False, "message": f"{banner}{line}\n"}
            case ("POST", "builtins", name):
                code, results = "REST-0000", state.statistics(state.graph(name), json.loads(body))
            case ("GET", "endpoints", name):
                installed = (one for one, query in state.graph(name).queries.items() if query.installed)
                return {f"GET /query/{name}/{one}": {"parameters": {}} for one in installed}
            case ("POST", "graph", name):
                code, results = "REST-0003", state.upsert(state.graph(name), body)
            case ("GET" | "DELETE", "graph", name, "edges", *rest) if len(rest) >= 2:
                code, results = "REST-0000", state.edges(self.command, state.graph(name), rest, query)
            case ("GET" | "DELETE", "graph", name, "vertices", kind, *rest):
                code, results = (
                    "REST-0000",
                    state.vertices(self.command, state.graph(name), kind, rest[0] if rest else None),
                )
            case ("POST", "query", name, query_name):
                code, results = (
                    "REST-0000",
                    state.run_query(state.graph(name), query_name, json.loads(body or "{}")),
                )
            case _:
                message = f"Endpoint is not found from url = /{'/'.join(path)}, please use GET /endpoints."
                raise Refusal(404, "REST-1000", message)
        version = {"edition": "stand-in", "api": "v2", "schema": 0}
        return {"version": version, "error": False, "message": "", "results": results, "code": code}

    def log_message(self, *_: Any) -> None:
        pass


def _schema(name: str, graph: Graph) -> dict[str, Any]:
    return {
        "GraphName": name,
        "VertexTypes": [{"Name": kind, "Attributes": []} for kind in graph.vertex_types],
        "EdgeTypes": [
            {
                "Name": kind,
                "IsDirected": False,
                "FromVertexTypeName": edge.ends[0],
                "ToVertexTypeName": edge.ends[1],
                "Attributes": [
                    {"AttributeName": one, "AttributeType": {"Name": type_}} for one, type_ in edge.attributes.items()
                ],
            }
            for kind, edge in graph.edge_types.items()
        ],
    }


def serve(state: StandIn, port: int = 0) -> ThreadingHTTPServer:
    """A server for this state, bound but not yet serving."""
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    return server


def main() -> None:
    """Serve until the local cloud ends. The secret is the environment variable TIGERGRAPH_SECRET."""
    import os  # noqa: PLC0415

    hold_lifeline()
    server = serve(StandIn(os.environ["TIGERGRAPH_SECRET"]))
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
