"""What a photo looks like, as a vector that can be compared: in a document, and as text in an address.

A Look has one small number for each dimension, so that a photo takes few bytes, and comparing it with some ten thousand
others takes a moment. Looks can only be compared if the same version of the model made them.
"""

import base64
import re
import zlib
from dataclasses import dataclass

from photo_library.errors import InvalidLook

LONGEST_TEXT = 2000  # characters: an address may have 8,000 in all
_LETTER = "v"  # of this form of text; never the first letter of a photo's id
_LETTERS = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Look:
    """The version of the model, and the vector: for each dimension a number from -127 to 127, as a signed byte."""

    model: str
    vector: bytes


def to_text(look: Look) -> str:
    """The look as letters, digits, "-" and "_", which need no escaping in an address."""
    model = look.model.encode()
    content = bytes([len(model)]) + model + look.vector
    check = zlib.crc32(content).to_bytes(4)
    return _LETTER + base64.urlsafe_b64encode(check + content).decode().rstrip("=")


def from_text(text: str) -> Look:
    """The look that to_text wrote. Raises InvalidLook, which says what is wrong."""
    if not text.startswith(_LETTER):
        raise InvalidLook(f'it begins with "{_LETTER}"')
    if len(text) > LONGEST_TEXT:
        raise InvalidLook(f"it has at most {LONGEST_TEXT} characters, not {len(text)}")
    if not _LETTERS.fullmatch(text):
        raise InvalidLook('it has only letters, digits, "-" and "_"')
    try:
        decoded = base64.urlsafe_b64decode(text[1:] + "=" * (-len(text[1:]) % 4))
    except ValueError:
        decoded = b""
    check, content = decoded[:4], decoded[4:]
    if zlib.crc32(content).to_bytes(4) != check or to_text(look := _parts(content)) != text:
        raise InvalidLook("it is incomplete, or was changed")
    return look


def _parts(content: bytes) -> Look:
    end = 1 + content[0] if content else 0
    try:
        return Look(content[1:end].decode(), content[end:])
    except ValueError:
        return Look("", b"")
