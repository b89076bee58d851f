"""A search: which types are wanted, which photos show them, and in what order they are found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from photo_library.photos import TYPES, Photo

Match = Literal["all", "any"]
Sort = Literal["relevance", "newest"]
# A photo is left out for a type that it might well show: at the 0.5 of a plain search, a photo that shows one type
# could not show another, and leaving out would mean nothing.
EXCLUDE_FROM = 0.1


@dataclass(frozen=True, kw_only=True)
class Search:
    """What photos must show. The types are in the order of TYPES, each once."""

    types: tuple[str, ...]
    min_probability: float
    match: Match = "all"
    unwanted: tuple[str, ...] = ()
    sort: Sort = "relevance"

    @property
    def exclude_from(self) -> float:
        """The probability from which on an unwanted type leaves a photo out."""
        return min(self.min_probability, EXCLUDE_FROM)


@dataclass(frozen=True)
class Place:
    """Where a photo stands in the answer of a search: the higher rank comes first, then the lower id.

    The rank is the score, or with sort=newest the upload in milliseconds since 1970.
    """

    id: str
    rank: float


def matched(search: Search, types: Mapping[str, float]) -> dict[str, float]:
    """Why a photo with these types is found: those of the wanted types that it shows, with their probabilities."""
    return {name: types[name] for name in search.types if types.get(name, -1) >= search.min_probability}


def is_found(search: Search, types: Mapping[str, float]) -> bool:
    """Whether a photo with these types belongs into the answer."""
    needed = len(search.types) if search.match == "all" else 1
    return len(matched(search, types)) >= needed and all(
        types.get(name, -1) < search.exclude_from for name in search.unwanted
    )


def score(search: Search, types: Mapping[str, float]) -> float:
    """The product (all) or the maximum (any) of the matched probabilities.

    Multiplied one by one in the order of the wanted types, as both stores do it: the same multiplications of the same
    64-bit numbers in the same order have the same result to the last bit, so that scores may be compared for equality.
    """
    found = matched(search, types)
    if search.match == "any":
        return max(found.values())
    product = 1.0
    for probability in found.values():
        product *= probability
    return product


def place(search: Search, photo: Photo) -> Place:
    """Where a photo that is found stands."""
    rank = milliseconds(photo.uploaded_at) if search.sort == "newest" else score(search, photo.types)
    return Place(photo.id, rank)


def milliseconds(moment: datetime) -> float:
    """Since 1970: what MongoDB keeps of a moment, as a whole number."""
    return float(round(moment.timestamp() * 1000))


@dataclass(frozen=True)
class TypeCount:
    """How many photos show a type, and with which probability on average: None when none does."""

    photos: int
    mean_probability: float | None


NO_PHOTOS = dict.fromkeys(TYPES, TypeCount(0, None))


def type_count(photos: int, total: float) -> TypeCount:
    """From the sum of the probabilities.

    A store adds them up in an order of its own, which the last bits depend on. Probabilities have four digits, and so
    has their exact sum: rounded to them, the sums are the same number, and so are the means.
    """
    return TypeCount(photos, round(round(total, 4) / photos, 4) if photos else None)
