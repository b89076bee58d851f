"""Request bodies: JSON objects, described by the schemas that openapi.json shows."""

import json
import re
from collections.abc import Mapping
from typing import Any

from photo_library.errors import UnknownType
from photo_library.photo import TYPES, parse_type
from search.parameters import InvalidParameter, check_names

MAX_TITLE_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# The body of PUT /photos/{id}/types.
CORRECTION: Mapping[str, Any] = {
    "type": "object",
    "required": ["types"],
    "additionalProperties": False,
    "properties": {
        "types": {
            "description": "the types that the photo really shows; empty for none of the ten",
            "type": "array",
            "items": {"type": "string", "enum": list(TYPES)},
        }
    },
}
# The body of PUT /photos/{id}/title.
TITLE: Mapping[str, Any] = {
    "type": "object",
    "required": ["title"],
    "additionalProperties": False,
    "properties": {"title": {"type": "string", "minLength": 1, "maxLength": MAX_TITLE_LENGTH}},
}


def read_object(body: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with no keys but those of the schema; null counts as left out. Raises InvalidParameter."""
    try:
        given = json.loads(body or "")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise InvalidParameter("body", "The body must be a JSON object.", list(schema["properties"]))
    check_names(given, list(schema["properties"]), kind="field")
    return given


def read_correction(body: str | None) -> tuple[str, ...]:
    """The types that a user says a photo shows, in the order of TYPES; empty for none. Raises InvalidParameter."""
    given = read_object(body, CORRECTION).get("types")
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise InvalidParameter("types", "types must be a list of types; empty for none of them.", list(TYPES))
    try:
        types = {parse_type(name) for name in given}
    except UnknownType as error:
        raise InvalidParameter("types", str(error), list(TYPES)) from error
    return tuple(name for name in TYPES if name in types)


def read_title(body: str | None) -> str:
    """The title that a user gives a photo. Raises InvalidParameter."""
    return check_title(read_object(body, TITLE).get("title"))


def check_title(title: Any) -> str:
    """The title in one line, since with an upload it travels as a header. Raises InvalidParameter."""
    in_one_line = _CONTROL.sub(" ", title).strip() if isinstance(title, str) else title
    return check_text("title", in_one_line, MAX_TITLE_LENGTH)


def check_text(name: str, value: Any, longest: int) -> str:
    """A text of 1 to `longest` characters that aren't all spaces. Raises InvalidParameter."""
    if isinstance(value, str) and value.strip() and len(value) <= longest and _can_be_encoded(value):
        return value
    allowed = {"minLength": 1, "maxLength": longest}
    raise InvalidParameter(name, f"{name} must be 1 to {longest} characters.", allowed)


def _can_be_encoded(text: str) -> bool:
    """JSON can hold half a surrogate pair, which can't be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
