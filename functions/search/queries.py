"""What a search answers, from the type graph where it can and from the catalog where it must."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import TransientError, TypeGraphUnavailable
from photo_library.photo import Photo
from photo_library.search import (
    Facet,
    FacetName,
    Likeness,
    Place,
    Search,
    TypeCount,
    is_found,
    likeness,
    place,
)
from photo_library.type_graph.port import TypeGraph
from search.breaker import Breaker

Backend = Literal["tigergraph", "mongodb"]
CANDIDATES = 400  # photos compared with one to find those related to it; about 4 ms
FACETS_S = 0.2  # what may be spent on counting, beside a search
T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was found, and which store was asked."""

    found: T
    backend: Backend


@dataclass(frozen=True)
class Page:
    """A page of photos in order, and the place that the next one comes after; None: there is no next one."""

    photos: list[Photo]
    end: Place | None


def find_photos(
    catalog: PhotoCatalog,
    graph: TypeGraph,
    breaker: Breaker,
    search: Search,
    limit: int,
    *,
    after: Place | None = None,
) -> Answer[Page]:
    """Photos that the search finds, in its order.

    A page holds at most `limit` of those after the place `after`. Both stores are asked for one more, which tells
    whether there is a next page.
    """

    def from_graph() -> Page:
        places = breaker.ask(lambda: graph.search(search, limit + 1, after))
        photos = catalog.find([found.id for found in places[:limit]])
        # The graph follows the catalog by a moment; what the catalog says now is what counts.
        matching = [photo for photo in photos.values() if is_found(search, photo)]
        ordered = sorted(matching, key=lambda photo: (-place(search, photo).rank, photo.id))
        return Page(ordered, places[limit - 1] if len(places) > limit else None)

    def from_catalog() -> Page:
        found = catalog.search(search, limit + 1, after)
        return Page(found[:limit], place(search, found[limit - 1]) if len(found) > limit else None)

    if search.needs_catalog:
        return Answer(from_catalog(), "mongodb")
    return _answer(from_graph, from_catalog)


def find_related(
    catalog: PhotoCatalog, graph: TypeGraph, breaker: Breaker, photo: Photo, limit: int
) -> Answer[list[tuple[Photo, Likeness]]]:
    """The photos most alike to one, the most alike first, ties by id: of those that show its types about as much.

    Those that can only be compared by their types come last.
    """
    candidates = _answer(
        lambda: breaker.ask(lambda: graph.related(photo.types, CANDIDATES)),
        lambda: catalog.related(photo.types, CANDIDATES),
    )
    others = catalog.find(candidates.found - {photo.id}).values()
    found = [(other, likeness(photo, other)) for other in others if other.status == "classified"]
    found.sort(key=lambda pair: (pair[1].by == "types", -pair[1].value, pair[0].id))
    return Answer(found[:limit], candidates.backend)


def count_facets(catalog: PhotoCatalog, search: Search) -> dict[FacetName, Facet]:
    """The photos of each type and of each colour that there are for the search: exact, as far as time allows.

    The colours, of which a photo has fewer, take half of it at most, and leave the rest to the types.
    """
    end = time.monotonic() + FACETS_S
    colors = catalog.facet(search, "color", FACETS_S / 2)
    return {"type": catalog.facet(search, "type", max(FACETS_S / 4, end - time.monotonic())), "color": colors}


def counts_by_type(
    catalog: PhotoCatalog, graph: TypeGraph, breaker: Breaker, min_probability: float
) -> Answer[dict[str, TypeCount]]:
    """How many photos show each of the ten types with at least this probability, and their mean probability."""
    return _answer(
        lambda: breaker.ask(lambda: graph.type_counts(min_probability)),
        lambda: catalog.type_counts(min_probability),
    )


@dataclass(frozen=True)
class StoreState:
    """Whether a store gives a sign of life, and how long it took until that was known."""

    state: Literal["up", "down"]
    latency_ms: float


def store_states(catalog: PhotoCatalog, graph: TypeGraph, breaker: Breaker) -> dict[Backend, StoreState]:
    """The state of each store, asked now."""
    return {"mongodb": _state(catalog.ping), "tigergraph": _state(lambda: breaker.wait_for(graph.ping))}


def _state(ping: Callable[[], None]) -> StoreState:
    began = time.perf_counter()
    try:
        ping()
        state: Literal["up", "down"] = "up"
    except TransientError:
        state = "down"
    return StoreState(state, round((time.perf_counter() - began) * 1000, 1))


def _answer(from_graph: Callable[[], T], from_catalog: Callable[[], T]) -> Answer[T]:
    """Ask the graph; when it cannot answer, degrade to the catalog rather than fail."""
    try:
        return Answer(from_graph(), "tigergraph")
    except TypeGraphUnavailable:
        return Answer(from_catalog(), "mongodb")
