"""The batches that training draws, in PyTorch, a batch at a time.

Photographs as they are; garments and people cut out and put on white, plain and other grounds; drawings; things that
are no garment; Fashion-MNIST. Each comes with targets [N, 11] (see cutouts.py) and the part that each place shows.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.cutouts import PARTS, UNKNOWN, Cutouts

PARTS_STRIDE = 8
"""Pixels of a side for each place of the parts' map."""
GARMENTS = PARTS.index("top"), PARTS.index("bag")
"""The first and the last part that is a garment of the ten."""
BOOST = torch.tensor([1.3, 0.7, 1.3, 1.3, 1.1, 1.5, 1.2, 1.2, 1.6, 1.7])
NONE_BOOST, UNNAMED_BOOST = 0.7, 2.5
"""How much more often pictures of a type, and of each kind of thing that is none, are drawn than the root of their
number asks for; and how much more often those of no type and no kind, than those of the most frequent type."""
WANTED_BOOST = 6.0
"""How much more often a picture is drawn whose name is wanted."""


def uniform(count: int, low: float, high: float) -> Tensor:
    """[count] numbers between low and high."""
    return torch.rand(count) * (high - low) + low


def chosen(count: int, probability: float) -> Tensor:
    """[count] bools."""
    return torch.rand(count) < probability


Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Source:
    """Cutouts as tensors: pixels uint8 [N, S, S, 4], parts uint8 [N, S, S], and how often each is drawn [N]."""

    pixels: Tensor
    parts: Tensor
    targets: Tensor
    cut: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Batch:
    """pixels [N, 3, S, S] in 0..1; targets [N, 11]; parts int64 [N, S/8, S/8], UNKNOWN where nothing is known."""

    pixels: Tensor
    targets: Tensor
    parts: Tensor

    def colors(self) -> tuple[Tensor, Tensor]:
        """The mean colour (OKLab) of what is worn or lies there [N, 3], and whether a place of it is known [N]."""
        worn = ((self.parts >= GARMENTS[0]) & (self.parts <= GARMENTS[1]))[:, None].float()
        places = functional.avg_pool2d(self.pixels, PARTS_STRIDE)
        return oklab((places * worn).sum((2, 3)) / worn.sum((2, 3)).clamp(min=1)), worn.sum((1, 2, 3)) > 0


def oklab(rgb: Tensor) -> Tensor:
    """sRGB in 0..1 [N, 3] as OKLab (B. Ottosson, 2020), in which equal distances look about equally large."""
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    cones = torch.tensor([[0.4122, 0.2119, 0.0883], [0.5363, 0.6807, 0.2817], [0.0514, 0.1074, 0.6300]])
    to_lab = torch.tensor([[0.2105, 1.9780, 0.0259], [0.7936, -2.4286, 0.7828], [-0.0041, 0.4506, -0.8087]])
    return (linear @ cones).clamp(min=0) ** (1 / 3) @ to_lab


def joined(batches: list[Batch]) -> Batch:
    """One batch of several."""
    columns = zip(*((b.pixels, b.targets, b.parts) for b in batches), strict=True)
    return Batch(*(torch.cat(column) for column in columns))


def source(cutouts: Cutouts, wanted: re.Pattern[str] | None = None, *, among: Tensor | None = None) -> Source:
    """Cutouts, or those of them where `among` is true, ready to be drawn from, the wanted names more often."""
    targets = torch.tensor(np.asarray(cutouts.targets))
    some = torch.ones(len(targets), dtype=torch.bool) if among is None else among
    weights = torch.zeros(len(targets))
    kinds = [kind_of(str(cutouts.names[row])) for row in torch.nonzero(some)[:, 0].tolist()]
    weights[some] = drawing_weights(targets[some], kinds)
    if wanted is not None:
        weights[[wanted.search(str(name)) is not None for name in cutouts.names]] *= WANTED_BOOST
    where = torch.get_default_device()  # on a CPU these stay files, mapped into memory
    pixels, parts = (torch.as_tensor(np.asarray(array), device=where) for array in (cutouts.pixels, cutouts.parts))
    return Source(pixels, parts, targets, torch.tensor(np.asarray(cutouts.cut)), weights)


def upright_trousers(cutouts: Cutouts) -> Tensor:
    """Which pictures [N] show nothing but trousers, cut out and half as high again as wide."""
    alone = (cutouts.targets == np.eye(11)[1]).all(1) & cutouts.cut
    for row in np.flatnonzero(alone):
        cover = cutouts.pixels[row, ..., 3] > 127
        alone[row] = cover.any(1).sum() > 1.5 * cover.any(0).sum()
    return torch.tensor(alone)


def drawing_weights(targets: Tensor, kinds: list[str]) -> Tensor:
    """How often each picture is drawn [N]: its rarest type decides; of none of the types, how rare its kind is."""
    shown = (targets[:, :10] == 1).float()
    rarity = BOOST.to(shown.device) / shown.sum(0).clamp(min=20).sqrt()
    none = (shown.sum(1) == 0).tolist()
    numbers = Counter(kind for kind, is_none in zip(kinds, none, strict=True) if is_none)
    least = float(rarity.min()) * UNNAMED_BOOST
    rare = torch.tensor([NONE_BOOST / math.sqrt(max(numbers[kind], 10)) if kind else least for kind in kinds])
    return torch.where(shown.sum(1) > 0, (shown * rarity).max(1).values, rare)


def kind_of(name: str) -> str:
    """What a picture's name says that it shows: the tag that was cut out, or the thing that was drawn; or nothing."""
    first, _, last = name.partition(" only ") if " only " in name else name.rpartition(" ")
    return last if " only " in name else first if last.isdigit() else ""


def affine(angle: Tensor, extent: Pair, center: Pair, flip: Tensor) -> Tensor:
    """[N, 2, 3] maps from the output square (-1..1) to the input: turned by `angle` (radians), the part of the
    input that is seen being `extent` (width, height; 1 = all of it) around `center`, mirrored where `flip`."""
    (width, height), (x, y) = extent, center
    mirror = 1 - 2 * flip.float()
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [cos * width * mirror, -sin * width, x, sin * height * mirror, cos * height, y]
    return torch.stack(rows, 1).reshape(-1, 2, 3)


def sampled(images: Tensor, theta: Tensor, size: int, padding: str, mode: str = "bilinear") -> Tensor:
    """[N, C, size, size] views of [N, C, H, W]; the identity equals Pillow's bilinear enlargement."""
    grid = functional.affine_grid(theta, [len(images), images.shape[1], size, size], align_corners=False)
    return functional.grid_sample(images, grid, mode=mode, padding_mode=padding, align_corners=False)


def sampled_parts(parts: Tensor, theta: Tensor, size: int, padding: str) -> Tensor:
    """The part [N, size / 8, size / 8] that the middle of each place shows."""
    places = sampled(parts[:, None].float() + 1, theta, size // PARTS_STRIDE, padding, "nearest")[:, 0]
    return (places - 1).clamp(min=0).long()


def photo_views(count: int, low: float = 0.45, high: float = 1.15, turn: float = 0.1) -> Tensor:
    """Maps for random crops of photographs, turned a little (seldom by quarters) and mirrored."""
    area, ratio = uniform(count, low, high), torch.exp(uniform(count, -0.2, 0.2))
    width, height = torch.sqrt(area * ratio), torch.sqrt(area / ratio)
    x = uniform(count, -1, 1) * (1 - width).abs()
    y = uniform(count, -1, 1) * (1 - height).abs()
    angle = torch.randn(count) * turn
    angle += chosen(count, 0.05) * torch.randint(1, 4, (count,)) * (math.pi / 2)
    return affine(angle, (width, height), (x, y), chosen(count, 0.5))


def placed_views(count: int, low: float = 0.8, high: float = 1.45, turn: float = 0.1) -> Tensor:
    """Maps that put what is cut out on a ground, somewhat smaller or larger than the picture."""
    scale, ratio = uniform(count, low, high), torch.exp(uniform(count, -0.22, 0.22))
    x, y = (uniform(count, -0.5, 0.5) * (scale - 0.75) for _ in range(2))
    angle = torch.randn(count) * turn
    return affine(angle, (scale * ratio.rsqrt(), scale * ratio.sqrt()), (x, y), chosen(count, 0.5))


def corners(images: Tensor, size: int) -> Tensor:
    """Small patches from the pictures' corners: floors, beds and walls more often than garments."""
    count = len(images)
    extent = uniform(count, 0.12, 0.3)
    side_x, side_y = (torch.randint(0, 2, (count,)) * 2 - 1 for _ in range(2))
    theta = affine(
        uniform(count, -math.pi, math.pi),
        (extent, extent),
        (side_x * (1 - extent), side_y * (1 - extent)),
        chosen(count, 0.5),
    )
    return sampled(images, theta, size, "reflection")


def grounds(count: int, size: int, photos: Tensor, white: float = 0.6) -> Tensor:
    """[count, 3, size, size]: white or nearly so, plain, shading from one colour to another, corners of photographs."""
    plain = torch.rand(count, 3, 1, 1)
    pale = torch.where(chosen(count, 0.5)[:, None, None, None], 1 - plain * 0.3, plain)
    line = torch.linspace(0, 1, size)
    ramp = torch.where(chosen(count, 0.5)[:, None, None], line[None, None, :], line[None, :, None])[:, None]
    shades = pale + (torch.rand(count, 3, 1, 1) - pale) * ramp * uniform(count, 0, 0.8)[:, None, None, None]
    near_white = (1 - torch.rand(count, 1, 1, 1) * 0.08 * chosen(count, 0.4)[:, None, None, None].float()).expand(
        -1, 3, -1, -1
    )
    patches = corners(floats(photos[torch.randint(len(photos), (count,))])[:, :3], size)
    kind = torch.rand(count)[:, None, None, None]
    rest = 1 - white
    made = torch.where(kind < white + rest * 0.4, pale.expand(-1, -1, size, size), shades)
    made = torch.where(kind > white + rest * 0.65, patches, made)
    return torch.where(kind < white, near_white.expand(-1, -1, size, size), made)


@dataclass(frozen=True)
class Recoloring:
    """One random change of colours for each picture, that can be applied to two views of the same thing."""

    matrix: Tensor
    contrast: Tensor
    brightness: Tensor


def recoloring(count: int, hue_share: float = 0.4, grey_share: float = 0.06) -> Recoloring:
    """Brightness, contrast, saturation, hue, now and then grey."""
    saturation = torch.where(chosen(count, grey_share), torch.zeros(count), uniform(count, 0.6, 1.4))
    hue = torch.where(chosen(count, hue_share), uniform(count, -math.pi, math.pi), uniform(count, -0.06, 0.06))
    third = math.sqrt(1 / 3)
    cos, sin = torch.cos(hue), torch.sin(hue)
    eye, grey = torch.eye(3), torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -third, third], [third, 0.0, -third], [-third, third, 0.0]])
    # A turn about the grey axis (Rodrigues) changes the hue and leaves the grey part alone.
    turn = cos[:, None, None] * (eye - grey) + sin[:, None, None] * cross
    matrix = grey + saturation[:, None, None] * turn
    return Recoloring(matrix, uniform(count, 0.7, 1.3), uniform(count, 0.75, 1.25))


def recolored(images: Tensor, change: Recoloring | None = None, cover: Tensor | None = None) -> Tensor:
    """[N, 3, S, S] in 0..1 with colours changed, and lit from one side now and then. With a cover [N, 1, S, S], only
    what it covers is changed, so that a white ground stays white."""
    count, size = len(images), images.shape[-1]
    change = change or recoloring(count)
    weight = torch.ones(1, 1, 1, 1) if cover is None else cover
    mean = (images * weight).sum((1, 2, 3), keepdim=True) / (weight.sum((1, 2, 3), keepdim=True) * 3).clamp(min=1)
    if cover is None:
        mean = images.mean((1, 2, 3), keepdim=True)
    pixels = torch.bmm(change.matrix, images.flatten(2)).reshape(images.shape)
    pixels = (pixels - mean) * change.contrast[:, None, None, None] + mean * change.brightness[:, None, None, None]
    line = torch.linspace(-1, 1, size)
    slope_x, slope_y = (uniform(count, -0.3, 0.3) * chosen(count, 0.3) for _ in range(2))
    light = 1 + slope_x[:, None, None] * line[None, None, :] + slope_y[:, None, None] * line[None, :, None]
    balance = uniform(count * 3, 0.95, 1.05).reshape(count, 3, 1, 1)
    changed = (pixels * balance * light[:, None]).clamp(0, 1)
    return changed if cover is None else torch.where(cover > 0, changed, images)


def boxes(count: int, size: int, low: float, high: float) -> Tensor:
    """[count, 1, size, size] masks, true in a random box whose area is low..high of the picture."""
    area, ratio = uniform(count, low, high), torch.exp(uniform(count, -0.7, 0.7))
    half_width, half_height = torch.sqrt(area * ratio) * size / 2, torch.sqrt(area / ratio) * size / 2
    x, y = uniform(count, 0, size), uniform(count, 0, size)
    line = torch.arange(size)
    across = (line[None] - x[:, None]).abs() < half_width[:, None]
    down = (line[None] - y[:, None]).abs() < half_height[:, None]
    return (down[:, :, None] & across[:, None, :])[:, None]


def erased(images: Tensor, probability: float) -> Tensor:
    """Random erasing (arXiv:1708.04896): a box of up to a fifth becomes one colour."""
    count, size = len(images), images.shape[-1]
    mask = boxes(count, size, 0.02, 0.18) & chosen(count, probability)[:, None, None, None]
    return torch.where(mask, torch.rand(count, 3, 1, 1), images)


def coarsened(images: Tensor, probability: float = 0.15) -> Tensor:
    """Some of the pictures as if they had been half as large."""
    small = functional.avg_pool2d(images, 2)
    rough = functional.interpolate(small, scale_factor=2, mode="bilinear", align_corners=False)
    return torch.where(chosen(len(images), probability)[:, None, None, None], rough, images)


def floats(pixels: Tensor) -> Tensor:
    """uint8 [N, S, S, C] as [N, C, S, S] in 0..1."""
    return pixels.permute(0, 3, 1, 2).float() / 255


def drawn(of: Source, count: int, among: Tensor | None = None) -> Tensor:
    """The rows [count] of a source that come next, where `among` is true."""
    weights = of.weights if among is None else of.weights * among
    return torch.multinomial(weights, count, replacement=True)


def photos(of: Source, rows: Tensor, size: int, change: Recoloring | None = None) -> Batch:
    """Photographs as they are, cropped, turned and recoloured."""
    theta = photo_views(len(rows))
    views = sampled(floats(of.pixels[rows])[:, :3], theta, size, "reflection")
    parts = sampled_parts(of.parts[rows], theta, size, "reflection")
    return Batch(erased(recolored(views, change), 0.2), of.targets[rows], parts)


def cut_out(of: Source, rows: Tensor, size: int, backgrounds: Tensor, change: Recoloring | None = None) -> Batch:
    """What is cut out, put on white, plain and other grounds, now and then with a soft shadow."""
    return placed(floats(of.pixels[rows]), of.targets[rows], of.parts[rows], size, backgrounds, change=change)


def placed(
    pixels: Tensor,
    targets: Tensor,
    known: Tensor,
    size: int,
    backgrounds: Tensor,
    *,
    change: Recoloring | None = None,
) -> Batch:
    """The same with pixels [N, 4, S, S] in 0..1, their targets, and the parts that are known of them [N, S, S]."""
    count = len(pixels)
    theta = placed_views(count)
    views = sampled(pixels, theta, size, "zeros")
    cover = views[:, 3:].clamp(0, 1)
    garment = recolored(views[:, :3], change, (cover > 0.02).float())
    ground = grounds(count, size, backgrounds)
    dark = uniform(count, 0, 0.45) * chosen(count, 0.35)
    shadow = functional.avg_pool2d(functional.pad(cover, (2, 6, 2, 6)), 9, 1)[:, :, :size, :size]
    ground = ground * (1 - shadow * dark[:, None, None, None])
    parts = sampled_parts(known, theta, size, "zeros")
    return Batch(coarsened(erased(garment * cover + ground * (1 - cover), 0.1)), targets, parts)


def drawings(of: Source, count: int, size: int, cloth: Tensor, share: float = 0.5) -> Batch:
    """Drawings, a share of them filled with what photographs of cloth show: with little more than their outlines to
    tell a sock from a boot."""
    rows = drawn(of, count)
    pixels = floats(of.pixels[rows])
    middles = affine(uniform(count, -math.pi, math.pi), *_around_the_middle(count), chosen(count, 0.5))
    patches = floats(cloth[torch.randint(len(cloth), (count,))])[:, :3]
    patches = sampled(patches, middles, pixels.shape[-1], "reflection")
    brightness = pixels[:, :3].mean(1, keepdim=True)
    filled = (patches * (0.4 + 0.8 * brightness)).clamp(0, 1)
    picked = chosen(count, share)[:, None, None, None]
    pixels = torch.cat([torch.where(picked, filled, pixels[:, :3]), pixels[:, 3:]], 1)
    return placed(pixels, of.targets[rows], of.parts[rows], size, cloth)


def _around_the_middle(count: int) -> tuple[Pair, Pair]:
    """A small part of a picture, (width, height) and where it is."""
    extent = uniform(count, 0.12, 0.35)
    return (extent, extent), (uniform(count, -0.25, 0.25), uniform(count, -0.25, 0.25))


def shorts(of: Source, count: int, size: int, backgrounds: Tensor) -> Batch:
    """Trousers, upright and cut out, that end above the knee: none of the ten."""
    rows = drawn(of, count)
    pixels = floats(of.pixels[rows])
    side = pixels.shape[-1]
    down = torch.arange(side)
    present = (pixels[:, 3] > 0.5).any(2)
    first = torch.where(present, down, side).amin(1)
    last = torch.where(present, down, -1).amax(1)
    tall = (last - first) * uniform(count, 0.32, 0.52)
    # A hem is seldom level.
    hem = (first + tall)[:, None, None] + (torch.randn(count) * 0.05)[:, None, None] * (down - side / 2)[None, None, :]
    legs = down[None, :, None] > hem
    pixels[:, 3:] = pixels[:, 3:] * ~legs[:, None]
    extent, nothing_turned = tall / side * 1.2, torch.zeros(count)
    middle = (first + tall / 2) / side * 2 - 1
    closer = affine(nothing_turned, (extent, extent), (nothing_turned, middle), chosen(count, 0))
    known = torch.where(pixels[:, 3] > 0.5, of.parts[rows], 0)
    parts = sampled(known[:, None].float(), closer, side, "zeros", "nearest")[:, 0].to(torch.uint8)
    return placed(sampled(pixels, closer, side, "zeros"), torch.zeros(count, 11), parts, size, backgrounds)


def things(of: Source, count: int, size: int, backgrounds: Tensor) -> Batch:
    """What is no garment: cut out where it is transparent, otherwise a crop of it."""
    rows = drawn(of, count)
    cut = of.cut[rows]
    alone = cut_out(of, rows, size, backgrounds)
    whole = photos(of, rows, size)
    pick = cut[:, None, None, None]
    parts = torch.where(cut[:, None, None], alone.parts, whole.parts)
    return Batch(torch.where(pick, alone.pixels, whole.pixels), alone.targets, parts)


def nothing(count: int, size: int, backgrounds: Tensor) -> Batch:
    """Corners of photographs and plain grounds."""
    pixels = recolored(grounds(count, size, backgrounds, white=0.1))
    places = size // PARTS_STRIDE
    return Batch(pixels, torch.zeros(count, 11), torch.zeros(count, places, places, dtype=torch.long))


def plain_garments(images: Tensor, size: int) -> Tensor:
    """Fashion-MNIST as it is evaluated, a part of it mirrored, moved and scaled a little; [N, 3, size, size]."""
    count = len(images)
    moved = chosen(count, 0.6)
    scale, ratio = 1 + moved * uniform(count, -0.12, 0.12), torch.exp(moved * uniform(count, -0.08, 0.08))
    x, y = (moved * uniform(count, -0.12, 0.12) for _ in range(2))
    angle = moved * torch.randn(count) * 0.05
    theta = affine(angle, (scale * ratio, scale / ratio), (x, y), chosen(count, 0.5))
    views = sampled(images, theta, size, "zeros").expand(-1, 3, -1, -1)
    mask = boxes(count, size, 0.02, 0.2) & chosen(count, 0.3)[:, None, None, None]
    return torch.where(mask, torch.rand(count, 1, 1, 1), views)


def placed_garments(images: Tensor, backgrounds: Tensor) -> Tensor:
    """Fashion-MNIST garments in two random colours, turned, scaled and put on backgrounds; [N, 3, size, size]."""
    count, size = len(images), backgrounds.shape[-1]
    scale, ratio = uniform(count, 0.9, 1.5), torch.exp(uniform(count, -0.15, 0.15))
    x, y = (uniform(count, -0.5, 0.5) * (scale - 0.8) for _ in range(2))
    angle = torch.randn(count) * 0.12
    theta = affine(angle, (scale, scale * ratio), (x, y), chosen(count, 0.5))
    grey = sampled(images, theta, size, "zeros")
    cover = (grey * uniform(count, 4, 12)[:, None, None, None]).clamp(0, 1)
    dark, light = torch.rand(count, 3, 1, 1), torch.rand(count, 3, 1, 1)
    dark = torch.where(
        chosen(count, 0.5)[:, None, None, None], light * uniform(count, 0.1, 0.6)[:, None, None, None], dark
    )
    garment = dark * (1 - grey) + light * grey
    return garment * cover + backgrounds * (1 - cover)


def fashion(
    images: Tensor, labels: Tensor, count: int, size: int, backgrounds: Tensor, *, placed: float = 0.4
) -> Batch:
    """`count` Fashion-MNIST pictures, the share `placed` of them in colour on other grounds.

    images: uint8 [M, 1, 28, 28]; labels: [M].
    """
    rows = torch.randint(len(images), (count,))
    grey = images[rows].float() / 255
    moved = int(count * placed)
    views = torch.cat(
        [placed_garments(grey[:moved], grounds(moved, size, backgrounds)), plain_garments(grey[moved:], size)]
    )
    places = size // PARTS_STRIDE
    unknown = torch.full((count, places, places), UNKNOWN)
    return Batch(views, functional.one_hot(labels[rows].long(), 11).float(), unknown)
