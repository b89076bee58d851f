from contextlib import closing
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from pymongo import MongoClient

from infra.local.tigergraph import queries, server
from infra.local.tigergraph.graph import Refusal
from infra.local.tigergraph.gsql import Database, run_statements
from infra.local.tigergraph.server import StandIn
from infra.ops.provision import provision
from photo_library.catalog import provisioning
from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.errors import ProvisioningError
from photo_library.search import Place, Search, milliseconds
from photo_library.settings import StoreCredentials
from photo_library.type_graph import provisioning as type_graph_provisioning
from photo_library.type_graph.connection import open_connection
from photo_library.type_graph.provisioning import provision_type_graph
from tests.support.examples import NOON, a_photo
from tests.support.tigergraph import Server

WAITING = "TigerGraph photos: waiting for an answer; a paused workspace takes minutes to start"


def test_empty_stores_are_brought_to_the_expected_state_and_a_second_time_left_alone(
    stand_in: Server, mongodb_uri: str, database: str
) -> None:
    credentials = StoreCredentials(
        mongodb_uri=mongodb_uri, tigergraph_host=stand_in.host, tigergraph_secret=stand_in.secret
    )
    first, second = list[str](), list[str]()

    provision(credentials, database, stand_in.graph, first.append)
    provision(credentials, database, stand_in.graph, second.append)

    # A server without vector indexes says so in its own words.
    for lines in (first, second):
        assert lines.pop(0).startswith(
            (f"MongoDB {database}.photos: no vector index", f"MongoDB {database}.photos: the vector")
        )
    assert first == [
        f"MongoDB {database}.photos: created 21 indexes",
        WAITING,
        "TigerGraph photos: created the graph",
        "TigerGraph photos: created the types PHOTO_HAS_TYPE, Photo, PhotoType",
        "TigerGraph photos: installed the query photos_by_types",
        "TigerGraph photos: installed the query type_counts",
        "TigerGraph photos: installed the query photo_ids",
    ]
    assert second == [
        f"MongoDB {database}.photos: all indexes exist",
        WAITING,
        "TigerGraph photos: all types exist",
        "TigerGraph photos: the query photos_by_types is installed",
        "TigerGraph photos: the query type_counts is installed",
        "TigerGraph photos: the query photo_ids is installed",
    ]
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        assert client[database]["photos"].index_information()["tombstones_expire"]["expireAfterSeconds"] == 0


def test_photos_of_older_versions_are_found_by_their_words_and_sorted_by_date(mongodb_uri: str, database: str) -> None:
    photo = a_photo(title="Blue Shirt", taken_at="2001-01-01T00:00:00")
    rejected = a_photo("uploads/2.jpg", status="rejected", types={})
    messages = list[str]()
    with closing(connect_catalog(mongodb_uri, database, timeout_s=10)) as catalog:
        catalog.write([photo, rejected])
        with MongoClient[dict[str, Any]](mongodb_uri) as client:
            client[database]["photos"].update_many({}, {"$unset": {"words": "", "dated_at": ""}})
        search = Search(words=("blue",), min_probability=0.5, sort="taken")
        late, early = Place("0" * 24, milliseconds(NOON)), Place("0" * 24, milliseconds(NOON - timedelta(days=10_000)))
        assert catalog.search(search, 10) == []
        for _ in range(2):
            provision_catalog(mongodb_uri, database, messages.append)
        assert catalog.search(search, 10) == catalog.search(search, 10, late) == [photo]
        assert catalog.search(search, 10, early) == []
        assert catalog.search(Search(status="rejected", words=("2",), sort="newest"), 10) == [rejected]
    assert [line.partition(": ")[2] for line in messages if "vector index" not in line] == [
        "created 21 indexes",
        "added words and dates to 2 photos",
        "all indexes exist",
    ]


def test_looks_are_in_an_index_unless_atlas_has_one_of_its_own(
    mongodb_uri: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        for ready in (False, True, False):
            monkeypatch.setattr(provisioning, "provision_vector_index", lambda *_, ready=ready: ready)
            provision_catalog(mongodb_uri, database, said.append)
            fields = dict(client[database]["photos"].index_information()["alike"]["key"])
            assert ("look" in fields) is not ready
    assert [line.partition(": ")[2] for line in said] == ["created 21 indexes", *["created 1 indexes"] * 2]


def test_a_query_that_differs_is_installed_anew(provisioned: Server) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    connection.gsql(
        "USE GRAPH photos\nCREATE OR REPLACE QUERY type_counts(DOUBLE p = 1) FOR GRAPH photos SYNTAX v2 { PRINT p; }\n"
        "INSTALL QUERY type_counts"
    )
    messages = list[str]()
    provision_type_graph(provisioned.host, provisioned.secret, provisioned.graph, messages.append)
    assert messages[-3:] == [
        "TigerGraph photos: the query photos_by_types is installed",
        "TigerGraph photos: installed the query type_counts",
        "TigerGraph photos: the query photo_ids is installed",
    ]


def test_the_graph_may_have_another_name(stand_in: Server) -> None:
    provision_type_graph(stand_in.host, stand_in.secret, "wardrobe", lambda _: None)
    assert isinstance(stand_in.state, StandIn)
    assert list(stand_in.state.graphs) == ["wardrobe"]
    assert all(query.installed for query in stand_in.state.graphs["wardrobe"].queries.values())


def test_a_graph_of_another_project_is_left_alone(stand_in: Server) -> None:
    connection = open_connection(stand_in.host, "photos", stand_in.secret, 5, 0)
    connection.gsql(
        "CREATE GRAPH photos()\n"
        "CREATE SCHEMA_CHANGE JOB j FOR GRAPH photos { ADD VERTEX Photo (PRIMARY_ID id STRING); }\n"
        "USE GRAPH photos\nRUN SCHEMA_CHANGE JOB j"
    )
    with pytest.raises(ProvisioningError, match="lacks PHOTO_HAS_TYPE, PhotoType"):
        provision_type_graph(stand_in.host, stand_in.secret, "photos", lambda _: None)


def test_a_statement_that_the_server_refuses_in_words_is_an_error(
    stand_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(queries.ANSWERS, "photos_by_types")
    monkeypatch.setattr(type_graph_provisioning, "LISTED_S", 0.2)  # a minute, which it would never be listed in
    with pytest.raises(ProvisioningError, match="did not install photos_by_types"):
        provision_type_graph(stand_in.host, stand_in.secret, "photos", lambda _: None, poll_s=0.05)


def test_a_query_that_could_not_be_replaced_is_an_error(provisioned: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    connection.gsql(
        "USE GRAPH photos\nCREATE OR REPLACE QUERY type_counts(DOUBLE p = 1) FOR GRAPH photos SYNTAX v2 { PRINT p; }\n"
        "INSTALL QUERY type_counts"
    )
    monkeypatch.setattr(server, "run_statements", lambda *_: "Semantic Check Fails")
    with pytest.raises(ProvisioningError, match=r"did not install type_counts\. Its answer: Semantic Check Fails"):
        provision_type_graph(provisioned.host, provisioned.secret, provisioned.graph, lambda _: None)


@pytest.fixture
def state(stand_in: Server) -> StandIn:
    assert stand_in.state
    return stand_in.state


def provision_again(stand_in: Server) -> list[str]:
    """Provision without waiting between two looks; returns the lines."""
    lines = list[str]()
    provision_type_graph(stand_in.host, stand_in.secret, stand_in.graph, lines.append, poll_s=0)
    return [line.removeprefix(f"TigerGraph {stand_in.graph}: ") for line in lines]


def test_a_workspace_that_is_starting_is_waited_for(stand_in: Server, state: StandIn) -> None:
    state.pause(requests_to_start=3)
    lines = provision_again(stand_in)
    assert lines[1:3] == ["waiting: the TigerGraph workspace is starting", "created the graph"]
    assert len(lines) == 7


def test_a_gateway_that_holds_a_request_is_asked_again(
    stand_in: Server, state: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Event()
    monkeypatch.setattr(type_graph_provisioning, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(state, "check_running", started.wait)
    lines = list[str]()

    def report(line: str) -> None:
        lines.append(line)
        if "doesn't answer yet" in line:
            started.set()

    provision_type_graph(stand_in.host, stand_in.secret, stand_in.graph, report, poll_s=0)
    assert lines[:2] == [WAITING, "TigerGraph photos: waiting: the TigerGraph workspace doesn't answer yet"]
    assert lines[-1] == "TigerGraph photos: installed the query photo_ids"


def test_a_gateway_that_never_answers_is_given_up(
    stand_in: Server, state: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = Event()
    monkeypatch.setattr(type_graph_provisioning, "READ_TIMEOUT_S", 0.2)
    monkeypatch.setattr(type_graph_provisioning, "START_S", 0)
    monkeypatch.setattr(state, "check_running", started.wait)
    with pytest.raises(ProvisioningError, match=r"doesn't answer yet \(waited 0 s\)"):
        provision_again(stand_in)
    started.set()


def test_a_workspace_that_does_not_start_by_itself_is_waited_for_with_advice(stand_in: Server, state: StandIn) -> None:
    state.pause()
    lines = list[str]()

    def report(line: str) -> None:
        lines.append(line)
        if "start it" in line:
            state.resume()  # as the reader of the line does

    provision_type_graph(stand_in.host, stand_in.secret, stand_in.graph, report, poll_s=0)
    assert lines[1] == (
        "TigerGraph photos: waiting: the TigerGraph workspace is stopped; start it, or switch on Auto-Resume for this "
        "workspace"
    )
    assert len(lines) == 7


def test_a_workspace_that_never_starts_is_given_up(
    stand_in: Server, state: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_graph_provisioning, "START_S", 0)
    state.pause(requests_to_start=1_000)
    with pytest.raises(ProvisioningError, match=r"the TigerGraph workspace is starting \(waited 0 s\): 502"):
        provision_again(stand_in)


def test_a_wrong_secret_is_not_waited_for(stand_in: Server) -> None:
    with pytest.raises(ProvisioningError, match="Authentication failed"):
        provision_type_graph(stand_in.host, "wrong", stand_in.graph, lambda _: None)


def test_a_workspace_that_starts_in_the_middle_is_waited_for_and_no_statement_repeated(
    stand_in: Server, state: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = counting_statements(monkeypatch)
    lines = list[str]()

    def report(line: str) -> None:
        if line.endswith("created the graph"):
            state.pause(requests_to_start=2)
        lines.append(line)

    provision_type_graph(stand_in.host, stand_in.secret, stand_in.graph, report, poll_s=0)
    assert "TigerGraph photos: waiting: the TigerGraph workspace is starting" in lines
    assert len(run) == 6  # the graph, the job's removal, the schema, three queries


def counting_statements(monkeypatch: pytest.MonkeyPatch, failing: str = "") -> list[str]:
    """All statements that the stand-in is sent; it runs them, but those with `failing` are answered 504."""
    sent = list[str]()

    def run(database: Database, text: str) -> str:
        sent.append(text)
        printed = run_statements(database, text)
        if failing and failing in text:
            raise Refusal(504, None, "<html>Gateway Timeout</html>")
        return printed

    monkeypatch.setattr(server, "run_statements", run)
    return sent


def test_a_statement_whose_answer_is_lost_is_not_repeated_but_its_result_accepted(
    stand_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = counting_statements(monkeypatch, failing="INSTALL QUERY type_counts")
    assert "installed the query type_counts" in provision_again(stand_in)
    assert len([text for text in sent if "type_counts" in text]) == 1


def test_a_query_that_is_listed_late_is_accepted(stand_in: Server, state: StandIn) -> None:
    state.endpoint_lag = 3
    assert "installed the query photos_by_types" in provision_again(stand_in)


def test_a_query_that_is_never_listed_is_an_error(
    stand_in: Server, state: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type_graph_provisioning, "LISTED_S", 0)
    state.endpoint_lag = 1_000
    with pytest.raises(ProvisioningError, match=r"did not install photos_by_types\. Its answer: .*finished"):
        provision_again(stand_in)


def test_a_schema_job_that_an_interrupted_run_left_behind_is_dropped(stand_in: Server, state: StandIn) -> None:
    job = "CREATE SCHEMA_CHANGE JOB photos_schema FOR GRAPH photos { ADD VERTEX Old (PRIMARY_ID id STRING); }"
    run_statements(state.database, f"CREATE GRAPH photos()\n{job}")
    assert "created the types PHOTO_HAS_TYPE, Photo, PhotoType" in provision_again(stand_in)
    assert "Old" not in state.graphs["photos"].vertex_types


def test_a_query_whose_text_the_server_prints_in_its_own_way_is_not_installed_again(
    provisioned: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert provisioned.state
    for query in provisioned.state.graphs["photos"].queries.values():
        query.text = query.text.replace("CREATE OR REPLACE QUERY", "CREATE QUERY").replace("\n", "\r\n  ")
    sent = counting_statements(monkeypatch)
    assert "the query type_counts is installed" in provision_again(provisioned)
    assert sent == []


def test_a_query_that_was_created_but_never_installed_is_installed(provisioned: Server) -> None:
    assert provisioned.state
    provisioned.state.graphs["photos"].queries["photo_ids"].installed = False
    assert "installed the query photo_ids" in provision_again(provisioned)


def test_stores_that_are_not_there_are_named(
    unused_port: int, stand_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "CONNECT_TIMEOUT_MS", 100)
    with pytest.raises(ProvisioningError, match="TigerGraph"):
        provision_type_graph(f"http://127.0.0.1:{unused_port}", "s", "photos", lambda _: None)
    away = StoreCredentials(
        mongodb_uri=f"mongodb://127.0.0.1:{unused_port}",
        tigergraph_host=stand_in.host,
        tigergraph_secret=stand_in.secret,
    )
    with pytest.raises(ProvisioningError, match="MongoDB"):
        provision(away, "library", "photos", lambda _: None)
