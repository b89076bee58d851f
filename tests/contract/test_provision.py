from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from pymongo import MongoClient

from infra.local import tigergraph
from infra.local.tigergraph import StandIn
from infra.ops.provision import provision
from photo_library.catalog import provisioning
from photo_library.catalog.mongodb import connect_catalog
from photo_library.catalog.provisioning import provision_catalog
from photo_library.errors import ProvisioningError
from photo_library.search import Search
from photo_library.settings import StoreCredentials
from photo_library.type_graph.connection import open_connection
from photo_library.type_graph.provisioning import provision_type_graph
from tests.support.examples import a_photo
from tests.support.tigergraph import Server


def test_empty_stores_are_brought_to_the_expected_state_and_a_second_time_left_alone(
    stand_in: Server, mongodb_uri: str, database: str
) -> None:
    credentials = StoreCredentials(
        mongodb_uri=mongodb_uri, tigergraph_host=stand_in.host, tigergraph_secret=stand_in.secret
    )
    first, second = list[str](), list[str]()

    provision(credentials, database, stand_in.graph, first.append)
    provision(credentials, database, stand_in.graph, second.append)

    assert first == [
        f"MongoDB {database}.photos: created 16 indexes",
        "TigerGraph photos: created the graph",
        "TigerGraph photos: created the types PHOTO_HAS_TYPE, Photo, PhotoType",
        "TigerGraph photos: installed the query photos_by_types",
        "TigerGraph photos: installed the query type_counts",
        "TigerGraph photos: installed the query photo_ids",
        "TigerGraph photos: installed the query related_photos",
    ]
    assert second == [
        f"MongoDB {database}.photos: all indexes exist",
        "TigerGraph photos: all types exist",
        "TigerGraph photos: the query photos_by_types is installed",
        "TigerGraph photos: the query type_counts is installed",
        "TigerGraph photos: the query photo_ids is installed",
        "TigerGraph photos: the query related_photos is installed",
    ]
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        assert client[database]["photos"].index_information()["tombstones_expire"]["expireAfterSeconds"] == 0


def test_photos_from_before_there_were_words_are_found_by_them(mongodb_uri: str, database: str) -> None:
    photo, rejected = a_photo(title="Blue Shirt"), a_photo("uploads/2.jpg", status="rejected", types={})
    said = list[str]()
    with closing(connect_catalog(mongodb_uri, database, timeout_s=10)) as catalog:
        catalog.write([photo, rejected])
        with MongoClient[dict[str, Any]](mongodb_uri) as client:
            client[database]["photos"].update_many({}, {"$unset": {"words": ""}})
        search = Search(words=("blue",), min_probability=0.5, sort="newest")
        assert catalog.search(search, 10) == []
        for _ in range(2):
            provision_catalog(mongodb_uri, database, said.append)
        assert catalog.search(search, 10) == [photo]
    assert [line.partition(": ")[2] for line in said] == [
        "created 16 indexes",
        "added words to 1 photos",
        "all indexes exist",
    ]


def test_a_query_that_differs_is_installed_anew(provisioned: Server) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    connection.gsql(
        "USE GRAPH photos\nCREATE OR REPLACE QUERY type_counts(DOUBLE p = 1) FOR GRAPH photos SYNTAX v2 { PRINT p; }\n"
        "INSTALL QUERY type_counts"
    )
    said = list[str]()
    provision_type_graph(provisioned.host, provisioned.secret, provisioned.graph, said.append)
    assert said[-4:] == [
        "TigerGraph photos: the query photos_by_types is installed",
        "TigerGraph photos: installed the query type_counts",
        "TigerGraph photos: the query photo_ids is installed",
        "TigerGraph photos: the query related_photos is installed",
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
        "RUN SCHEMA_CHANGE JOB j"
    )
    with pytest.raises(ProvisioningError, match="lacks PHOTO_HAS_TYPE, PhotoType"):
        provision_type_graph(stand_in.host, stand_in.secret, "photos", lambda _: None)


def test_a_statement_that_the_server_refuses_in_words_is_an_error(
    stand_in: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(tigergraph._ANSWERS, "photos_by_types")
    with pytest.raises(ProvisioningError, match="did not install photos_by_types"):
        provision_type_graph(stand_in.host, stand_in.secret, "photos", lambda _: None)


def test_a_query_that_could_not_be_replaced_is_an_error(provisioned: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = open_connection(provisioned.host, provisioned.graph, provisioned.secret, 5, 0)
    connection.gsql(
        "USE GRAPH photos\nCREATE OR REPLACE QUERY type_counts(DOUBLE p = 1) FOR GRAPH photos SYNTAX v2 { PRINT p; }\n"
        "INSTALL QUERY type_counts"
    )
    monkeypatch.setattr(StandIn, "run_statements", _showing_only(StandIn.run_statements))
    with pytest.raises(ProvisioningError, match="did not install type_counts"):
        provision_type_graph(provisioned.host, provisioned.secret, provisioned.graph, lambda _: None)


def _showing_only(run: Callable[[StandIn, str], str]) -> Callable[[StandIn, str], str]:
    return lambda state, text: run(state, text) if "SHOW" in text else "Semantic Check Fails"


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
