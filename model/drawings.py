"""Garments, and things that are none, drawn at random as clip art is: outlines, fills, patterns, seams, buttons.

Everything is drawn in a square of 100 × 100, four times as large as wanted and reduced then, on nothing (transparent).
Left and right are alike, so half an outline is enough; points are joined by lines or by Catmull-Rom curves.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from model.cutouts import CACHE_SIZE, PART_OF_TYPE, PARTS, Cutouts, Row, gathered
from photo_library.photo import TYPES

Point = tuple[float, float]
Color = tuple[int, int, int]
OVER = 4
"""How much larger a drawing is made than it is wanted."""


def color(random: Random) -> Color:
    """Any colour, bright ones, black and white more often than chance would have them."""
    kind = random.random()
    if kind < 0.27:
        grey = random.randint(0, 50) if kind < 0.12 else random.randint(225, 255)
        return (grey, grey, grey)
    hue, saturation, value = random.random(), random.uniform(0.25, 1), random.uniform(0.35, 1)
    sector, rest = int(hue * 6) % 6, hue * 6 % 1
    low, down, up = value * (1 - saturation), value * (1 - saturation * rest), value * (1 - saturation * (1 - rest))
    picked = ((value, up, low), (down, value, low), (low, value, up), (low, down, value), (up, low, value),
              (value, low, down))[sector]  # fmt: skip
    return tuple(int(255 * channel) for channel in picked)  # type: ignore[return-value]


def shade(of: Color, factor: float) -> Color:
    """A darker (factor < 1) or lighter colour."""
    if factor <= 1:
        return tuple(int(channel * factor) for channel in of)  # type: ignore[return-value]
    return tuple(int(255 - (255 - channel) / factor) for channel in of)  # type: ignore[return-value]


def curve(points: Sequence[Point], closed: bool = True, steps: int = 6) -> list[Point]:
    """Points on a Catmull-Rom curve through the points."""
    count = len(points)
    found = []
    for index in range(count if closed else count - 1):
        around = [points[(index + k) % count] if closed else points[min(max(index + k, 0), count - 1)]
                  for k in (-1, 0, 1, 2)]  # fmt: skip
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2)
            found.append((sum(w * p[0] for w, p in zip(weights, around, strict=True)) / 2,
                          sum(w * p[1] for w, p in zip(weights, around, strict=True)) / 2))  # fmt: skip
    if not closed:
        found.append(points[-1])
    return found


def mirrored(half: Sequence[Point]) -> list[Point]:
    """The whole outline of the right half's points, from top to bottom; x is measured from the middle."""
    return [(50 + x, y) for x, y in half] + [(50 - x, y) for x, y in reversed(half) if x > 0.01]


class Sheet:
    """A transparent drawing with one way of drawing: stroke, fill, pattern."""

    def __init__(self, random: Random, size: int) -> None:
        """An empty sheet of size × size pixels."""
        self.random, self.side = random, size * OVER
        self.image = Image.new("RGBA", (self.side, self.side))
        self.main, self.second = color(random), color(random)
        line_art = random.random() < 0.12
        if line_art:
            self.main = self.second = (255, 255, 255)
        dark = random.random()
        self.ink = (0, 0, 0) if dark < 0.5 or line_art else shade(self.main, 0.45) if dark < 0.85 else color(random)
        self.width = 0.0 if random.random() < 0.2 and not line_art else random.uniform(0.5, 2.4)
        self.pattern = None if line_art else random.choice((None,) * 7 + ("stripes", "bars", "dots", "checks", "print"))
        self.shaded = random.random() < 0.4 and not line_art
        self.smooth = random.random() < 0.6
        self.detail = random.random()

    def _at(self, points: Sequence[Point]) -> list[Point]:
        return [(x * self.side / 100, y * self.side / 100) for x, y in points]

    def fill(
        self, points: Sequence[Point], fill: Color | None = None, plain: bool = False, smooth: bool | None = None
    ) -> None:
        """A closed shape in the main colour (or `fill`), with the sheet's pattern, shading and stroke."""
        points = curve(points) if (self.smooth if smooth is None else smooth) else list(points)
        mask = Image.new("L", self.image.size)
        ImageDraw.Draw(mask).polygon(self._at(points), fill=255)
        paint = Image.new("RGB", self.image.size, fill or self.main)
        if fill is None and not plain:
            self._patterned(paint)
        if self.shaded:
            paint = self._shaded(paint)
        self.image.paste(paint, mask=mask)
        self.line([*points, points[0]], smooth=False)

    def _patterned(self, paint: Image.Image) -> None:
        draw, step = ImageDraw.Draw(paint), int(self.side * self.random.uniform(0.03, 0.12))
        start = self.random.randint(0, step)
        for at in range(start - step, self.side, 2 * step):
            if self.pattern in ("bars", "checks"):
                draw.rectangle((at, 0, at + step, self.side), fill=self.second)
            if self.pattern in ("stripes", "checks"):
                draw.rectangle((0, at, self.side, at + step), fill=self.second)
            if self.pattern == "dots":
                for across in range(start, self.side, 2 * step):
                    draw.ellipse((across, at, across + step, at + step), fill=self.second)
        if self.pattern == "print":
            x, y = (self.side * self.random.uniform(0.42, 0.58) for _ in range(2))
            r = self.side * self.random.uniform(0.05, 0.13)
            corners = self.random.choice((3, 4, 5, 6, 40))
            turn = self.random.random() * 6
            draw.polygon([(x + r * math.cos(turn + 6.2832 * k / corners), y + r * math.sin(turn + 6.2832 * k / corners))
                          for k in range(corners)], fill=self.second)  # fmt: skip

    def _shaded(self, paint: Image.Image) -> Image.Image:
        ramp = Image.linear_gradient("L").resize(self.image.size)
        ramp = ramp if self.detail < 0.5 else ramp.rotate(90)
        ramp = ramp.point(lambda value: 255 - int(value * 0.4))
        return ImageChops.multiply(paint, Image.merge("RGB", (ramp, ramp, ramp)))

    def line(
        self, points: Sequence[Point], ink: Color | None = None, width: float | None = None, smooth: bool = True
    ) -> None:
        """A stroke along points."""
        wide = self.width if width is None else width
        if wide <= 0:
            return
        points = curve(points, closed=False) if smooth and len(points) > 2 else list(points)
        pixels = max(1, round(wide * self.side / 100))
        ImageDraw.Draw(self.image).line(self._at(points), fill=ink or self.ink, width=pixels, joint="curve")

    def seam(self, points: Sequence[Point]) -> None:
        """A finer stroke, also where outlines have none."""
        self.line(points, ink=self.ink if self.width else shade(self.main, 0.6), width=max(0.5, self.width * 0.6))

    def dot(self, x: float, y: float, radius: float, fill: Color | None = None) -> None:
        """A disc with the sheet's stroke."""
        box = self._at([(x - radius, y - radius), (x + radius, y + radius)])
        ImageDraw.Draw(self.image).ellipse([*box[0], *box[1]], fill=fill or self.second, outline=self.ink)

    def done(self, size: int) -> Image.Image:
        """The drawing in the size that is wanted."""
        return self.image.resize((size, size), Image.Resampling.BOX)


def upper_outline(
    r: Random, sleeve: str, hem: float, wide: float, *, flare: float = 0.0, neck: float = 0.0
) -> list[Point]:
    """Half of something with a neck, sleeves (`none`, `short`, `half`, `long`) and a hem."""
    neck = neck or r.uniform(6, 13)
    shoulder, top = wide + r.uniform(2, 6), r.uniform(8, 14)
    armpit = top + r.uniform(18, 26)
    drop = r.uniform(2, 8)
    half = [(0, top + r.uniform(2, 9)), (neck * 0.75, top + r.uniform(0, 3)), (neck, top - 1), (shoulder, top + drop)]
    if sleeve == "none":
        half += [(shoulder - r.uniform(1, 5), top + drop + 8)]
    else:
        reach = {"short": r.uniform(12, 20), "half": r.uniform(24, 32), "long": r.uniform(46, 66)}[sleeve]
        spread = r.uniform(0.15, 0.75) if sleeve == "long" else r.uniform(0.4, 1.0)
        cuff = r.uniform(7, 13)
        tip = (min(48, shoulder + reach * spread), top + drop + reach * (1 - 0.3 * spread))
        half += [tip, (max(wide + 1, tip[0] - cuff), min(97, tip[1] + cuff * 0.35))]
    half += [(wide, armpit), (wide + flare * 0.3, (armpit + hem) / 2), (wide + flare, hem), (0, hem + r.uniform(-1, 2))]
    return half


def neckline(s: Sheet, half: list[Point], kind: str) -> None:
    """What is at the neck: a band, a collar, a hood, a roll, nothing."""
    (_, low), _, (neck, top) = half[0], half[1], half[2]
    if kind == "band":
        s.seam(
            [(50 - neck, top), (50 - neck * 0.6, low + 1), (50, low + 3), (50 + neck * 0.6, low + 1), (50 + neck, top)]
        )
    elif kind == "roll":
        s.fill(mirrored([(0, top - 6), (neck, top - 6), (neck + 1, low), (0, low + 2)]), plain=True)
    elif kind == "hood":
        s.fill(
            mirrored([(0, top - 8), (neck + 3, top - 3), (neck + 4, low + 2), (0, low + 8)]),
            shade(s.main, 0.85),
            smooth=True,
        )
    elif kind == "collar":
        deep = s.random.uniform(5, 10)
        pointed = [(0.3, low + 2), (neck * 0.3, top - 3), (neck + 1, top - 2), (neck * 0.95, low + deep)]
        for side in (1, -1):
            s.fill([(50 + side * x, y) for x, y in pointed], shade(s.main, s.random.uniform(0.85, 1.5)), smooth=False)


def buttons(s: Sheet, x: float, ends: Point, count: int, radius: float) -> None:
    """A row of buttons between two heights."""
    top, bottom = ends
    fill = s.random.choice((s.second, s.ink, (255, 255, 255), shade(s.main, 0.6)))
    for k in range(count):
        s.dot(x, top + (bottom - top) * (k + 0.5) / count, radius, fill)


def t_shirt(s: Sheet) -> None:
    """A T-shirt, polo, tank top."""
    r = s.random
    sleeve = r.choices(("short", "half", "none"), (0.75, 0.1, 0.15))[0]
    half = upper_outline(r, sleeve, r.uniform(80, 95), r.uniform(20, 27), flare=r.uniform(-2, 3))
    s.fill(mirrored(half))
    polo = r.random() < 0.12
    neckline(s, half, "collar" if polo else r.choice(("band", "band", "none")))
    if polo:
        s.seam([(50, half[0][1] + 3), (50, half[0][1] + 18)])
        buttons(s, 50, (half[0][1] + 6, half[0][1] + 18), 2, 1)
    if s.detail > 0.5 and sleeve != "none":
        for side in (1, -1):
            s.seam([(50 + side * half[3][0], half[3][1]), (50 + side * half[-4][0], half[-4][1])])
    if s.detail < 0.3:
        s.seam([(50 - half[-2][0], half[-2][1] - 3), (50 + half[-2][0], half[-2][1] - 3)])


def pullover(s: Sheet) -> None:
    """A sweater, with ribs at its ends, or a hooded one."""
    r = s.random
    half = upper_outline(r, "long", r.uniform(78, 94), r.uniform(20, 27), flare=r.uniform(-3, 2))
    s.fill(mirrored(half))
    hood = r.random() < 0.25
    neckline(s, half, "hood" if hood else r.choice(("band", "roll", "band")))
    hem = half[-2][1]
    if r.random() < 0.7:
        wide = half[-2][0]
        band = [(50 - wide, hem - 6), (50 + wide, hem - 6), (49 + wide, hem), (51 - wide, hem)]
        s.fill(band, shade(s.main, 0.8), smooth=False)
        for k in range(1, 12):
            x = 50 - half[-2][0] + k * half[-2][0] / 6
            s.line([(x, hem - 6), (x, hem)], width=0.4)
    if hood and r.random() < 0.7:
        s.fill(mirrored([(0, 62), (12, 62), (15, 78), (0, 78)]), shade(s.main, 0.9), smooth=False)
    elif s.detail > 0.6:
        for k in range(3):
            s.seam(
                [
                    (50 - half[-3][0], 45 + 6 * k),
                    (44, 41 + 6 * k),
                    (50, 45 + 6 * k),
                    (56, 41 + 6 * k),
                    (50 + half[-3][0], 45 + 6 * k),
                ]
            )


def shirt(s: Sheet) -> None:
    """A shirt: collar, a strip with buttons, perhaps pockets; sleeves long or short."""
    r = s.random
    sleeve = r.choices(("long", "short"), (0.65, 0.35))[0]
    half = upper_outline(r, sleeve, r.uniform(80, 95), r.uniform(19, 26), flare=r.uniform(-2, 3), neck=r.uniform(6, 10))
    s.fill(mirrored(half))
    hem, top = half[-1][1], half[0][1]
    strip = r.uniform(1.5, 3.5)
    if r.random() < 0.6:
        s.seam([(50 - strip, top), (50 - strip, hem - 1)])
        s.seam([(50 + strip, top), (50 + strip, hem - 1)])
    else:
        s.seam([(50, top), (50, hem - 1)])
    neckline(s, half, "collar")
    buttons(s, 50, (top + 4, hem - 2), r.randint(4, 8), r.uniform(0.8, 1.6))
    if r.random() < 0.5:
        for side in (1, -1)[: r.randint(1, 2)]:
            x, y, w = 50 + side * 12, top + 20, 5
            s.seam([(x - w, y), (x + w, y), (x + w, y + 9), (x, y + 12), (x - w, y + 9), (x - w, y)])
    if sleeve == "long" and r.random() < 0.6:
        for side in (1, -1):
            (x1, y1), (x2, y2) = half[4], half[5]
            s.seam([(50 + side * (x1 - 0.5), y1 - 5), (50 + side * (x2 + 0.5), y2 - 5)])


def coat(s: Sheet) -> None:
    """A coat or jacket: open or closed in front, with lapels, buttons or a zip, belt, pockets."""
    r = s.random
    short = r.random() < 0.45
    hem = r.uniform(72, 84) if short else r.uniform(88, 97)
    half = upper_outline(
        r, "long", hem, r.uniform(19, 26), flare=r.uniform(-2, 2) if short else r.uniform(0, 8), neck=r.uniform(6, 10)
    )
    s.fill(mirrored(half))
    top = half[0][1]
    lapel = r.uniform(14, 32)
    kind = r.choice(("lapels", "lapels", "zip", "open", "hood"))
    if kind in ("lapels", "open"):
        inside = shade(s.second, 1.5)
        s.fill(mirrored([(0, top - 3), (half[2][0] * 0.8, half[2][1]), (0.5, top + lapel)]), inside, smooth=False)
        for side in (1, -1):
            neck, high = half[2]
            turn = [(neck * 0.7, high - 1), (neck + 5, top + lapel * 0.45), (neck + 2, top + lapel * 0.5)]
            points = [(50 + side * x, y) for x, y in [*turn, (0.5, top + lapel)]]
            s.fill(points, shade(s.main, 0.8), smooth=False)
        if kind == "open":
            s.fill([(49, top + lapel), (51, top + lapel), (57, hem + 1), (43, hem + 1)], inside, smooth=False)
        else:
            s.seam([(50, top + lapel), (50, hem)])
            for x in ((50,), (44, 56))[r.random() < 0.5]:
                buttons(s, x, (top + lapel, hem - 8), r.randint(2, 4), r.uniform(1.4, 2.6))
    else:
        neckline(s, half, "hood" if kind == "hood" else "collar")
        s.line([(50, top + 2), (50, hem)], ink=s.second, width=1.8)
        s.line([(50, top + 2), (50, hem)], width=0.7, ink=s.ink)
        if r.random() < 0.5:  # quilted
            for k in range(1, 6):
                y = top + 14 + k * (hem - top - 14) / 6
                s.seam([(50 - half[-3][0], y), (50, y + 2), (50 + half[-3][0], y)])
    if not short and r.random() < 0.4:
        s.fill(
            [(50 - half[-3][0], 52), (50 + half[-3][0], 52), (50 + half[-3][0], 56), (50 - half[-3][0], 56)],
            s.second,
            smooth=False,
        )
    for side in (1, -1):
        if r.random() < 0.8:
            s.seam([(50 + side * 9, hem * 0.72), (50 + side * 17, hem * 0.68)])


def dress(s: Sheet) -> None:
    """A dress: straps or sleeves, a waist, a skirt."""
    r = s.random
    sleeve = r.choices(("none", "short", "long"), (0.6, 0.28, 0.12))[0]
    neck, top = r.uniform(7, 12), r.uniform(5, 10)
    shoulder, waist, chest = r.uniform(13, 18), r.uniform(9, 15), r.uniform(13, 18)
    middle, hem = r.uniform(38, 50), r.uniform(82, 97)
    half: list[Point] = [(0, top + r.uniform(5, 14)), (neck * 0.8, top + 4), (neck, top), (shoulder, top + 2)]
    if sleeve == "short":
        half += [(shoulder + r.uniform(8, 13), top + r.uniform(11, 17)), (shoulder + 3, top + 20)]
    elif sleeve == "long":
        half += [(shoulder + r.uniform(12, 22), top + 45), (shoulder + r.uniform(6, 12), top + 47)]
    half += [(chest, top + 21), (waist, middle)]
    flare = r.uniform(16, 42)
    half += [(waist + flare * r.uniform(0.5, 0.8), (middle + hem) / 2 + 3), (max(waist + 3, flare), hem)]
    for k in range(r.choice((0, 0, 3, 4))):
        half.append((half[-1][0] * 0.75, hem + (2 if k % 2 else -1)))
    half.append((0, hem + r.uniform(0, 2)))
    s.fill(mirrored(half))
    if r.random() < 0.5:
        s.fill(
            [(50 - waist, middle - 2), (50 + waist, middle - 2), (50 + waist, middle + 2), (50 - waist, middle + 2)],
            s.second,
            smooth=False,
        )
    else:
        s.seam([(50 - waist, middle), (50, middle + 1.5), (50 + waist, middle)])
    for _ in range(r.randint(0, 4)):
        x = r.uniform(-1, 1)
        s.seam([(50 + x * waist * 0.8, middle + 4), (50 + x * flare * 0.8, hem - 3)])


def trouser(s: Sheet) -> None:
    """Trousers or jeans: two legs to the ankle, a waistband, pockets."""
    r = s.random
    waist, hip = r.uniform(14, 20), r.uniform(18, 24)
    fork, hem = r.uniform(32, 42), r.uniform(90, 97)
    leg, knee = r.uniform(7, 16), r.uniform(9, 14)
    out = r.uniform(16, 26)
    middle = (fork + hem) / 2
    outside = [(0, 5), (waist, 5), (hip, 22), (out + knee * 0.35, middle), (out + leg * 0.5, hem)]
    half = [*outside, (out - leg * 0.5, hem), (out - knee * 0.6 - 1, middle), (0.3, fork)]
    s.fill(mirrored(half), smooth=False if not s.smooth else None)
    s.seam([(50 - waist, 10), (50 + waist, 10)])
    s.seam([(50, 10), (50, fork)])
    if r.random() < 0.7:
        for side in (1, -1):
            s.seam([(50 + side * waist * 0.55, 10), (50 + side * waist * 0.75, 16), (50 + side * hip, 19)])
    if r.random() < 0.4:
        s.dot(50, 7.5, 1.2)
    if r.random() < 0.3:
        for side in (1, -1):
            s.seam([(50 + side * out, fork), (50 + side * out, hem)])


def turned(s: Sheet, points: Sequence[Point]) -> list[Point]:
    """Side views look to the right or to the left."""
    return [(100 - x, y) for x, y in points] if s.second[0] % 2 else list(points)


def sole(s: Sheet, ends: Point, y: float, thick: float, fill: Color) -> None:
    """What a shoe stands on."""
    left, right = ends
    s.fill(
        turned(
            s,
            [
                (left, y),
                (right, y),
                (right + 1.5, y + thick * 0.6),
                (right - 2, y + thick),
                (left + 1, y + thick),
                (left - 1, y + thick * 0.5),
            ],
        ),
        fill,
    )


def sneaker(s: Sheet) -> None:
    """A sneaker from the side: low or high, laces, a thick sole."""
    r = s.random
    top, toe = r.choice((r.uniform(34, 42), r.uniform(18, 28))), r.uniform(55, 62)
    opening = r.uniform(32, 38)
    s.fill(
        turned(
            s,
            [
                (8, 72),
                (8, top + 10),
                (11, top),
                (opening, top + 2),
                (opening + 10, top + 12),
                (64, toe - 4),
                (84, toe + 1),
                (93, 68),
                (92, 74),
                (8, 74),
            ],
        ),
        smooth=True,
    )
    sole(s, (7, 93), 71, r.uniform(6, 11), r.choice(((255, 255, 255), s.second, shade(s.main, 0.6))))
    if r.random() < 0.6:
        s.fill(
            turned(s, [(78, 61), (86, 62), (93, 68), (92, 72), (76, 72)]),
            r.choice((s.second, (255, 255, 255))),
            smooth=True,
        )
    count = r.randint(3, 5)
    for k in range(count):
        t = k / count
        x, y = opening + 5 + t * (64 - opening), top + 8 + t * (toe - top - 8)
        s.line(
            turned(s, [(x - 5, y + 5), (x + 4, y - 2)]),
            ink=r.choice((s.second, (255, 255, 255))) if r.random() < 0.7 else s.ink,
            width=r.uniform(1.2, 2.2),
            smooth=False,
        )
    kind = r.random()
    if kind < 0.4:
        for k in range(3):
            s.line(turned(s, [(40 + 6 * k, 70), (46 + 6 * k, 56)]), ink=s.second, width=2)
    elif kind < 0.7:
        s.line(turned(s, [(18, 55), (35, 66), (62, 60)]), ink=s.second, width=3)


def ankle_boot(s: Sheet) -> None:
    """A boot from the side: shaft, heel."""
    r = s.random
    top, heel = r.uniform(8, 34), r.uniform(3, 15)
    floor = 88
    back, front = r.uniform(12, 20), r.uniform(42, 52)
    low = floor - heel
    s.fill(
        turned(
            s,
            [
                (back, low - 4),
                (back + 1, 50),
                (back - 1, top),
                (front, top - r.uniform(-2, 3)),
                (front + 1, 50),
                (front + 12, 62),
                (80, 68),
                (90, 76),
                (90, floor - 3),
                (60, floor - 3),
                (45, low + 1),
                (back, low),
            ],
        ),
        smooth=True,
    )
    s.fill(
        turned(
            s,
            [
                (back - 1, low - 1),
                (45, low + 1),
                (62, floor - 4),
                (91, floor - 4),
                (91, floor),
                (56, floor),
                (42, low + 4),
                (back + r.uniform(9, 18), low + 3),
                (back + 11, floor),
                (back, floor),
            ],
        ),
        shade(s.main, 0.5),
        smooth=False,
    )
    kind = r.random()
    if kind < 0.35:
        for k in range(4):
            y = top + 8 + k * (58 - top) / 4
            s.line(turned(s, [(front - 8, y + 3), (front + 2, y)]), width=1.5, ink=s.second)
    elif kind < 0.6:
        s.fill(
            turned(s, [(front - 14, top + 8), (front - 5, top + 8), (front - 9, 62), (front - 13, 62)]),
            s.second,
            smooth=False,
        )
    else:
        s.seam(turned(s, [(back, top + 7), (front, top + 6)]))
    if r.random() < 0.3:
        s.fill(
            turned(s, [(back - 3, top - 2), (front + 3, top - 3), (front + 3, top + 7), (back - 3, top + 7)]),
            shade(s.second, 2),
            smooth=True,
        )


def sandal(s: Sheet) -> None:
    """A sandal: from the side with straps, or a flip-flop from above."""
    r = s.random
    if r.random() < 0.4:
        for side in (1, -1)[: r.randint(1, 2)]:
            x = 50 + side * 22 if r.random() < 0.9 else 50
            half = [(0, 6), (12, 10), (16, 28), (11, 55), (13, 80), (7, 93), (0, 95)]
            s.fill([(x + a, y) for a, y in half] + [(x - a, y) for a, y in reversed(half[1:-1])], smooth=True)
            s.line([(x - 14, 52), (x - 8, 36), (x, 24), (x + 8, 36), (x + 14, 52)], ink=s.second, width=r.uniform(3, 6))
        return
    heel = r.choice((r.uniform(3, 7), r.uniform(12, 30)))
    floor = 84
    s.fill(
        turned(
            s,
            [
                (10, floor - heel - 4),
                (30, floor - heel - 3),
                (60, floor - 6),
                (92, floor - 6),
                (94, floor - 1),
                (58, floor),
                (32, floor - heel + 2),
                (20, floor - heel + 3),
                (18, floor),
                (12, floor),
            ],
        ),
        shade(s.main, 0.7),
        smooth=False,
    )
    wide = r.uniform(3, 8)
    for at in [r.uniform(62, 70), r.uniform(76, 84), r.uniform(48, 56)][: r.randint(1, 3)]:
        s.line(
            turned(s, [(at - 8, floor - 5), (at - 2, floor - 20), (at + 6, floor - 18), (at + 9, floor - 5)]),
            ink=s.second,
            width=wide,
        )
    if r.random() < 0.8:
        low = floor - heel
        s.line(turned(s, [(11, low - 5), (13, low - 24), (30, low - 27), (38, low - 22)]), ink=s.second, width=wide)
        s.line(turned(s, [(36, low - 24), (44, low - 8), (50, floor - 8)]), ink=s.second, width=wide)


def bag(s: Sheet) -> None:
    """A handbag, shopper, backpack, clutch or satchel."""
    r = s.random
    top, bottom = r.uniform(34, 50), r.uniform(82, 94)
    up, low = r.uniform(22, 38), r.uniform(28, 44)
    kind = r.choice(("handles", "handles", "backpack", "strap", "clutch"))
    if kind == "handles":
        for rise in (0, r.uniform(0, 5))[: r.randint(1, 2)]:
            right = [(50 + up * 0.5, top - 22 + rise), (50 + up * 0.55, top + 3)]
            left = [(100 - x, y) for x, y in reversed(right)]
            s.line([*left, (50, top - 30 + rise), *right], ink=shade(s.main, 0.6), width=r.uniform(2, 5))
    elif kind == "strap":
        s.line(
            [(50 - up, top + 4), (40, 8), (60, 5), (50 + up, top + 4)], ink=shade(s.main, 0.6), width=r.uniform(1.5, 4)
        )
    elif kind == "backpack":
        top, up, low = r.uniform(14, 22), r.uniform(20, 27), r.uniform(25, 32)
        s.line([(42, top + 2), (44, top - 8), (56, top - 8), (58, top + 2)], ink=shade(s.main, 0.6), width=2.5)
        for side in (1, -1):
            s.fill(
                [
                    (50 + side * low, 55),
                    (50 + side * (low + 8), 60),
                    (50 + side * (low + 8), bottom - 5),
                    (50 + side * low, bottom - 3),
                ],
                shade(s.main, 0.8),
            )
    half: list[Point] = [
        (0, top),
        (up, top),
        (up + 2, top + 6),
        (low, (top + bottom) / 2 + 8),
        (low - 1, bottom - 4),
        (low - 6, bottom),
        (0, bottom),
    ]
    s.fill(mirrored(half))
    if kind == "backpack":
        s.fill(
            mirrored([(0, 56), (low - 8, 56), (low - 7, bottom - 5), (0, bottom - 4)]),
            r.choice((s.second, shade(s.main, 0.85))),
        )
        s.seam(mirrored([(0, top + 9), (up - 5, top + 12), (up - 3, 52), (0, 52)]))
    elif r.random() < 0.6:
        deep = top + (bottom - top) * r.uniform(0.3, 0.6)
        s.fill(mirrored([(0, top), (up, top), (up + 1, deep - 5), (0, deep)]), shade(s.main, 0.85))
        s.fill([(47, deep - 4), (53, deep - 4), (53, deep + 3), (47, deep + 3)], (230, 190, 60), smooth=False)
    else:
        s.seam([(50 - up, top + 6), (50 + up, top + 6)])


GARMENTS: dict[str, Callable[[Sheet], None]] = {
    "T-shirt": t_shirt,
    "Trouser": trouser,
    "Pullover": pullover,
    "Dress": dress,
    "Coat": coat,
    "Sandal": sandal,
    "Shirt": shirt,
    "Sneaker": sneaker,
    "Bag": bag,
    "Ankle-boot": ankle_boot,
}


# What is none of the ten


def skirt(s: Sheet) -> None:
    """A skirt."""
    waist, hem = s.random.uniform(12, 18), s.random.uniform(26, 42)
    s.fill(mirrored([(0, 15), (waist, 15), ((waist + hem) / 2 + 3, 50), (hem, s.random.uniform(75, 90)), (0, 88)]))
    s.seam([(50 - waist, 21), (50 + waist, 21)])


def shorts(s: Sheet) -> None:
    """Shorts."""
    hem = s.random.uniform(60, 72)
    s.fill(mirrored([(0, 18), (24, 18), (30, 40), (34, hem), (6, hem + 2), (0.5, 46)]), smooth=False)
    s.seam([(27, 24), (73, 24)])
    s.seam([(50, 24), (50, 46)])


def hat(s: Sheet) -> None:
    """A cap or a hat with a brim."""
    if s.random.random() < 0.5:
        s.fill(turned(s, [(16, 60), (20, 36), (40, 24), (60, 28), (70, 46), (72, 60)]), smooth=True)
        s.fill(turned(s, [(60, 58), (80, 56), (95, 64), (70, 66), (40, 62)]), s.second, smooth=True)
    else:
        s.fill(mirrored([(0, 26), (16, 26), (20, 60), (0, 62)]))
        s.fill(mirrored([(0, 58), (24, 58), (44, 64), (24, 70), (0, 70)]), smooth=True)


def sock(s: Sheet) -> None:
    """Socks: one, a pair or three, long or short, bent or flat; cuff, heel and toe of another colour now and then."""
    leg, foot, ankle, width = s.random.uniform(0, 46), s.random.uniform(14, 30), 56, s.random.uniform(14, 19)
    top, flat, parted = ankle - leg, s.random.random() < 0.3, s.random.random() < 0.5
    step = s.random.uniform(10, 26)
    for number in range(s.random.choice((1, 2, 2, 3))):
        left, down = 12 + number * step, number * s.random.uniform(-3, 3)
        right = left + width
        bent = [(left, top), (right, top), (right + 0.5, ankle - 3), (right + foot * 0.6, ankle + 14),
                (right + foot, ankle + 22), (right + foot * 0.8, ankle + 31), (left + foot * 0.7, ankle + 28),
                (left + 3, ankle + 17), (left - 1, ankle + 3)]  # fmt: skip
        straight = [(left, 6), (right, 6), (right - 1, 60), (right + 1, 84), ((left + right) / 2, 95), (left - 1, 84)]
        outline = straight if flat else bent
        s.fill([(x, y + down) for x, y in outline], smooth=True)
        start = 6 if flat else top
        if parted:
            ends = [(left, start), (right, start), (right, start + 7), (left, start + 7)]
            s.fill([(x, y + down) for x, y in ends], s.second, smooth=False)
            if not flat:
                toe = [bent[4], bent[5], (right + foot * 0.5, ankle + 27), (right + foot * 0.62, ankle + 17)]
                s.fill([(x, y + down) for x, y in toe], s.second, smooth=True)
                s.dot(left + 3, ankle + 11 + down, 4.5)
        else:
            s.seam([(left, start + 8 + down), (right, start + 8 + down)])


def watch(s: Sheet) -> None:
    """A watch with its strap."""
    wide, radius = s.random.uniform(5, 10), s.random.uniform(14, 22)
    s.fill(mirrored([(0, 3), (wide, 3), (wide + 2, 50), (wide, 97), (0, 97)]), s.second, smooth=False)
    s.dot(50, 50, radius, s.main)
    s.dot(50, 50, radius * 0.8, (245, 245, 245))
    s.line([(50, 50 - radius * 0.6), (50, 50), (50 + radius * 0.4, 55)], ink=(20, 20, 20), width=1.2, smooth=False)


def glasses(s: Sheet) -> None:
    """Spectacles or sunglasses."""
    for x in (28, 72):
        s.fill(
            [(x - 18, 42), (x + 18, 42), (x + 15, 60), (x, 64), (x - 15, 60)],
            s.random.choice(((30, 30, 40), s.main)),
            smooth=True,
        )
    s.line([(44, 46), (50, 43), (56, 46)], ink=s.ink, width=2.5)
    for side in (1, -1):
        s.line([(50 + side * 40, 44), (50 + side * 48, 36)], ink=s.ink, width=2.5)


def belt(s: Sheet) -> None:
    """A belt, rolled or straight."""
    if s.random.random() < 0.5:
        s.fill([(3, 45), (97, 42), (97, 54), (3, 57)], smooth=False)
        s.fill([(6, 41), (22, 41), (22, 60), (6, 60)], (210, 180, 80), smooth=False)
    else:
        for radius in (38, 31, 25):
            s.dot(50, 55, radius, s.main if radius != 31 else shade(s.main, 0.5))
        s.fill([(70, 45), (92, 45), (92, 65), (70, 65)], (200, 200, 205), smooth=False)


def tie(s: Sheet) -> None:
    """A necktie, or a bow tie."""
    if s.random.random() < 0.7:
        s.fill(mirrored([(0, 4), (8, 4), (5, 16), (13, 80), (0, 97)]), smooth=False)
        s.seam([(45, 16), (55, 16)])
    else:
        s.fill([(50, 46), (10, 30), (12, 70), (50, 56), (88, 70), (90, 30)], smooth=False)


def bottle(s: Sheet) -> None:
    """A bottle, flask or can."""
    neck, body, start = s.random.uniform(4, 9), s.random.uniform(12, 28), s.random.uniform(22, 40)
    s.fill(mirrored([(0, 14), (neck, 14), (neck, start), (body, start + 9), (body, 93), (0, 95)]))
    s.fill(mirrored([(0, 5), (neck + 2, 5), (neck + 2, 15), (0, 15)]), s.second, smooth=False)
    s.fill(mirrored([(0, 58), (body - 2, 58), (body - 2, 76), (0, 76)]), (240, 240, 235), smooth=False)


def wallet(s: Sheet) -> None:
    """A flat wallet, a book, a box, a phone: a rectangle with something on it."""
    wide, tall = s.random.uniform(18, 44), s.random.uniform(18, 42)
    s.fill(mirrored([(0, 50 - tall), (wide, 50 - tall), (wide, 50 + tall), (0, 50 + tall)]), smooth=False)
    for _ in range(s.random.randint(0, 4)):
        x, y = (s.random.uniform(-0.8, 0.3) for _ in range(2))
        s.fill(
            [
                (50 + wide * x, 50 + tall * y),
                (50 + wide * (x + 0.5), 50 + tall * y),
                (50 + wide * (x + 0.5), 50 + tall * (y + 0.3)),
                (50 + wide * x, 50 + tall * (y + 0.3)),
            ],
            color(s.random),
            smooth=False,
        )
    if s.random.random() < 0.5:
        s.seam([(50, 50 - tall), (50, 50 + tall)])


def umbrella(s: Sheet) -> None:
    """An open umbrella."""
    s.line([(50, 12), (50, 85), (56, 92), (62, 86)], ink=s.ink, width=3)
    s.fill(
        [(5, 52), (15, 28), (50, 10), (85, 28), (95, 52), (80, 46), (65, 52), (50, 46), (35, 52), (20, 46)],
        smooth=False,
    )


def cup(s: Sheet) -> None:
    """A cup or a vase."""
    up, low = s.random.uniform(14, 28), s.random.uniform(10, 26)
    s.line([(50 + up - 2, 34), (50 + up + 16, 40), (50 + up + 14, 60), (50 + low, 66)], ink=s.main, width=5)
    s.fill(mirrored([(0, 24), (up, 24), (low, 84), (0, 86)]))


def face(s: Sheet) -> None:
    """A face."""
    skin = s.random.choice(((245, 205, 170), (190, 130, 90), (110, 70, 45), (255, 215, 60)))
    s.dot(50, 44, 34, s.second)
    s.fill(mirrored([(0, 18), (22, 26), (26, 50), (14, 78), (0, 84)]), skin, smooth=True)
    for x in (40, 60):
        s.dot(x, 46, 3, (20, 20, 20))
    s.line([(40, 66), (50, 71), (60, 66)], ink=(150, 30, 30), width=2)


def house(s: Sheet) -> None:
    """A house."""
    s.fill([(18, 45), (82, 45), (82, 92), (18, 92)], smooth=False)
    s.fill([(8, 46), (50, 10), (92, 46)], s.second, smooth=False)
    s.fill([(42, 62), (58, 62), (58, 92), (42, 92)], color(s.random), smooth=False)


def tree(s: Sheet) -> None:
    """A tree or a flower."""
    s.fill([(46, 50), (54, 50), (57, 95), (43, 95)], (120, 80, 40), smooth=False)
    for _ in range(s.random.randint(1, 7)):
        s.dot(50 + s.random.uniform(-20, 20), 36 + s.random.uniform(-16, 16), s.random.uniform(10, 20), s.main)


def car(s: Sheet) -> None:
    """A car."""
    s.fill([(4, 62), (8, 50), (26, 46), (38, 30), (68, 30), (80, 48), (96, 52), (96, 66), (4, 66)], smooth=False)
    for x in (26, 76):
        s.dot(x, 66, 9, (30, 30, 30))
        s.dot(x, 66, 4, (200, 200, 200))


def shape(s: Sheet) -> None:
    """Any shape: a star, a blob, several polygons."""
    for _ in range(s.random.randint(1, 4)):
        corners, x, y, size = (
            s.random.randint(3, 10),
            s.random.uniform(30, 70),
            s.random.uniform(30, 70),
            s.random.uniform(12, 42),
        )
        inner = s.random.uniform(0.3, 1)
        ends = [(size * (inner if k % 2 else 1), 6.2832 * k / corners) for k in range(corners)]
        s.fill([(x + far * math.cos(turn), y + far * math.sin(turn)) for far, turn in ends], color(s.random))


NO_GARMENTS = (
    skirt, shorts, hat, sock, watch, glasses, belt, tie, bottle, wallet, umbrella, cup, face, house, tree, car, shape,
)  # fmt: skip


def drawing(random: Random, kind: Callable[[Sheet], None], size: int = CACHE_SIZE) -> Image.Image:
    """One drawing, RGBA [size, size]."""
    sheet = Sheet(random, size)
    kind(sheet)
    return sheet.done(size)


def drawings(count: int, seed: int, size: int = CACHE_SIZE) -> Cutouts:
    """`count` drawings of each type, and a third as many of each thing that is none."""
    random = Random(seed)  # noqa: S311 -- pictures, not secrets
    rows = []
    for name, kind in GARMENTS.items():
        target = np.zeros(11, np.float32)
        target[TYPES.index(name)] = 1
        for number in range(count):
            rows.append(_row(drawing(random, kind, size), target, PART_OF_TYPE[name], f"{name} {number}"))
    for kind in NO_GARMENTS:
        part = "bottom" if kind in (skirt, shorts) else "other" if kind in (hat, belt, tie) else "ground"
        for number in range(count // 3):
            rows.append(_row(drawing(random, kind, size), np.zeros(11, np.float32), part, f"{kind.__name__} {number}"))
    return gathered(rows)


def _row(picture: Image.Image, target: NDArray[np.float32], part: str, name: str) -> Row:
    pixels = np.asarray(picture)
    parts = np.where(pixels[..., 3] > 127, PARTS.index(part), 0).astype(np.uint8)
    return pixels, parts, target, True, name
