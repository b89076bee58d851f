"""What only real servers show: `make test-real`. Without them these tests are skipped."""

import os

import pytest

from photo_library.catalog.provisioning import provision_catalog
from photo_library.type_graph.provisioning import QUERIES, provision_type_graph
from tests.support.tigergraph import Server


def test_a_provisioned_graph_is_left_alone(real_tigergraph: Server) -> None:
    """Its queries are recognised by the text that the server gives back, and its endpoints by their list."""
    lines = list[str]()
    provision_type_graph(real_tigergraph.host, real_tigergraph.secret, real_tigergraph.graph, lines.append)
    expected = ["all types exist", *(f"the query {name} is installed" for name in QUERIES)]
    assert [line.partition(": ")[2] for line in lines] == expected


@pytest.mark.skipif("MONGODB_URI" not in os.environ, reason="MONGODB_URI is not set: no real MongoDB")
def test_a_provisioned_catalog_is_left_alone(mongodb_uri: str, database: str) -> None:
    lines = list[str]()
    for _ in range(2):
        provision_catalog(mongodb_uri, database, lines.append)
    assert lines[-1].endswith("all indexes exist")
