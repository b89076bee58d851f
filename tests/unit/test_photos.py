import re

import pytest

from photo_library.errors import UnknownColor, UnknownType
from photo_library.photo import COLORS, TYPES, parse_color, parse_type, photo_id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Shirt", "Shirt"),
        ("  sHiRt ", "Shirt"),
        ("T-shirt/top", "T-shirt"),
        ("t-shirt", "T-shirt"),
        ("Ankle boot", "Ankle-boot"),
        ("ANKLE-BOOT", "Ankle-boot"),
    ],
)
def test_a_type_is_known_in_any_case_and_by_its_aliases(text: str, expected: str) -> None:
    assert parse_type(text) == expected


@pytest.mark.parametrize("text", ["", "Hat", "Shirts", "3"])
def test_an_unknown_type_is_refused_with_the_ten_that_are_known(text: str) -> None:
    with pytest.raises(UnknownType) as error:
        parse_type(text)
    assert all(name in str(error.value) for name in TYPES)


def test_a_color_is_known_in_any_case_and_grey_in_both_spellings() -> None:
    assert [parse_color(text) for text in (" Pink", "gray", "GREY", *COLORS)] == ["pink", "grey", "grey", *COLORS]


@pytest.mark.parametrize("text", ["", "navy", "red ish"])
def test_an_unknown_color_is_refused_with_the_eleven_that_are_known(text: str) -> None:
    with pytest.raises(UnknownColor) as error:
        parse_color(text)
    assert all(name in str(error.value) for name in COLORS)


def test_a_photo_id_is_24_hex_digits_that_depend_on_bucket_and_key_alone() -> None:
    ids = {
        photo_id("a", "uploads/b"),
        photo_id("a", "uploads/c"),
        photo_id("b", "uploads/b"),
        photo_id("a/uploads", "b"),
    }
    assert photo_id("a", "uploads/b") == photo_id("a", "uploads/b")
    assert len(ids) >= 3
    assert all(re.fullmatch(r"[0-9a-f]{24}", one) for one in ids)
