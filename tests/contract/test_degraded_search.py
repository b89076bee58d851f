"""The search function over the real client and a graph that fails: the same answers, soon, and from MongoDB's side."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from infra.local.tigergraph import queries
from photo_library.type_graph.tigergraph import connect_type_graph
from tests.support.api import Api
from tests.support.examples import a_photo
from tests.support.tigergraph import Server

CLIENT_TIMEOUT_S = 30  # the client alone would wait for as long
Fault = Callable[[Server], AbstractContextManager[None]]
SEARCH = "/search?type=Shirt,Bag&match=any&min_probability=0.3&limit=2"


@contextmanager
def paused(server: Server) -> Iterator[None]:
    """It takes connections and requests, and never answers."""
    assert server.state
    with server.state.lock:
        yield


@contextmanager
def slow(_: Server) -> Iterator[None]:
    """It answers, but not before the fault is over."""
    over = threading.Event()

    def wait(*_args: object, **_parameters: object) -> dict[str, object]:
        over.wait(30)
        return {"photos": []}

    with pytest.MonkeyPatch.context() as patch:
        for name in ("photos_by_types", "type_counts"):
            patch.setitem(queries.ANSWERS, name, wait)
        yield
    over.set()


@contextmanager
def without_its_queries(server: Server) -> Iterator[None]:
    """It is there, but nobody installed the queries."""
    assert server.state
    graph = server.state.graphs[server.graph]
    installed, graph.queries = graph.queries, {}
    yield
    graph.queries = installed


@pytest.fixture
def api(provisioned: Server) -> Api:
    graph = connect_type_graph(
        provisioned.host, provisioned.graph, provisioned.secret, timeout_s=CLIENT_TIMEOUT_S, retries=0
    )
    api = Api(graph, rest_s=0.05)
    photos = [
        a_photo(f"uploads/{number}", types={"Shirt": round(0.4 + number / 20, 4), "Bag": 0.3}) for number in range(6)
    ]
    api.catalog.write(photos)
    graph.write({photo.id: photo.types for photo in photos})
    return api


@pytest.mark.parametrize("fault", [paused, slow, without_its_queries])
@pytest.mark.parametrize("url", [SEARCH, "/types"])
def test_a_graph_that_fails_is_waited_for_once_and_asked_again_when_it_is_back(
    api: Api, provisioned: Server, fault: Fault, url: str
) -> None:
    before = api.get(url).body
    assert (before["backend"], api.waits) == ("tigergraph", 1)
    with fault(provisioned):
        for _ in range(4):
            answer = api.get(url)
            assert (answer.status, answer.body) == (200, before | {"backend": "mongodb"})
        assert api.waits == 2
    end = time.monotonic() + 30
    while (answer := api.get(url)).body["backend"] == "mongodb":
        assert time.monotonic() < end
        threading.Event().wait(0.01)
    assert answer.body == before


def test_health_does_not_wait_for_a_graph_that_hangs(api: Api, provisioned: Server) -> None:
    with paused(provisioned):
        began = time.monotonic()
        answer = api.get("/health")
        assert time.monotonic() - began < CLIENT_TIMEOUT_S / 2
    assert (answer.status, answer.body["stores"]["tigergraph"]["state"]) == (200, "down")
