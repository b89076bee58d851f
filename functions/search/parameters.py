"""Query parameters: their descriptions, defaults, parsing and validation.

PARAMETERS describes the allowed values as JSON Schemas: requests are validated by them, and openapi.json shows them
(decision 63). A cursor holds a place in a search's order, not an offset (decision 37).
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal, cast

from photo_library.errors import InvalidLook, PhotoLibraryError, UnknownColor, UnknownType
from photo_library.likeness import LONGEST_TEXT, Look, from_text
from photo_library.photo import COLORS, TYPES, parse_color, parse_type
from photo_library.search import SHOWN_FROM, Match, Place, Search, Sort, words_in
from search.phrases import meant_by, read_names, understand

Query = Mapping[str, Sequence[str]]
MAX_WORDS = 10
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "type": {
        "description": "What the photo shows: one type or several, repeated or separated by commas; case doesn't "
        "matter. Other names are understood: `tee`, `jeans`, `shoes` (any of three types).",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(TYPES)}},
    },
    "match": {
        "description": "How several types combine: `any`: photos that show at least one of them; `all`: photos that "
        "show all of them. If omitted, `all` when `q` joins types with a word like `and`.",
        "schema": {"type": "string", "enum": ["any", "all"], "default": "any"},
    },
    "not": {
        "description": "Types and colours, like `type` and `color`: leaves out photos that show one of the types with "
        "at least 0.5 (or with `min_probability` if that is lower), or that have one of the colours.",
        "schema": {"type": "array", "items": {"type": "string", "enum": [*TYPES, *COLORS]}},
    },
    "min_probability": {
        "description": "A photo shows a type if it has at least this probability. Each type has its own "
        "probability: a photo may show several types, or none. Probabilities below 0.1 are not stored.",
        "schema": {"type": "number", "minimum": 0, "maximum": 1, "default": SHOWN_FROM},
    },
    "color": {
        "description": "One colour or several, like `type`: finds photos with at least one of them among the garment's "
        "main colours. Other names are understood: `gray`, `navy`.",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(COLORS)}},
    },
    "q": {
        "description": "What a user types, in English or one of ten other languages: types, colours, exclusions "
        "(`-coat`, `not black`) and up to 10 other words. Every other word must be a prefix of a word in the title or "
        "file name; words that match no photo are ignored. Put words in quotation marks to search for them "
        "literally.",
        "schema": {"type": "string", "maxLength": 1000},
    },
    "from": {
        "description": "Uploaded on or after this date (UTC) or time.",
        "schema": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    },
    "to": {
        "description": "Uploaded on or before this date (UTC) or time.",
        "schema": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    },
    "untyped": {
        "description": "`true`: only photos in which no type reaches 0.5.",
        "schema": {"type": "string", "enum": ["false", "true"], "default": "false"},
    },
    "like": {
        "description": "A photo's id, or the `embedding` that `POST /classify` answers: finds photos that look like "
        "it, in garment and colour, the most alike first. It combines with every other filter, but not with `sort`. "
        "The photo itself is left out.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT},
    },
    "duplicates": {
        "description": "`hide`: of photos with identical bytes, return only the oldest match; `copies` counts them. "
        "Totals and facets count each content once.",
        "schema": {"type": "string", "enum": ["show", "hide"], "default": "show"},
    },
    "status": {
        "description": "`rejected`: uploads that can't be classified, each with its `reason`. Then `q` consists of "
        "plain words, and only `from`, `to`, `sort` (`newest` or `oldest`), `limit` and `cursor` may be added.",
        "schema": {"type": "string", "enum": ["classified", "rejected"], "default": "classified"},
    },
    "sort": {
        "description": "`relevance`: by score, which is the product (`all`) or the maximum (`any`) of the matched "
        "probabilities. `newest` and `oldest`: by upload. `taken`: those taken last first, by the camera's clock; a "
        "photo whose date isn't known counts as taken when it was uploaded. Ties by id. Without a type, `relevance` "
        "is `newest`.",
        "schema": {"type": "string", "enum": ["relevance", "newest", "oldest", "taken"]},
    },
    "limit": {
        "description": "Photos per page; a page may have fewer.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    "cursor": {
        "description": "The value of `next` from the previous page of the same search.",
        "schema": {"type": "string", "minLength": 1},
    },
    "facets": {
        "description": "`true`: also return, for each type and colour, how many photos the search would find if it "
        "were added.",
        "schema": {"type": "string", "enum": ["false", "true"], "default": "false"},
    },
}
# Of the years 1 and 9999, the first and last ones that both Python and MongoDB support.
FIRST_MILLISECOND, LAST_MILLISECOND = -62135596800000, 253402300799999
_RANKS = {"relevance": (0, 1), "likeness": (-2, 2)}  # the lowest and the highest; others are times
_INTEGER = re.compile("[0-9]{1,3}")
_ID = re.compile("[0-9a-f]{24}")
_NUMBER = re.compile(r"([0-9]{1,3}(\.[0-9]{0,20})?|\.[0-9]{1,20})([eE][+-]?[0-9]{1,3})?")
_UNESCAPED_OFFSET = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # in a URL, a plus that is not escaped is a space


class InvalidParameter(PhotoLibraryError):
    """A parameter or a field of the body is missing, unknown or invalid. Names it, and says what is allowed."""

    def __init__(self, parameter: str, detail: str, allowed: Any) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.allowed = allowed


def check_names(names: Iterable[str], known: Sequence[str], kind: Literal["parameter", "field"]) -> None:
    """Raises InvalidParameter for an unknown name, which suggests the nearest known one."""
    for name in names:
        if name not in known:
            raise InvalidParameter(name, f"Unknown {kind} {name!r}.{_did_you_mean(name, known)}", list(known))


@dataclass(frozen=True)
class AskedSearch:
    """The search that a query asks for, and the words of `q` that were taken for typing errors, as corrected.

    `like`: the look, or the id of the photo, that the photos are to be like; the library adds it to the search.
    """

    search: Search
    like: Look | str | None
    corrections: Mapping[str, str]


_FILTERS = ("type", "not", "color", "q", "from", "to", "like")
_WITH_REJECTED = ("status", "q", "from", "to", "sort", "limit", "cursor")


def read_search(query: Query) -> AskedSearch:
    """The search that a query asks for: its parameters, and what its phrase `q` means. Raises InvalidParameter.

    Where they contradict each other, exclusions win.
    """
    since, before = read_moment(query, "from"), read_moment(query, "to", end=True)
    if since and before and since >= before:
        raise InvalidParameter("to", "from is later than to.", f"{_single(query, 'from')} or later")
    if read_choice(query, "status") == "rejected":
        return AskedSearch(_read_rejected(query, since, before), None, {})
    types, unwanted, colors = (_read_names(query, name) for name in ("type", "not", "color"))
    phrase, untyped = understand(_read_phrase(query)), read_choice(query, "untyped") == "true"
    like, sort = _read_like(query), cast(Sort, read_choice(query, "sort"))
    if not untyped and not any(name in query for name in _FILTERS) and sort == "relevance":
        detail = (
            "Give at least one of type, not, color, q, from, to, like, untyped=true, status=rejected or a sort by date."
        )
        raise InvalidParameter("type", detail, list(TYPES))
    for name, wanted in (("type", types), ("color", colors)):
        if both := [one for one in wanted if one in unwanted]:
            raise InvalidParameter("not", f"{both[0]} is in both {name} and not.", _others(wanted))
    if like and "sort" in query:
        raise InvalidParameter("sort", "sort can't be combined with like: the most alike photos come first.", None)
    excluded = {*unwanted, *phrase.unwanted, *phrase.unwanted_colors}
    wanted_types = [name for name in TYPES if name in {*types, *phrase.types} - excluded]
    return AskedSearch(
        Search(
            types=tuple(wanted_types),
            unwanted=tuple(name for name in TYPES if name in excluded),
            match=cast(Match, read_choice(query, "match")) if "match" in query else phrase.match,
            min_probability=read_min_probability(query),
            # Without a type all photos are equally relevant, so the newest come first.
            sort="newest" if sort == "relevance" and not wanted_types else sort,
            colors=tuple(name for name in COLORS if name in {*colors, *phrase.colors} - excluded),
            unwanted_colors=tuple(name for name in COLORS if name in excluded),
            words=_check_words(phrase.words),
            since=since,
            before=before,
            untyped=untyped,
            hide_duplicates=read_choice(query, "duplicates") == "hide",
        ),
        like,
        phrase.corrections,
    )


def _read_rejected(query: Query, since: datetime | None, before: datetime | None) -> Search:
    """A search of rejected photos, which have neither types nor colours."""
    for name in query:
        if name not in _WITH_REJECTED:
            detail = f"{name} can't be combined with status=rejected."
            raise InvalidParameter(name, detail, [one for one in _WITH_REJECTED if one != "status"])
    sort = cast(Sort, read_choice(query, "sort")) if "sort" in query else "newest"
    if sort not in ("newest", "oldest"):
        detail = "With status=rejected, sort must be newest or oldest."
        raise InvalidParameter("sort", detail, ["newest", "oldest"])
    words = _check_words(words_in(_read_phrase(query)))
    return Search(status="rejected", sort=sort, words=words, since=since, before=before)


def _read_names(query: Query, name: str) -> tuple[str, ...]:
    """The types and colours that a parameter names, repeated or with commas, in the order of its schema."""
    allowed = PARAMETERS[name]["schema"]["items"]["enum"]
    named: set[str] = set()
    for text in ",".join(query.get(name, ())).split(","):
        if text.strip():
            known = [one for one in _names_of(text) if one in allowed]
            if not known:
                raise InvalidParameter(name, _unknown_name(text, name, allowed), allowed)
            named.update(known)
    return tuple(one for one in allowed if one in named)


def _names_of(text: str) -> tuple[str, ...]:
    """The types or colours of this name or alias; empty if there are none."""
    for parse in (parse_type, parse_color):
        with suppress(UnknownType, UnknownColor):
            return (parse(text),)
    return read_names(text)


def _unknown_name(text: str, parameter: str, allowed: Sequence[str]) -> str:
    kind = {"type": "a type", "color": "a colour"}.get(parameter, "a type or a colour")
    meant = next((one for one in meant_by(text) if one in allowed), None)
    suggestion = f" Did you mean {meant!r}?" if meant else _did_you_mean(text, allowed)
    return f"{text!r} is not {kind}. Choose from {', '.join(allowed)}.{suggestion}"


def _read_like(query: Query) -> Look | str | None:
    text = _single(query, "like")
    if text is None or _ID.fullmatch(text):
        return text
    try:
        return from_text(text)
    except InvalidLook as error:
        allowed = "the id of a photo: 24 hex digits; or the embedding from an answer of POST /classify"
        detail = f"like is neither a photo's id nor an embedding: {error}."
        raise InvalidParameter("like", detail, allowed) from None


def unknown_like(id_: Look | str) -> InvalidParameter:
    """The error for a photo's id that no photo has."""
    detail = f"No photo has the id {id_!r}. It may have been deleted."
    return InvalidParameter("like", detail, "the id of a photo; or the embedding from an answer of POST /classify")


def _read_phrase(query: Query) -> str:
    text = _single(query, "q") or ""
    longest = PARAMETERS["q"]["schema"]["maxLength"]
    if len(text) > longest:
        raise InvalidParameter("q", f"q must be at most {longest} characters.", {"maxLength": longest})
    return text


def _check_words(words: Iterable[str]) -> tuple[str, ...]:
    """The words without duplicates, sorted: their order doesn't matter."""
    unique = tuple(sorted(set(words)))
    if len(unique) > MAX_WORDS:
        detail = f"q must contain at most {MAX_WORDS} words besides types and colours."
        raise InvalidParameter("q", detail, f"up to {MAX_WORDS} words besides types and colours")
    return unique


def read_moment(query: Query, name: str, end: bool = False) -> datetime | None:
    """A date, or a date and time, in ISO 8601; UTC unless it has an offset. None if not given.

    With `end`, the moment just after it, in milliseconds as MongoDB stores them: a date includes its whole day.
    """
    text = _single(query, name)
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(_UNESCAPED_OFFSET.sub("+", text) if "T" in text else text)
        moment = given.astimezone(UTC) if given.tzinfo else given.replace(tzinfo=UTC)
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        if end:
            moment += timedelta(days=1) if len(text) <= len("2026-03-01") else timedelta(milliseconds=1)
    except (OverflowError, ValueError) as error:
        raise InvalidParameter(
            name, f"{name} must be a date or a date and time, not {text!r}.", "2026-03-01 or 2026-03-01T12:00:00Z"
        ) from error
    return moment


def read_choice(query: Query, name: str) -> str:
    """One of the allowed words; the first if not given."""
    choices: Sequence[str] = PARAMETERS[name]["schema"]["enum"]
    text = _single(query, name)
    if text is not None and text not in choices:
        raise InvalidParameter(name, f"{name} must be {' or '.join(choices)}, not {text!r}.", list(choices))
    return text or choices[0]


def read_min_probability(query: Query) -> float:
    """From 0 to 1; 0.5 if not given."""
    text = _single(query, "min_probability")
    number = SHOWN_FROM if text is None else float(text) if _NUMBER.fullmatch(text) else None
    return _within(query, "min_probability", number, "a number")


def read_limit(query: Query) -> int:
    """From 1 to 100; 20 if not given."""
    text = _single(query, "limit")
    default = PARAMETERS["limit"]["schema"]["default"]
    number = default if text is None else int(text) if _INTEGER.fullmatch(text) else None
    return int(_within(query, "limit", number, "an integer"))


def _within(query: Query, name: str, number: float | None, kind: str) -> float:
    low, high = (PARAMETERS[name]["schema"][bound] for bound in ("minimum", "maximum"))
    if number is None or not low <= number <= high:
        detail = f"{name} must be {kind} from {low} to {high}, not {_single(query, name)!r}."
        raise InvalidParameter(name, detail, {"minimum": low, "maximum": high})
    return number


def read_cursor(query: Query, search: Search) -> Place | None:
    """The place in this search's results after which the page begins; None for the first page."""
    text = _single(query, "cursor")
    if text is None:
        return None
    try:
        rank, id_, digest = json.loads(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
        lowest, highest = _RANKS.get(search.sort, (FIRST_MILLISECOND, LAST_MILLISECOND))
        valid = isinstance(rank, float) and lowest <= rank <= highest and bool(_ID.fullmatch(id_))
    except (TypeError, ValueError, RecursionError):
        valid = False
    if not valid:
        raise InvalidParameter("cursor", "cursor is invalid.", _CURSORS)
    place = Place(id_, rank)
    if digest != _digest(search, place):
        raise InvalidParameter("cursor", "cursor belongs to another search.", _CURSORS)
    return place


def write_cursor(end: Place, search: Search) -> str:
    """The cursor for the page after this place in the search's results."""
    end = Place(end.id, float(end.rank))
    text = json.dumps([end.rank, end.id, _digest(search, end)], separators=(",", ":"))
    # Padded with spaces to whole groups, so that there is no "=" to escape in a URL.
    return base64.urlsafe_b64encode(text.ljust(-(-len(text) // 3) * 3).encode()).decode()


_CURSORS = "the value of next from an answer to the same search; leave it out for the first page"


def _digest(search: Search, place: Place) -> str:
    asked = json.dumps([asdict(search), asdict(place)], sort_keys=True, default=str)
    return hashlib.sha256(asked.encode()).hexdigest()[:8]


def _did_you_mean(text: str, known: Sequence[str]) -> str:
    """A suggestion of the nearest known name; empty if none is near."""
    names = {name.lower(): name for name in known}
    nearest = get_close_matches(text.strip().lower(), names, 1)
    return f" Did you mean {names[nearest[0]]!r}?" if nearest else ""


def _others(types: Sequence[str]) -> list[str]:
    return [name for name in (*TYPES, *COLORS) if name not in types]


def _single(query: Query, name: str) -> str | None:
    values = query.get(name)
    if values and len(values) > 1:
        raise InvalidParameter(name, f"{name} may be given only once.", {"values": 1})
    return values[0] if values else None
