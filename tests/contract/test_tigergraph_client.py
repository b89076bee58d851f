"""How the real client behaves when the server or the network does not: refusals, tokens, timeouts, TLS."""

import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest
import trustme

from photo_library.errors import TypeGraphUnavailable
from photo_library.search import Search
from photo_library.type_graph.connection import open_connection
from photo_library.type_graph.tigergraph import TigerGraph, connect_type_graph
from tests.support.tigergraph import SECRET, Server

ONE = "1" * 24
SHIRTS = Search(types=("Shirt",), min_probability=0.5)


def connected(server: Server, **options: Any) -> TigerGraph:
    return connect_type_graph(server.host, server.graph, server.secret, **{"timeout_s": 5, "retries": 0} | options)


@pytest.fixture
def answering() -> Iterator[Callable[..., Server]]:
    """Start servers whose answers a test chooses."""
    servers: list[HTTPServer] = []

    def start(respond: Callable[[BaseHTTPRequestHandler], None], context: ssl.SSLContext | None = None) -> Server:
        class Handler(BaseHTTPRequestHandler):
            body = b""

            def do_POST(self) -> None:
                self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                respond(self)

            do_GET = do_DELETE = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # a client that hangs up is what is tested
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        scheme = "https" if context else "http"
        return Server(f"{scheme}://127.0.0.1:{server.server_port}", SECRET, "photos")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(handler: BaseHTTPRequestHandler, status: int, body: str) -> None:
    handler.send_response(status)
    handler.end_headers()
    handler.wfile.write(body.encode())


def test_an_expired_token_is_renewed(provisioned: Server) -> None:
    graph = connected(provisioned)
    graph.write({ONE: {"Shirt": 1.0}})
    assert provisioned.state
    provisioned.state.expire_tokens()
    assert graph.types_of(ONE) == {"Shirt": 1.0}
    provisioned.state.expire_tokens()
    graph.write({ONE: {"Bag": 1.0}})
    assert graph.types_of(ONE) == {"Bag": 1.0}


def test_a_wrong_secret_is_refused(provisioned: Server) -> None:
    graph = connect_type_graph(provisioned.host, provisioned.graph, "wrong", timeout_s=5, retries=0)
    with pytest.raises(TypeGraphUnavailable):
        graph.types_of(ONE)


@pytest.mark.parametrize(
    "body",
    ["{}", "[]", "null", "5", '"text"', '{"message": "The workspace is resuming"}', '{"error": false}', "[" * 100_000],
)
def test_json_of_another_form_is_no_answer(answering: Callable[..., Server], body: str) -> None:
    graph = connected(answering(lambda handler: send(handler, 200, body)))
    for ask in (
        lambda: graph.search(SHIRTS, 10),
        lambda: graph.type_counts(0.5),
        lambda: graph.types_of(ONE),
    ):
        with pytest.raises(TypeGraphUnavailable):
            ask()


def test_a_self_signed_server_is_refused_before_it_sees_anything(
    answering: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    received: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)

    def respond(handler: BaseHTTPRequestHandler) -> None:
        received.append(str(handler.headers))
        send(handler, 200, '{"error": false, "results": []}')

    server = answering(respond, context)
    with pytest.raises(TypeGraphUnavailable, match="certificate verify failed"):
        connected(server).types_of(ONE)
    assert received == []


def test_a_server_of_a_trusted_authority_is_accepted(
    answering: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server = answering(lambda handler: send(handler, 200, '{"error": false, "results": []}'), context)
    assert connected(server).types_of(ONE) == {}


def test_a_batch_of_new_photos_is_one_atomic_request(answering: Callable[..., Server]) -> None:
    received: list[tuple[str, str, Any]] = []

    def respond(handler: Any) -> None:
        received.append((handler.command, handler.path, (handler.headers, json.loads(handler.body))))
        send(handler, 200, '{"error": false, "results": [{"accepted_vertices": 4, "accepted_edges": 3}]}')

    types = {ONE: {"Shirt": 0.7, "Bag": 0.3}, "2" * 24: {"Bag": 1.0}}
    connected(answering(respond), timeout_s=2).write(types, new=types.keys())

    ((method, path, (headers, body)),) = received
    assert (method, path) == ("POST", "/restpp/graph/photos")
    assert headers["gsql-atomic-level"] == "atomic"
    assert headers["GSQL-TIMEOUT"] == "2000"  # the server gives up when the client does
    assert body["vertices"] == {"Photo": {ONE: {}, "2" * 24: {}}, "PhotoType": {"Shirt": {}, "Bag": {}}}
    assert body["edges"]["Photo"][ONE] == {
        "PHOTO_HAS_TYPE": {
            "PhotoType": {"Shirt": {"probability": {"value": 0.7}}, "Bag": {"probability": {"value": 0.3}}}
        }
    }


@pytest.mark.parametrize(
    "results",
    [
        "[]",
        "[{}]",
        '[{"photos": [{"attributes": {"photo_id": "1", "shown": {}}}]}]',
        '[{"photos": [{"attributes": {"score": 1}}]}]',
        '[{"photos": 3}]',
        "{}",
    ],
)
def test_an_answer_in_another_form_is_a_transient_error(answering: Callable[..., Server], results: str) -> None:
    server = answering(lambda handler: send(handler, 200, f'{{"error": false, "results": {results}}}'))
    for call in (lambda: connected(server).search(SHIRTS, 1), lambda: connected(server).type_counts(0.5)):
        with pytest.raises(TypeGraphUnavailable):
            call()


def test_connecting_leaves_pythons_way_of_showing_errors_alone(unused_port: int) -> None:
    before = sys.excepthook
    connected(Server(f"http://127.0.0.1:{unused_port}", SECRET, "photos"))
    assert sys.excepthook is before


@pytest.mark.parametrize("write", [False, True])
def test_passing_failures_are_tried_again(answering: Callable[..., Server], write: bool) -> None:
    answers = iter([502, 503, 200])

    def respond(handler: BaseHTTPRequestHandler) -> None:
        status = next(answers)
        send(
            handler,
            status,
            '{"error": false, "results": [{}]}'
            if write and status == 200
            else '{"error": false, "results": []}'
            if status == 200
            else "<html>Bad Gateway</html>",
        )

    graph = connected(answering(respond), retries=2)
    if write:
        graph.write({ONE: {"Shirt": 1.0}}, new=[ONE])
    else:
        assert graph.types_of(ONE) == {}
    assert next(answers, None) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, "<html>waking up</html>"),
        (200, "<html>sign in</html>"),
        (404, '{"error": true, "message": "no endpoint", "code": "REST-1000"}'),
        (200, '{"error": true, "message": "timeout", "code": "REST-3002"}'),
        (500, ""),
    ],
)
def test_whatever_the_server_answers_instead_is_a_transient_error(
    answering: Callable[..., Server], status: int, body: str
) -> None:
    graph = connected(answering(lambda handler: send(handler, status, body)))
    calls: list[Callable[[], Any]] = [
        lambda: graph.write({ONE: {"Shirt": 1.0}}),
        lambda: graph.remove([ONE]),
        lambda: graph.types_of(ONE),
        lambda: graph.search(SHIRTS, 1),
        lambda: graph.type_counts(0.5),
    ]
    for call in calls:
        with pytest.raises(TypeGraphUnavailable):
            call()


def test_a_server_that_never_answers_is_given_up(answering: Callable[..., Server]) -> None:
    ended = threading.Event()
    server = answering(lambda _: ended.wait(10) and None)
    began = time.monotonic()
    with pytest.raises(TypeGraphUnavailable):
        connected(server, timeout_s=0.2).types_of(ONE)
    waited = time.monotonic() - began
    ended.set()
    assert waited < 5  # without a timeout it would be the ten seconds of the server


def test_a_server_that_is_not_there_is_a_transient_error(unused_port: int) -> None:
    away = Server(f"http://127.0.0.1:{unused_port}", SECRET, "photos")
    with pytest.raises(TypeGraphUnavailable):
        connected(away).types_of(ONE)
    with pytest.raises(TypeGraphUnavailable):
        connected(away).ping()


def test_a_sign_of_life_brings_the_token(provisioned: Server) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    TigerGraph(lambda: connection, provisioned.secret).ping()
    assert connection.apiToken


def test_the_clients_asynchronous_half_is_not_imported() -> None:
    script = (
        "import sys, photo_library.type_graph.connection\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'aiohttp', 'httpx', 'pyTigerGraph'}))\n"
        "from pyTigerGraph import AsyncTigerGraphConnection, TigerGraphConnection as Whole\n"
        "print(issubclass(photo_library.type_graph.connection._Connection, Whole))"
    )
    answer = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert answer.stdout.split("\n")[:2] == ["['pyTigerGraph']", "True"]


def test_without_its_queries_or_its_graph_a_search_is_a_transient_error(stand_in: Server) -> None:
    with pytest.raises(TypeGraphUnavailable):
        connected(stand_in).search(SHIRTS, 1)


def test_every_thread_has_the_same_care(provisioned: Server) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    verified: list[Any] = []
    thread = threading.Thread(target=lambda: verified.append(connection._session))
    thread.start()
    thread.join()
    assert verified[0] is not connection._session
    assert verified[0].verify is True
    assert type(verified[0].adapters["https://"]) is type(connection._session.adapters["https://"])
