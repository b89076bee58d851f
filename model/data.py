"""The photographs at home and Fashion-MNIST as arrays, and what each picture teaches.

A target is a row of 11 numbers: for each of the ten types 1 (shown), 0 (not shown) or -1 (nothing is known of it); and
a last 1 where one of the three shoe types or more is shown, without a word of which.
"""

import csv
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classify.image import decode
from photo_library.photo import TYPES

SHOES = (5, 7, 9)
TYPE_OF_FOLDER = {
    # Only the larger set has these. Of several folders the last is where what people said is put.
    "polo": "T-shirt",
    "top": "T-shirt",
    "undershirt": "T-shirt",
    "hoodie": "Pullover",
    "blazer": "Coat",
    "blouse": "Shirt",
    # Both sets have these.
    "t-shirt": "T-shirt",
    "pants": "Trouser",
    "longsleeve": "Pullover",
    "dress": "Dress",
    "outwear": "Coat",
    "shirt": "Shirt",
    # The data set has none of these: what people said of photos (corrections.py) lies there.
    "bag": "Bag",
    "sandal": "Sandal",
    "sneaker": "Sneaker",
    "ankle-boot": "Ankle-boot",
}
SHOE_FOLDER = "shoes"
OTHER_FOLDER = "none"  # of what people said is none of the ten types; "other" is unlabelled in the larger set
OUTLIER_FOLDERS = ("hat", "shorts", "skirt", OTHER_FOLDER)
DOUBTFUL = {"hoodie": ("Coat",), "body": ("T-shirt", "Pullover", "Dress"), "top": ("Dress", "Shirt")}
"""Types that a folder's photographs may show or not: nothing is learned of them there."""
FOLDERS = (*TYPE_OF_FOLDER, SHOE_FOLDER, *OUTLIER_FOLDERS, "body")

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Photos:
    """Labelled photographs: `pixels` uint8 [N, S, S, 3]; `names` are file names, `folders` what they lie in."""

    pixels: Images
    names: list[str]
    folders: list[str]


def photo_paths(root: Path) -> list[Path]:
    """Every picture of the known folders under one split's root, in a stable order."""
    return [path for folder in FOLDERS for path in sorted((root / folder).glob("*.jpg"))]


def load_photos(root: Path, size: int) -> Photos:
    """The photographs of one split, prepared as the function prepares them."""
    paths = photo_paths(root)
    pixels = np.stack([decode(path.read_bytes()).pixels((size, size), 3) for path in paths])
    return Photos(pixels, [path.name for path in paths], [path.parent.name for path in paths])


def load_fashion_mnist() -> tuple[tuple[Images, Images], tuple[Images, Images]]:
    """((training images, labels), (development images, labels)), uint8 [N, 28, 28] and [N], as Keras finds them."""
    import keras  # noqa: PLC0415 # takes seconds, and reads the environment when it is imported

    train, development = keras.datasets.fashion_mnist.load_data()
    return train, development


def read_labels(folder: Path, corrections: bool = True) -> dict[str, str]:
    """What people saw, by picture name: a type, `unclear` (shoes), `none` (an outlier) or `skip`.

    shoes.csv names the clear shoes; corrections.csv the pictures that lie in a wrong folder.
    """
    labels: dict[str, str] = {}
    for name in ("shoes.csv", "corrections.csv") if corrections else ("shoes.csv",):
        if (folder / name).exists():
            with (folder / name).open(newline="") as lines:
                labels.update((row["picture"], row["label"]) for row in csv.DictReader(lines))
    return labels


def photo_target(folder: str, label: str | None) -> NDArray[np.float32]:
    """The row of 11 for one photograph, from its folder and what a person said of it; `skip` teaches nothing.

    Raises ValueError for a folder and a label that do not go together.
    """
    if label == "skip":
        return np.full(11, -1, np.float32) * (np.arange(11) < 10)
    row = np.zeros(11, np.float32)
    named = label if label in TYPES else TYPE_OF_FOLDER.get(folder) if label is None else None
    if named is not None:
        row[TYPES.index(named)] = 1
    elif folder == SHOE_FOLDER and label in (None, "unclear"):
        row[list(SHOES)] = -1
        row[10] = 1
    elif label != "none" and not (label is None and (folder in OUTLIER_FOLDERS or folder in DOUBTFUL)):
        raise ValueError(f"{label!r} says nothing about a picture in {folder}")
    if label is None:
        row[[TYPES.index(name) for name in DOUBTFUL.get(folder, ())]] = -1
    return row


def subset(photos: Photos, kept: list[bool]) -> Photos:
    """The photographs where `kept` is true."""
    rows = [row for row, keep in enumerate(kept) if keep]
    names, folders = ([texts[row] for row in rows] for texts in (photos.names, photos.folders))
    return Photos(photos.pixels[rows], names, folders)


def fashion_pixels(images: Images, size: int) -> Images:
    """Fashion-MNIST pictures [N, 28, 28] as the function prepares their PNG files: uint8 [N, size, size, 3]."""
    return np.stack([decode(png(image)).pixels((size, size), 3) for image in images])


def png(image: Images) -> bytes:
    """A grey picture [height, width] as a PNG file."""
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()
