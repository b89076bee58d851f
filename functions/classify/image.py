"""From the bytes of an upload to what the model sees: decoding and preprocessing, in this one place.

Training, evaluation, prediction and the function all come through here.
"""

import io
import re
import warnings
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import (  # importing a plugin registers it; for one that is not there Pillow would import all forty
    BmpImagePlugin,  # noqa: F401
    ExifTags,
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    UnidentifiedImageError,
    WebPImagePlugin,  # noqa: F401
)

from classify.saved_model import Pixels
from photo_library.errors import PhotoRejected

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "HEIF")
# How much a side may be stretched to fill the model's square. A phone's 3:4 photo is stretched, so that all of the
# model's pixels go to what it shows; a panorama or a narrow strip is padded and keeps a recognisable shape.
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
# what the model sees, and what a thumbnail needs.
SHORT_EDGE, LONG_EDGE = 256, 480

Image.MAX_IMAGE_PIXELS = MAX_PIXELS
# A block of EXIF made for it would have a line logged for each of its 65,535 tags.
warnings.filterwarnings("ignore", module=r"PIL\.")


@dataclass(frozen=True)
class Picture:
    """A decoded photo: reduced when it is large, upright, RGB, transparency flattened on white."""

    image: Image.Image
    format: str
    width: int  # pixels of the upload itself, upright
    height: int
    taken_at: str | None

    def thumbnail(self) -> bytes:
        """A WebP of which the longer edge has LONG_EDGE pixels, or fewer if the photo has; without metadata."""
        scale = min(1, LONG_EDGE / max(self.image.size))
        size = (max(1, round(self.image.width * scale)), max(1, round(self.image.height * scale)))
        # Where a pixel is made of two or more, their mean does as well as what is finer, in two thirds of the time.
        way = Image.Resampling.BOX if scale < 0.7 else Image.Resampling.BILINEAR
        small = self.image if scale == 1 else self.image.resize(size, way)
        with io.BytesIO() as file:
            # Method 0 of 6: the others take twice the time and more, for files that are a tenth smaller.
            small.save(file, "WEBP", quality=65, method=0, icc_profile=b"", exif=b"", xmp=b"")
            return file.getvalue()

    def pixels(self, size: tuple[int, int], channels: int) -> Pixels:
        """The picture as the model takes it: uint8 [height, width, channels], see `fitted`."""
        height, width = size
        small = fitted(self.image, width, height)
        return np.asarray(small.convert("L" if channels == 1 else "RGB")).reshape(height, width, channels)


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


def decode(data: bytes) -> Picture:
    """Decode an upload; of an animated one, the first frame. Raises PhotoRejected."""
    if not data:
        raise PhotoRejected("empty", "the file has no bytes")
    try:
        with Image.open(io.BytesIO(data), formats=_formats(data)) as image:
            _check_limits(image, data)
            return _decoded(image)
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


def _formats(data: bytes) -> tuple[str, ...]:
    """The formats that a file may be in. What reads HEIF and AVIF is imported with the first file that may need it."""
    if data[4:8] != b"ftyp":
        return FORMATS[:-2]
    import pillow_heif  # noqa: PLC0415
    from PIL import AvifImagePlugin  # noqa: F401, PLC0415

    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return FORMATS


def _begins_like_a_picture(data: bytes) -> bool:
    """Whether one of the formats takes these bytes for its own."""
    accepts = (Image.OPEN[name][1] for name in _formats(data))
    return any(accept is not None and accept(data[:16]) is True for accept in accepts)


def _check_limits(image: Image.Image, data: bytes) -> None:
    """Raises PhotoRejected for a picture whose decoding could take more memory or time than there is."""
    width, height = image.size
    limit = MAX_PIXELS_OF_COPIED if image.format in _COPIED else MAX_PIXELS
    if width * height > limit:
        raise PhotoRejected("too_many_pixels", f"{width} × {height} pixels; at most {limit:,} are read")
    if image.info.get("progressive") and _scans(data) > MAX_SCANS:
        raise PhotoRejected("damaged", f"a JPEG of more than {MAX_SCANS} scans")


# In a scan 0xFF is followed by 0x00 or a restart marker; whatever else follows it begins the next segment.
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


def _decoded(image: Image.Image) -> Picture:
    width, height = image.size
    orientation, taken_at = _exif(image)
    if orientation in _LYING:
        width, height = height, width
    image.draft("RGB", (image.width // _factor(image), image.height // _factor(image)))
    image.load()
    small = _flattened(_reduced(image))
    if orientation in _UPRIGHT:
        small = small.transpose(_UPRIGHT[orientation])
    return Picture(small, _FORMAT_NAMES.get(str(image.format), str(image.format)), width, height, taken_at)


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
    """The picture with the mean of each block of pixels: everything later costs as little."""
    factor = _factor(image)
    if factor < 2 or image.mode.startswith("I;"):  # 16 bits: Pillow does not reduce those
        return image
    if image.mode in ("1", "P"):  # of palette entries there is no mean
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image.reduce(factor)


def _flattened(image: Image.Image) -> Image.Image:
    """RGB, with whatever shines through a transparent picture white, as the page it is shown on."""
    if image.mode.startswith("I"):  # 16 bits a pixel: Pillow would clip rather than scale
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(layer, mask=layer.getchannel("A"))
        return white
    return image.convert("RGB")


def _exif(image: Image.Image) -> tuple[int | None, str | None]:
    """The orientation, and the camera's time of the photo in ISO 8601; None for what EXIF does not say readably.

    Cameras write their local time, without a zone.
    """
    try:
        exif = image.getexif()
        orientation = exif.get(ExifTags.Base.Orientation)
        written = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    except MemoryError:
        raise
    except Exception:  # a broken block says nothing; the picture may be fine
        return None, None
    try:
        taken_at = datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        taken_at = None
    return orientation, taken_at
