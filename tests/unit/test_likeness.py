import base64
import math
import re
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_library.catalog.alike import cells_to_compare
from photo_library.errors import InvalidLook
from photo_library.likeness import LONGEST_TEXT, Look, cells, from_text, joined, likeness, products_with, to_text
from photo_library.photo import COLORS, TYPES
from photo_library.search import Search

LOOK = Look("20546589c70e", bytes(range(160)))


@given(st.text(max_size=40), st.binary(min_size=1, max_size=400))
def test_a_look_survives_being_written_as_text(model: str, vector: bytes) -> None:
    look = Look(model, vector)
    assert from_text(to_text(look)) == look


def test_text_needs_no_escaping_fits_into_an_address_and_is_no_photo_id() -> None:
    text = to_text(LOOK)
    assert re.fullmatch("v[A-Za-z0-9_-]+", text)
    assert len(text) < 250


@pytest.mark.parametrize("position", range(0, 231, 10))
def test_text_that_was_changed_or_cut_is_refused(position: int) -> None:
    text = to_text(LOOK)
    other = "A" if text[position] != "A" else "B"
    for wrong in (text[:position] + other + text[position + 1 :], text[:position], text[:position] + text[position:-1]):
        with pytest.raises(InvalidLook):
            from_text(wrong)


def with_right_check(content: bytes) -> str:
    return "v" + base64.urlsafe_b64encode(zlib.crc32(content).to_bytes(4) + content).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", 'it begins with "v"'),
        ("x", 'it begins with "v"'),
        ("v ä", 'it has only letters, digits, "-" and "_"'),
        ("v+/+/", 'it has only letters, digits, "-" and "_"'),
        ("v", "it is incomplete, or was changed"),
        ("vAAAAA", "it is incomplete, or was changed"),
        ("v" + "A" * LONGEST_TEXT, "it has at most 2000 characters, not 2001"),
        (with_right_check(b""), "it is incomplete, or was changed"),
        (with_right_check(b"\x05abc"), "it is incomplete, or was changed"),
        (with_right_check(b"\x02\xff\xff\x01"), "it is incomplete, or was changed"),
        (to_text(LOOK) + "=", 'it has only letters, digits, "-" and "_"'),
    ],
)
def test_an_error_says_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InvalidLook, match=re.escape(reason)):
        from_text(text)


def unit(*numbers: float) -> list[float]:
    """A vector of unit length with many small numbers, as models have them."""
    length = math.hypot(*numbers) * 4
    return [one / length for one in numbers for _ in range(16)]


def of_color(**shares: float) -> list[float]:
    return [shares.get(name, 0.0) for name in COLORS]


def test_embedding_colors_and_types_count_and_all_together_make_one() -> None:
    shirt, bag = unit(1, 2, 0), unit(0, 0, 1)
    red, blue = of_color(red=1), of_color(blue=1)
    one = joined(shirt, red, {"Shirt": 1.0})
    others = {
        joined(shirt, blue, {"Shirt": 1.0}): 0.64,
        joined(bag, red, {"Shirt": 1.0}): 0.51,
        joined(shirt, red, {"Bag": 1.0}): 0.85,
        joined(shirt, red, {}): 0.85,
        joined(bag, blue, {"Bag": 1.0}): 0,
        joined([-number for number in shirt], blue, {"Bag": 1.0}): -0.49,
        # Half of each colour is nearer to either than they are to each other; so are types.
        joined(shirt, of_color(red=0.5, blue=0.5), {"Shirt": 1.0}): 0.64 + 0.36 * 0.5**0.5,
        joined(shirt, red, {"Shirt": 1.0, "Trouser": 1.0}): 0.85 + 0.15 * 0.5**0.5,
        joined(shirt, red, {"Shirt": 0.5}): 0.85 + 0.15 * 0.5**0.5,
        one: 1,
    }
    for other, expected in others.items():
        assert likeness(one, other) == pytest.approx(expected, abs=0.01)


def test_without_an_embedding_there_is_no_vector() -> None:
    assert joined((), of_color(red=1), {"Shirt": 1.0}) == b""


def test_a_number_too_large_for_a_byte_is_cut() -> None:
    assert joined([1.0, -1.0], of_color(black=1), {})[:3] == bytes([127, 256 - 127, 120])


def test_the_nearest_cells_have_the_type_and_colour_then_one_of_them() -> None:
    look = joined(unit(1, 2), of_color(red=0.7, pink=0.3), {"Shirt": 0.9})
    one_more_red = joined(unit(-2, 1), of_color(red=0.9, white=0.1), {"Shirt": 0.8, "Trouser": 0.3})
    pink, trousers, black = (
        joined(unit(1, 2), of_color(pink=0.9, red=0.1), {"Shirt": 1.0}),
        joined(unit(1, 2), of_color(red=0.8, blue=0.2), {"Trouser": 1.0}),
        joined(unit(1, 2), of_color(black=1), {"Shirt": 1.0}),
    )
    nearest = cells(look)
    assert sorted(nearest) == list(range((len(TYPES) + 1) * len(COLORS)))
    assert cells(one_more_red)[0] == nearest[0]
    assert nearest.index(cells(pink)[0]) == 1
    assert 1 < nearest.index(cells(trousers)[0]) < 40
    assert 1 < nearest.index(cells(black)[0]) < 40


@given(st.data(), st.integers(1, 300))
def test_products_are_those_of_signed_bytes(data: st.DataObject, length: int) -> None:
    one, other = (data.draw(st.binary(min_size=length, max_size=length)) for _ in range(2))
    signed = [[byte - 256 if byte > 127 else byte for byte in vector] for vector in (one, other)]
    assert products_with(one)(other) == sum(a * b for a, b in zip(*signed, strict=True))


def test_cells_of_what_is_asked_for_come_first() -> None:
    blue_dress = joined(unit(1, 2), of_color(blue=1), {"Dress": 1.0})
    shirts, reds, nothing = TYPES.index("Shirt"), COLORS.index("red"), len(TYPES)

    def first(**conditions: Any) -> set[tuple[int, int]]:
        fitting, others = cells_to_compare(Search(**conditions), blue_dress)
        assert sorted(fitting + others) == list(range((len(TYPES) + 1) * len(COLORS)))
        assert fitting == [cell for cell in cells(blue_dress) if cell in fitting]
        return {divmod(cell, len(COLORS)) for cell in fitting}

    every = {(kind, color) for kind in range(len(TYPES) + 1) for color in range(len(COLORS))}
    assert first() == first(words=("blue",)) == every
    assert first(types=("Shirt",), colors=("red",)) == {(shirts, reds)}
    assert first(types=("Shirt",)) == {(shirts, color) for color in range(len(COLORS))}
    assert first(unwanted=("Shirt",)) == {one for one in every if one[0] != shirts}
    assert first(unwanted_colors=("red",)) == {one for one in every if one[1] != reds}
    assert first(untyped=True) == {one for one in every if one[0] == nothing}
