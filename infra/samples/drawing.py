"""Sample photos, drawn here: each of the ten types at least once, in several formats.

They are flat and crisp, as illustrations are, on white, coloured and transparent grounds. One shows a whole outfit, one
shows no garment, and one is stored sideways and set upright by its EXIF orientation.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PIL import ExifTags, Image, ImageColor, ImageDraw

SIZE = 480
_SCALE = 3  # drawn larger and reduced, so that edges are smooth
Point = tuple[float, float]
Draw = Callable[["_Pen", str], None]

SAMPLES: Mapping[str, tuple[str, ...]] = {
    "ankle-boot.webp": ("Ankle-boot",),
    "bag.png": ("Bag",),
    "blue-shirt.jpg": ("Shirt",),
    "coat-sideways.jpg": ("Coat",),
    "coat.webp": ("Coat",),
    "dress.png": ("Dress",),
    "outfit.png": ("T-shirt", "Trouser", "Sneaker"),
    "pink-t-shirt.png": ("T-shirt",),
    "pullover.webp": ("Pullover",),
    "sandal.gif": ("Sandal",),
    "shirt.jpg": ("Shirt",),
    "sneaker.bmp": ("Sneaker",),
    "t-shirt.jpg": ("T-shirt",),
    "teapot.png": (),
    "trouser.jpg": ("Trouser",),
}
"""The types that each sample shows."""


def draw_samples(folder: Path) -> list[Path]:
    """Draw the sample photos into a folder, which is made if need be; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, color, ground, draw in _DRAWINGS:
        picture = _picture(color, ground, draw)
        if ground is not None:
            picture = picture.convert("RGB")
        if name == "coat-sideways.jpg":
            exif = Image.Exif()
            exif[ExifTags.Base.Orientation] = 6  # shown after a quarter turn to the right
            picture.transpose(Image.Transpose.ROTATE_90).save(folder / name, quality=90, exif=exif)
        else:
            picture.save(folder / name)
    return sorted(folder / name for name in SAMPLES)


class _Pen:
    """Draws on a square of 100 × 100."""

    def __init__(self, image: Image.Image) -> None:
        self._draw, self._unit = ImageDraw.Draw(image), image.width / 100

    def shape(self, points: Sequence[Point], color: str) -> None:
        """A filled polygon."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=color)

    def both(self, points: Sequence[Point], color: str) -> None:
        """A filled polygon, and its mirror image."""
        self.shape(points, color)
        self.shape([(100 - x, y) for x, y in points], color)

    def line(self, points: Sequence[Point], color: str, width: float) -> None:
        """A line with round ends."""
        places = [(x * self._unit, y * self._unit) for x, y in points]
        self._draw.line(places, fill=color, width=round(width * self._unit), joint="curve")
        for x, y in (points[0], points[-1]):
            self.disc(x, y, width / 2, color)

    def disc(self, x: float, y: float, radius: float, color: str, flat: float = 1.0) -> None:
        """A disc; an ellipse where `flat` is not 1."""
        left, top, right, bottom = x - radius, y - radius * flat, x + radius, y + radius * flat
        self._draw.ellipse([side * self._unit for side in (left, top, right, bottom)], fill=color)

    def box(self, area: tuple[float, float, float, float], color: str, round_by: float = 0.0) -> None:
        """A rectangle (left, top, right, bottom), its corners rounded."""
        sides = [side * self._unit for side in area]
        self._draw.rounded_rectangle(sides, round_by * self._unit, fill=color)

    def arc(self, middle: Point, radius: float, angles: Point, color: str, width: float) -> None:
        """A part of a circle, in degrees clockwise from the right."""
        x, y = middle
        box = [side * self._unit for side in (x - radius, y - radius, x + radius, y + radius)]
        self._draw.arc(box, *angles, fill=color, width=round(width * self._unit))


def _picture(color: str, ground: str | None, draw: Draw) -> Image.Image:
    """A drawing on a plain ground, or on none (transparent)."""
    image = Image.new("RGBA", (SIZE * _SCALE, SIZE * _SCALE), ground or (0, 0, 0, 0))
    draw(_Pen(image), color)
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def _shade(color: str, factor: float = 0.75) -> str:
    """The colour, darker."""
    red, green, blue = (round(channel * factor) for channel in ImageColor.getrgb(color)[:3])
    return f"#{red:02x}{green:02x}{blue:02x}"


def _t_shirt(pen: _Pen, color: str) -> None:
    pen.both([(50, 20), (40, 14), (30, 17), (10, 33), (19, 47), (29, 40), (29, 88), (50, 88)], color)
    pen.line([(40.5, 15), (44, 19), (50, 21), (56, 19), (59.5, 15)], _shade(color), 2.5)
    pen.both([(29, 40), (30, 40), (30, 60), (29, 60)], _shade(color, 0.85))


def _trouser(pen: _Pen, color: str) -> None:
    pen.both([(50, 6), (30, 6), (23, 95), (43, 95), (50, 36)], color)
    pen.box((30, 6, 70, 12), _shade(color))
    pen.line([(50, 12), (50, 34)], _shade(color), 1)
    for x in (33, 67):
        pen.line([(x, 13), (x + (4 if x < 50 else -4), 22)], _shade(color), 1)


def _pullover(pen: _Pen, color: str) -> None:
    pen.both([(50, 20), (40, 13), (29, 18), (9, 78), (21, 82), (30, 48), (30, 90), (50, 90)], color)
    pen.both([(10, 73), (9, 79), (20, 83), (22, 77)], _shade(color))
    pen.box((30, 83, 70, 90), _shade(color))
    pen.line([(40, 15), (44, 19.5), (50, 21), (56, 19.5), (60, 15)], _shade(color), 4)
    for y in (46, 56):
        pen.line([(33, y), (42, y + 5), (50, y), (58, y + 5), (67, y)], "#f5f0e6", 2)


def _dress(pen: _Pen, color: str) -> None:
    pen.both([(50, 22), (42, 20), (39, 6), (35, 6), (33, 26), (38, 44), (16, 92), (50, 95)], color)
    pen.both([(50, 42), (38, 42), (37, 47), (50, 48)], _shade(color))
    for x in (34, 44, 56, 66):
        pen.line([(50 + (x - 50) * 0.5, 52), (x, 88)], _shade(color, 0.9), 0.8)


def _coat(pen: _Pen, color: str) -> None:
    pen.both([(50, 14), (42, 7), (30, 13), (12, 74), (24, 78), (32, 46), (27, 95), (50, 95)], color)
    pen.both([(50, 38), (42, 7), (36, 12), (35, 24), (39, 25), (37, 29)], _shade(color))
    pen.shape([(43, 8), (50, 36), (57, 8)], "#f2f2f2")
    pen.line([(50, 37), (50, 94)], _shade(color), 1)
    for y in (46, 58, 70):
        pen.disc(54, y, 1.8, _shade(color, 0.45))
    for x in (33, 57):
        pen.box((x, 66, x + 10, 69), _shade(color))


def _shirt(pen: _Pen, color: str) -> None:
    pen.both([(50, 20), (41, 14), (30, 18), (11, 76), (22, 81), (31, 48), (30, 90), (50, 92)], color)
    pen.both([(12, 71), (11, 77), (21, 82), (23, 76)], _shade(color, 0.85))
    pen.box((47.5, 20, 52.5, 91), _shade(color, 0.9))
    pen.both([(50, 21), (41, 12), (38, 17), (43, 28)], _shade(color, 0.85))
    for y in range(29, 90, 11):
        pen.disc(50, y, 1.3, "#ffffff")
    pen.box((58, 38, 67, 49), _shade(color, 0.88), 1)


def _sandal(pen: _Pen, color: str) -> None:
    pen.shape([(6, 72), (40, 70), (74, 56), (95, 54), (95, 61), (78, 64), (44, 79), (8, 79)], _shade(color, 0.6))
    pen.shape([(85, 60), (95, 60), (94, 80), (87, 80)], _shade(color, 0.6))
    pen.line([(12, 72), (20, 57), (33, 54), (40, 70)], color, 5)
    pen.line([(80, 56), (73, 38), (82, 30), (93, 33), (93, 54)], color, 4)
    pen.disc(74, 38, 2.5, "#d9b44a")


def _sneaker(pen: _Pen, color: str) -> None:
    # The sole is grey enough to be seen on white.
    pen.shape(
        [(7, 70), (7, 63), (14, 57), (30, 52), (47, 36), (50, 31), (60, 33), (72, 38), (82, 33), (90, 33), (93, 70)],
        color,
    )
    pen.shape([(7, 70), (7, 63), (14, 57), (22, 54.5), (30, 62), (31, 70)], "#f4f4f4")
    pen.shape([(80, 33.5), (90, 33), (91.5, 50), (82, 48)], _shade(color))
    pen.box((5, 69, 95, 79), "#dcdcdc", 4)
    pen.line([(6, 76), (94, 76)], "#a8a8a8", 1.2)
    for x, y in ((33, 51), (38, 46), (43, 41)):
        pen.line([(x, y), (x + 8, y + 4)], "#ffffff", 2.2)
    pen.line([(52, 66), (64, 54), (80, 50)], "#ffffff", 3)


def _bag(pen: _Pen, color: str) -> None:
    pen.arc((50, 40), 20, (180, 360), _shade(color), 4)
    pen.box((12, 38, 88, 88), color, 6)
    pen.box((12, 38, 88, 58), _shade(color, 0.85), 6)
    pen.box((45, 53, 55, 63), "#d9b44a", 1.5)


def _ankle_boot(pen: _Pen, color: str) -> None:
    pen.shape([(44, 10), (82, 10), (85, 62), (88, 80), (10, 80), (9, 70), (20, 62), (40, 56), (46, 42)], color)
    pen.box((8, 79, 62, 86), _shade(color, 0.45), 2)
    pen.shape([(64, 79), (89, 79), (88, 91), (68, 91)], _shade(color, 0.45))
    pen.shape([(58, 10), (68, 10), (64, 40), (60, 40)], _shade(color, 0.6))
    pen.line([(44, 16), (82, 16)], _shade(color), 1.2)


def _outfit(pen: _Pen, color: str) -> None:
    """A person in a T-shirt, trousers and sneakers."""
    skin, jeans, shoes = "#d9a27c", "#33507a", "#e8e8e8"
    pen.disc(50, 11, 7.5, "#4a3222")
    pen.disc(50, 13, 6.5, skin, 1.15)
    pen.box((47.5, 18, 52.5, 25), skin)
    pen.both([(37, 36), (33, 56), (36, 57), (40, 38)], skin)
    pen.both([(50, 24), (45, 23), (39, 25), (33, 38), (38, 41), (41, 35), (41, 53), (50, 53)], color)
    pen.disc(50, 22.5, 4, skin, 0.7)
    pen.both([(50, 52), (41, 52), (40, 90), (47, 90), (50, 62)], jeans)
    pen.line([(50, 54), (50, 62)], _shade(jeans), 0.7)
    pen.both([(40, 89), (47, 89), (47.5, 94), (36, 94), (36, 92)], shoes)
    pen.both([(36, 94), (47.5, 94), (47.5, 96), (36, 96)], "#c03030")


def _teapot(pen: _Pen, color: str) -> None:
    pen.arc((80, 56), 14, (250, 110), _shade(color), 5)
    pen.shape([(8, 36), (14, 34), (30, 58), (28, 72)], color)
    pen.disc(50, 60, 30, color, 0.85)
    pen.disc(50, 36, 15, _shade(color), 0.4)
    pen.disc(50, 28, 4, _shade(color))
    pen.box((36, 83, 64, 88), _shade(color), 2)


# File name, colour of the garment, colour of the ground (None: transparent), how it is drawn.
_DRAWINGS: list[tuple[str, str, str | None, Draw]] = [
    ("ankle-boot.webp", "#7a4a2a", "#ffffff", _ankle_boot),
    ("bag.png", "#b5542c", "#ffffff", _bag),
    ("blue-shirt.jpg", "#5b7fc7", "#f4f1ec", _shirt),
    ("coat-sideways.jpg", "#8a7350", "#ffffff", _coat),
    ("coat.webp", "#3b4a5e", "#ffffff", _coat),
    ("dress.png", "#c2185b", None, _dress),
    ("outfit.png", "#2e8b57", "#ffffff", _outfit),
    ("pink-t-shirt.png", "#f48fb1", None, _t_shirt),
    ("pullover.webp", "#8c2f39", "#ffffff", _pullover),
    ("sandal.gif", "#a0672f", "#ffffff", _sandal),
    ("shirt.jpg", "#a8c4e0", "#ffffff", _shirt),
    ("sneaker.bmp", "#2a6fb0", "#ffffff", _sneaker),
    ("t-shirt.jpg", "#f2c230", "#dfe8ef", _t_shirt),
    ("teapot.png", "#3a8f8a", "#ffffff", _teapot),
    ("trouser.jpg", "#3d5a80", "#ffffff", _trouser),
]
