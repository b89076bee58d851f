"""TigerGraph as the contract suites see it: the stand-in, and a real one where TIGERGRAPH_HOST names it."""

import os
import threading
from collections.abc import Iterator

import pytest

from infra.local.processes import free_ports
from infra.local.tigergraph.server import StandIn, serve
from photo_library.type_graph.provisioning import provision_type_graph
from tests.support.tigergraph import SECRET, Server


@pytest.fixture
def stand_in() -> Iterator[Server]:
    """A stand-in that is as empty as a new TigerGraph."""
    state = StandIn(SECRET)
    server = serve(state)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Server(f"http://127.0.0.1:{server.server_port}", SECRET, "photos", state)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def provisioned(stand_in: Server) -> Server:
    """A stand-in with the schema and the queries of photo_library/type_graph/gsql."""
    provision_type_graph(stand_in.host, stand_in.secret, stand_in.graph, lambda _: None)
    return stand_in


@pytest.fixture(scope="session")
def real_tigergraph() -> Server:
    """The server that TIGERGRAPH_HOST, TIGERGRAPH_SECRET and TIGERGRAPH_GRAPH name, provisioned."""
    if "TIGERGRAPH_HOST" not in os.environ:
        pytest.skip("TIGERGRAPH_HOST is not set: no real TigerGraph")
    graph = os.environ.get("TIGERGRAPH_GRAPH", "photo_library_test")
    server = Server(os.environ["TIGERGRAPH_HOST"], os.environ["TIGERGRAPH_SECRET"], graph)
    provision_type_graph(server.host, server.secret, server.graph, print)
    return server


@pytest.fixture
def unused_port() -> int:
    """A port at which nobody listens."""
    return free_ports(1)[0]
