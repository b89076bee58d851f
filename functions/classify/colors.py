"""The main colours of the garment on a photo, as people name them: the eleven basic colour terms.

    1,024 pixels ─▶ OKLab ─┬▶ how much each is garment: near the middle, and of a colour that is rarer at the border
                           └▶ a colour term for each
                                  └▶ the terms that a quarter of the garment or more has, the most frequent first

No garment is cut out. Each pixel counts by how often its colour occurs in the middle of the picture and how often at
its border, so that a white shirt on a white wall still counts, and stripes count beside the ground between them.
OKLab (https://bottosson.github.io/posts/oklab) is a space in which equal distances look equally different.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from photo_library.photo import COLORS

Floats = npt.NDArray[np.float32]

SIDE = 32  # pixels looked at in each direction
ALIKE = 0.08  # colours at this distance in OKLab are taken for one
MAIN = 0.25  # of the garment


def _to_linear() -> Floats:
    value = np.arange(256, dtype=np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


_LINEAR = _to_linear()  # the light that each value of an sRGB channel stands for
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
).T
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
).T


def _places() -> tuple[Floats, npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """How much a place counts, and 64 places each of the border and of the middle to compare colours with."""
    at = (np.arange(SIDE) + 0.5) / SIDE - 0.5
    down, across = (axis.ravel() for axis in np.meshgrid(at, at, indexing="ij"))
    weight = np.exp(-((across / 0.17) ** 2 + (down / 0.22) ** 2) / 2)

    def some(places: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
        found = np.flatnonzero(places)
        return found[np.linspace(0, len(found) - 1, 64).round().astype(np.intp)]

    from_middle = np.maximum(np.abs(down), np.abs(across))
    return weight.astype(np.float32), some(from_middle > 0.44), some(from_middle < 0.25)


_WEIGHT, _BORDER, _MIDDLE = _places()


def garment_colors(image: Image.Image) -> tuple[str, ...]:
    """One to three of COLORS for an upright RGB picture, the one that most of the garment has first."""
    pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.NEAREST)).reshape(-1, 3)
    lab = oklab(pixels)
    at_border, in_middle = _share_alike(lab, _BORDER), _share_alike(lab, _MIDDLE)
    garment = _WEIGHT * (in_middle / (in_middle + at_border + 0.001)) ** 2
    shares = np.bincount(named(lab), garment, len(COLORS)) / garment.sum()
    ranked = np.argsort(-shares)[:3]
    return tuple(COLORS[index] for index in ranked if shares[index] >= MAIN) or (COLORS[ranked[0]],)


def oklab(pixels: npt.NDArray[np.uint8]) -> Floats:
    """sRGB [N, 3] in OKLab: lightness from 0 to 1, green to red, blue to yellow."""
    lab: Floats = np.cbrt(_LINEAR[pixels] @ _TO_CONES) @ _TO_OKLAB
    return lab


def named(lab: Floats) -> npt.NDArray[np.intp]:
    """The colour term of each colour [N, 3], as its index in COLORS.

    Bounds of hue, in degrees from red by yellow to blue, and of lightness and chroma within them: where photographs of
    garments, with their indoor light, change from one name to the next.
    """
    light, green_red, blue_yellow = lab.T
    chroma = np.hypot(green_red, blue_yellow)
    hue = (np.degrees(np.arctan2(blue_yellow, green_red)) + 15) % 360 - 15
    warm = (hue >= 30) & (hue < 95)  # lamps make grey and white look so
    faint = np.select([light < 0.22, warm & (light > 0.75), warm], [0.05, 0.05, 0.035], 0.025)
    grey = chroma < faint
    rules = [
        (grey & (light < 0.38), "black"),
        (grey & (light > 0.77), "white"),
        (grey, "grey"),
        ((hue < 8) & ((light > 0.62) | ((light > 0.48) & (chroma > 0.12))), "pink"),
        ((hue < -8) | ((hue >= 0) & (hue < 8) & (light < 0.48) & (chroma < 0.1)), "purple"),
        (hue < 8, "red"),
        ((hue < 42) & (light > 0.66) & (chroma < 0.17), "pink"),
        ((hue < 42) & (chroma >= 0.085), "red"),
        (hue < 42, "brown"),
        ((hue < 75) & (light > 0.6) & (chroma > 0.12), "orange"),
        ((hue < 50) & (light > 0.62) & (chroma > 0.09), "pink"),
        (hue < 75, "brown"),
        ((hue < 112) & (light > 0.68) & (chroma > 0.09), "yellow"),
        (hue < 98, "brown"),
        (hue < 182, "green"),
        (hue < 288, "blue"),
        (hue < 325, "purple"),
        (light > 0.6, "pink"),
    ]
    return np.select([rule for rule, _ in rules], [COLORS.index(name) for _, name in rules], COLORS.index("purple"))


def _share_alike(lab: Floats, places: npt.NDArray[np.intp]) -> Floats:
    """For each colour, the share of these places that have one like it."""
    lengths = (lab * lab).sum(axis=1) / 2
    # |x - y|² < d² is x·y - |x|²/2 - |y|²/2 > -d²/2: one product, and no large array but its result.
    likeness = lab @ lab[places].T
    likeness -= lengths[:, None]
    likeness -= lengths[places]
    share: Floats = (likeness > -(ALIKE**2) / 2).mean(axis=1, dtype=np.float32)
    return share
