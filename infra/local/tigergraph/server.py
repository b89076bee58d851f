"""The stand-in as an HTTP server: authentication, routes and answers, and a workspace that can be paused."""

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from infra.local.tigergraph import rest
from infra.local.tigergraph.graph import Graph, Refusal
from infra.local.tigergraph.gsql import Database, run_statements

VERSION = "4.2.1"
NAME = "TigerGraph stand-in for development"
STARTING = "<html><head><title>Starting workspace</title></head><body>Starting workspace</body></html>"


class StandIn:
    """The server's state: its database, the tokens that it issued, and whether its workspace is paused."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.lock = threading.RLock()
        self.database = Database()
        self.endpoint_lag = 0  # how often the list of endpoints lacks a query after it was installed
        self._tokens: dict[str, float] = {}
        self._paused = False
        self._requests_to_start: int | None = None

    @property
    def graphs(self) -> dict[str, Graph]:
        """All graphs by name."""
        return self.database.graphs

    def pause(self, requests_to_start: int | None = None) -> None:
        """Pause the workspace: with auto-resume it is up again after so many requests, else after `resume`."""
        self._paused, self._requests_to_start = True, requests_to_start

    def resume(self) -> None:
        """Start the workspace."""
        self._paused = False

    def check_running(self) -> None:
        """Raises Refusal while the workspace is paused or starting; each request brings its start nearer."""
        if not self._paused:
            return
        if self._requests_to_start is None:
            raise Refusal(500, None, "Auto start is not enabled for this workspace")
        if self._requests_to_start == 0:
            self._paused = False
            return
        self._requests_to_start -= 1
        raise Refusal(502, None, STARTING)

    def issue_token(self, lifetime_s: float) -> dict[str, Any]:
        """A new token in the shape of version 4's answer."""
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
        """Invalidate every token issued so far."""
        self._tokens.clear()

    def has_token(self, authorization: str) -> bool:
        """Whether the header carries a valid token."""
        kind, _, token = authorization.partition(" ")
        return kind == "Bearer" and self._tokens.get(token, 0) > time.time()

    def has_secret(self, authorization: str) -> bool:
        """Whether the header carries the secret as the client sends it: Basic, for the user __GSQL__secret."""
        expected = base64.b64encode(f"__GSQL__secret:{self.secret}".encode()).decode()
        return authorization == f"Basic {expected}"


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
            if refusal.message == STARTING:
                answer = STARTING
        text = answer if isinstance(answer, str) else json.dumps(answer)
        kind = "text/html" if text == STARTING else "text/plain" if isinstance(answer, str) else "application/json"
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    do_GET = do_POST = do_DELETE = _handle

    def _answer(self, body: str) -> Any:
        url = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(url.query).items()}
        path = [unquote(part) for part in url.path.strip("/").split("/")]
        state, authorization = self.state, self.headers.get("Authorization", "")
        state.check_running()
        match (self.command, *path):
            case ("GET", "api", "ping"):
                return {"error": False, "message": "pong", "results": None}
            case ("POST", "gsql", "v1", "tokens"):
                given = json.loads(body or "{}")
                expired = authorization.startswith("Bearer ") and not state.has_token(authorization)
                if expired or not (given.get("secret") == state.secret or state.has_secret(authorization)):
                    raise Refusal(401, None, "Authentication failed.")
                return state.issue_token(float(given.get("lifetime", 3600)))
            case (_, "restpp", *below):
                if not state.has_token(authorization):
                    raise Refusal(
                        401 if authorization.startswith("Bearer ") else 403,
                        "REST-10016",
                        "Access Denied because the input token is empty or has expired.",
                    )
                return self._restpp(below, query, body)
        if not (state.has_token(authorization) or state.has_secret(authorization)):
            raise Refusal(401, None, "Authentication failed.")
        return self._gsql(url.path, path, query, body)

    def _gsql(self, url: str, path: list[str], query: Mapping[str, str], body: str) -> Any:
        database = self.state.database
        match (self.command, *path):
            case ("POST", "gsql", "v1", "statements"):
                return run_statements(database, body)
            case ("GET", "gsql", "v1", "schema", "graphs"):
                return {"error": False, "message": "", "graphs": [{"graphName": name} for name in database.graphs]}
            case ("GET", "gsql", "v1", "schema", "graphs", name):
                return {"error": False, "message": "", "results": _schema(name, database.graph(name))}
            case ("GET", "gsql", "v1", "queries", name):
                created = database.graph(query.get("graph", "")).queries.get(name)
                if created is None:
                    raise Refusal(400, None, f"Query {name} cannot be found!")
                return {"error": False, "message": "", "results": created.text}
        raise Refusal(404, "REST-1000", f"Endpoint is not found from url = {url}, please use GET /endpoints.")

    def _restpp(self, path: list[str], query: Mapping[str, str], body: str) -> Any:
        match (self.command, *path):
            case ("GET", "echo"):
                return {"error": False, "message": "Hello GSQL"}
            case ("GET", "version"):
                banner = f"{NAME}\n---\nproduct and version\n"
                line = f"product release_{VERSION}_2026-01-01 0000000 2026-01-01 00:00:00 +0000"
                return {"error": False, "message": f"{banner}{line}\n"}
            case ("GET", "endpoints", name):
                return self._endpoints(name)
            case ("POST", "builtins", name):
                code, results = "REST-0000", rest.statistics(self._graph(name), json.loads(body))
            case ("POST", "graph", name):
                code, results = "REST-0003", rest.upsert(self._graph(name), body)
            case ("GET" | "DELETE", "graph", name, "edges", *others) if len(others) >= 2:
                code, results = "REST-0000", rest.edges(self.command, self._graph(name), others, query)
            case ("GET" | "DELETE", "graph", name, "vertices", kind, *others):
                id_ = others[0] if others else None
                code, results = "REST-0000", rest.vertices(self.command, self._graph(name), kind, id_)
            case ("POST", "query", name, query_name):
                code, results = "REST-0000", rest.run_query(self._graph(name), query_name, body)
            case _:
                message = f"Endpoint is not found from url = /{'/'.join(path)}, please use GET /endpoints."
                raise Refusal(404, "REST-1000", message)
        version = {"edition": "stand-in", "api": "v2", "schema": 0}
        return {"version": version, "error": False, "message": "", "results": results, "code": code}

    def _graph(self, name: str) -> Graph:
        """A graph as REST++ finds it. Raises Refusal."""
        if name not in self.state.graphs:
            raise Refusal(404, "REST-1004", f"Graph name {name} cannot be found.")
        return self.state.graphs[name]

    def _endpoints(self, graph: str) -> dict[str, Any]:
        installed = [one for one, query in self._graph(graph).queries.items() if query.installed]
        if installed and self.state.endpoint_lag:
            self.state.endpoint_lag -= 1
            installed.pop()
        return {f"GET /query/{graph}/{one}": {"parameters": {}} for one in installed}

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
