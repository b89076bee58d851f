"""Sample photos, drawn here: each of the ten types at least once, in several formats.

They are as soft as Fashion-MNIST's pictures are when they are enlarged, and most are light garments on a dark ground
as there: of a crisp drawing the model says, as it should, that it is no photograph of a garment. One is a pink T-shirt
on a transparent ground; one is stored sideways and set upright by its EXIF orientation.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import ExifTags, Image, ImageDraw

SIZE = 480
_SCALE = 3  # drawn larger and reduced, so that edges are smooth
_SOFT = 28  # pixels a side of Fashion-MNIST's pictures
Point = tuple[float, float]
Draw = Callable[[ImageDraw.ImageDraw, str, str], None]

# Right halves of outlines, from the neck down, on a square of 100; the left half is the mirror image.
_T_SHIRT = [(50, 20), (58, 19), (64, 15), (80, 22), (93, 40), (81, 48), (74, 40), (74, 86), (50, 87)]
_LONG_SLEEVE = [(50, 19), (58, 18), (64, 14), (77, 20), (92, 76), (80, 80), (71, 44), (72, 86), (50, 87)]
_COAT = [(50, 12), (57, 6), (64, 8), (76, 14), (86, 74), (77, 77), (70, 42), (72, 94), (50, 94)]
_DRESS = [(50, 22), (58, 8), (64, 8), (66, 30), (62, 46), (78, 94), (50, 95)]
_TROUSER = [(50, 6), (70, 6), (76, 95), (59, 95), (50, 36)]


def draw_samples(folder: Path) -> list[Path]:
    """Draw the sample photos into a folder, which is made if need be; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    samples = [_save(folder / name, garment, ground, draw) for name, garment, ground, draw in _SAMPLES]
    pink = folder / "pink-t-shirt.png"
    _picture("#f48fb1", None, _t_shirt).save(pink)
    sideways = folder / "coat-sideways.jpg"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6  # shown after a quarter turn to the right
    coat = _picture("#cfcfc4", "#101010", _coat)
    coat.transpose(Image.Transpose.ROTATE_90).convert("RGB").save(sideways, quality=90, exif=exif)
    return sorted([*samples, pink, sideways])


def _save(path: Path, garment: str, ground: str, draw: Draw) -> Path:
    _picture(garment, ground, draw).convert("RGB").save(path)
    return path


def _picture(garment: str, ground: str | None, draw: Draw) -> Image.Image:
    """One garment on a plain ground, or on none (transparent)."""
    image = Image.new("RGBA", (SIZE * _SCALE, SIZE * _SCALE), ground or (0, 0, 0, 0))
    draw(ImageDraw.Draw(image), garment, ground or "#ffffff")
    return image.resize((_SOFT, _SOFT), Image.Resampling.LANCZOS).resize((SIZE, SIZE), Image.Resampling.BICUBIC)


def _points(outline: Sequence[Point]) -> list[Point]:
    return [(x * SIZE * _SCALE / 100, y * SIZE * _SCALE / 100) for x, y in outline]


def _mirrored(half: Sequence[Point]) -> list[Point]:
    return [*half] + [(100 - x, y) for x, y in reversed(half)]


def _shape(pen: ImageDraw.ImageDraw, outline: Sequence[Point], color: str) -> None:
    pen.polygon(_points(outline), fill=color)


def _line(pen: ImageDraw.ImageDraw, points: Sequence[Point], color: str, width: float = 1.0) -> None:
    pen.line(_points(points), fill=color, width=round(width * SIZE * _SCALE / 100), joint="curve")


def _t_shirt(pen: ImageDraw.ImageDraw, color: str, _ground: str) -> None:
    _shape(pen, _mirrored(_T_SHIRT), color)


def _trouser(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(pen, _mirrored(_TROUSER), color)
    _line(pen, [(50, 10), (50, 34)], ground, 0.5)


def _pullover(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(pen, _mirrored(_LONG_SLEEVE), color)
    _line(pen, [(28, 82), (72, 82)], ground, 0.6)


def _dress(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(pen, _mirrored(_DRESS), color)
    _line(pen, [(38, 46), (62, 46)], ground, 0.6)


def _coat(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(pen, _mirrored(_COAT), color)
    _line(pen, [(50, 26), (50, 94)], ground, 0.8)
    _line(pen, [(38, 10), (50, 36), (62, 10)], ground, 1.0)
    for x in (32, 58):
        _line(pen, [(x, 66), (x + 10, 63)], ground, 0.8)


def _shirt(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(pen, _mirrored(_LONG_SLEEVE), color)
    _line(pen, [(50, 22), (50, 86)], ground, 0.5)
    _line(pen, [(40, 17), (46, 27), (50, 21), (54, 27), (60, 17)], ground, 0.7)
    for y in range(30, 84, 9):
        _line(pen, [(49, y), (51, y)], ground, 1.2)


def _sandal(pen: ImageDraw.ImageDraw, color: str, _ground: str) -> None:
    _shape(pen, [(6, 66), (50, 66), (80, 50), (94, 48), (94, 54), (82, 58), (52, 74), (6, 74)], color)
    _shape(pen, [(88, 54), (94, 54), (93, 78), (90, 78)], color)
    _line(pen, [(12, 66), (22, 50), (34, 66)], color, 2.5)
    _line(pen, [(78, 51), (74, 32), (92, 34), (92, 50)], color, 2.0)


def _sneaker(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(
        pen,
        [(5, 68), (8, 58), (30, 53), (48, 38), (56, 42), (66, 40), (92, 36), (95, 66), (95, 74), (5, 74)],
        color,
    )
    _line(pen, [(5, 68), (95, 68)], ground, 0.8)
    for x in (36, 41, 46):
        _line(pen, [(x, 54), (x + 7, 47)], ground, 0.8)


def _bag(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _line(pen, [(32, 42), (34, 18), (44, 10), (56, 10), (66, 18), (68, 42)], color, 3.0)
    _shape(pen, [(12, 40), (88, 40), (92, 88), (8, 88)], color)
    _line(pen, [(10, 56), (90, 56)], ground, 0.8)


def _ankle_boot(pen: ImageDraw.ImageDraw, color: str, ground: str) -> None:
    _shape(
        pen,
        [
            (44, 8),
            (84, 8),
            (86, 70),
            (90, 88),
            (70, 88),
            (68, 80),
            (58, 82),
            (8, 84),
            (8, 70),
            (38, 56),
            (46, 44),
        ],
        color,
    )
    _line(pen, [(8, 79), (58, 77), (68, 74)], ground, 0.6)


# File name, colour of the garment, colour of the ground, how it is drawn.
_SAMPLES: list[tuple[str, str, str, Draw]] = [
    ("t-shirt.jpg", "#d8d8d8", "#000000", _t_shirt),
    ("trouser.jpg", "#b8c4d8", "#000000", _trouser),
    ("pullover.webp", "#c0b090", "#000000", _pullover),
    ("dress.png", "#e0e0e0", "#000000", _dress),
    ("coat.webp", "#cfcfc4", "#000000", _coat),
    ("sandal.gif", "#d0c0a0", "#000000", _sandal),
    ("shirt.jpg", "#d0d8e8", "#000000", _shirt),
    ("sneaker.bmp", "#e8e8e8", "#000000", _sneaker),
    ("bag.png", "#b89878", "#000000", _bag),
    ("ankle-boot.webp", "#c8b8a8", "#000000", _ankle_boot),
    ("blue-shirt.jpg", "#5b7fc7", "#f4f1ec", _shirt),
]
