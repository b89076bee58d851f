"""The main colours of the garment on a photo, as people name them: the eleven basic colour terms.

    1,024 pixels ─▶ OKLab ─┬▶ how much each is garment: what the model says of its place; or, of a model that does not,
                           │  near the middle, and of a colour that is rarer at the border
                           └▶ a colour term for each, and for colours near it
                                  └▶ the terms that a fifth of the garment or more has, the most frequent first

Where no model helps, each pixel counts by how often its colour occurs in the middle of the picture and how often at its
border, so that a white shirt on a white wall still counts, and stripes count beside the ground between them.
OKLab (https://bottosson.github.io/posts/oklab) is a space in which equal distances look equally different.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from photo_library.photo import COLORS

Floats = npt.NDArray[np.float32]

SIDE = 32  # pixels looked at in each direction
ALIKE = 0.08  # colours at this distance in OKLab are taken for one
MAIN = 0.2  # of the garment
COLOR_SIZE = (128, 128)  # of a picture whose colours are wanted: every fourth pixel, unmixed, is looked at
# A colour near the bound of two terms is called by both: lighter, darker, fainter and stronger ones are named as well.
_NEAR = ((0.0, 1.0), (0.04, 1.0), (-0.04, 1.0), (0.0, 0.7), (0.0, 1.35))  # added to lightness, factor of chroma


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


_MIDST, _BORDER, _MIDDLE = _places()
_EDGE = np.pad(np.zeros((SIDE - 4, SIDE - 4), bool), 2, constant_values=True).ravel()


def garment_colors(pixels: npt.NDArray[np.uint8], garment: Floats | None = None) -> tuple[str, ...]:
    """One to three of COLORS for an upright RGB picture, the one that most of the garment has first.

    pixels: uint8 [height, width, 3], at least SIDE each; garment: how much each place of the picture shows the garment,
    [rows, columns], where a model says that.
    """
    return main_colors(color_shares(pixels, garment))


def main_colors(shares: Floats) -> tuple[str, ...]:
    """The one to three of COLORS with the largest shares, as color_shares gives them."""
    ranked = np.argsort(-shares)[:3]
    return tuple(COLORS[index] for index in ranked if shares[index] >= MAIN) or (COLORS[ranked[0]],)


def color_shares(pixels: npt.NDArray[np.uint8], garment: Floats | None = None) -> Floats:
    """How much of the garment has each of COLORS; sums to 1. The arguments are those of garment_colors."""
    lab = oklab(_some(pixels))
    weight = _contrast(lab) if garment is None else _weight(garment)
    seen = weight > 0.05 * weight.max()
    return _shares(lab[seen], weight[seen], neutral=_on_white(lab))


def _some(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """SIDE × SIDE of the pixels [H, W, 3], as they are: a mean of black and white checks would be grey."""
    rows, columns = ((np.arange(SIDE) + 0.5) * length / SIDE for length in pixels.shape[:2])
    some: npt.NDArray[np.uint8] = pixels[rows.astype(np.intp)[:, None], columns.astype(np.intp)].reshape(-1, 3)
    return some


def _contrast(lab: Floats) -> Floats:
    """How much each pixel is garment, told from the middle of the picture and its border."""
    at_border, in_middle = _share_alike(lab, _BORDER), _share_alike(lab, _MIDDLE)
    contrast: Floats = _MIDST * (in_middle / (in_middle + at_border + 0.001)) ** 2
    return contrast


def _weight(garment: Floats) -> Floats:
    """How much each pixel counts: the square of what the model says, linear between the middles of its places, and
    somewhat more towards the middle of the picture."""
    spread = Image.fromarray(garment).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    weight: Floats = np.asarray(spread, np.float32).ravel() ** 2 * np.sqrt(_MIDST) + 1e-9
    return weight


def _on_white(lab: Floats) -> bool:
    """Whether most of the picture's border is pure white: then no lamp tints what lies on it."""
    light, green_red, blue_yellow = lab[_EDGE].T
    return bool(((light > 0.93) & (np.hypot(green_red, blue_yellow) < 0.015)).mean() > 0.5)


def _shares(lab: Floats, weight: Floats, *, neutral: bool) -> Floats:
    """The share that each of COLORS has of the weight; `neutral`: see `named`."""
    total = np.zeros(len(COLORS), np.float32)
    for lighter, stronger in _NEAR:
        near = lab * np.array([1, stronger, stronger], np.float32) + np.array([lighter, 0, 0], np.float32)
        total += np.bincount(named(near, neutral=neutral), weight, len(COLORS)).astype(np.float32)
    shares: Floats = total / total.sum()
    return shares


def oklab(pixels: npt.NDArray[np.uint8]) -> Floats:
    """sRGB [N, 3] in OKLab: lightness from 0 to 1, green to red, blue to yellow."""
    lab: Floats = np.cbrt(_LINEAR[pixels] @ _TO_CONES) @ _TO_OKLAB
    return lab


def named(lab: Floats, *, neutral: bool = False) -> npt.NDArray[np.intp]:
    """The colour term of each colour [N, 3], as its index in COLORS.

    Bounds of hue, in degrees from red by yellow to blue, and of lightness and chroma within them: where photographs of
    garments, with their indoor light, change from one name to the next. In `neutral` light a faint tint is the
    garment's own (dark brown is not black), and white is lighter.
    """
    light, green_red, blue_yellow = lab.T
    chroma = np.hypot(green_red, blue_yellow)
    hue = (np.degrees(np.arctan2(blue_yellow, green_red)) + 15) % 360 - 15
    warm = (hue >= 30) & (hue < 95)  # lamps make grey and white look so
    pale_blue = (hue > 200) & (hue < 288) & (light > 0.6)  # no lamp makes white look so
    dark, white, warm_faint, most_faint = (0.03, 0.82, 0.018, 0.02) if neutral else (0.05, 0.77, 0.035, 0.025)
    faint = np.select(
        [light < 0.22, warm & (light > 0.75), warm, pale_blue], [dark, 0.05, warm_faint, 0.015], most_faint
    )
    grey = chroma < faint
    rules = [
        (grey & (light < 0.43), "black"),
        (grey & (light > white), "white"),
        (grey, "grey"),
        ((hue < 8) & ((light > 0.66) | ((light > 0.5) & (chroma > 0.12))), "pink"),
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
        (hue < 193, "green"),
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
