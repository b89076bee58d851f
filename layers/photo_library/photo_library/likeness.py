"""What a photo looks like, as a vector that can be compared: in a document, and as text in an address.

A Look has one small number for each dimension, so that a photo takes few bytes, and comparing it with some ten thousand
others takes a moment. Looks can only be compared if the same version of the model made them.
"""

import base64
import math
import re
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import cast

from photo_library.errors import InvalidLook
from photo_library.photo import COLORS, TYPES

# How long the three parts of a vector are, at right angles to each other. Chosen on pictures of a shop: where the part
# for colours is shorter, fewer of the most alike share the colour; where it is longer, the type.
EMBEDDING_LENGTH, COLORS_LENGTH, TYPES_LENGTH = 0.7, 0.6, math.sqrt(0.15)
SCALE = 200  # of the whole vector's length; numbers that are too large for a byte are cut, which are rare
LONGEST_TEXT = 2000  # characters: an address may have 8,000 in all
NUMBERS = 128 + len(COLORS) + len(TYPES) + 1  # in a vector, of an embedding as large as the bundled model's
_KINDS = len(TYPES) + 1  # the last is "none"
_KIND_WEIGHT = TYPES_LENGTH + EMBEDDING_LENGTH**2 / TYPES_LENGTH
_LETTER = "v"  # of this form of text; never the first letter of a photo's id
_LETTERS = re.compile("[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Look:
    """The version of the model, and the vector: for each dimension a number from -127 to 127, as a signed byte."""

    model: str
    vector: bytes


def joined(embedding: Sequence[float], color_shares: Sequence[float], probabilities: Mapping[str, float]) -> bytes:
    """The vector of a look; empty if there is no embedding.

    embedding: the model's, of unit length; color_shares: how much of the garment has each of COLORS, 1 in all;
    probabilities: of TYPES, 0 if missing. The roots of shares have unit length as well, and their product tells how
    much two photos share (https://en.wikipedia.org/wiki/Bhattacharyya_distance). What types leave of 1 is "none".
    """
    if not embedding:
        return b""
    total = max(1.0, sum(probabilities.values()))
    type_shares = [probabilities.get(name, 0.0) / total for name in TYPES]
    type_shares.append(max(0.0, 1 - sum(type_shares)))
    numbers = [
        *(EMBEDDING_LENGTH * one for one in embedding),
        *(COLORS_LENGTH * math.sqrt(share) for share in color_shares),
        *(TYPES_LENGTH * math.sqrt(share) for share in type_shares),
    ]
    return bytes(max(-127, min(127, round(one * SCALE))) % 256 for one in numbers)


def cells(vector: bytes) -> list[int]:
    """All cells, the nearest to a vector first. A cell has the photos of mainly one type, or none, and one colour.

    They don't depend on the library or on training, and an index can hold the nearest one of each photo: what is most
    alike is nearly always in a few of the cells that are near.
    """
    colors = vector[-_KINDS - len(COLORS) : -_KINDS]
    kinds = vector[-_KINDS:]
    # The likeness of a photo that has this colour and this type alone, if embeddings are as alike as their types.
    nearness = [_KIND_WEIGHT * kind + COLORS_LENGTH * color for kind in kinds for color in colors]
    return sorted(range(len(nearness)), key=lambda cell: -nearness[cell])


def likeness(one: bytes, other: bytes) -> float:
    """How much two vectors are alike: 1 if they are the same, but for rounding; 0 if nothing is alike; rarely less."""
    return products_with(one)(other) / SCALE**2


def products_with(vector: bytes) -> Callable[[bytes], int]:
    """A function that multiplies other vectors with this one, a few microseconds each."""
    numbers = [_signed(byte) for byte in vector]
    # Bytes are from 0 to 255: each other number is made larger by 128, which adds the same to every product.
    added = 128 * sum(numbers)
    return lambda other: _sum_of_products(numbers, other.translate(_PLUS_128)) - added


_PLUS_128 = bytes((byte + 128) % 256 for byte in range(256))


def _signed(byte: int) -> int:
    return byte - 256 if byte > 127 else byte


def _sum_of_products(numbers: Sequence[int], others: Sequence[int]) -> int:
    if sys.version_info >= (3, 12):
        return cast(int, math.sumprod(numbers, others))
    return sum(map(mul, numbers, others))


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
