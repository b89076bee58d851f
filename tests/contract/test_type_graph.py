"""What every TypeGraph does: the fake, the real client on the stand-in, and on a real TigerGraph where there is one."""

from collections.abc import Iterator
from typing import cast

import pytest

from photo_library.photo import TYPES
from photo_library.search import NO_PHOTOS, Place, Search, TypeCount
from photo_library.type_graph.connection import open_connection
from photo_library.type_graph.port import TypeGraph
from photo_library.type_graph.tigergraph import PHOTO, connect_type_graph
from tests.support.fakes import FakeTypeGraph
from tests.support.tigergraph import Server

ONE, OTHER, THIRD = "1" * 24, "2" * 24, "a" * 24


@pytest.fixture(params=["fake", "stand-in", "real"])
def graph(request: pytest.FixtureRequest) -> Iterator[TypeGraph]:
    if request.param == "fake":
        yield FakeTypeGraph()
        return
    server: Server = request.getfixturevalue("provisioned" if request.param == "stand-in" else "real_tigergraph")
    if request.param == "real":  # it keeps what earlier tests wrote
        open_connection(server.host, server.graph, server.secret, 30, 2).delVertices(PHOTO)
    yield cast(TypeGraph, connect_type_graph(server.host, server.graph, server.secret, timeout_s=30, retries=2))


def test_it_gives_a_sign_of_life(graph: TypeGraph) -> None:
    graph.ping()


def test_a_photos_types_come_back_as_they_were_written(graph: TypeGraph) -> None:
    graph.write({ONE: {"Shirt": 0.7, "T-shirt": 0.2999}, OTHER: {"Ankle-boot": 0.0001}})
    assert graph.types_of(ONE) == {"Shirt": 0.7, "T-shirt": 0.2999}
    assert graph.types_of(OTHER) == {"Ankle-boot": 0.0001}


def test_a_photo_that_is_not_there_has_no_types(graph: TypeGraph) -> None:
    assert graph.types_of(ONE) == {}


def test_writing_again_replaces_types_and_leaves_no_stale_edge(graph: TypeGraph) -> None:
    graph.write({ONE: {"Shirt": 0.7, "T-shirt": 0.3}}, new=[ONE])
    graph.write({ONE: {"T-shirt": 0.2, "Bag": 0.8}})
    assert graph.types_of(ONE) == {"T-shirt": 0.2, "Bag": 0.8}
    graph.write({ONE: {}})
    assert graph.types_of(ONE) == {}


def test_writing_twice_is_writing_once(graph: TypeGraph) -> None:
    for _ in range(2):
        graph.write({ONE: {"Coat": 0.5}})
    assert graph.types_of(ONE) == {"Coat": 0.5}
    assert graph.type_counts(0.5)["Coat"].photos == 1


def test_writing_nothing_is_fine(graph: TypeGraph) -> None:
    graph.write({})
    graph.remove([])


def test_a_removed_photo_is_in_no_answer(graph: TypeGraph) -> None:
    graph.write({ONE: {"Coat": 0.9}, OTHER: {"Coat": 0.8}})
    graph.remove([ONE, THIRD])
    assert graph.types_of(ONE) == {}
    assert [found.id for found in graph.search(of("Coat", 0.5), 10)] == [OTHER]
    assert graph.type_counts(0.5)["Coat"].photos == 1


def test_photos_of_a_type_are_those_at_or_above_the_probability_best_first(graph: TypeGraph) -> None:
    graph.write({ONE: {"Shirt": 0.7}, OTHER: {"Shirt": 0.7001}, THIRD: {"Shirt": 0.6999}})
    assert [(found.id, found.rank) for found in graph.search(of("Shirt", 0.7), 10)] == [(OTHER, 0.7001), (ONE, 0.7)]
    assert [found.id for found in graph.search(of("Shirt", 0.0), 2)] == [OTHER, ONE]
    assert graph.search(of("Dress", 0.0), 10) == []


def test_ties_are_ordered_by_id_and_cut_in_that_order(graph: TypeGraph) -> None:
    graph.write({f"{number:024x}": {"Bag": 0.5} for number in reversed(range(30))})
    assert [found.id for found in graph.search(of("Bag", 0.5), 10)] == [f"{number:024x}" for number in range(10)]


def test_a_page_begins_after_a_place_whether_or_not_a_photo_is_there_still(graph: TypeGraph) -> None:
    graph.write({f"{2 * number:024x}": {"Bag": (number // 5) / 10} for number in range(40)})  # ties across the pages
    everything = graph.search(of("Bag", 0.2), 100)
    assert len(everything) == 30
    for number, place in enumerate(everything):
        assert graph.search(of("Bag", 0.2), 7, place) == everything[number + 1 : number + 8]
        just_before = Place(f"{int(place.id, 16) - 1:024x}", place.rank)
        assert graph.search(of("Bag", 0.2), 2, just_before) == everything[number : number + 2]
    assert graph.search(of("Bag", 0.2), 100, Place("f" * 24, 1.0)) == everything
    assert graph.search(of("Bag", 0.2), 100, Place("0" * 24, 0.1)) == []


def test_numbers_may_be_so_small_that_they_are_usually_written_with_an_exponent(graph: TypeGraph) -> None:
    types = dict.fromkeys(TYPES[:6], 0.02)
    graph.write({ONE: types, OTHER: types, THIRD: {TYPES[0]: 0.0001}})
    assert len(graph.search(of(TYPES[0], 0.000008), 10)) == 3
    assert graph.type_counts(0.000008)[TYPES[0]].photos == 3
    all_six = Search(types=tuple(TYPES[:6]), match="all", min_probability=0.000008)
    (first,) = graph.search(all_six, 1)
    assert first.rank < 1e-9
    assert [place.id for place in graph.search(all_six, 10, first)] == [OTHER]


def test_counts_are_of_all_ten_types(graph: TypeGraph) -> None:
    graph.write({ONE: {"Shirt": 0.7, "Bag": 0.3}, OTHER: {"Shirt": 0.5}, THIRD: {"Shirt": 0.4999}})
    assert graph.type_counts(0.5) == NO_PHOTOS | {"Shirt": TypeCount(2, 0.6)}
    assert graph.type_counts(0.3) == NO_PHOTOS | {"Shirt": TypeCount(3, 0.5666), "Bag": TypeCount(1, 0.3)}


def test_ids_come_in_order_page_by_page_with_or_without_types(graph: TypeGraph) -> None:
    graph.write({OTHER: {"Bag": 0.5}, THIRD: {}, ONE: {"Bag": 0.5}})
    assert graph.ids("", 2) == [ONE, OTHER]
    assert graph.ids(OTHER, 2) == [THIRD]
    assert graph.ids(THIRD, 2) == []


def of(name: str, min_probability: float) -> Search:
    return Search(types=(name,), min_probability=min_probability)
