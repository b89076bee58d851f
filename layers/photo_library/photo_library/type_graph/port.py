"""What the functions ask of the type graph, whatever stores it."""

from collections.abc import Collection, Mapping
from typing import Protocol

from photo_library.search import Place, Search, TypeCount

TypesByPhoto = Mapping[str, Mapping[str, float]]


class TypeGraph(Protocol):
    """What the functions ask of the type graph. Every method raises TypeGraphUnavailable when TigerGraph fails it."""

    def ping(self) -> None:
        """Ask TigerGraph for a sign of life, which also brings the first token."""

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        """Make each photo's types exactly those given, in one atomic upsert for all of them.

        A reader never sees a photo without types: the new edges are there before the old ones go. Photos named in
        `new` were never in the graph, so nothing old is looked for. Safe to repeat.
        """

    def remove(self, photo_ids: Collection[str]) -> None:
        """Take photos out, with their edges; one that is not there is fine."""

    def types_of(self, photo_id: str) -> dict[str, float]:
        """The photo's types with their probabilities; none when the photo is not in the graph."""

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Place]:
        """Where the photos stand that a search by relevance finds, in its order: the first `limit` that come after the
        place `after`, whether or not a photo is there still.
        """

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        """The photos that show each type with at least this probability; all ten types are in the answer."""

    def ids(self, after: str, limit: int) -> list[str]:
        """The ids of the first photos after the id `after`, in order, with or without types."""
