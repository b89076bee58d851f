"""Uploads: what a client says about a file before it sends the file to the bucket, and the file's key there."""

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from photo_library.events import UPLOADS
from photo_library.formats import CONTENT_TYPES, content_type_of
from photo_library.photo import REASONS
from search.bodies import MAX_TITLE_LENGTH, check_text, check_title, read_object
from search.parameters import InvalidParameter

MAX_NAME_LENGTH = 255
# The body of POST /uploads. The largest size is a setting, which the answer contains.
UPLOAD: Mapping[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "description": "the file's name; searches find its words",
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NAME_LENGTH,
        },
        "content_type": {
            "description": "the file's format; if left out, the name's extension decides",
            "type": ["string", "null"],
            "enum": [*CONTENT_TYPES, None],
        },
        "size": {"description": "bytes", "type": ["integer", "null"], "minimum": 1},
        "title": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_TITLE_LENGTH},
    },
}
# S3's keys have 1,024 bytes; a character takes up to four.
_MAX_LENGTH_IN_KEY = 150
# Control characters, folder separators, what S3's forms replace in a key, and names that are steps between folders.
_NOT_IN_KEY = re.compile(r"[\x00-\x1f\x7f/\\$]|^\.{1,2}$")


@dataclass(frozen=True)
class Upload:
    """A file that a client wants to upload."""

    name: str
    content_type: str
    title: str | None


def read_upload(body: str | None, max_bytes: int) -> Upload:
    """The body of `POST /uploads`. Raises InvalidParameter."""
    given = read_object(body, UPLOAD)
    name = check_text("name", given.get("name"), MAX_NAME_LENGTH)
    title = given.get("title")
    title = None if title is None else check_title(title)
    _check_size(given.get("size"), max_bytes)
    return Upload(name, _content_type(given.get("content_type"), name), title)


def new_key(name: str) -> str:
    """An unguessable key that no photo has yet; it ends with the file's name, whose words searches find."""
    return f"{UPLOADS}{secrets.token_hex(8)}/{_NOT_IN_KEY.sub('_', name)[-_MAX_LENGTH_IN_KEY:]}"


def too_large(size: int, max_bytes: int) -> str:
    """Why a file of this size is refused, in words; the size is rounded up, so that it differs from the limit."""
    return f"This file is {math.ceil(size / 2**20 * 10) / 10:g} MiB; the limit is {max_bytes / 2**20:.4g} MiB."


def _check_size(size: Any, max_bytes: int) -> None:
    allowed = {"minimum": 1, "maximum": max_bytes}
    if size is None:
        return
    if type(size) is not int:
        raise InvalidParameter("size", "size must be an integer (bytes).", allowed)
    if size < 1:
        raise InvalidParameter("size", REASONS["empty"], allowed)
    if size > max_bytes:
        raise InvalidParameter("size", too_large(size, max_bytes), allowed)


def _content_type(given: Any, name: str) -> str:
    """What the client says, otherwise what the file's extension says: browsers don't know all of the formats."""
    kind = given or content_type_of(name)
    if not isinstance(kind, str) or kind not in CONTENT_TYPES:
        raise InvalidParameter("content_type", REASONS["unsupported_format"], list(CONTENT_TYPES))
    return kind
