"""From an upload's bytes to the model's input: decoding and preprocessing, in this one place.

Training, evaluation, prediction and the function all use it (decision 7). Of an incomplete file, what could be decoded
is used (decision 117).

    open ─▶ limits ─▶ load, or as much as there is ─▶ 8 bits ─▶ reduce ─▶ sRGB ─▶ flatten ─▶ upright
"""

import io
import re
import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import (  # importing a plugin registers it; for a format without one Pillow would import all forty
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    ImageFile,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from classify.color_space import ColorSpace, color_space, to_srgb
from classify.saved_model import Pixels
from photo_library import formats
from photo_library.errors import PhotoRejected

FORMATS = tuple(one.code for one in formats.FORMATS)
# The readers of these are imported with the first file that may need them.
_ISO_FORMATS = ("HEIF", "AVIF")
# How much a side may be stretched to fill the model's square. A phone's 3:4 photo is stretched, so that it uses all of
# the model's pixels; a panorama or a narrow strip is padded and keeps a recognisable shape.
MAX_STRETCH = 4 / 3
# With four bytes a pixel, and a copy while it is turned or flattened, this stays well below 1 GB.
MAX_PIXELS = 60_000_000
# The decoders of these hold up to four copies of the picture themselves.
MAX_PIXELS_OF_COPIED = 40_000_000
_COPIED = ("WEBP", "AVIF")
# Each scan of a progressive JPEG passes over the whole picture, in 20 ms at MAX_PIXELS, however few bytes it has.
# Encoders write about ten.
MAX_SCANS = 100
# A large picture is reduced by a whole number as long as its edges stay this long, a JPEG while it is decoded: twice
# the model's input, and enough for a thumbnail.
SHORT_EDGE, LONG_EDGE = 256, 480
PREVIEW_EDGE = 2048  # pixels of a preview's longer edge: as large as a screen shows it
# The share of its rows that an incomplete picture must have.
MIN_DECODED = 1 / 3
# A row costs memory of its own, however short it is: what is higher than any JPEG can be is read only when it is whole.
MAX_INCOMPLETE_ROWS = 65_535
MAX_INTERLACE_GAP = 7  # rows between two of a GIF's first pass
MAX_INTERLACED_HEIGHT = 65_535
_BAND_PIXELS = 1 << 20  # looked at together

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# A block of EXIF made for it would have a line logged for each of its 65,535 tags.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class Picture:
    """A decoded photo: reduced when it is large, upright, in sRGB, transparency flattened on white."""

    image: Image.Image  # of an incomplete picture, the part that was decoded
    format: str
    width: int  # pixels of the upload itself, upright
    height: int
    taken_at: str | None
    truncated: bool = False
    whole: Image.Image | None = None  # of an incomplete picture: with grey where rows are missing
    large: Image.Image | None = None  # for the preview, if one was wanted and browsers can't show the format

    def thumbnail(self) -> bytes:
        """A WebP of which the longer edge has LONG_EDGE pixels, or fewer if the photo has; without metadata."""
        return _webp(_within(self.whole or self.image, LONG_EDGE))

    def preview(self) -> bytes | None:
        """A WebP of which the longer edge has PREVIEW_EDGE pixels, or fewer if the photo has; without metadata."""
        return None if self.large is None else _webp(self.large)

    def pixels(self, size: tuple[int, int], channels: int) -> Pixels:
        """The model's input: uint8 [height, width, channels], see `fitted`."""
        height, width = size
        small = fitted(self.image, width, height)
        return np.asarray(small.convert("L" if channels == 1 else "RGB")).reshape(height, width, channels)


def _within(image: Image.Image, edge: int) -> Image.Image:
    """The picture with at most this many pixels along its longer edge."""
    scale = min(1, edge / max(image.size))
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Where a pixel is made of two or more, their mean is as good as finer methods, in two thirds of the time.
    return image.resize(size, Image.Resampling.BOX if scale < 0.7 else Image.Resampling.BILINEAR)


def _webp(image: Image.Image) -> bytes:
    with io.BytesIO() as file:
        # Method 0 of 6: the others take twice the time and more, for files that are a tenth smaller.
        image.save(file, "WEBP", quality=65, method=0, icc_profile=b"", exif=b"", xmp=b"")
        return file.getvalue()


def fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """All of an RGB picture in width × height pixels: stretched by MAX_STRETCH at most, padded for the rest.

    The padding has the mean colour of the picture's border, so that it reads as more background.
    """
    longer = max(image.width / width, image.height / height)
    across = min(width, max(1, round(image.width * MAX_STRETCH / longer)))
    down = min(height, max(1, round(image.height * MAX_STRETCH / longer)))
    # Bilinear in Pillow averages when it reduces; when it enlarges, training repeats it exactly.
    small = image.resize((across, down), Image.Resampling.BILINEAR, reducing_gap=3.0)
    if small.size == (width, height):
        return small
    whole = Image.new("RGB", (width, height), _border_color(small))
    whole.paste(small, ((width - across) // 2, (height - down) // 2))
    return whole


def _border_color(image: Image.Image) -> tuple[int, int, int]:
    """The mean colour of an RGB picture's outermost pixels."""
    pixels = np.asarray(image, dtype=np.float32)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (round(float(channel)) for channel in border.mean(axis=0))
    return red, green, blue


def decode(data: bytes, *, for_preview: bool = False) -> Picture:
    """Decode an upload; of an animated one, the first frame; of an incomplete one, the part that can be decoded.

    With `for_preview`, a picture in a format that browsers can't show is also kept as large as its preview.

    Raises PhotoRejected.
    """
    if not data:
        raise PhotoRejected("empty", "the file has no bytes")
    try:
        try:
            return _decode(data, for_preview)
        except (PhotoRejected, UnidentifiedImageError, Image.DecompressionBombError, MemoryError):
            raise
        except Exception:  # noqa: S110 -- the file may be incomplete; the picture is freed before it is read again
            pass
        return _decode_incomplete(data)
    except PhotoRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoRejected("too_many_pixels", str(error)) from error
    except UnidentifiedImageError as error:
        if _begins_like_a_picture(data):
            raise PhotoRejected("damaged", "its header cannot be read") from error
        raise PhotoRejected("unsupported_format", f"not a picture in one of {', '.join(FORMATS)}") from error
    except MemoryError:
        raise
    except Exception as error:  # on a file made to break them, Pillow's decoders raise whatever their code runs into
        raise PhotoRejected("damaged", repr(error)) from error


def _decode(data: bytes, for_preview: bool) -> Picture:
    with Image.open(io.BytesIO(data), formats=_formats(data)) as image:
        _check_limits(image, data)
        return _decoded(image, data, for_preview=for_preview)


def _decode_incomplete(data: bytes) -> Picture:
    """Decode as many rows as there are. Raises PhotoRejected and whatever Pillow raises."""
    is_jpeg = data[:2] == b"\xff\xd8"
    if is_jpeg:
        data = _completed(data)
    with Image.open(io.BytesIO(data), formats=_formats(data)) as image:
        _check_limits(image, data)
        if image.height > MAX_INCOMPLETE_ROWS:
            raise PhotoRejected("damaged", f"incomplete, and of more than {MAX_INCOMPLETE_ROWS:,} rows")
        # For this picture only. JPEGs do without it: with it, some would be black.
        ImageFile.LOAD_TRUNCATED_IMAGES = not is_jpeg
        try:
            return _decoded(image, data, incomplete=True)
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _formats(data: bytes) -> tuple[str, ...]:
    """The formats that a file may be in."""
    if data[4:8] != b"ftyp":
        return tuple(name for name in FORMATS if name not in _ISO_FORMATS)
    import pillow_heif  # noqa: PLC0415
    from PIL import AvifImagePlugin  # noqa: F401, PLC0415

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return FORMATS


def _begins_like_a_picture(data: bytes) -> bool:
    """Whether one of the formats' readers accepts the first bytes."""
    accepts = (Image.OPEN[name][1] for name in _formats(data))
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)


def _check_limits(image: Image.Image, data: bytes) -> None:
    """Raises PhotoRejected for a picture whose decoding could take more memory or time than the function has."""
    width, height = image.size
    limit = MAX_PIXELS_OF_COPIED if image.format in _COPIED else MAX_PIXELS
    if width * height > limit:
        raise PhotoRejected("too_many_pixels", f"{width} × {height} pixels; at most {limit:,} are read")
    if image.info.get("progressive") and _scans(data) > MAX_SCANS:
        raise PhotoRejected("damaged", f"a JPEG of more than {MAX_SCANS} scans")


# In a scan 0xFF is followed by 0x00 or a restart marker; any other byte after it begins the next segment.
_SEGMENT = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SCAN, _END, _WITHOUT_LENGTH = 0xDA, 0xD9, (0x01, 0xD8)


def _scans(jpeg: bytes) -> int:
    """How many scans the first picture of a JPEG file has; phones append others, and films."""
    scans = position = 0
    while segment := _SEGMENT.search(jpeg, position):
        marker, position = jpeg[segment.end() - 1], segment.end()
        if marker == _END:
            break
        scans += marker == _SCAN
        if marker not in _WITHOUT_LENGTH:
            position += int.from_bytes(jpeg[position : position + 2])
    return scans


def _completed(jpeg: bytes) -> bytes:
    """An incomplete JPEG, ended after its last complete segment: libjpeg fills the rest of the picture with grey."""
    position = 0
    while segment := _SEGMENT.search(jpeg, position):
        marker, position = jpeg[segment.end() - 1], segment.end()
        if marker not in _WITHOUT_LENGTH:
            position += max(2, int.from_bytes(jpeg[position : position + 2]))
        if position > len(jpeg) or marker == _END:
            jpeg = jpeg[: segment.start()]
            break
    return jpeg + b"\xff\xd9"


def _decoded(image: Image.Image, data: bytes, *, incomplete: bool = False, for_preview: bool = False) -> Picture:
    width, height = image.size
    exif = _exif(image)
    if exif.orientation in _LYING:
        width, height = height, width
    source = color_space(image, data)
    image.draft("RGB", (image.width // _factor(image), image.height // _factor(image)))
    image.load()
    format_ = _FORMAT_NAMES.get(str(image.format), str(image.format))
    if not incomplete:
        large = None
        if for_preview and format_ in formats.NEED_PREVIEW:
            large = _upright(_flattened(to_srgb(_within(_in_8_bits(image), PREVIEW_EDGE), source)), exif)
        small = _final(image, source)
        return Picture(_upright(small, exif), format_, width, height, exif.taken_at, large=large)
    top, bottom = _decoded_rows(image)
    small = _final(image.crop((0, top, image.width, bottom)), source)
    scale = small.height / (bottom - top)
    whole = Image.new("RGB", (small.width, max(small.height, round(image.height * scale))), (128, 128, 128))
    whole.paste(small, (0, round(top * scale)))
    return Picture(
        _upright(small, exif),
        format_,
        width,
        height,
        exif.taken_at,
        truncated=True,
        whole=_upright(whole, exif),
    )


def _final(image: Image.Image, source: bytes | ColorSpace) -> Image.Image:
    """The picture as everything later uses it, but for its orientation."""
    return _flattened(to_srgb(_reduced(_in_8_bits(image)), source))


def _upright(image: Image.Image, exif: "Exif") -> Image.Image:
    return image.transpose(_UPRIGHT[exif.orientation]) if exif.orientation in _UPRIGHT else image


def _decoded_rows(image: Image.Image) -> tuple[int, int]:
    """The rows from the first to after the last that a decoder filled. Raises PhotoRejected when they are too few.

    Decoders leave rows without data at zero, libjpeg in the middle of the range. The rows of BMP come from the bottom.
    Rows that are missing between others, as in interlaced pictures, are filled with the row above.
    """
    empty = 0
    if image.format in ("JPEG", "MPO"):
        empty = 127 if image.mode == "CMYK" else 128
    missing = _rows_with_only(image, empty)
    there = np.flatnonzero(~missing)
    if len(there) < MIN_DECODED * image.height:
        raise PhotoRejected("damaged", f"only {len(there)} of {image.height} rows can be read")
    top, bottom = int(there[0]) if image.format == "BMP" else 0, int(there[-1]) + 1
    if image.format in ("GIF", "PNG") and image.height <= MAX_INTERLACED_HEIGHT:
        for row in map(int, np.flatnonzero(missing[:bottom])):
            above = int(there[max(0, int(np.searchsorted(there, row)) - 1)])
            if 0 < row - above <= MAX_INTERLACE_GAP:
                image.paste(image.crop((0, above, image.width, above + 1)), (0, row))
    return top, bottom


def _rows_with_only(image: Image.Image, value: int) -> npt.NDArray[np.bool_]:
    """For each row, whether all of its samples have this value."""
    rows = max(1, _BAND_PIXELS // image.width)
    bands = (
        np.asarray(image.crop((0, start, image.width, min(start + rows, image.height))))
        for start in range(0, image.height, rows)
    )
    return np.concatenate([(band == value).reshape(len(band), -1).all(axis=1) for band in bands])


_FORMAT_NAMES = {"MPO": "JPEG"}  # phones add further pictures to a JPEG, which makes it "multi-picture"
_LYING = (5, 6, 7, 8)  # EXIF orientations that turn a picture by a quarter
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _factor(image: Image.Image) -> int:
    """By how much a picture may be reduced: 1 for one that is small already."""
    return max(1, min(min(image.size) // SHORT_EDGE, max(image.size) // LONG_EDGE))


def _reduced(image: Image.Image) -> Image.Image:
    """The picture with the mean of each block of pixels, so that every later step costs less."""
    factor = _factor(image)
    if factor < 2:
        return image
    if image.mode in ("1", "P"):  # palette entries have no mean
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(factor)


def _in_8_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits in 8: Pillow would clip rather than scale.

    Many hold the 10, 12 or 14 bits of a sensor or a scanner: the bits that are used are stretched over the range.
    """
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image)
    highest = int(values.max())
    bits = next((bits for bits in (8, 10, 12, 14) if highest < 1 << bits), 16)
    return Image.fromarray((values >> (bits - 8)).astype(np.uint8))


def _flattened(image: Image.Image) -> Image.Image:
    """RGB, with white behind transparent pixels, like the page that shows it."""
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(layer, mask=layer.getchannel("A"))
        return white
    return image.convert("RGB")


class Exif(NamedTuple):
    """What EXIF says that is used; None for what is missing or unreadable."""

    orientation: int | None
    taken_at: str | None  # ISO 8601, in the camera's local time; with the offset from UTC if it is known


def _exif(image: Image.Image) -> Exif:
    try:
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation)
        details = exif.get_ifd(ExifTags.IFD.Exif)
        written, offset = details.get(ExifTags.Base.DateTimeOriginal), details.get(ExifTags.Base.OffsetTimeOriginal)
    except MemoryError:
        raise
    except Exception:  # a broken block says nothing; the picture may be fine
        return Exif(None, None)
    try:
        taken_at = datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return Exif(orientation, None)
    return Exif(orientation, taken_at + _utc_offset(offset))


def _utc_offset(written: object) -> str:
    """EXIF's offset from UTC, "+02:00"; empty when there is none, or none that can be read."""
    text = str(written).strip("\0 ")
    return text if re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", text) else ""
