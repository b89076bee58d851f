"""Query parameters: their descriptions, defaults, parsing and validation.

PARAMETERS describes the allowed values as JSON Schemas: requests are validated by them, and openapi.json shows them.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, Literal, cast

from photo_library.errors import PhotoLibraryError, UnknownColor, UnknownType
from photo_library.photo import COLORS, TYPES, parse_color, parse_type
from photo_library.search import SHOWN_FROM, Match, Place, Search, Sort, words_in

Query = Mapping[str, Sequence[str]]
MAX_WORDS = 10
PARAMETERS: Mapping[str, dict[str, Any]] = {
    "type": {
        "description": "What the photo shows: one type or several, repeated or separated by commas; case doesn't "
        "matter. `T-shirt/top` and `Ankle boot` are accepted.",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(TYPES)}},
    },
    "match": {
        "description": "`all`: photos that show all of the types; `any`: at least one of them.",
        "schema": {"type": "string", "enum": ["all", "any"], "default": "all"},
    },
    "not": {
        "description": "Types, like `type`: leaves out photos that show one of them with at least 0.5 (or with "
        "`min_probability` if that is lower).",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(TYPES)}},
    },
    "min_probability": {
        "description": "A photo shows a type if it has at least this probability. Each type has a probability of its "
        "own: a photo may show several types, or none. Probabilities below 0.1 are not stored.",
        "schema": {"type": "number", "minimum": 0, "maximum": 1, "default": SHOWN_FROM},
    },
    "color": {
        "description": "One colour or several, like `type`: finds photos with at least one of them among the garment's "
        "main colours. `gray` is accepted.",
        "schema": {"type": "array", "items": {"type": "string", "enum": list(COLORS)}},
    },
    "q": {
        "description": "1 to 10 words. Each must be the beginning of a word in the title or the file's name; case and "
        "accents don't matter.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 1000},
    },
    "from": {
        "description": "Uploaded at or after this date (UTC) or date and time.",
        "schema": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    },
    "to": {
        "description": "Uploaded until this date (UTC, included) or date and time.",
        "schema": {"type": "string", "anyOf": [{"format": "date"}, {"format": "date-time"}]},
    },
    "untyped": {
        "description": "`true`: photos that show none of the types: no type has 0.5 or more.",
        "schema": {"type": "string", "enum": ["false", "true"], "default": "false"},
    },
    "sort": {
        "description": "`relevance`: by score, which is the product (`all`) or the maximum (`any`) of the matched "
        "probabilities. `newest`: by upload, also the order of searches without a type. Ties by id.",
        "schema": {"type": "string", "enum": ["relevance", "newest"]},
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
        "description": "`true`: adds how many photos the search would find with each other type, and with each "
        "other colour.",
        "schema": {"type": "string", "enum": ["false", "true"], "default": "false"},
    },
}
LAST_MILLISECOND = 253402300799999  # of the year 9999, the last one that both Python and MongoDB support
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


def read_search(query: Query) -> Search:
    """The search that a query asks for, with defaults. Raises InvalidParameter."""
    types, unwanted = read_types(query, "type"), read_types(query, "not")
    match = cast(Match, read_choice(query, "match"))
    colors = _read_names(query, "color", parse_color)
    words, untyped = read_words(query), read_choice(query, "untyped") == "true"
    since, before = read_moment(query, "from"), read_moment(query, "to", end=True)
    filters = types or unwanted or colors or words or untyped or since or before
    if not filters and query.get("sort") != ["newest"]:
        detail = "Give at least one of type, not, color, q, from, to, untyped=true or sort=newest."
        raise InvalidParameter("type", detail, list(TYPES))
    if both := [name for name in types if name in unwanted]:
        raise InvalidParameter("not", f"{both[0]} is in both type and not.", _others(types))
    if since and before and since >= before:
        raise InvalidParameter("to", "from is later than to.", f"{_single(query, 'from')} or later")
    sort = cast(Sort, read_choice(query, "sort"))
    return Search(
        types=types,
        unwanted=unwanted,
        match=match,
        min_probability=read_min_probability(query),
        # Without a type all photos are equally relevant, so the newest come first.
        sort=sort if types else "newest",
        colors=colors,
        words=words,
        since=since,
        before=before,
        untyped=untyped,
    )


def read_types(query: Query, name: str) -> tuple[str, ...]:
    """The types that a parameter names, repeated or with commas: canonical spellings in the order of TYPES."""
    return _read_names(query, name, parse_type)


def _read_names(query: Query, name: str, parse: Callable[[str], str]) -> tuple[str, ...]:
    known, named = PARAMETERS[name]["schema"]["items"]["enum"], set()
    for text in ",".join(query.get(name, ())).split(",") if name in query else ():
        try:
            named.add(parse(text))
        except (UnknownColor, UnknownType) as error:
            raise InvalidParameter(name, f"{error}{_did_you_mean(text, known)}", known) from error
    return tuple(one for one in known if one in named)


def read_words(query: Query) -> tuple[str, ...]:
    """The words of q, without duplicates, sorted: their order doesn't matter."""
    text = _single(query, "q")
    longest = PARAMETERS["q"]["schema"]["maxLength"]
    words = words_in(text or "")
    if text is not None and not (1 <= len(words) <= MAX_WORDS and len(text) <= longest):
        detail = f"q must contain 1 to {MAX_WORDS} words and at most {longest} characters."
        raise InvalidParameter("q", detail, "letters and digits")
    return tuple(sorted(set(words)))


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
        highest = LAST_MILLISECOND if search.sort == "newest" else 1
        valid = isinstance(rank, float) and 0 <= rank <= highest and bool(_ID.fullmatch(id_))
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
    return [name for name in TYPES if name not in types]


def _single(query: Query, name: str) -> str | None:
    values = query.get(name)
    if values and len(values) > 1:
        raise InvalidParameter(name, f"{name} may be given only once.", {"values": 1})
    return values[0] if values else None
