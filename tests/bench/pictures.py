"""Photos to measure with: a drawn garment under photo-like detail, so that a JPEG is as large as a camera's."""

import io
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from infra.samples.drawing import draw_samples

QUALITY = 90
_GARMENTS = ("blue-shirt.jpg", "t-shirt.jpg", "dress.png", "bag.png", "coat.webp")
# Contrast of detail that is 2, 4, 8, … pixels wide: larger structures have more of it, as in nature.
_CONTRAST = (8.0, 10.0, 11.0, 12.0, 13.0, 15.0)


def camera_photo(width: int, height: int, seed: int) -> bytes:
    """A JPEG of this size; at 12 megapixels it has about 3 MB."""
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        draw_samples(Path(folder))
        garment = Image.open(Path(folder, _GARMENTS[seed % len(_GARMENTS)])).convert("RGB")
    pixels = np.asarray(garment.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    pixels = pixels + _detail(random, width, height)[..., np.newaxis]
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    with io.BytesIO() as data:
        picture.save(data, "JPEG", quality=QUALITY)
        return data.getvalue()


def _detail(random: np.random.Generator, width: int, height: int) -> NDArray[np.float32]:
    detail = np.zeros((height, width), np.float32)
    for octave, contrast in enumerate(_CONTRAST, start=1):
        coarse = random.standard_normal((height // 2**octave + 1, width // 2**octave + 1), dtype=np.float32)
        smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        detail += contrast * np.asarray(smooth)
    return detail
