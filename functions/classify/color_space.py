"""Convert pictures to sRGB: from the ICC profile or the colour space that their file names.

    ICC profile               JPEG, PNG (iCCP), WebP, HEIC, AVIF      by LittleCMS: RGB, grey and CMYK profiles
    coding parameters         HEIC and AVIF (nclx), PNG (cICP)        by the formulas of ITU-T H.273
    gamma and primaries       PNG (gAMA, cHRM)
    Adobe RGB                 JPEG whose EXIF says so ("R03")

Profiles win over parameters, except over PNG's cICP, which the PNG specification puts first. HDR (PQ or HLG) is
tone-mapped: light up to KNEE of white stays, brighter light is compressed into the rest. Pictures that are in sRGB,
name no colour space or have a broken profile are returned unchanged (decision 116).
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image

Floats = npt.NDArray[np.float32]
Transfer = float | Literal["srgb", "pq", "hlg"]  # a number is a gamma
Primaries = tuple[tuple[float, float], ...]  # CIE x and y of red, green, blue and white

D65 = (0.3127, 0.3290)
BT709: Primaries = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65)
ADOBE_RGB: Primaries = ((0.6400, 0.3300), (0.2100, 0.7100), (0.1500, 0.0600), D65)
# https://www.itu.int/rec/T-REC-H.273, tables 2 and 3. All other primaries are taken for BT.709, and all other transfers
# for sRGB's: among them that of BT.709, which cameras' and encoders' still pictures carry and viewers ignore.
PRIMARIES: dict[int, Primaries] = {
    5: ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.314, 0.351)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65),
}
TRANSFERS: dict[int, Transfer] = {4: 2.2, 5: 2.8, 8: 1.0, 16: "pq", 18: "hlg"}

WHITE_NITS = 203  # the luminance of white in HDR: https://www.itu.int/pub/R-REP-BT.2408
KNEE = 0.8
# LittleCMS's answer for sRGB differs from the input by rounding.
SAME_LEVELS = 2
_MAX_PROFILE_BYTES = 4_000_000
_BAND_PIXELS = 1 << 18  # converted at a time
_MAX_CHUNKS = 1000


@dataclass(frozen=True)
class ColorSpace:
    """An RGB colour space by its parameters."""

    primaries: Primaries
    transfer: Transfer


SRGB = ColorSpace(BT709, "srgb")


def color_space(image: Image.Image, data: bytes) -> bytes | ColorSpace:
    """The ICC profile or the colour space that an opened picture's file names; SRGB when it names none."""
    if image.format == "PNG" and (coded := _cicp(data)):
        return coded
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile if len(profile) <= _MAX_PROFILE_BYTES else SRGB
    if image.format == "PNG":
        return SRGB if "srgb" in image.info else _by_gamma(image.info)
    if image.format in ("HEIF", "AVIF"):
        return _nclx(data)
    if image.format in ("JPEG", "MPO") and _is_adobe_rgb(image):
        return ColorSpace(ADOBE_RGB, 563 / 256)
    return SRGB


def to_srgb(image: Image.Image, source: bytes | ColorSpace) -> Image.Image:
    """An 8-bit picture in sRGB. A picture that has to be converted becomes RGB, or RGBA when it is transparent."""
    if source == SRGB:
        return image
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    converted = _by_profile(image, source) if isinstance(source, bytes) else _by_parameters(image, source)
    if alpha:
        converted.putalpha(alpha)
    return converted


# ---- ICC profiles


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    transform = _transform(profile, image.mode)
    if transform is None and image.mode == "L":  # a grey picture may have an RGB profile
        image = image.convert("RGB")
        transform = _transform(profile, "RGB")
    if transform is None:
        return image
    converted: Image.Image = transform.apply(image)
    return converted


@lru_cache(maxsize=16)
def _transform(profile: bytes, mode: str) -> Any:
    """The PIL.ImageCms transform to sRGB; None for a profile that is sRGB's, broken, or not for this mode."""
    from PIL import ImageCms  # noqa: PLC0415 -- only photos with a profile need it

    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if opened.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        transform = ImageCms.buildTransform(
            opened,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        sample = _sample(mode)
        found = np.asarray(transform.apply(sample), dtype=np.int16)
    except MemoryError:
        raise
    except Exception:  # PyCMSError, and whatever a profile made to break it runs into
        return None
    is_srgb = mode != "CMYK" and np.abs(found - np.asarray(sample.convert("RGB"), np.int16)).max() <= SAME_LEVELS
    return None if is_srgb else transform


def _sample(mode: str) -> Image.Image:
    """Colours from the whole of a mode's range."""
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    levels = np.array([0, 32, 64, 128, 192, 255], np.uint8)
    grid = np.stack(np.meshgrid(*[levels] * 3), axis=-1).reshape(1, -1, 3)
    return Image.fromarray(grid) if mode == "RGB" else Image.fromarray(grid).convert(mode)


# ---- Parameters


def _by_parameters(image: Image.Image, source: ColorSpace) -> Image.Image:
    pixels = np.array(image.convert("RGB"))
    linear, to_srgb_primaries = _linear(source.transfer), _matrix(source.primaries)
    rows = max(1, _BAND_PIXELS // image.width)
    for start in range(0, image.height, rows):
        light = linear[pixels[start : start + rows]]
        if source.transfer == "hlg":
            light = _displayed(light, source.primaries)
        if source.transfer in ("pq", "hlg"):
            light = _tone_mapped(light)
        pixels[start : start + rows] = _encoded(light @ to_srgb_primaries)
    return Image.fromarray(pixels)


def _linear(transfer: Transfer) -> Floats:
    """The light of each 8-bit value: 1 is white; of HLG, the light of the scene at its own scale."""
    value = np.arange(256) / 255
    if transfer == "srgb":
        light = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    elif transfer == "pq":  # https://www.itu.int/rec/R-REC-BT.2100, table 4
        power = value ** (32 / 2523)
        light = (np.maximum(power - 107 / 128, 0) / (2413 / 128 - 2392 / 128 * power)) ** (16384 / 2610)
        light = light * 10_000 / WHITE_NITS
    elif transfer == "hlg":  # the same, table 5
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
    else:
        light = value**transfer
    return light.astype(np.float32)


def _displayed(scene: Floats, primaries: Primaries) -> Floats:
    """HLG's light on a display of 1,000 nits, relative to white."""
    luminance = scene @ _to_xyz(primaries)[1].astype(np.float32)
    shown: Floats = scene * np.power(luminance, np.float32(0.2))[..., None] * np.float32(1000 / WHITE_NITS)
    return shown


def _tone_mapped(light: Floats) -> Floats:
    """Light at most 1, in the same hue: what is brighter than KNEE approaches white."""
    brightest = light.max(axis=-1, keepdims=True)
    compressed = KNEE + (1 - KNEE) * (1 - np.exp((KNEE - brightest) / (1 - KNEE)))
    mapped: Floats = light * np.where(brightest > KNEE, compressed / np.maximum(brightest, KNEE), 1).astype(np.float32)
    return mapped


def _encoded(light: Floats) -> npt.NDArray[np.uint8]:
    """sRGB's 8-bit values of light; out of its gamut, the nearest within each channel."""
    index = (np.clip(light, 0, 1) * (len(_ENCODED) - 1) + 0.5).astype(np.uint16)
    return _ENCODED[index]


def _encoding() -> npt.NDArray[np.uint8]:
    light = np.arange(1 << 14) / ((1 << 14) - 1)
    value = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (value * 255).round().astype(np.uint8)


_ENCODED = _encoding()
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def _to_xyz(primaries: Primaries) -> npt.NDArray[np.float64]:
    """From linear RGB to CIE XYZ. Raises LinAlgError for primaries on one line."""
    columns = np.array([_xyz(*point) for point in primaries[:3]]).T
    return columns * np.linalg.solve(columns, _xyz(*primaries[3]))


def _matrix(primaries: Primaries) -> Floats:
    """From linear RGB to sRGB's, for row vectors; white stays white."""
    cones = _BRADFORD @ np.array([_xyz(*D65), _xyz(*primaries[3])]).T
    adapted = np.linalg.inv(_BRADFORD) @ np.diag(cones[:, 0] / cones[:, 1]) @ _BRADFORD
    matrix: Floats = (np.linalg.inv(_to_xyz(BT709)) @ adapted @ _to_xyz(primaries)).T.astype(np.float32)
    return matrix


def _xyz(x: float, y: float) -> npt.NDArray[np.float64]:
    return np.array([x / y, 1.0, (1 - x - y) / y])


# ---- What files say


def _coded(primaries: int, transfer: int) -> ColorSpace:
    """The colour space of two code points of H.273."""
    return ColorSpace(PRIMARIES.get(primaries, BT709), TRANSFERS.get(transfer, "srgb"))


def _cicp(png: bytes) -> ColorSpace | None:
    """What a PNG's cICP chunk says: https://www.w3.org/TR/png-3/#cICP-chunk."""
    position = 8
    for _ in range(_MAX_CHUNKS):
        length, name = int.from_bytes(png[position : position + 4]), png[position + 4 : position + 8]
        if name == b"cICP" and length == 4:
            return _coded(png[position + 8], png[position + 9]) if len(png) > position + 9 else None
        if name in (b"IDAT", b""):
            break
        position += length + 12
    return None


def _by_gamma(info: dict[str | tuple[int, int], Any]) -> ColorSpace:
    """What a PNG's gAMA and cHRM chunks say. Gammas near 2.2 mean sRGB's curve, as browsers read them."""
    file_gamma, points = info.get("gamma"), info.get("chromaticity")
    transfer: Transfer = "srgb"
    if isinstance(file_gamma, float) and 0.1 <= file_gamma <= 10 and abs(file_gamma - 1 / 2.2) > 0.02:
        transfer = 1 / file_gamma
    primaries = BT709
    if isinstance(points, tuple) and len(points) == 8:
        white, red, green, blue = zip(points[::2], points[1::2], strict=True)
        primaries = (red, green, blue, white)
        if np.allclose(primaries, BT709, atol=0.002) or not _is_usable(primaries):
            primaries = BT709
    return ColorSpace(primaries, transfer)


def _is_usable(primaries: Primaries) -> bool:
    """Whether colours can be converted from these primaries: all of them real, and not on one line."""
    if any(y <= 0.001 for _, y in primaries):
        return False
    try:
        return bool(np.abs(_matrix(primaries)).max() < 20)
    except np.linalg.LinAlgError:
        return False


def _nclx(data: bytes) -> ColorSpace:
    """What the first colr box of a HEIF or AVIF file says: ISO/IEC 14496-12, 12.1.5."""
    at = data.find(b"colrnclx", 0, 1 << 16)
    if at < 0 or len(data) < at + 12:
        return SRGB
    return _coded(int.from_bytes(data[at + 8 : at + 10]), int.from_bytes(data[at + 10 : at + 12]))


def _is_adobe_rgb(image: Image.Image) -> bool:
    """Whether a camera wrote Adobe RGB without a profile: DCF's optional colour space."""
    try:
        exif = image.getexif()
        # 0xFFFF is "uncalibrated", with the colour space in the interoperability index.
        if exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace) != 0xFFFF:
            return False
        return str(exif.get_ifd(ExifTags.IFD.Interop).get(ExifTags.Interop.InteropIndex)).startswith("R03")
    except MemoryError:
        raise
    except Exception:  # a broken block says nothing
        return False
