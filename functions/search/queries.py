"""What a search answers, from the type graph where it can and from the catalog where it must."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from photo_library.catalog import PhotoCatalog
from photo_library.errors import TypeGraphUnavailable
from photo_library.photos import Photo, ScoredPhoto
from photo_library.type_graph import TypeGraph

Backend = Literal["tigergraph", "mongodb"]
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
    end: ScoredPhoto | None


def photos_of_type(
    catalog: PhotoCatalog,
    graph: TypeGraph,
    type_name: str,
    min_probability: float,
    limit: int,
    *,
    after: ScoredPhoto | None = None,
) -> Answer[Page]:
    """Photos that show the type with at least this probability: most probable first, then by id.

    A page holds at most `limit` of those after the place `after`. Both stores are asked for one more, which tells
    whether there is a next page.
    """

    def from_graph() -> Page:
        ranked = graph.with_type(type_name, min_probability, limit + 1, after)
        photos = catalog.find([match.id for match in ranked[:limit]])
        # The graph follows the catalog by a moment; what the catalog says now is what counts.
        matching = [photo for photo in photos.values() if photo.types.get(type_name, -1) >= min_probability]
        ordered = sorted(matching, key=lambda photo: (-photo.types[type_name], photo.id))
        return Page(ordered, ranked[limit - 1] if len(ranked) > limit else None)

    def from_catalog() -> Page:
        found = catalog.with_type(type_name, min_probability, limit + 1, after)
        places = [ScoredPhoto(photo.id, photo.types[type_name]) for photo in found]
        return Page(found[:limit], places[limit - 1] if len(found) > limit else None)

    return _answer(from_graph, from_catalog)


def counts_by_type(catalog: PhotoCatalog, graph: TypeGraph, min_probability: float) -> Answer[dict[str, int]]:
    """How many photos show each of the ten types with at least this probability."""
    return _answer(lambda: graph.type_counts(min_probability), lambda: catalog.type_counts(min_probability))


def _answer(from_graph: Callable[[], T], from_catalog: Callable[[], T]) -> Answer[T]:
    """Ask the graph; when it cannot answer, degrade to the catalog rather than fail."""
    try:
        return Answer(from_graph(), "tigergraph")
    except TypeGraphUnavailable:
        return Answer(from_catalog(), "mongodb")
