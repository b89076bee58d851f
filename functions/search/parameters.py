"""Query parameters: each is read, checked and given its default here."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from photo_library.errors import PhotoLibraryError, UnknownType
from photo_library.photos import TYPES, ScoredPhoto, parse_type

Query = Mapping[str, Sequence[str]]
_WHOLE = re.compile("[0-9]{1,3}")
_ID = re.compile("[0-9a-f]{24}")
_NUMBER = re.compile(r"[0-9]{1,3}(\.[0-9]{0,20})?|\.[0-9]{1,20}")


class InvalidParameter(PhotoLibraryError):
    """A parameter is missing, unknown or out of range. Says which, and what would be right."""

    def __init__(self, parameter: str, detail: str, allowed: Any) -> None:
        super().__init__(detail)
        self.parameter = parameter
        self.allowed = allowed


def check_names(query: Query, known: Sequence[str]) -> None:
    """Raises InvalidParameter for a name that the route does not know."""
    for name in query:
        if name not in known:
            raise InvalidParameter(name, f"There is no parameter {name!r} here.", list(known))


def read_type(query: Query) -> str:
    """The canonical spelling of the one type asked for."""
    try:
        return parse_type(_only(query, "type") or "")
    except UnknownType as error:
        missing = "A type is needed." if "type" not in query else str(error)
        raise InvalidParameter("type", missing, list(TYPES)) from error


def read_min_probability(query: Query) -> float:
    """From 0 to 1; 0.5 when not given."""
    text = _only(query, "min_probability")
    number = 0.5 if text is None else float(text) if _NUMBER.fullmatch(text) else -1.0
    if not 0 <= number <= 1:
        raise InvalidParameter(
            "min_probability",
            f"min_probability must be a number from 0 to 1, not {text!r}.",
            {"minimum": 0, "maximum": 1},
        )
    return number


def read_limit(query: Query) -> int:
    """From 1 to 100; 20 when not given."""
    text = _only(query, "limit")
    number = 20 if text is None else int(text) if _WHOLE.fullmatch(text) else 0
    if not 1 <= number <= 100:
        raise InvalidParameter(
            "limit",
            f"limit must be a whole number from 1 to 100, not {text!r}.",
            {"minimum": 1, "maximum": 100},
        )
    return number


def read_cursor(query: Query, asked: Mapping[str, Any]) -> ScoredPhoto | None:
    """The place that the page comes after; None for the first page. `asked` is what the cursor must belong to."""
    text = _only(query, "cursor")
    if text is None:
        return None
    try:
        score, id_, digest = json.loads(base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True))
        valid = isinstance(score, float) and 0 <= score <= 1 and bool(_ID.fullmatch(id_))
    except (TypeError, ValueError, RecursionError):
        valid = False
    if not valid:
        raise InvalidParameter("cursor", "The cursor is not one of ours.", _CURSORS)
    if digest != _digest(asked):
        raise InvalidParameter("cursor", "The cursor belongs to another search.", _CURSORS)
    return ScoredPhoto(id_, score)


def write_cursor(end: ScoredPhoto, asked: Mapping[str, Any]) -> str:
    """The cursor for the page after this place, of the search that `asked` describes."""
    text = json.dumps([float(end.score), end.id, _digest(asked)], separators=(",", ":"))
    # Padded with spaces to whole groups, so that there is no "=" to be escaped in a URL.
    return base64.urlsafe_b64encode(text.ljust(-(-len(text) // 3) * 3).encode()).decode()


_CURSORS = "the value of next in an answer to the same search; leave it out for the first page"


def _digest(asked: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:8]


def _only(query: Query, name: str) -> str | None:
    values = query.get(name)
    if values and len(values) > 1:
        raise InvalidParameter(name, f"{name} can be given once, not {len(values)} times.", {"values": 1})
    return values[0] if values else None
