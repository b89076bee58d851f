"""The batches that training draws: augmented photographs and Fashion-MNIST, in PyTorch, a batch at a time.

Fashion-MNIST (single garments, bright on black) and photographs of garments on beds, floors and hangers
are learned together: half of each batch is one, half the other, and neither can be told by its frame alone,
because part of the Fashion-MNIST half is tinted, moved and put on a background taken from a photograph's corner.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from model.data import OUTLIER_FOLDERS, OUTLIER_SHARE, TYPE_OF_FOLDER, Photos, photo_target
from photo_library.photo import TYPES


def photo_targets(photos: Photos, labels: dict[str, str]) -> Tensor:
    """[N, 11]."""
    rows = [photo_target(f, labels.get(n)) for n, f in zip(photos.names, photos.folders, strict=True)]
    return torch.tensor(np.stack(rows))


def photo_weights(photos: Photos, labels: dict[str, str]) -> Tensor:
    """How often each photograph is drawn [N]: a group in proportion to the square root of its size.

    Labelled shoes are groups of their own, so that the few boots and sandals are seen.
    """
    said = [labels.get(name) for name in photos.names]
    groups = [label if label in TYPES else folder for label, folder in zip(said, photos.folders, strict=True)]
    groups = [TYPE_OF_FOLDER.get(group, group) for group in groups]
    sizes = {group: groups.count(group) for group in groups}
    weights = [OUTLIER_SHARE if group in OUTLIER_FOLDERS else 1.0 for group in groups]
    weights = [
        0.0 if label == "skip" else weight / math.sqrt(sizes[group])
        for weight, group, label in zip(weights, groups, said, strict=True)
    ]
    return torch.tensor(weights)


def uniform(count: int, low: float, high: float) -> Tensor:
    """[count] numbers between low and high."""
    return torch.rand(count) * (high - low) + low


def chosen(count: int, probability: float) -> Tensor:
    """[count] bools."""
    return torch.rand(count) < probability


Pair = tuple[Tensor, Tensor]


def affine(angle: Tensor, extent: Pair, center: Pair, flip: Tensor) -> Tensor:
    """[N, 2, 3] maps from the output square (-1..1) to the input: turned by `angle` (radians), the part of the
    input that is seen being `extent` (width, height; 1 = all of it) around `center`, mirrored where `flip`."""
    (width, height), (x, y) = extent, center
    mirror = 1 - 2 * flip.float()
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [cos * width * mirror, -sin * width, x, sin * height * mirror, cos * height, y]
    return torch.stack(rows, 1).reshape(-1, 2, 3)


def sampled(images: Tensor, theta: Tensor, size: int, padding: str) -> Tensor:
    """[N, C, size, size] views of [N, C, H, W]; the identity equals Pillow's bilinear enlargement."""
    grid = functional.affine_grid(theta, [len(images), images.shape[1], size, size], align_corners=False)
    return functional.grid_sample(images, grid, mode="bilinear", padding_mode=padding, align_corners=False)


def crops(images: Tensor, size: int) -> Tensor:
    """Random resized crops, turned a little (sometimes by quarters) and mirrored."""
    count = len(images)
    area, ratio = uniform(count, 0.4, 1.15), torch.exp(uniform(count, -0.25, 0.25))
    width, height = torch.sqrt(area * ratio), torch.sqrt(area / ratio)
    x = uniform(count, -1, 1) * (1 - width).abs()
    y = uniform(count, -1, 1) * (1 - height).abs()
    angle = torch.randn(count) * 0.15
    angle += chosen(count, 0.08) * torch.randint(1, 4, (count,)) * (math.pi / 2)
    return sampled(images, affine(angle, (width, height), (x, y), chosen(count, 0.5)), size, "reflection")


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


def recolored(images: Tensor) -> Tensor:
    """Brightness, contrast, saturation, hue, now and then grey or lit from one side; [N, 3, S, S] in 0..1."""
    count, size = len(images), images.shape[-1]
    saturation = torch.where(chosen(count, 0.1), torch.zeros(count), uniform(count, 0.5, 1.5))
    hue = torch.where(chosen(count, 0.5), uniform(count, -0.6, 0.6), torch.zeros(count))
    third = math.sqrt(1 / 3)
    cos, sin = torch.cos(hue), torch.sin(hue)
    eye, grey = torch.eye(3), torch.full((3, 3), 1 / 3)
    cross = torch.tensor([[0.0, -third, third], [third, 0.0, -third], [-third, third, 0.0]])
    # A turn about the grey axis (Rodrigues) changes the hue and leaves the grey part alone.
    turn = cos[:, None, None] * (eye - grey) + sin[:, None, None] * cross
    matrix = grey + saturation[:, None, None] * turn
    mean = images.mean((1, 2, 3), keepdim=True)
    contrast, brightness = uniform(count, 0.6, 1.4), uniform(count, 0.65, 1.35)
    balance = uniform(count * 3, 0.92, 1.08).reshape(count, 3, 1, 1)
    pixels = torch.bmm(matrix, images.flatten(2)).reshape(images.shape)
    pixels = (pixels - mean) * contrast[:, None, None, None] + mean * brightness[:, None, None, None]
    line = torch.linspace(-1, 1, size)
    slope_x, slope_y = (uniform(count, -0.35, 0.35) * chosen(count, 0.3) for _ in range(2))
    light = 1 + slope_x[:, None, None] * line[None, None, :] + slope_y[:, None, None] * line[None, :, None]
    return (pixels * balance * light[:, None]).clamp(0, 1)


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
    """Random erasing (arXiv:1708.04896): a box of one colour over some of the pictures."""
    count = len(images)
    mask = boxes(count, images.shape[-1], 0.02, 0.2) & chosen(count, probability)[:, None, None, None]
    return torch.where(mask, torch.rand(count, 3, 1, 1), images)


def mixed(images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Half of the pictures mixed with another: mixup (arXiv:1710.09412) or cutmix (arXiv:1905.04899)."""
    count = len(images)
    other = torch.randperm(count)
    mixes = chosen(count, 0.5)
    share = torch.distributions.Beta(0.4, 0.4).sample((count,)) * mixes
    weight = share[:, None, None, None].expand(-1, 1, *images.shape[2:])
    if torch.rand(()) < 0.5:
        weight = (boxes(count, images.shape[-1], 0.1, 0.5) & mixes[:, None, None, None]).float()
        share = weight.mean((1, 2, 3))
    blended = images * (1 - weight) + images[other] * weight
    return blended, targets * (1 - share[:, None]) + targets[other] * share[:, None]


def textures(count: int, size: int) -> Tensor:
    """Pictures of nothing: coloured noise of a random fineness over a plain colour, [count, 3, size, size]."""
    cells = [int(torch.randint(1, 24, ())) for _ in range(count)]
    noise = [functional.interpolate(torch.rand(1, 3, c, c), (size, size), mode="bilinear") for c in cells]
    strength = torch.rand(count, 1, 1, 1)
    return torch.cat(noise) * strength + torch.rand(count, 3, 1, 1) * (1 - strength)


def thing_weights(folders: list[str]) -> Tensor:
    """How often each picture of a thing is drawn [N]: a folder in proportion to the square root of its size."""
    sizes = {folder: folders.count(folder) for folder in set(folders)}
    return torch.tensor([1 / math.sqrt(sizes[folder]) for folder in folders])


def placed_things(things: Tensor, backgrounds: Tensor, size: int) -> Tensor:
    """Things 0..1 [N, 4, H, W], turned, scaled and put on backgrounds, which shine through; [N, 3, size, size]."""
    count = len(things)
    scale, ratio = uniform(count, 0.5, 1.5), torch.exp(uniform(count, -0.3, 0.3))
    x, y = (uniform(count, -0.5, 0.5) for _ in range(2))
    angle = torch.randn(count) * 0.3
    views = sampled(things, affine(angle, (scale, scale * ratio), (x, y), chosen(count, 0.5)), size, "zeros")
    cover = views[:, 3:]
    return recolored(views[:, :3] * cover + backgrounds * (1 - cover))


def thing_batch(things: Tensor, weights: Tensor, pixels: Tensor, count: int, size: int) -> tuple[Tensor, Tensor]:
    """`count` pictures of what is no garment [count, 3, size, size] in 0..1 and their targets [count, 11].

    things: uint8 [M, 4, CACHE_SIZE, CACHE_SIZE]; pixels: photographs whose corners serve as backgrounds.
    """
    rows = torch.multinomial(weights, count, replacement=True)
    patches = corners(pixels[torch.randint(len(pixels), (count,))].float() / 255, size)
    plain = torch.where(chosen(count, 0.4)[:, None, None, None], torch.ones(1, 3, 1, 1), torch.rand(count, 3, 1, 1))
    backgrounds = torch.where(chosen(count, 0.4)[:, None, None, None], patches, plain)
    targets = torch.zeros(count, 11)
    targets[:, :10] = 0.1
    return placed_things(things[rows].float() / 255, backgrounds, size), targets


def photo_batch(pixels: Tensor, targets: Tensor, weights: Tensor, count: int, size: int) -> tuple[Tensor, Tensor]:
    """`count` augmented photographs [count, 3, size, size] in 0..1 and their targets [count, 11].

    pixels: uint8 [M, 3, CACHE_SIZE, CACHE_SIZE]. One in twelve is a picture of nothing.
    """
    nothing = count // 12
    rows = torch.multinomial(weights, count - nothing, replacement=True)
    images = erased(recolored(crops(pixels[rows].float() / 255, size)), 0.25)
    images, wanted = mixed(images, targets[rows])
    empty = torch.zeros(nothing, 11)
    empty[:, :10] = 0.1
    patches = recolored(corners(pixels[torch.randint(len(pixels), (nothing,))].float() / 255, size))
    noise = textures(nothing, size)
    images = torch.cat([images, torch.where(chosen(nothing, 0.6)[:, None, None, None], patches, noise)])
    return images, torch.cat([wanted, empty])


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


def placed_garments(images: Tensor, backgrounds: Tensor, size: int) -> Tensor:
    """Fashion-MNIST garments in two random colours, turned, scaled and put on backgrounds; [N, 3, size, size]."""
    count = len(images)
    scale, ratio = uniform(count, 0.9, 1.7), torch.exp(uniform(count, -0.15, 0.15))
    x, y = (uniform(count, -0.5, 0.5) * (scale - 0.8) for _ in range(2))
    angle = torch.randn(count) * 0.2
    theta = affine(angle, (scale, scale * ratio), (x, y), chosen(count, 0.5))
    grey = sampled(images, theta, size, "zeros")
    cover = (grey * uniform(count, 4, 12)[:, None, None, None]).clamp(0, 1)
    dark, light = torch.rand(count, 3, 1, 1), torch.rand(count, 3, 1, 1)
    garment = dark * (1 - grey) + light * grey
    return garment * cover + backgrounds * (1 - cover)


def fashion_batch(
    images: Tensor, labels: Tensor, pixels: Tensor | None, count: int, size: int
) -> tuple[Tensor, Tensor]:
    """`count` Fashion-MNIST pictures [count, 3, size, size] in 0..1, three in four plain, and targets [count, 11].

    images: uint8 [M, 1, 28, 28]; labels: [M]; pixels: photographs whose corners serve as backgrounds.
    """
    rows = torch.randint(len(images), (count,))
    grey = images[rows].float() / 255
    placed = count // 4
    backgrounds = torch.rand(placed, 3, 1, 1).expand(-1, -1, size, size)
    if pixels is not None:
        patches = recolored(corners(pixels[torch.randint(len(pixels), (placed,))].float() / 255, size))
        backgrounds = torch.where(chosen(placed, 0.6)[:, None, None, None], patches, backgrounds)
    views = torch.cat([placed_garments(grey[:placed], backgrounds, size), plain_garments(grey[placed:], size)])
    targets = functional.one_hot(labels[rows].long(), 11).float()
    return views, targets
