"""Pictures that lack their end are decoded as far as they go."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from classify.image import MIN_DECODED, decode
from photo_library.errors import PhotoRejected

WIDTH, HEIGHT = 640, 480


def photograph() -> Image.Image:
    """Coloured squares without two rows alike."""
    rng = np.random.default_rng(0)
    squares = rng.integers(20, 236, (30, 40, 3)).astype(np.uint8)
    noise = rng.integers(0, 4, (HEIGHT, WIDTH, 3), np.uint8)
    return Image.fromarray(np.kron(squares, np.ones((16, 16, 1), np.uint8)) + noise)


def saved(format_: str, mode: str = "RGB", **options: Any) -> bytes:
    image = photograph()
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image)[..., 0].astype(np.uint16) * 200)
    elif mode != "RGB":
        image = image.convert(mode)
    with io.BytesIO() as file:
        image.save(file, format_, **options)
        return file.getvalue()


FILES = {
    "JPEG": saved("JPEG"),
    "progressive JPEG": saved("JPEG", progressive=True),
    "grey JPEG": saved("JPEG", "L"),
    "CMYK JPEG": saved("JPEG", "CMYK"),
    "PNG": saved("PNG"),
    "palette PNG": saved("PNG", "P"),
    "transparent PNG": saved("PNG", "RGBA"),
    "16-bit PNG": saved("PNG", "I;16"),
    "GIF": saved("GIF", "P", interlace=0),
    "interlaced GIF": saved("GIF", "P", interlace=1),
    "BMP": saved("BMP"),
}
every_file = pytest.mark.parametrize("data", FILES.values(), ids=FILES)


def rejection(data: bytes) -> str:
    with pytest.raises(PhotoRejected) as rejected:
        decode(data)
    return rejected.value.reason


def difference(one: Image.Image, other: Image.Image) -> float:
    """Of the mean colours of the squares."""
    small = [np.asarray(image.resize((40, 30), Image.Resampling.BOX), np.int16) for image in (one, other)]
    return float(np.abs(small[0] - small[1]).mean())


@every_file
def test_a_file_that_lacks_its_last_bytes_is_shown(data: bytes) -> None:
    picture = decode(data[:-33])
    assert picture.truncated
    assert (picture.width, picture.height) == (WIDTH, HEIGHT)
    assert picture.image.height > 0.95 * HEIGHT
    shown = picture.whole
    assert shown is not None
    assert shown.size == (WIDTH, HEIGHT)
    assert difference(shown, decode(data).image) < 6


@every_file
def test_a_whole_file_is_not_called_truncated(data: bytes) -> None:
    picture = decode(data)
    assert (picture.truncated, picture.whole, picture.image.size) == (False, None, (WIDTH, HEIGHT))


@every_file
def test_of_a_file_with_three_fifths_of_its_bytes_that_part_is_used(data: bytes) -> None:
    picture, original = decode(data[: len(data) * 3 // 5]), decode(data).image
    rows = picture.image.height
    assert 0.5 * HEIGHT < rows <= HEIGHT
    assert picture.whole is not None
    from_bottom = data[:2] == b"BM"
    there = (0, HEIGHT - rows, WIDTH, HEIGHT) if from_bottom else (0, 0, WIDTH, rows)
    small = [image.resize((40, 20), Image.Resampling.BOX) for image in (picture.image, original.crop(there))]
    assert np.abs(np.asarray(small[0], np.int16) - np.asarray(small[1], np.int16)).mean() < 25
    # What is missing is grey in the thumbnail, and no part of what is classified.
    with Image.open(io.BytesIO(picture.thumbnail())) as thumbnail:
        assert thumbnail.size == (480, 360)
        if rows < 0.9 * HEIGHT:
            edge = thumbnail.convert("RGB").crop((0, 0, 480, 10) if from_bottom else (0, 350, 480, 360))
            assert np.allclose(np.asarray(edge), 128, atol=4)


@every_file
def test_a_file_of_which_little_is_left_is_damaged(data: bytes) -> None:
    assert rejection(data[: len(data) // 5]) == "damaged"
    assert rejection(data[: len(data) // 50]) == "damaged"


def test_the_least_that_is_enough_is_a_third_of_the_rows() -> None:
    rows = {}
    for share in range(20, 60, 2):
        try:
            rows[share] = decode(FILES["PNG"][: len(FILES["PNG"]) * share // 100]).image.height
        except PhotoRejected:
            continue
    assert min(rows.values()) / HEIGHT == pytest.approx(MIN_DECODED, abs=0.05)


@pytest.mark.parametrize("size", [(4000, 3000), (3000, 4000)])
def test_a_large_jpeg_is_reduced_though_it_is_incomplete_and_set_upright(size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    with io.BytesIO() as file:
        photograph().resize(size).save(file, "JPEG", exif=exif)
        data = file.getvalue()
    picture = decode(data[: len(data) // 2])
    assert (picture.width, picture.height) == size[::-1]
    assert picture.whole is not None
    width, height = picture.whole.size
    assert width / height == pytest.approx(size[1] / size[0], abs=0.01)
    assert max(width, height) < 1000
    assert np.allclose(np.asarray(picture.whole)[:, :20], 128, atol=2)  # the bottom of what is stored is on the left
    assert picture.image.width < width


def test_rows_of_one_colour_at_the_end_of_a_complete_part_do_not_count_as_missing() -> None:
    """A garment on white: the end of it is white, and there."""
    image = photograph()
    image.paste("white", (0, 200, WIDTH, HEIGHT))
    with io.BytesIO() as file:
        image.save(file, "JPEG")
        picture = decode(file.getvalue()[:-20])
    assert picture.image.height > 0.9 * HEIGHT


@pytest.mark.parametrize("format_", ["WEBP", "AVIF", "HEIF"])
def test_formats_whose_decoders_give_no_rows_stay_damaged(format_: str) -> None:
    data = saved(format_)
    assert rejection(data[:-200]) == "damaged"


def test_an_incomplete_picture_leaves_no_trace_in_how_others_are_read() -> None:
    decode(FILES["PNG"][:-33])
    with pytest.raises(OSError, match="truncated"), Image.open(io.BytesIO(FILES["PNG"][:-33])) as image:
        image.load()
