"""The stand-in answers the real client as the documentation says, and is as strict."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from pyTigerGraph import TigerGraphConnection
from pyTigerGraph.common.exception import TigerGraphException

from infra.local.tigergraph.server import NAME
from photo_library.type_graph.connection import open_connection
from photo_library.type_graph.tigergraph import PHOTO, PHOTO_HAS_TYPE, PHOTO_TYPE
from tests.support.tigergraph import Server

ONE = "1" * 24
WANTED = {"type_names": "[]", "match_all": True, "min_probability": 0.5, "unwanted": [], "exclude_from": 0.5}
EDGES = {"Shirt": 0.74, "T-shirt": 0.2, "Coat": 0.06}


@pytest.fixture
def connection(provisioned: Server) -> TigerGraphConnection:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    edges = {name: {"probability": {"value": value}} for name, value in EDGES.items()}
    connection.upsertData({"edges": {PHOTO: {ONE: {PHOTO_HAS_TYPE: {PHOTO_TYPE: edges}}}}}, atomic=True)
    return connection


def test_it_says_that_it_is_a_stand_in(provisioned: Server) -> None:
    assert "stand-in" in NAME
    assert "stand-in" in requests.get(f"{provisioned.host}/api/ping", timeout=5).headers["Server"]


def test_ping_echo_version_and_schema(connection: TigerGraphConnection) -> None:
    assert connection.ping()["message"] == "pong"
    assert connection.echo() == "Hello GSQL"
    assert connection.getVer() == "4.2.1"
    schema = connection.getSchema(udts=False)
    assert {one["Name"] for one in schema["VertexTypes"]} == {PHOTO, PHOTO_TYPE}
    (edge,) = schema["EdgeTypes"]
    assert (edge["Name"], edge["IsDirected"]) == (PHOTO_HAS_TYPE, False)
    assert edge["Attributes"][0]["AttributeType"]["Name"] == "DOUBLE"


def test_edges_are_filtered_sorted_limited_selected_and_counted(connection: TigerGraphConnection) -> None:
    def names(**options: Any) -> list[str]:
        return [edge["to_id"] for edge in connection.getEdges(PHOTO, ONE, PHOTO_HAS_TYPE, PHOTO_TYPE, **options)]

    assert sorted(names()) == sorted(EDGES)
    assert names(sort="-probability") == ["Shirt", "T-shirt", "Coat"]
    assert names(sort="probability", limit=2) == ["Coat", "T-shirt"]
    assert names(where="probability>=0.2", sort="probability") == ["T-shirt", "Shirt"]
    assert names(where="probability>0.06,probability<0.7") == ["T-shirt"]
    (edge,) = connection.getEdges(PHOTO, ONE, PHOTO_HAS_TYPE, PHOTO_TYPE, "Shirt", select="probability")
    assert edge == {
        "e_type": PHOTO_HAS_TYPE,
        "directed": False,
        "from_id": ONE,
        "from_type": PHOTO,
        "to_id": "Shirt",
        "to_type": PHOTO_TYPE,
        "attributes": {"probability": 0.74},
    }
    assert connection.getEdgeCountFrom(PHOTO, ONE, PHOTO_HAS_TYPE) == 3
    assert connection.getEdgeCount(PHOTO_HAS_TYPE) == 3


def test_edges_are_seen_from_both_ends(connection: TigerGraphConnection) -> None:
    (edge,) = connection.getEdges(PHOTO_TYPE, "Shirt", PHOTO_HAS_TYPE, PHOTO)
    assert (edge["to_id"], edge["attributes"]) == (ONE, {"probability": 0.74})


def test_vertices_are_read_counted_and_deleted_with_their_edges(connection: TigerGraphConnection) -> None:
    assert connection.getVertexCount(PHOTO) == 1
    assert connection.getVertexCount("*") == {PHOTO: 1, PHOTO_TYPE: 3}
    assert connection.getVerticesById(PHOTO, ONE) == [{"v_id": ONE, "v_type": PHOTO, "attributes": {"id": ONE}}]
    assert connection.delVerticesById(PHOTO, ONE) == 1
    assert connection.delVerticesById(PHOTO, ONE) == 0
    assert connection.getVertexCount(PHOTO) == 0
    assert connection.getEdges(PHOTO_TYPE, "Shirt", PHOTO_HAS_TYPE, PHOTO) == []


def test_edges_are_deleted_and_counted(connection: TigerGraphConnection) -> None:
    connection.delEdges(PHOTO, ONE, PHOTO_HAS_TYPE, PHOTO_TYPE, "Shirt")
    assert connection.getEdgeCountFrom(PHOTO, ONE, PHOTO_HAS_TYPE) == 2


def edge(value: Any, edge_type: str = PHOTO_HAS_TYPE, name: str = "probability") -> dict[str, Any]:
    return {"edges": {PHOTO: {ONE: {edge_type: {PHOTO_TYPE: {"Bag": {name: {"value": value}}}}}}}}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("{", "REST-2001"),
        ('{"nodes": {}}', "REST-2001"),
        (json.dumps({"vertices": {"Picture": {"x": {}}}}), "REST-30200"),
        (json.dumps(edge(0.5, edge_type="HAS")), "REST-30200"),
        (json.dumps(edge(0.5, name="weight")), "REST-30200"),
        (json.dumps(edge("high")), "REST-30200"),
        (json.dumps({"vertices": {PHOTO: {"new": {}}}} | edge("high")), "REST-30200"),
    ],
)
def test_a_wrong_upsert_is_refused_and_leaves_nothing_behind(
    connection: TigerGraphConnection, data: str, code: str
) -> None:
    with pytest.raises(TigerGraphException) as error:
        connection.upsertData(data, atomic=True)
    assert error.value.code == code
    assert connection.getVertexCount("*") == {PHOTO: 1, PHOTO_TYPE: 3}


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda it: it.getVerticesById(PHOTO, "unknown"), "601"),
        (lambda it: it.getEdges(PHOTO, "unknown"), "601"),
        (lambda it: it.getEdges("Picture", ONE), "REST-30200"),
        (lambda it: it.getEdges(PHOTO, ONE, PHOTO_HAS_TYPE, PHOTO_TYPE, where="weight>1"), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", {}), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", WANTED | {"type_names": 5}), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", WANTED | {"unwanted": "Bag"}), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", WANTED | {"unwanted": [5]}), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", WANTED | {"match_all": 1}), "REST-30000"),
        (lambda it: it.runInstalledQuery("photos_by_types", WANTED | {"colour": 1}), "REST-30000"),
    ],
)
def test_a_wrong_request_is_refused_with_its_code(
    connection: TigerGraphConnection, call: Callable[[TigerGraphConnection], Any], code: str
) -> None:
    with pytest.raises(TigerGraphException) as error:
        call(connection)
    assert error.value.code == code


def test_a_query_that_is_not_installed_is_no_endpoint(connection: TigerGraphConnection) -> None:
    with pytest.raises(requests.HTTPError, match="404"):
        connection.runInstalledQuery("nonsense", {})


def test_a_wrong_statement_is_answered_in_words_and_stops_what_follows(connection: TigerGraphConnection) -> None:
    output = connection.gsql("USE GRAPH photos\nSELECT everything\nCREATE GRAPH other()")
    assert 'Encountered "SELECT"' in output
    assert [one["graphName"] for one in connection.listGraphs()] == ["photos"]


def test_a_graph_that_does_not_exist_is_an_error_without_a_code(connection: TigerGraphConnection) -> None:
    connection.graphname = "other"
    with pytest.raises(TigerGraphException) as error:
        connection.getSchema(udts=False, force=True)
    assert (error.value.message, error.value.code) == ("Graph 'other' does not exist.", None)


def test_a_job_of_a_name_that_exists_cannot_be_created(connection: TigerGraphConnection) -> None:
    job = "CREATE SCHEMA_CHANGE JOB j FOR GRAPH photos { ADD VERTEX Other (PRIMARY_ID id STRING); }"
    assert "Successfully created" in connection.gsql(job)
    assert "is used by another object" in connection.gsql(job)
    assert "Successfully dropped" in connection.gsql("USE GRAPH photos\nDROP JOB j")
    assert "could not be found" in connection.gsql("USE GRAPH photos\nDROP JOB j")


def test_a_number_with_an_exponent_is_not_a_double(connection: TigerGraphConnection) -> None:
    with pytest.raises(TigerGraphException, match="8e-06 is not a fixed-point number"):
        connection.runInstalledQuery("type_counts", {"min_probability": 0.000008})


def test_a_paused_workspace_starts_by_itself_or_not(provisioned: Server) -> None:
    url = f"{provisioned.host}/api/ping"
    assert provisioned.state
    provisioned.state.pause(requests_to_start=2)
    answers = [requests.get(url, timeout=5) for _ in range(3)]
    assert [one.status_code for one in answers] == [502, 502, 200]
    assert answers[0].headers["Content-Type"] == "text/html"
    provisioned.state.pause()
    stopped = requests.get(url, timeout=5)
    assert (stopped.status_code, stopped.json()["message"]) == (500, "Auto start is not enabled for this workspace")


def test_a_reserved_word_is_no_vertex(connection: TigerGraphConnection) -> None:
    job = (
        "CREATE SCHEMA_CHANGE JOB j FOR GRAPH photos { ADD VERTEX Type (PRIMARY_ID name STRING); }\n"
        "USE GRAPH photos\nRUN SCHEMA_CHANGE JOB j"
    )
    assert "reserved" in connection.gsql(job)


@pytest.mark.parametrize(
    "path", ["/restpp/echo", "/gsql/v1/schema/graphs/photos", "/restpp/graph/photos/vertices/Photo"]
)
def test_without_a_token_nothing_is_answered(provisioned: Server, path: str) -> None:
    without = 403 if path.startswith("/restpp") else 401
    for headers, status in (({}, without), ({"Authorization": "Bearer made-up"}, 401)):
        assert requests.get(f"{provisioned.host}{path}", headers=headers, timeout=5).status_code == status
