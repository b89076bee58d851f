"""A picture in another colour space looks like the same picture in sRGB."""

import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms

from classify import color_space
from classify.colors import garment_colors, oklab
from classify.image import decode
from photo_library.errors import PhotoRejected
from tests.support import color_spaces
from tests.support.color_spaces import cmyk_profile, converted, grey_profile, in_hlg, in_pq, linear, rgb_profile
from tests.support.hostile import chunk

# Mean distance in OKLab of two thumbnails' pixels. The difference of a picture read as sRGB that is in another space
# is at least twice as large.
NEAR, NEAR_HDR = 0.01, 0.02


def patches() -> Image.Image:
    """Colours from the whole of sRGB, in squares that a lossy format keeps."""
    levels = [0, 90, 170, 255]
    colors = np.array([(r, g, b) for r in levels for g in levels for b in levels], np.uint8).reshape(8, 8, 3)
    return Image.fromarray(np.kron(colors, np.ones((40, 40, 1), np.uint8)))


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    with io.BytesIO() as file:
        image.save(file, format_, **({"quality": 95} if format_ != "PNG" else {}) | options)
        return file.getvalue()


def distance(data: bytes, original: Image.Image) -> float:
    """Between the thumbnails of a file and of its original in sRGB."""
    lab = [oklab(thumbnail(one)) for one in (data, saved(original, "PNG"))]
    return float(np.linalg.norm(lab[0] - lab[1], axis=1).mean())


def thumbnail(data: bytes) -> Any:
    with Image.open(io.BytesIO(decode(data).thumbnail())) as small:
        return np.asarray(small.convert("RGB")).reshape(-1, 3)


def with_chunks(png: bytes, **chunks: bytes) -> bytes:
    """A PNG with chunks behind its header."""
    return png[:33] + b"".join(chunk(name.encode(), content) for name, content in chunks.items()) + png[33:]


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    """A HEIF or AVIF file that says something else of its colours."""
    at = data.index(b"colrnclx") + 8
    return data[:at] + struct.pack(">HH", primaries, transfer) + data[at + 4 :]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("space", ["Adobe RGB", "Display P3", "ProPhoto"])
def test_a_profile_is_applied(space: str, format_: str) -> None:
    image = converted(patches(), space)
    plain = saved(patches(), format_)
    assert distance(plain, patches()) < NEAR
    assert distance(saved(image, format_, icc_profile=rgb_profile(space)), patches()) < NEAR
    assert distance(saved(image, format_), patches()) > 2 * NEAR


@pytest.mark.parametrize("space", ["Adobe RGB", "Display P3", "ProPhoto"])
def test_a_garments_colours_are_named_alike_in_any_space(space: str, samples: list[Path]) -> None:
    named: dict[str, list[Any]] = {"original": [], space: []}
    for sample in samples:
        image = decode(sample.read_bytes()).image
        data = saved(converted(image, space), "PNG", icc_profile=rgb_profile(space))
        named["original"].append(garment_colors(np.asarray(image)))
        named[space].append(garment_colors(np.asarray(decode(data).image)))
    different = [set(one) ^ set(other) for one, other in zip(named[space], named["original"], strict=True)]
    # One sample has a second colour with a share that is just at the border.
    assert sum(map(len, different)) <= 1
    assert [one[0] for one in named[space]] == [one[0] for one in named["original"]]


def test_a_palette_and_transparency_are_converted_as_well() -> None:
    image = converted(patches(), "ProPhoto")
    profile = rgb_profile("ProPhoto")
    assert distance(saved(image.quantize(256), "PNG", icc_profile=profile), patches()) < NEAR
    image.putalpha(Image.new("L", image.size, 255))
    image.paste((0, 0, 0, 0), (0, 0, 40, 40))
    original = patches()
    original.paste("white", (0, 0, 40, 40))
    assert distance(saved(image, "PNG", icc_profile=profile), original) < NEAR
    assert distance(saved(image, "WEBP", icc_profile=profile), original) < NEAR


def test_a_grey_profile_is_applied() -> None:
    ramp = Image.fromarray(np.tile(np.repeat(np.arange(0, 256, 8, dtype=np.uint8), 10), (320, 1)))
    darker = Image.fromarray(color_spaces.values(linear(np.asarray(ramp)) ** (1 / 1.2)))
    for format_ in ("JPEG", "PNG"):
        data = saved(darker, format_, icc_profile=grey_profile(1.2))
        assert distance(data, ramp.convert("RGB")) < NEAR
        assert distance(saved(darker, format_), ramp.convert("RGB")) > 2 * NEAR


def test_a_grey_picture_may_have_a_profile_for_rgb() -> None:
    ramp = Image.fromarray(np.tile(np.repeat(np.arange(0, 256, 8, dtype=np.uint8), 10), (320, 1)))
    image = converted(ramp.convert("RGB"), "ProPhoto").convert("L")
    assert distance(saved(image, "JPEG", icc_profile=rgb_profile("ProPhoto")), ramp.convert("RGB")) < NEAR


def test_a_cmyk_profile_is_applied() -> None:
    """Inks of which each lets a tenth of its light through."""

    def rgb_of(inks: Any) -> Any:
        return (1 - 0.9 * inks[:, :3]) * (1 - 0.9 * inks[:, 3:])

    rng = np.random.default_rng(1)
    inks = np.kron(rng.integers(0, 256, (8, 8, 4), np.uint8), np.ones((40, 40, 1), np.uint8))
    original = Image.fromarray(color_spaces.srgb_values(rgb_of(inks.reshape(-1, 4) / 255)).reshape(320, 320, 3))
    image = Image.frombytes("CMYK", (320, 320), inks.tobytes())
    assert distance(saved(image, "JPEG", icc_profile=cmyk_profile(rgb_of)), original) < 2 * NEAR
    assert distance(saved(image, "JPEG"), original) > 4 * NEAR


def test_a_pngs_gamma_and_primaries_are_applied() -> None:
    points = [31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000]  # Adobe RGB's
    adobe = struct.pack(">8I", *points)
    data = with_chunks(saved(converted(patches(), "Adobe RGB"), "PNG"), gAMA=struct.pack(">I", 45455), cHRM=adobe)
    assert distance(data, patches()) < NEAR
    flat = Image.fromarray(color_spaces.values(linear(np.asarray(patches()))))
    assert distance(with_chunks(saved(flat, "PNG"), gAMA=struct.pack(">I", 100000)), patches()) < NEAR
    # What says that it is sRGB is not converted, whatever its gamma says.
    plain = saved(patches(), "PNG")
    assert distance(with_chunks(plain, sRGB=b"\0", gAMA=struct.pack(">I", 100000)), patches()) == 0
    assert distance(with_chunks(plain, gAMA=struct.pack(">I", 45455)), patches()) == 0


@pytest.mark.parametrize(("convert", "transfer"), [(in_pq, 16), (in_hlg, 18)])
def test_hdr_is_tone_mapped(convert: Any, transfer: int) -> None:
    image = convert(patches())
    for format_ in ("AVIF", "HEIF"):
        data = with_nclx(saved(image, format_), 9, transfer)
        assert distance(data, patches()) < NEAR_HDR
        assert distance(saved(image, format_), patches()) > 4 * NEAR_HDR
    png = with_chunks(saved(image, "PNG"), cICP=bytes([9, transfer, 0, 1]))
    assert distance(png, patches()) < NEAR_HDR


def test_light_that_is_brighter_than_white_keeps_its_hue_and_its_order() -> None:
    red = np.array([[1, 0.2, 0.2]], np.float32)
    light = color_space._tone_mapped(np.concatenate([red * factor for factor in (0.5, 1, 2, 4)]))
    assert np.allclose(light[0], red * 0.5)
    assert np.allclose(light[:, 1] / light[:, 0], 0.2)
    assert (np.diff(light[:, 0]) > 0).all()
    assert light.max() <= 1


def test_nclx_names_a_wider_space() -> None:
    image = Image.fromarray(color_spaces.srgb_values(linear(np.asarray(patches())) @ color_spaces.TO_BT2020.T))
    for format_ in ("AVIF", "HEIF"):
        assert distance(with_nclx(saved(image, format_), 9, 13), patches()) < NEAR
        assert distance(saved(image, format_), patches()) > 2 * NEAR


def test_a_cameras_adobe_rgb_needs_no_profile() -> None:
    image = converted(patches(), "Adobe RGB")
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ColorSpace] = 0xFFFF
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.IFD.Interop] = {ExifTags.Interop.InteropIndex: "R03"}
    assert distance(saved(image, "JPEG", exif=exif), patches()) < NEAR


BROKEN = {
    "nothing in it": b"no profile",
    "cut short": rgb_profile("ProPhoto")[:200],
    "for CMYK": cmyk_profile(lambda inks: 1 - inks[:, :3]),
    "for grey": grey_profile(1.0),
    "no colorants": rgb_profile("ProPhoto").replace(b"rXYZ", b"xxxx"),
    "all zero": b"\0" * 500,
}


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("profile", BROKEN.values(), ids=BROKEN)
def test_a_broken_profile_or_one_for_other_pictures_changes_nothing(profile: bytes, format_: str) -> None:
    data, plain = saved(patches(), format_, icc_profile=profile), saved(patches(), format_)
    assert (thumbnail(data) == thumbnail(plain)).all()


@pytest.mark.parametrize("points", [[0] * 8, [31270, 32900] * 4, [0, 0, 64000, 33000, 21000, 71000, 15000, 6000]])
def test_primaries_that_cannot_be_change_nothing(points: list[int]) -> None:
    data = with_chunks(saved(patches(), "PNG"), cHRM=struct.pack(">8I", *points))
    assert distance(data, patches()) == 0


def test_srgb_is_left_as_it_is() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for format_ in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
        assert (thumbnail(saved(patches(), format_, icc_profile=profile)) == thumbnail(saved(patches(), format_))).all()


def test_a_profile_that_would_fill_the_memory_is_not_unpacked() -> None:
    bomb = with_chunks(saved(patches(), "PNG"), iCCP=b"x\0\0" + zlib.compress(b"\0" * 50_000_000, 9))
    tracemalloc.start()
    try:
        with pytest.raises(PhotoRejected):
            decode(bomb)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
