"""Request bodies: JSON objects, described by the schemas that openapi.json shows."""

import json
from collections.abc import Mapping
from typing import Any

from photo_library.errors import UnknownType
from photo_library.photo import TYPES, parse_type
from search.parameters import InvalidParameter, check_names

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
