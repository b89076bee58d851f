import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from classify import image
from classify.image import FORMATS, decode, fitted
from photo_library.errors import PhotoRejected
from photo_library.photo import REASONS
from tests.support.color_spaces import converted, rgb_profile
from tests.support.examples import a_picture
from tests.support.hostile import (
    CASES,
    LARGE,
    LARGE_COPIED,
    MEMORY_LIMIT,
    TIME_LIMIT_S,
    chunk,
    many_scans,
    measure,
    noise,
)


def reason(data: bytes) -> str:
    with pytest.raises(PhotoRejected) as rejection:
        decode(data)
    assert rejection.value.reason in REASONS
    return rejection.value.reason


@pytest.mark.parametrize("format_", FORMATS)
def test_each_format_is_decoded_to_rgb(format_: str) -> None:
    picture = decode(a_picture(format_, color=(200, 30, 40)))
    assert (picture.format, picture.image.mode, picture.image.size) == (format_, "RGB", (60, 40))
    assert np.allclose(np.asarray(picture.image)[20, 30], (200, 30, 40), atol=6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_set_upright(orientation: int) -> None:
    upright = Image.new("RGB", (60, 40), "black")
    upright.paste("white", (0, 0, 30, 20))  # the upper left quarter
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    data = io.BytesIO()
    stored.save(data, "JPEG", quality=95, exif=exif)

    picture = decode(data.getvalue())

    assert picture.image.size == (picture.width, picture.height) == (60, 40)
    corners = [picture.image.getpixel(xy)[0] > 128 for xy in ((5, 5), (55, 5), (5, 35), (55, 35))]  # type: ignore[index]
    assert corners == [True, False, False, False]


@pytest.mark.parametrize(("format_", "mode"), [("PNG", "RGB"), ("PNG", "P"), ("PNG", "RGBA"), ("BMP", "RGB")])
def test_a_large_picture_of_any_format_is_reduced_and_remembers_its_size(format_: str, mode: str) -> None:
    white = Image.new("RGB", (2400, 1800), "white")
    white.paste("black", (0, 0, 1200, 1800))
    data = io.BytesIO()
    white.convert(mode).save(data, format_)
    picture = decode(data.getvalue())
    assert (picture.width, picture.height) == (2400, 1800)
    assert picture.image.size == (480, 360)
    assert [picture.image.getpixel((x, 180)) for x in (100, 380)] == [(0, 0, 0), (255, 255, 255)]


def test_a_large_jpeg_is_decoded_reduced_and_remembers_its_size() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    picture = decode(a_picture("JPEG", color=(200, 30, 40), size=(4000, 3000), exif=exif))
    assert (picture.width, picture.height) == (3000, 4000)
    assert picture.image.size == (375, 500)
    assert np.allclose(picture.pixels((8, 8), 3), (200, 30, 40), atol=6)


@pytest.mark.parametrize("error", [IndexError, TypeError, ZeroDivisionError, RecursionError])
def test_whatever_a_decoder_runs_into_rejects_the_photo(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def broken(_: Image.Image, **__: bool) -> None:
        raise error("in a decoder")

    monkeypatch.setattr("classify.image._flattened", broken)
    assert reason(a_picture()) == "damaged"


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    clear = (0, 0, 0, 0) if mode == "RGBA" else (0, 0)
    assert decode(a_picture("PNG", mode, clear)).image.getpixel((5, 5)) == (255, 255, 255)


def test_a_transparent_palette_entry_becomes_white() -> None:
    assert decode(a_picture("PNG", "P", 0, transparency=0)).image.getpixel((5, 5)) == (255, 255, 255)


def test_half_transparent_is_half_white() -> None:
    assert decode(a_picture("PNG", "RGBA", (255, 0, 0, 128))).image.getpixel((5, 5)) == (255, 127, 127)


def test_16_bits_are_scaled_rather_than_clipped() -> None:
    middle = Image.fromarray(np.full((10, 10), 0x8000, np.uint16))
    data = io.BytesIO()
    middle.save(data, "PNG")
    assert decode(data.getvalue()).image.getpixel((5, 5)) == (128, 128, 128)


@pytest.mark.parametrize("color_type", [2, 6])
def test_16_bits_a_channel_are_read(color_type: int) -> None:
    pixel = b"\xff\xff\x80\0\0\0" + b"\xff\xff" * (color_type == 6)
    header = struct.pack(">LLBBBBB", 10, 10, 16, color_type, 0, 0, 0)
    rows = zlib.compress((b"\0" + pixel * 10) * 10)
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    assert decode(png).image.getpixel((5, 5)) == (255, 128, 0)


def test_cmyk_becomes_rgb() -> None:
    red = decode(a_picture("JPEG", "CMYK", (0, 255, 255, 0), quality=95)).image.getpixel((5, 5))
    assert np.allclose(red, (255, 0, 0), atol=6)  # type: ignore[arg-type]


@pytest.mark.parametrize("format_", FORMATS)
def test_one_pixel_is_a_picture(format_: str) -> None:
    picture = decode(a_picture(format_, color="red", size=(1, 1)))
    assert (picture.width, picture.height, picture.pixels((64, 64), 3).shape) == (1, 1, (64, 64, 3))


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "AVIF"])
def test_of_an_animation_the_first_frame_is_taken(format_: str) -> None:
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    data = io.BytesIO()
    frames[0].save(data, format_, save_all=True, append_images=frames[1:])
    assert np.allclose(decode(data.getvalue()).image.getpixel((5, 5)), (255, 0, 0), atol=6)  # type: ignore[arg-type]


def test_the_time_that_the_camera_wrote_is_read() -> None:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = "2024:05:06 07:08:09"
    assert decode(a_picture("JPEG", exif=exif)).taken_at == "2024-05-06T07:08:09"
    assert decode(a_picture("JPEG")).taken_at is None


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_have_the_models_size_and_channels(channels: int) -> None:
    pixels = decode(a_picture(color=(10, 20, 30))).pixels((28, 32), channels)
    assert pixels.shape == (28, 32, channels)
    assert pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == ([10, 20, 30] if channels == 3 else [18])


def test_what_cannot_be_classified_is_rejected_with_its_reason() -> None:
    jpeg = a_picture("JPEG", size=(200, 200))
    tiff = a_picture("TIFF")
    assert reason(b"") == "empty"
    assert reason(b"hello") == "unsupported_format"
    assert reason(tiff) == "unsupported_format"
    assert reason(jpeg[: len(jpeg) // 2]) == "damaged"


@pytest.mark.parametrize("format_", ["EPS", "PDF", "TIFF", "ICO", "TGA", "PPM", "JPEG2000"])
def test_a_format_that_is_not_on_the_list_is_not_read(format_: str) -> None:
    assert reason(a_picture(format_)) == "unsupported_format"


@pytest.mark.parametrize("share", [0.02, 0.1])
@pytest.mark.parametrize("format_", FORMATS)
def test_a_picture_of_which_little_is_left_is_damaged(format_: str, share: float) -> None:
    data = noise(format_, 200, 200)
    assert reason(data[: int(len(data) * share)]) == "damaged"


def test_a_picture_with_too_many_pixels_is_rejected_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = a_picture("PNG", size=(200, 200))
    monkeypatch.setattr(image, "MAX_PIXELS", 200 * 200)
    assert decode(data).image.size == (200, 200)
    monkeypatch.setattr(image, "MAX_PIXELS", 200 * 200 - 1)
    assert reason(data) == "too_many_pixels"


@pytest.mark.parametrize("side", [8_000, 15_000])  # 64 and 225 million pixels: Pillow warns of one, refuses the other
def test_a_decompression_bomb_is_rejected(side: int) -> None:
    assert reason(a_picture("PNG", "1", 0, size=(side, side))) == "too_many_pixels"


@pytest.mark.parametrize(
    ("format_", "mode", "options", "most"),
    [
        ("JPEG", "RGB", {}, 30_000_000),
        pytest.param("JPEG", "CMYK", {}, 30_000_000, marks=pytest.mark.slow),
        pytest.param("JPEG", "RGB", {"progressive": True, "subsampling": 0}, 150_000_000, marks=pytest.mark.slow),
        ("PNG", "RGB", {"compress_level": 1}, 150_000_000),
        pytest.param("PNG", "RGBA", {"compress_level": 1}, 150_000_000, marks=pytest.mark.slow),
        pytest.param("PNG", "LA", {"compress_level": 1}, 150_000_000, marks=pytest.mark.slow),
        pytest.param("PNG", "P", {"compress_level": 1, "transparency": 3}, 150_000_000, marks=pytest.mark.slow),
        pytest.param("PNG", "I;16", {"compress_level": 1}, 150_000_000, marks=pytest.mark.slow),
        pytest.param("GIF", "P", {}, 150_000_000, marks=pytest.mark.slow),
        pytest.param("BMP", "RGB", {}, 150_000_000, marks=pytest.mark.slow),
        # Pillow's decoder holds four copies.
        pytest.param("WEBP", "RGBA", {"method": 0}, 210_000_000, marks=pytest.mark.slow),
    ],
)
def test_a_photo_of_12_megapixels_takes_little_memory(
    tmp_path: Path, format_: str, mode: str, options: dict[str, Any], most: int
) -> None:
    exif = {} if format_ in ("GIF", "BMP") else {"exif": Image.Exif()}
    for block in exif.values():
        block[ExifTags.Base.Orientation] = 6
    photo = tmp_path / "photo"
    Image.effect_noise((400, 300), 20).resize((4000, 3000)).convert(mode).save(photo, format_, **options, **exif)
    Image.new("RGB", (20, 20)).save(tmp_path / "small", format_)
    assert peak_bytes(photo) - peak_bytes(tmp_path / "small") - photo.stat().st_size < most


def peak_bytes(photo: Path) -> int:
    """The most memory that a process holds that decodes a photo."""
    script = (
        "import resource, sys; from pathlib import Path; from classify.image import decode\n"
        "decode(Path(sys.argv[1]).read_bytes()).pixels((128, 128), 3)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == 'darwin' else 1024))"
    )
    command = [sys.executable, "-c", script, str(photo)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def test_a_jpeg_of_very_many_scans_is_rejected_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = many_scans(200, 90), many_scans(200, 100)
    assert decode(few).format == "JPEG"
    monkeypatch.setattr(Image.Image, "load", None)
    assert reason(many) == "damaged"


def test_what_follows_a_jpeg_does_not_count_as_its_scans() -> None:
    jpeg = a_picture("JPEG", progressive=True)
    assert decode(jpeg + b"\xff\xda" * 1000).format == "JPEG"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("format_", "mode", "side"),
    [("PNG", "RGBA", LARGE), ("WEBP", "RGBA", LARGE_COPIED), ("AVIF", "RGBA", LARGE_COPIED)],
)
def test_the_largest_picture_that_is_read_takes_neither_too_much_memory_nor_time(
    tmp_path: Path, format_: str, mode: str, side: int
) -> None:
    fast = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "AVIF": {"speed": 10}}
    cost = measure(noise(format_, side, side, mode, **fast[format_]), tmp_path)
    assert cost.outcome == "classified"
    assert cost.megabytes * 1024**2 < MEMORY_LIMIT
    assert cost.seconds < TIME_LIMIT_S


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Tag data larger than file")  # Pillow, while it writes one of them
@pytest.mark.parametrize("case", CASES)
def test_a_file_made_to_be_costly_takes_neither_too_much_memory_nor_time(tmp_path: Path, case: str) -> None:
    cost = measure(CASES[case](), tmp_path)  # which ends what takes too long
    assert cost.outcome in ("classified", *REASONS)
    assert cost.megabytes * 1024**2 < MEMORY_LIMIT


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("block", [b"Exif\0\0garbagegarbage", b"Exif\0\0II*\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
@pytest.mark.parametrize("format_", ["PNG", "WEBP", "JPEG"])
def test_a_broken_exif_block_says_nothing_and_rejects_nothing(format_: str, block: bytes) -> None:
    picture = decode(a_picture(format_, exif=block))
    assert (picture.width, picture.height, picture.taken_at) == (60, 40, None)


def test_a_picture_of_a_phones_shape_fills_the_square() -> None:
    left_and_right = Image.new("RGB", (300, 400), "red")
    left_and_right.paste("blue", (150, 0, 300, 400))
    pixels = np.asarray(fitted(left_and_right, 64, 64))
    assert (pixels[:, :30] == (255, 0, 0)).all()
    assert (pixels[:, 34:] == (0, 0, 255)).all()


def test_a_narrow_picture_keeps_its_shape_and_is_padded_with_its_borders_colour() -> None:
    pixels = np.asarray(fitted(Image.new("RGB", (100, 400), "red"), 64, 64))
    assert pixels.shape == (64, 64, 3)
    assert (pixels == (255, 0, 0)).all()
    striped = Image.new("RGB", (100, 400), "white")
    striped.paste("black", (40, 10, 60, 390))
    dark = np.asarray(fitted(striped, 64, 64))[32, :, 0] < 128
    assert 3 <= dark.sum() <= 5  # a fifth of 64 * 100 / 400 * 4 / 3 pixels


def test_only_the_plugins_that_are_needed_are_imported(tmp_path: Path) -> None:
    (tmp_path / "photo").write_bytes(a_picture("WEBP"))
    script = (
        "import sys; from pathlib import Path; from classify.image import decode\n"
        "decode(Path(sys.argv[1]).read_bytes())\n"
        "print(sorted({'PIL.TiffImagePlugin', 'PIL.PdfImagePlugin', 'pillow_heif'} & sys.modules.keys()))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "photo")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4000, 3000), (480, 360)),
        ((600, 800), (360, 480)),
        ((480, 480), (480, 480)),
        ((60, 40), (60, 40)),
        ((5000, 3), (480, 1)),
    ],
)
def test_a_thumbnail_is_a_small_webp_of_the_whole_picture(size: tuple[int, int], expected: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(decode(a_picture("JPEG", size=size)).thumbnail())) as small:
        assert (small.format, small.size) == ("WEBP", expected)
        red, green, blue = small.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
        assert (red > 230, green < 25, blue < 25) == (True, True, True)


@pytest.mark.parametrize(("size", "expected"), [((3000, 2250), (2048, 1536)), ((300, 600), (300, 600))])
def test_a_preview_is_a_larger_webp_of_what_browsers_cannot_show(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    data = a_picture("HEIF", size=size)
    picture = decode(data, for_preview=True)
    preview = picture.preview()
    assert preview is not None
    with Image.open(io.BytesIO(preview)) as large:
        assert (large.format, large.size) == ("WEBP", expected)
        red, green, blue = large.convert("RGB").getpixel((0, 0))  # type: ignore[misc]
        assert (red > 230, green < 25, blue < 25) == (True, True, True)
    plain = decode(data)
    assert plain.preview() is None
    assert plain.image == picture.image  # the model sees the same either way
    for format_ in {*FORMATS} - {"HEIF"}:
        assert decode(a_picture(format_, size=(600, 300)), for_preview=True).preview() is None


def test_a_preview_is_in_srgb_and_holds_no_metadata() -> None:
    """As the thumbnail, from a phone's picture: in its own colour space, with the place where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    with io.BytesIO() as file:
        pixels, profile = Image.new("RGB", (600, 400), (60, 120, 200)), rgb_profile("Display P3")
        converted(pixels, "Display P3").save(file, "HEIF", exif=exif, icc_profile=profile, quality=95)
        picture = decode(file.getvalue(), for_preview=True)
    preview = picture.preview()
    assert preview is not None
    for made in (preview, picture.thumbnail()):
        with Image.open(io.BytesIO(made)) as image:
            assert not dict(image.getexif())
            color = image.convert("RGB").getpixel((10, 10))
            assert isinstance(color, tuple)
            assert max(abs(one - other) for one, other in zip(color, (60, 120, 200), strict=True)) <= 6


def test_a_thumbnail_holds_no_metadata_and_is_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format_ in ("JPEG", "PNG", "WEBP"):
        data = a_picture(format_, size=(60, 40), exif=exif, icc_profile=profile)
        with Image.open(io.BytesIO(decode(data).thumbnail())) as small:
            assert small.size == (40, 60)
            assert not dict(small.getexif())
            assert not {"exif", "icc_profile", "xmp"} & {name for name, value in small.info.items() if value}


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("size", [(60, 40), (2400, 1600)])
def test_grey_pictures_of_16_bits_are_stretched_by_the_bits_that_they_use(bits: int, size: tuple[int, int]) -> None:
    ramp = np.linspace(0, 2**bits - 1, size[0]).astype(np.uint16)
    data = io.BytesIO()
    Image.fromarray(np.tile(ramp, (size[1], 1))).save(data, "PNG")
    shown = [int(value) for value in np.asarray(decode(data.getvalue()).image)[10, :, 0]]
    assert shown[0] == pytest.approx(0, abs=3)
    assert shown[-1] == pytest.approx(255, abs=3)
    assert shown[len(shown) // 2] == pytest.approx(128, abs=3)


@pytest.mark.parametrize(
    ("offset", "taken_at"),
    [
        ("+02:00", "2026-03-01T12:34:56+02:00"),
        ("-09:30", "2026-03-01T12:34:56-09:30"),
        ("+02:00\0", "2026-03-01T12:34:56+02:00"),
        (None, "2026-03-01T12:34:56"),
        ("   :  ", "2026-03-01T12:34:56"),
        ("+99:00", "2026-03-01T12:34:56"),
        ("Z", "2026-03-01T12:34:56"),
    ],
)
def test_a_cameras_time_keeps_its_offset(offset: str | None, taken_at: str) -> None:
    exif = Image.Exif()
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:03:01 12:34:56"
    if offset is not None:
        details[ExifTags.Base.OffsetTimeOriginal] = offset
    assert decode(a_picture("JPEG", exif=exif)).taken_at == taken_at
