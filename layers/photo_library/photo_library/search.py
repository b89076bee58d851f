"""A search: its conditions, which photos meet them, and the order of its results.

Both stores follow these functions; a contract test holds them to the same answers.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from unicodedata import combining, normalize

from photo_library.likeness import Look, likeness
from photo_library.photo import COLORS, TYPES, Photo, dated_at, restorable_until

Match = Literal["all", "any"]
Sort = Literal["relevance", "newest", "oldest", "taken", "likeness"]
SearchedStatus = Literal["classified", "rejected", "deleted"]
# Each type has a probability of its own: a photo may show several types, or none.
SHOWN_FROM = 0.5  # a photo shows a type with at least this probability, unless a search asks for another


@dataclass(frozen=True, kw_only=True)
class Search:
    """Conditions, all of which a photo must meet. Types are unique and in the order of TYPES; no types: any photo."""

    types: tuple[str, ...] = ()
    min_probability: float = SHOWN_FROM
    match: Match = "any"
    unwanted: tuple[str, ...] = ()
    sort: Sort = "relevance"
    status: SearchedStatus = "classified"  # the others have no types: such a search is sorted by date
    # Only the catalog knows the following.
    colors: tuple[str, ...] = ()  # at least one is a main colour; unique and in the order of COLORS
    unwanted_colors: tuple[str, ...] = ()  # none is a main colour
    words: tuple[str, ...] = ()  # as words_in returns them; each begins a word of the title or the file's name
    since: datetime | None = None  # uploaded (a deleted photo: deleted) at this moment or later
    before: datetime | None = None  # uploaded (deleted) earlier
    untyped: bool = False  # shows no type: none has SHOWN_FROM or more
    # Of photos with the same bytes only the oldest that meets the conditions is found; changes no condition.
    hide_duplicates: bool = False
    like: Look | None = None  # with sort="likeness": only photos that can be compared with it, the most alike first
    other_than: str | None = None  # the id of a photo that is left out: the one that the others are to be like

    @property
    def exclude_from(self) -> float:
        """The probability from which an unwanted type excludes a photo.

        A search for certain types only (0.9) still excludes what a photo shows (0.5); one that includes less certain
        types (0.2) excludes those as well.
        """
        return min(self.min_probability, SHOWN_FROM)

    @property
    def needs_catalog(self) -> bool:
        """Whether the type graph can't answer it: the graph knows only types."""
        colors = self.colors or self.unwanted_colors
        beyond_types = colors or self.words or self.since or self.before or self.untyped
        return bool(beyond_types) or not self.types or self.sort != "relevance"


@dataclass(frozen=True)
class Copies:
    """The photos with the same bytes that meet a search's conditions."""

    oldest: str  # photo id: the first uploaded, ties by id
    photos: int  # how many there are


@dataclass(frozen=True)
class Place:
    """A photo's position in the results of a search: the higher rank first, then the lower id.

    The rank is the score; with sort=likeness, the likeness; where a search is sorted by date, that date in milliseconds
    since 1970. The order of sort=oldest is exactly that of sort=newest reversed, so that the same indexes serve both.
    """

    id: str
    rank: float


def matched(search: Search, types: Mapping[str, float]) -> dict[str, float]:
    """The wanted types that a photo with these types shows, with their probabilities."""
    return {name: types[name] for name in search.types if types.get(name, -1) >= search.min_probability}


def shows(search: Search, types: Mapping[str, float]) -> bool:
    """Whether a photo with these types shows the wanted types and none of the unwanted ones."""
    needed = len(search.types) if search.match == "all" else min(1, len(search.types))
    return len(matched(search, types)) >= needed and all(
        types.get(name, -1) < search.exclude_from for name in search.unwanted
    )


def is_found(search: Search, photo: Photo) -> bool:
    """Whether a photo meets all conditions. Of deleted photos only those are found whose last version is known."""
    has, moment = words_of(photo), _searched_date(photo)
    return (
        photo.status == search.status
        and (photo.status != "deleted" or restorable_until(photo) is not None)
        and shows(search, photo.types)
        and not (search.untyped and max(photo.types.values(), default=0) >= SHOWN_FROM)
        and (not search.colors or any(name in photo.colors for name in search.colors))
        and not any(name in photo.colors for name in search.unwanted_colors)
        and (search.since is None or moment >= search.since)
        and (search.before is None or moment < search.before)
        and all(any(word.startswith(beginning) for word in has) for beginning in search.words)
        and (search.like is None or _comparable(search.like, photo))
        and photo.id != search.other_than
    )


def _comparable(look: Look, photo: Photo) -> bool:
    return photo.model == look.model and len(photo.look) == len(look.vector) > 0


def words_of(photo: Photo) -> list[str]:
    """The words that a search finds a photo by: those of its title and of its file's name, without duplicates."""
    return sorted({*words_in(photo.title or ""), *words_in(photo.key.rpartition("/")[2])})


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text: letters and digits in lower case, without accents."""
    plain = "".join(one for one in normalize("NFKD", text) if not combining(one)).casefold()
    return tuple(re.findall(r"[^\W_]+", plain))


def score(search: Search, types: Mapping[str, float]) -> float:
    """The product (all) or the maximum (any) of the matched probabilities; 1 if no type is wanted.

    They are multiplied one by one in the order of the wanted types, as in both stores: the same multiplications of the
    same 64-bit numbers in the same order give the same result to the last bit, so that scores can be compared for
    equality.
    """
    found = matched(search, types)
    if search.match == "any":
        return max(found.values(), default=1.0)
    product = 1.0
    for probability in found.values():
        product *= probability
    return product


def place(search: Search, photo: Photo) -> Place:
    """The position of a photo that the search finds."""
    if search.like:
        return Place(photo.id, likeness(search.like.vector, photo.look))
    if search.sort == "relevance":
        return Place(photo.id, score(search, photo.types))
    return Place(photo.id, milliseconds(dated_at(photo) if search.sort == "taken" else _searched_date(photo)))


def _searched_date(photo: Photo) -> datetime:
    """The date that searches compare and sort by."""
    return photo.deleted_at or photo.uploaded_at


def milliseconds(moment: datetime) -> float:
    """Whole milliseconds since 1970, the precision of MongoDB's dates."""
    return float(round(moment.timestamp() * 1000))


CompareWay = Literal["all", "vector_index", "candidates", "nothing"]


@dataclass(frozen=True)
class Compared:
    """Which photos were compared to find the most alike: all that meet the conditions; those that a vector index, or
    other indexes, gave as candidates; or nothing, since what they should be like has no look."""

    by: CompareWay
    photos: int


@dataclass(frozen=True)
class TypeCount:
    """How many photos show a type, and their mean probability; None if there are none."""

    photos: int
    mean_probability: float | None


@dataclass(frozen=True)
class Total:
    """How many photos a search finds: exact, or a lower bound."""

    photos: int
    exact: bool


@dataclass(frozen=True)
class Facet:
    """How many photos a search would find with each type, or each colour, added to its own: exact, or a lower bound."""

    photos: Mapping[str, int]
    exact: bool


FacetName = Literal["type", "color"]
FACETS: Mapping[FacetName, tuple[str, ...]] = {"type": TYPES, "color": COLORS}


def widens(search: Search, facet: FacetName) -> bool:
    """Whether a type or colour added to the search finds more photos, not fewer: those with any of several."""
    return bool(search.colors) if facet == "color" else bool(search.types) and search.match == "any"


def without_own(search: Search, facet: FacetName) -> Search:
    """The search without its types, or without its colours."""
    return replace(search, types=()) if facet == "type" else replace(search, colors=())


def without_words(search: Search) -> Search | None:
    """The search to fall back to if no photo has its words; None if it has no words, or no other condition."""
    rest = replace(search, words=())
    others = (rest.types, rest.unwanted, rest.colors, rest.unwanted_colors, rest.since, rest.before, rest.untyped)
    return rest if search.words and any(others) else None


NO_PHOTOS = dict.fromkeys(TYPES, TypeCount(0, None))


def type_count(photos: int, total: float) -> TypeCount:
    """The count and the mean from the sum of the probabilities.

    The last bits of the sum depend on the order in which a store adds. Probabilities have four decimals, and so does
    their exact sum: rounded to four decimals, both stores' sums are equal, and so are the means.
    """
    return TypeCount(photos, round(round(total, 4) / photos, 4) if photos else None)
