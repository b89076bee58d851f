"""From the bytes of an upload to what the model sees: decoding and preprocessing, in this one place.

Training, evaluation, prediction and the function all come through here.
"""

import io
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from classify.saved_model import Pixels
from photo_library.errors import PhotoRejected

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
MAX_PIXELS = 100_000_000  # a decoded picture of this size takes 300 MB

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True)
class Picture:
    """A decoded photo: upright, RGB, transparency flattened on white."""

    image: Image.Image
    format: str
    taken_at: str | None

    def pixels(self, size: tuple[int, int], channels: int) -> Pixels:
        """The picture as the model takes it: uint8 [height, width, channels], stretched to `size`."""
        height, width = size
        small = self.image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return np.asarray(small.convert("L" if channels == 1 else "RGB")).reshape(height, width, channels)


def decode(data: bytes) -> Picture:
    """Decode an upload; of an animated one, the first frame. Raises PhotoRejected."""
    if not data:
        raise PhotoRejected("empty", "the file has no bytes")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise _too_many_pixels(f"{image.width} × {image.height} pixels; at most {MAX_PIXELS:,} are read")
            image.load()
            exif = image.getexif()
            upright = _flattened(ImageOps.exif_transpose(image))
            return Picture(upright, str(image.format), _taken_at(exif))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(str(error)) from error
    except UnidentifiedImageError as error:
        raise PhotoRejected("unsupported_format", f"not a picture in one of {', '.join(FORMATS)}") from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
    ) as error:  # what Pillow's decoders raise on broken files
        raise PhotoRejected("damaged", str(error)) from error


def _too_many_pixels(detail: str) -> PhotoRejected:
    return PhotoRejected("too_many_pixels", detail)


def _flattened(image: Image.Image) -> Image.Image:
    """RGB, with whatever shines through a transparent picture white, as the page it is shown on."""
    if image.mode.startswith("I"):  # 16 bits a pixel: Pillow would clip rather than scale
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def _taken_at(exif: Image.Exif) -> str | None:
    """When the camera says that it took the photo; cameras write their local time, without a zone."""
    written = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    try:
        return datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None
