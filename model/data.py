"""The two data sets as arrays, and what each picture teaches.

A target is a row of 11 numbers: ten weights for `-log p`, and one for `-log (p Sandal + p Sneaker + p Ankle-boot)`,
which is what a photograph of unclear shoes teaches. Rows can be mixed like pictures (augment.py).
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
OTHER_FOLDER = "other"  # likewise, of what is none of the ten types
OUTLIER_FOLDERS = ("hat", "shorts", "skirt", OTHER_FOLDER)
FOLDERS = (*TYPE_OF_FOLDER, SHOE_FOLDER, *OUTLIER_FOLDERS)
CACHE_SIZE = 160
"""Photographs are decoded once to this side in pixels: enough for a crop of 4/5 at 128."""
OUTLIER_SHARE = 0.7
"""How often an outlier folder is drawn, beside a garment folder with as many pictures."""

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


def cached_photos(root: Path, size: int, cache: Path) -> Photos:
    """`load_photos`, kept in an .npz so that a resumed training starts at once."""
    if not cache.exists():
        photos = load_photos(root, size)
        np.savez(cache, pixels=photos.pixels, names=photos.names, folders=photos.folders)
    with np.load(cache) as stored:
        return Photos(stored["pixels"], stored["names"].tolist(), stored["folders"].tolist())


def load_things(root: Path, size: int) -> tuple[Images, list[str]]:
    """Pictures of what is no garment, uint8 [N, size, size, 4] with their transparency, and the folder of each.

    Any picture that Pillow reads counts, in any folder below `root`.
    """
    pictures, folders = [], []
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        try:
            with Image.open(path) as image:
                image.thumbnail((4 * size, 4 * size))
                pictures.append(np.asarray(image.convert("RGBA").resize((size, size), Image.Resampling.BILINEAR)))
        except (OSError, Image.DecompressionBombError):
            continue
        folders.append(str(path.parent.relative_to(root)))
    return np.stack(pictures), folders


def cached_things(root: Path, size: int, cache: Path) -> tuple[Images, list[str]]:
    """`load_things`, kept in an .npz so that a resumed training starts at once."""
    if not cache.exists():
        pictures, folders = load_things(root, size)
        np.savez(cache, pictures=pictures, folders=folders)
    with np.load(cache) as stored:
        return stored["pictures"], stored["folders"].tolist()


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
    """The row of 11 for one photograph, from its folder and what a person said of it; `skip` teaches nothing."""
    row = np.zeros(11, np.float32)
    named = label if label in TYPES else TYPE_OF_FOLDER.get(folder) if label is None else None
    if named is not None:
        row[TYPES.index(named)] = 1
    elif label == "none" or folder in OUTLIER_FOLDERS:
        row[:10] = 0.1
    elif folder == SHOE_FOLDER:
        row[10] = 1
    elif label != "skip":
        raise ValueError(f"{label!r} says nothing about a picture in {folder}")
    return row


def garments(photos: Photos) -> Photos:
    """The photographs that lie in a garment's folder."""
    return subset(photos, [folder not in OUTLIER_FOLDERS for folder in photos.folders])


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
