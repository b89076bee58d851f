"""What the functions ask of the catalog, whatever stores it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from photo_library.photo import Photo
from photo_library.search import Facet, FacetName, Place, Search, TypeCount

Document = dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """How many photos the graph lacks, and since when the oldest of them; None when it lacks none."""

    photos: int
    since: datetime | None


class PhotoCatalog(Protocol):
    """What the functions ask of the catalog. Every method raises CatalogUnavailable when MongoDB does not do it."""

    def ping(self) -> None:
        """Ask MongoDB for a sign of life, which also makes the first connection."""

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        """The photos with these ids, tombstones included; ids that are not there are left out."""

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        """Write each photo unless a newer one is stored, all in one bulk write.

        What a person said of the same bytes (the same ETag) is replaced by a photo that says the same, and by no
        other. Returns the ids that were written, each with whether it is new to the catalog. An id that is missing
        from the answer is one for which a newer event, or a person's word, had been stored.
        """

    def correct(self, photo: Photo, seen: str) -> bool:
        """Write what a person said of a photo, if its stored sequencer is still `seen` and it is classified."""

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        """Note that the graph holds these photos as they are here.

        Returns the photos, as they are now, that a newer event has changed since: nothing is noted for them, and
        the graph may hold either state.
        """

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Photo]:
        """Photos that the search finds, in its order: the first `limit` that come after the place `after`, whether or
        not a photo is there still.
        """

    def facet(self, search: Search, name: FacetName, time_s: float) -> Facet:
        """The photos of each type, or of each colour, that meet all conditions of the search but the facet's own.

        All types or colours are in the answer. What takes longer than `time_s` to count is counted in part, which takes
        a quarter of that again at most.
        """

    def related(self, types: Mapping[str, float], most: int) -> set[str]:
        """The ids of photos that show these types about as much.

        Of each type that is shown with 0.1 or more, and as many as its share of `most` is, those whose probability is
        nearest: half of them with as much or more, ties by the highest id, half with less, ties by the lowest.
        """

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        """The photos that show each type with at least this probability; all ten types are in the answer."""

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        """The first photos after the id `after`, in order of their ids, tombstones included.

        `pending`: only those that the graph lacks. `not_classified_by`: only those that another model classified, or
        a version that stored no embedding and no colours.
        """

    def page_of_keys(self, bucket: str, after: str, limit: int) -> list[Photo]:
        """The first photos after the key `after` in a bucket, in order of their keys, tombstones included."""

    def count(self) -> int:
        """About how many photos there are, tombstones included."""

    def pending(self) -> Pending:
        """The photos that the graph lacks, tombstones included."""

    def checkpoint(self, name: str) -> Document | None:
        """What was last stored under this name."""

    def store_checkpoint(self, name: str, content: Document | None) -> None:
        """Store how far something has come; None to forget it."""
