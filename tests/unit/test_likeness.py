import base64
import re
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_library.errors import InvalidLook
from photo_library.likeness import LONGEST_TEXT, Look, from_text, to_text

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
