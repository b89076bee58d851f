"""Pictures for training with what is known of their parts: which type, what is ground, what is skin, what is garment.

    home, street, things ─▶ Cutouts: RGBA pixels, the part that each pixel shows, a target each ─▶ OUT/*.npz

A garment at home is cut out by GrabCut, which is told that the picture's border is ground. People on the street are
cut out by the masks that came with them: whole, their upper and lower half, their feet, and single garments.
"""

import json
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from classify.image import decode, fitted
from model import data
from photo_library.photo import TYPES

CACHE_SIZE = 208
"""Pictures are kept at this side in pixels: enough for a crop of 2/3 at 160."""
PARTS = ("ground", "body", "top", "bottom", "shoes", "bag", "other")
"""What a place of a picture shows. `body` is skin and hair, `top` everything from shirt to dress, `other` what is worn
beside: hats, belts, glasses."""
UNKNOWN = 255
SHARE_SEEN, SHARE_GONE, SHARE_SURE = 0.5, 0.15, 0.004
"""A tag counts in a crop that has half of its pixels; it is absent below 0.15; a tag as small as SHARE_SURE of the
photo is left out, since it may be a slip."""
DEVELOPMENT = 10
"""One in so many street photographs, by their number, is not trained on."""

STREET_TYPES = {
    "bag": "Bag",
    "purse": "Bag",
    "boots": "Ankle-boot",
    "sandals": "Sandal",
    "sneakers": "Sneaker",
    "dress": "Dress",
    **dict.fromkeys(("coat", "jacket", "blazer"), "Coat"),
    **dict.fromkeys(("sweater", "sweatshirt", "hoodie", "jumper"), "Pullover"),
    "t-shirt": "T-shirt",
    **dict.fromkeys(("shirt", "blouse"), "Shirt"),
    **dict.fromkeys(("jeans", "pants"), "Trouser"),
}
_SHOES = ("Sandal", "Sneaker", "Ankle-boot")
STREET_DOUBTFUL = {
    "cardigan": ("Pullover", "Coat"),
    "top": ("T-shirt", "Shirt"),
    "cape": ("Coat",),
    "suit": ("Coat", "Trouser"),
    "leggings": ("Trouser",),
    "wallet": ("Bag",),
    "romper": ("Dress",),
    "vest": ("T-shirt", "Coat"),
    "bodysuit": ("T-shirt",),
    **dict.fromkeys(("shoes", "heels", "wedges", "clogs", "loafers", "flats", "pumps"), _SHOES),
}
PART_OF_TAG = {
    "null": "ground",
    **dict.fromkeys(("skin", "hair"), "body"),
    **dict.fromkeys(
        [
            "blazer",
            "blouse",
            "bodysuit",
            "bra",
            "cape",
            "cardigan",
            "coat",
            "dress",
            "hoodie",
            "intimate",
            "jacket",
            "jumper",
            "romper",
            "shirt",
            "suit",
            "sweater",
            "sweatshirt",
            "swimwear",
            "t-shirt",
            "top",
            "vest",
        ],
        "top",
    ),
    **dict.fromkeys(["jeans", "leggings", "panties", "pants", "shorts", "skirt"], "bottom"),
    **dict.fromkeys(
        ["boots", "clogs", "flats", "heels", "loafers", "pumps", "sandals", "shoes", "sneakers", "wedges"], "shoes"
    ),
    **dict.fromkeys(("bag", "purse"), "bag"),
}
PART_OF_TYPE = dict(
    zip(TYPES, ("top", "bottom", "top", "top", "top", "shoes", "top", "shoes", "bag", "shoes"), strict=True)
)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Cutouts:
    """N pictures of one source.

    pixels: uint8 [N, S, S, 4], the last channel being what belongs to garment or person; parts: uint8 [N, S, S], the
    index in PARTS or UNKNOWN; targets: float32 [N, 11], 1 or 0 for each type, -1 where nothing is known, and a last 1
    where some of the three shoes is shown; cut: bool [N], whether the last channel is known; names: [N].
    """

    pixels: Bytes
    parts: Bytes
    targets: NDArray[np.float32]
    cut: NDArray[np.bool_]
    names: NDArray[np.str_]


Row = tuple[Bytes, Bytes, NDArray[np.float32], bool, str]


def gathered(rows: Iterable[Row]) -> Cutouts:
    """The rows as arrays."""
    columns = list(zip(*rows, strict=True))
    pixels, parts, targets = (np.stack(column) for column in columns[:3])
    return Cutouts(pixels, parts, targets, np.array(columns[3]), np.array(columns[4]))


def kept(cutouts: Cutouts, folder: Path) -> None:
    """Writes them, each array a file; the last one written says that all are there."""
    folder.mkdir(parents=True, exist_ok=True)
    for field in fields(Cutouts):
        np.save(folder / f"{field.name}.npy", getattr(cutouts, field.name))


def opened(folder: Path) -> Cutouts:
    """What `kept` wrote, mapped into memory rather than read: gigabytes of pixels, of which a step needs few."""
    return Cutouts(**{field.name: np.load(folder / f"{field.name}.npy", mmap_mode="c") for field in fields(Cutouts)})


# At home


def home_row(path: Path, label: str | None, size: int) -> Row | None:
    """A photograph at home, cut out where that succeeds; None where nothing is known of what it shows."""
    folder = path.parent.name
    target = data.photo_target(folder, label)
    if (target < 0).sum() == 10:
        return None
    pixels = decode(path.read_bytes()).pixels((size, size), 3)
    cover = garment_cover(pixels)
    parts = np.full((size, size), UNKNOWN, np.uint8)
    if cover is not None:
        part = home_part(folder, target)
        parts = np.where(cover > 160, PARTS.index(part), np.where(cover < 60, 0, UNKNOWN)).astype(np.uint8)
    alpha = np.zeros((size, size), np.uint8) if cover is None else cover
    return np.dstack([pixels, alpha]), parts, target, cover is not None, path.name


def home_part(folder: str, target: NDArray[np.float32]) -> str:
    """The part that a photograph of a single garment shows."""
    if target[10] == 1:
        return "shoes"
    if (target[:10] == 1).any():
        return PART_OF_TYPE[TYPES[int(target[:10].argmax())]]
    return {"hat": "other", "body": "top"}.get(folder, "bottom")


def garment_cover(pixels: Bytes) -> Bytes | None:
    """0-255 [S, S]: how much of each pixel is the thing in the middle; None where it cannot be told from the ground."""
    import cv2  # noqa: PLC0415 -- only training has it

    size = len(pixels)
    small = cv2.resize(pixels, (112, 112), interpolation=cv2.INTER_AREA)
    mask = np.full((112, 112), cv2.GC_PR_FGD, np.uint8)
    mask[:10], mask[-10:], mask[:, :10], mask[:, -10:] = (cv2.GC_PR_BGD,) * 4
    mask[:3], mask[-3:], mask[:, :3], mask[:, -3:] = (cv2.GC_BGD,) * 4
    try:
        cv2.grabCut(small, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    except cv2.error:
        return None
    found = ((mask == cv2.GC_FGD) | (mask == cv2.GC_PR_FGD)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return None
    largest = stats[1:, cv2.CC_STAT_AREA].max()
    wanted = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] > 0.15 * largest]
    found = np.isin(labels, wanted).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    rim = np.concatenate([found[4], found[-5], found[:, 4], found[:, -5]]).mean()
    if not 0.08 < found.mean() < 0.8 or rim > 0.3:
        return None
    smooth = cv2.GaussianBlur(cv2.resize(found * 255, (size, size), interpolation=cv2.INTER_CUBIC), (5, 5), 1.2)
    return np.asarray(smooth, np.uint8)


def home(roots: list[Path], labels: dict[str, str], size: int = CACHE_SIZE) -> Cutouts:
    """Every labelled photograph below the roots (ROOT/<folder>/*.jpg)."""
    paths = [path for root in roots for path in data.photo_paths(root)]
    with ThreadPoolExecutor(2) as pool:
        rows = pool.map(lambda path: home_row(path, labels.get(path.name), size), paths)
        found = gathered(row for row in rows if row is not None)
    return replace(found, targets=united(found.targets, found.names))


def united(targets: NDArray[np.float32], names: NDArray[np.str_]) -> NDArray[np.float32]:
    """Targets [N, 11] in which a photograph that lies in several folders shows the types of all of them."""
    together = targets.copy()
    for name, count in zip(*np.unique(names, return_counts=True), strict=True):
        if count > 1:
            together[names == name] = targets[names == name].max(axis=0)
    return together


# On the street


def street_target(shares: dict[str, float]) -> NDArray[np.float32]:
    """The target of a picture that shows these shares (0..1, or -1 where that is unknown) of each tag's pixels."""
    target = np.zeros(11, np.float32)
    doubtful = {
        name
        for tag, share in shares.items()
        if share > SHARE_GONE or share < 0
        for name in STREET_DOUBTFUL.get(tag, ())
    }
    for name in doubtful:
        target[TYPES.index(name)] = -1
    for tag, share in shares.items():
        if (tag in STREET_TYPES and share > SHARE_GONE) or (share < 0 and tag in STREET_TYPES):
            index = TYPES.index(STREET_TYPES[tag])
            target[index] = max(target[index] if target[index] > 0 else -1, 1 if share >= SHARE_SEEN else -1)
    return target


def street_rows(folder: Path, name: str, labels: dict[str, object], tags: list[str], size: int) -> list[Row]:
    """The whole photo; where there is a mask, the person, the upper and lower half, the feet, and single garments."""
    photo = np.asarray(decode((folder / "photos" / name).read_bytes()).image)
    present: list[str] = list(labels["tags"])  # type: ignore[call-overload]
    boxes: dict[str, dict[str, float]] = labels.get("boxes", {})  # type: ignore[assignment]
    mask_path = folder / "masks" / (Path(name).stem + ".png")
    if not boxes or not mask_path.exists():
        square = np.asarray(fitted(Image.fromarray(photo), size, size))
        unknown = np.full((size, size), UNKNOWN, np.uint8)
        pixels = np.dstack([square, np.zeros((size, size), np.uint8)])
        return [(pixels, unknown, street_target(dict.fromkeys(present, 1.0)), False, f"{name} whole")]
    mask = np.asarray(Image.open(mask_path))
    if mask.shape != photo.shape[:2]:
        mask = np.asarray(Image.fromarray(mask).resize(photo.shape[1::-1], Image.Resampling.NEAREST))
    rows = []
    for label, box in crops_of(mask, tags):
        shares = shares_in(mask, box, present, tags)
        alpha = mask != 0
        rows.append(
            street_row(
                photo,
                mask,
                alpha=alpha,
                box=box,
                target=street_target(shares),
                tags=tags,
                size=size,
                name=f"{name} {label}",
            )
        )
    for tag in present:
        alpha = mask == tags.index(tag)
        if alpha.mean() < 0.0012 or (alpha.mean() < SHARE_SURE and tag in STREET_TYPES and PART_OF_TAG[tag] == "top"):
            continue
        target = street_target({tag: 1.0})
        rows.append(
            street_row(
                photo,
                mask,
                alpha=alpha,
                box=box_of(alpha),
                target=target,
                tags=tags,
                size=size,
                name=f"{name} only {tag}",
            )
        )
    return rows


Box = tuple[int, int, int, int]


def box_of(alpha: NDArray[np.bool_]) -> Box:
    """Left, top, right, bottom of what is true, with a margin of 4 %."""
    down, across = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    margin = max(2, int(0.04 * max(down[-1] - down[0], across[-1] - across[0])))
    height, width = alpha.shape
    return (
        max(0, across[0] - margin),
        max(0, down[0] - margin),
        min(width, across[-1] + 1 + margin),
        min(height, down[-1] + 1 + margin),
    )


def crops_of(mask: Bytes, tags: list[str]) -> list[tuple[str, Box]]:
    """What is cut of a photo: all of it, the person, the body to the hips, to the neck only, the legs, the feet."""
    height, width = mask.shape
    crops: list[tuple[str, Box]] = [("whole", (0, 0, width, height))]
    person = mask != 0
    if person.mean() < 0.01:
        return crops
    left, top, right, bottom = box_of(person)
    tall = bottom - top
    crops.append(("person", (left, top, right, bottom)))
    parts = np.array([PARTS.index(PART_OF_TAG.get(tag, "other")) for tag in tags], np.uint8)[mask]
    upper, shoes = parts == PARTS.index("top"), parts == PARTS.index("shoes")
    if upper.mean() > 0.01:
        _, first, _, last = box_of(upper)
        last = min(last, top + int(0.62 * tall))
        if last - first > 0.12 * tall:
            crops.append(("upper", _narrowed(person, (left, top, right, last))))
            crops.append(("torso", _narrowed(person, (left, max(top, first - int(0.03 * tall)), right, last))))
    middle = top + int(0.42 * tall)
    crops.append(("lower", _narrowed(person, (left, middle, right, bottom))))
    if shoes.mean() > 0.002:
        _, first, _, last = box_of(shoes)
        first = max(first, last - int(0.3 * tall))
        if last - first > 8:
            crops.append(("feet", _narrowed(person, (left, max(0, first - int(0.03 * tall)), right, last))))
    return [(label, box) for label, box in crops if box[2] - box[0] > 8 and box[3] - box[1] > 8]


def _narrowed(person: NDArray[np.bool_], box: Box) -> Box:
    """The box without what is left and right of the person."""
    left, top, right, bottom = box
    across = np.flatnonzero(person[top:bottom, left:right].any(0))
    if not len(across):
        return box
    return max(0, left + across[0] - 3), top, min(person.shape[1], left + across[-1] + 4), bottom


def shares_in(mask: Bytes, box: Box, present: list[str], tags: list[str]) -> dict[str, float]:
    """Of each tag's pixels, the share inside the box; -1 for tags that have too few pixels to be sure of."""
    left, top, right, bottom = box
    inside = mask[top:bottom, left:right]
    shares = {}
    for tag in present:
        index = tags.index(tag)
        total = int((mask == index).sum())
        # A tag without pixels, or with a few, may be a slip; for a small thing it may be right.
        few = total < SHARE_SURE * mask.size if PART_OF_TAG.get(tag) in ("top", "bottom") else total < 20
        shares[tag] = -1.0 if few else float((inside == index).sum() / total)
    return shares


def street_row(
    photo: Bytes,
    mask: Bytes,
    *,
    alpha: NDArray[np.bool_],
    box: Box,
    target: NDArray[np.float32],
    tags: list[str],
    size: int,
    name: str,
) -> Row:
    """One picture of a street photo: the box of it, stretched as the function stretches photos."""
    index = np.array([PARTS.index(PART_OF_TAG.get(tag, "other")) for tag in tags], np.uint8)
    colours = Image.fromarray(photo).crop(box)
    rgb = np.asarray(fitted(colours, size, size))
    cover = np.asarray(_fitted_plane(Image.fromarray((alpha * 255).astype(np.uint8)).crop(box), size, smooth=True))
    parts = np.where(alpha, index[mask], 0).astype(np.uint8) if " only " in name else index[mask]
    plane = np.asarray(_fitted_plane(Image.fromarray(parts).crop(box), size, smooth=False))
    return np.dstack([rgb, cover]), plane, target, True, name


def _fitted_plane(plane: Image.Image, size: int, smooth: bool) -> Image.Image:
    """A plane stretched and padded as `fitted` does with pictures; the padding is 0."""
    width, height = plane.size
    longer = max(width, height) / size
    across, down = (min(size, max(1, round(side * 4 / 3 / longer))) for side in (width, height))
    way = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    small = plane.resize((across, down), way)
    whole = Image.new("L", (size, size))
    whole.paste(small, ((size - across) // 2, (size - down) // 2))
    return whole


def street(folder: Path, development: bool, size: int = CACHE_SIZE) -> Cutouts:
    """The pictures of the street photographs that are kept for development, or of the others."""
    tags = json.loads((folder / "tags.json").read_text())
    labels = json.loads((folder / "labels.json").read_text())
    chosen = [name for name in sorted(labels) if (int(Path(name).stem) % DEVELOPMENT == 0) == development]
    with ThreadPoolExecutor(2) as pool:
        several = pool.map(lambda name: street_rows(folder, name, labels[name], tags, size), chosen)
        return gathered(row for rows in several for row in rows)


# What is no garment

GARMENT_WORDS = re.compile(
    r"shirt|dress|shoe|boot|jean|trouser|pant|coat|jacket|bag|hat\b|cap\b|cloth|sweater|skirt|sandal|sneaker|purse|suit|"
    r"uniform|person|people|man\b|men\b|woman|women|girl|boy|lady|guy|santa|king|queen|knight|soldier|doctor|nurse|"
    r"player|skater|dancer|clown|pirate|child|kid|baby|figure|wear|apron|robe|vest|pack|fashion|costume|hiker|runner|"
    r"worker|angel|witch|slipper|backpack|luggage|case|human|body|elf|monk|chef|cowboy|ninja|astronaut|diver|"
    r"satchel|pouch|kimono|sari\b|bikini|blouse",
    re.IGNORECASE,
)
"""Names of pictures that may show a garment, or somebody who wears one: those are not taken as outliers."""

BESIDE_WORDS = re.compile(
    r"eyeglasses|necktie|lipstick|-ring\.|gem-stone|clock|sunglasses|goggles|scarf|gloves|socks|bottle|umbrella|glove|"
    r"brush|necklace|action_ring|key\b",
    re.IGNORECASE,
)
"""Names of things that are sold and worn beside garments: those are drawn more often."""


def things(root: Path, size: int = CACHE_SIZE) -> Cutouts:
    """Pictures of what is no garment, in any folder below `root`, but those whose names say garment or person."""
    rows: list[Row] = []
    for path in sorted(path for path in root.rglob("*") if path.is_file() and not GARMENT_WORDS.search(path.name)):
        try:
            with Image.open(path) as image:
                image.thumbnail((4 * size, 4 * size))
                pixels = np.asarray(image.convert("RGBA").resize((size, size), Image.Resampling.BILINEAR))
        except (OSError, Image.DecompressionBombError, ValueError):
            continue
        parts = np.zeros((size, size), np.uint8)
        transparent = bool((pixels[..., 3] < 128).mean() > 0.05)
        rows.append((pixels, parts, np.zeros(11, np.float32), transparent, path.name))
    return gathered(rows)
