"""A search: which types are wanted, which photos show them, and in what order they are found."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import mul
from typing import Literal
from unicodedata import combining, normalize

from photo_library.photo import COLORS, TYPES, Photo

Match = Literal["all", "any"]
Sort = Literal["relevance", "newest"]
# A photo is left out for a type that it might well show: at the 0.5 of a plain search, a photo that shows one type
# could not show another, and leaving out would mean nothing.
EXCLUDE_FROM = 0.1
# The probability of a type that a photo surely shows.
CONFIDENT = 0.5


@dataclass(frozen=True, kw_only=True)
class Search:
    """What photos must be; every condition holds. The types are in the order of TYPES, each once; none: any will do."""

    types: tuple[str, ...] = ()
    min_probability: float
    match: Match = "all"
    unwanted: tuple[str, ...] = ()
    sort: Sort = "relevance"
    # What only the catalog knows.
    colors: tuple[str, ...] = ()  # one of them at least is a main colour; in the order of COLORS, each once
    words: tuple[str, ...] = ()  # as words_in has them: each begins a word of the title or the file's name
    since: datetime | None = None  # uploaded then or later
    before: datetime | None = None  # uploaded earlier
    untyped: bool = False  # no type with CONFIDENT or more

    @property
    def exclude_from(self) -> float:
        """The probability from which on an unwanted type leaves a photo out."""
        return min(self.min_probability, EXCLUDE_FROM)

    @property
    def needs_catalog(self) -> bool:
        """Whether the type graph cannot answer it: it knows types, and nothing else of a photo."""
        beyond_types = self.colors or self.words or self.since or self.before or self.untyped
        return bool(beyond_types) or not self.types or self.sort == "newest"


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


def shows(search: Search, types: Mapping[str, float]) -> bool:
    """Whether a photo with these types shows what is wanted, and nothing that is not."""
    needed = len(search.types) if search.match == "all" else min(1, len(search.types))
    return len(matched(search, types)) >= needed and all(
        types.get(name, -1) < search.exclude_from for name in search.unwanted
    )


def is_found(search: Search, photo: Photo) -> bool:
    """Whether a photo belongs into the answer."""
    has = words_of(photo)
    return (
        photo.status == "classified"
        and shows(search, photo.types)
        and not (search.untyped and max(photo.types.values(), default=0) >= CONFIDENT)
        and (not search.colors or any(name in photo.colors for name in search.colors))
        and (search.since is None or photo.uploaded_at >= search.since)
        and (search.before is None or photo.uploaded_at < search.before)
        and all(any(word.startswith(beginning) for word in has) for beginning in search.words)
    )


def words_of(photo: Photo) -> list[str]:
    """What a search for words finds a photo by: those of its title and of its file's name, each once."""
    return sorted({*words_in(photo.title or ""), *words_in(photo.key.rpartition("/")[2])})


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text: letters and digits, without accents, in lower case."""
    plain = "".join(one for one in normalize("NFKD", text) if not combining(one)).casefold()
    return tuple(re.findall(r"[^\W_]+", plain))


def score(search: Search, types: Mapping[str, float]) -> float:
    """The product (all) or the maximum (any) of the matched probabilities; 1 where no type is wanted.

    Multiplied one by one in the order of the wanted types, as both stores do it: the same multiplications of the same
    64-bit numbers in the same order have the same result to the last bit, so that scores may be compared for equality.
    """
    found = matched(search, types)
    if search.match == "any":
        return max(found.values(), default=1.0)
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


def nearby(types: Mapping[str, float], most: int) -> dict[str, int]:
    """How many photos to look at of each type, on either side of its probability, for photos related to one of these.

    Each type that the photo might well show has a share of `most` as its probability has, rounded up.
    """
    shown = {name: probability for name, probability in types.items() if probability >= EXCLUDE_FROM}
    total = sum(shown.values())
    return {name: math.ceil(most * probability / total / 2) for name, probability in shown.items()}


@dataclass(frozen=True)
class Likeness:
    """How alike two photos are, at most 1, and what was compared: types where an embedding of the same model lacks."""

    value: float
    by: Literal["embedding", "types"]


def likeness(one: Photo, other: Photo) -> Likeness:
    """The cosine of the embeddings, or else of the types' probabilities."""
    if one.model == other.model and len(one.embedding) == len(other.embedding) > 0:
        return Likeness(_cosine(one.embedding, other.embedding), "embedding")
    return Likeness(_cosine(*([photo.types.get(name, 0.0) for name in TYPES] for photo in (one, other))), "types")


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(map(mul, one, other)) / lengths if lengths else 0.0


@dataclass(frozen=True)
class TypeCount:
    """How many photos show a type, and with which probability on average: None when none does."""

    photos: int
    mean_probability: float | None


@dataclass(frozen=True)
class Facet:
    """How many photos there would be with each type, or each colour: exact, or at least so many."""

    photos: Mapping[str, int]
    exact: bool


FacetName = Literal["type", "color"]
FACETS: Mapping[FacetName, tuple[str, ...]] = {"type": TYPES, "color": COLORS}


def without_own(search: Search, facet: FacetName) -> Search:
    """The search whose photos a facet counts: all conditions but the facet's own, so that it says what others find."""
    return replace(search, types=()) if facet == "type" else replace(search, colors=())


NO_PHOTOS = dict.fromkeys(TYPES, TypeCount(0, None))


def type_count(photos: int, total: float) -> TypeCount:
    """From the sum of the probabilities.

    A store adds them up in an order of its own, which the last bits depend on. Probabilities have four digits, and so
    has their exact sum: rounded to them, the sums are the same number, and so are the means.
    """
    return TypeCount(photos, round(round(total, 4) / photos, 4) if photos else None)
