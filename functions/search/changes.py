"""What a caller may change: upload a photo, delete one, and say what one really shows.

upload    a form that S3 takes ─▶ the file goes to the bucket ─▶ S3's event has it classified
delete    the object goes from the bucket ─▶ S3's event has the rest follow
correct   the catalog first, then the type graph, as for every photo; no event is needed
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, TypeGuard

from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import CatalogUnavailable, PhotoLibraryError, TypeGraphUnavailable, UnknownType
from photo_library.events import UPLOADS, sequencer_of_correction
from photo_library.photo import REASONS, TYPES, Photo, parse_type
from photo_library.sync import sync
from photo_library.type_graph.port import TypeGraph
from search.breaker import Breaker
from search.parameters import InvalidParameter, check_names

CONTENT_TYPES: Mapping[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jfif"),
    "image/png": ("png",),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "image/bmp": ("bmp",),
    "image/heic": ("heic",),
    "image/heif": ("heif", "hif"),
    "image/avif": ("avif",),
}
LONGEST_NAME, LONGEST_TITLE = 255, 200
# The bodies of requests, as JSON Schemas; the largest size is a setting, and said in the answer.
UPLOAD: Mapping[str, Any] = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "description": "the file's name: searches find its words",
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_NAME,
        },
        "content_type": {
            "description": "what the file is; where it is left out, its name says so",
            "type": ["string", "null"],
            "enum": [*CONTENT_TYPES, None],
        },
        "size": {"description": "the file's bytes", "type": ["integer", "null"], "minimum": 1},
        "title": {"type": ["string", "null"], "minLength": 1, "maxLength": LONGEST_TITLE},
    },
}
SAID: Mapping[str, Any] = {
    "type": "object",
    "required": ["types"],
    "additionalProperties": False,
    "properties": {
        "types": {
            "description": "the type that the photo really shows; none for none of the ten",
            "type": "array",
            "items": {"type": "string", "enum": list(TYPES)},
            "maxItems": 1,
        }
    },
}
# S3's keys have 1,024 bytes; a character takes up to four.
_LONGEST_IN_KEY = 150
# Control characters, what separates folders, what S3's forms replace in a key, and names that are steps to folders.
_NOT_IN_KEY = re.compile(r"[\x00-\x1f\x7f/\\$]|^\.{1,2}$")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_TRIES = 5


class PhotoNotFound(PhotoLibraryError):
    """No photo has this id."""


class NothingToCorrect(PhotoLibraryError):
    """There is no photo, or no more, whose types could be corrected; says why."""


@dataclass(frozen=True)
class Upload:
    """What a caller wants to upload."""

    name: str
    content_type: str
    title: str | None


def read_upload(body: str | None, max_bytes: int) -> Upload:
    """The body of `POST /uploads`. Raises InvalidParameter."""
    given = _read_object(body, UPLOAD)
    name, title, size = given.get("name"), given.get("title"), given.get("size")
    if not _is_text(name, LONGEST_NAME):
        raise InvalidParameter("name", "The file's name is needed.", f"from 1 to {LONGEST_NAME} characters")
    if title is not None and not _is_text(title, LONGEST_TITLE):
        raise InvalidParameter("title", "The title is no text of that length.", f"from 1 to {LONGEST_TITLE} characters")
    allowed = {"minimum": 1, "maximum": max_bytes}
    if size is not None and type(size) is not int:
        raise InvalidParameter("size", "The size is the number of the file's bytes.", allowed)
    if size is not None and not 1 <= size <= max_bytes:
        raise InvalidParameter("size", REASONS["empty" if size < 1 else "too_large"], allowed)
    # The title travels as a header, in one line.
    return Upload(name, _content_type(given.get("content_type"), name), title and _CONTROL.sub(" ", title))


def new_key(upload: Upload) -> str:
    """A key that nobody can guess and that no photo has, ending with the file's name, which searches find."""
    return f"{UPLOADS}{secrets.token_hex(8)}/{_NOT_IN_KEY.sub('_', upload.name)[-_LONGEST_IN_KEY:]}"


def read_types_said(body: str | None) -> tuple[str, ...]:
    """The body of `PUT /photos/{id}/types`: one type, or none. Raises InvalidParameter."""
    said = _read_object(body, SAID).get("types")
    if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
        raise InvalidParameter("types", "types must be a list: of one type, or empty for none of them.", list(TYPES))
    try:
        types = {parse_type(name) for name in said}
    except UnknownType as error:
        raise InvalidParameter("types", str(error), list(TYPES)) from error
    if len(types) > 1:
        raise InvalidParameter("types", "A photo shows one type with certainty, or none of the ten.", {"maxItems": 1})
    return tuple(types)


def existing_photo(catalog: PhotoCatalog, photo_id: str) -> Photo:
    """The photo with this id. Raises PhotoNotFound, CatalogUnavailable."""
    found = catalog.find([photo_id]).get(photo_id)
    if found is None or found.status == "deleted":
        raise PhotoNotFound(photo_id)
    return found


def correct(catalog: PhotoCatalog, graph: TypeGraph, breaker: Breaker, photo_id: str, types: tuple[str, ...]) -> Photo:
    """Store what a person said that a photo shows, and have the graph follow at once.

    A graph that is away is left behind; reconcile brings it up to date. Raises PhotoNotFound, NothingToCorrect,
    CatalogUnavailable.
    """
    photo = existing_photo(catalog, photo_id)
    for _ in range(_TRIES):
        if photo.status != "classified":
            raise NothingToCorrect("The photo was rejected: it has no types that could be corrected.")
        corrected = replace(
            photo,
            types=dict.fromkeys(types, 1.0),
            types_source="person",
            # Whatever classified it before, or is on its way to, is older than this.
            sequencer=sequencer_of_correction(photo.sequencer),
            updated_at=datetime.now(UTC),
            graph="pending",
        )
        if catalog.correct(corrected, photo.sequencer):
            try:
                breaker.ask(lambda: sync(catalog, graph, [corrected]))  # noqa: B023 -- asked within this turn
            except TypeGraphUnavailable:
                return corrected
            return replace(corrected, graph="synced")
        said_of, photo = photo, existing_photo(catalog, photo_id)
        if photo.etag != said_of.etag:
            raise NothingToCorrect("The photo was replaced at this moment by another one, of which nothing was said.")
    raise CatalogUnavailable(f"the photo {photo_id} changed {_TRIES} times while it was corrected")


def _read_object(body: str | None, schema: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object with no other keys than the schema has; one that is null counts as left out."""
    try:
        given = json.loads(body or "")
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise InvalidParameter("body", "The body must be a JSON object.", list(schema["properties"]))
    check_names(given, list(schema["properties"]))
    return given


def _is_text(value: Any, longest: int) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= longest and _is_whole(value)


def _is_whole(text: str) -> bool:
    """Half a surrogate pair, which JSON can hold, is no text that could be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _content_type(given: Any, name: str) -> str:
    """What the caller says, else what the file's name says: browsers know no type for some of the formats."""
    ending = name.rpartition(".")[2].lower()
    named = next((kind for kind, endings in CONTENT_TYPES.items() if ending in endings), None)
    kind = given or named
    if not isinstance(kind, str) or kind not in CONTENT_TYPES:
        raise InvalidParameter("content_type", REASONS["unsupported_format"], list(CONTENT_TYPES))
    return kind
