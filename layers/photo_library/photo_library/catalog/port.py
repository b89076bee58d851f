"""What the functions need of the catalog, independent of MongoDB."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from photo_library.photo import Photo
from photo_library.search import Compared, Copies, Facet, FacetName, Place, Search, Total, TypeCount

Document = dict[str, Any]


@dataclass(frozen=True)
class Pending:
    """How many photos are missing in the graph, and since when the oldest of them; None if there are none."""

    photos: int
    since: datetime | None


@dataclass(frozen=True)
class Alike:
    """Photos in order of their likeness, and what they were chosen from."""

    photos: list[Photo]
    compared: Compared


class PhotoCatalog(Protocol):
    """What the functions need of the catalog. Every method raises CatalogUnavailable if MongoDB fails."""

    def ping(self) -> None:
        """Check that MongoDB responds; the first call also connects."""

    def find(self, ids: Collection[str]) -> dict[str, Photo]:
        """The photos with these ids, including tombstones; unknown ids are left out."""

    def write(self, photos: Sequence[Photo]) -> dict[str, bool]:
        """Write each photo unless a newer one is stored, all in one bulk write.

        A manual correction of types or title is only replaced, for the same bytes (the same ETag), by a photo with the
        same correction.
        Returns the ids that were written, each with whether it is new to the catalog; for the others a newer event or
        a manual correction is stored.
        """

    def correct(self, photo: Photo, expected_sequencer: str) -> bool:
        """Write a manual correction if the stored photo is classified and still has the expected sequencer."""

    def mark_synced(self, photos: Sequence[Photo]) -> list[Photo]:
        """Record that the graph holds these photos in this state.

        Returns the photos that a newer event has changed meanwhile, in their current state: for them nothing is
        recorded, and the graph may hold either state.
        """

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Photo]:
        """The first `limit` photos that the search finds after the place `after`, in its order.

        The photo that defined the place may have been deleted meanwhile. Not for searches by likeness.
        """

    def most_alike(self, search: Search, limit: int, after: Place | None, time_s: float) -> Alike:
        """The same for a search by likeness. Choosing them ends after about `time_s`, with those found until then."""

    def total(self, search: Search, time_s: float) -> Total:
        """How many photos the search finds; of duplicates it hides, each content once.

        If counting takes longer than `time_s`, only some photos are counted, within another quarter of that time.
        """

    def facet(self, search: Search, name: FacetName, time_s: float) -> Facet:
        """How many photos the search would find with each type, or each colour, added to its own; `time_s` as above.

        All types or colours are in the answer.
        """

    def copies(self, search: Search, digests: Collection[str]) -> dict[str, Copies]:
        """By digest, the photos with these bytes that meet the search's conditions, if there are any."""

    def duplicates(self, photo: Photo) -> list[str]:
        """The ids of all other photos with the same bytes, the oldest first; deleted ones are left out."""

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        """How many photos show each type with at least this probability; all ten types are in the answer."""

    def page(self, after: str, limit: int, pending: bool = False, not_classified_by: str | None = None) -> list[Photo]:
        """The first photos after the id `after`, in order of their ids, including tombstones.

        `pending`: only those missing in the graph. `not_classified_by`: only those classified by another model, or by a
        version that stored no embedding or no digest.
        """

    def page_of_keys(self, bucket: str, after: str, limit: int) -> list[Photo]:
        """The first photos after the key `after` in a bucket, in order of their keys, including tombstones."""

    def count(self) -> int:
        """An estimate of the number of photos, including tombstones."""

    def pending(self) -> Pending:
        """The photos missing in the graph, including tombstones."""

    def checkpoint(self, name: str) -> Document | None:
        """The checkpoint last stored under this name."""

    def store_checkpoint(self, name: str, content: Document | None) -> None:
        """Store the progress of a run; None to delete it."""
