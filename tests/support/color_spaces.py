"""Pictures in other colour spaces than sRGB, converted and described here by published numbers of their own.

Colorants: http://www.brucelindbloom.com (RGB/XYZ matrices, adapted to D50), and Apple's for Display P3.
"""

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

# From linear RGB to XYZ (D50); a row for each of X, Y and Z.
TO_XYZ = {
    "sRGB": [[0.4360747, 0.3850649, 0.1430804], [0.2225045, 0.7168786, 0.0606169], [0.0139322, 0.0971045, 0.7141733]],
    "Adobe RGB": [
        [0.6097559, 0.2052401, 0.1492240],
        [0.3111242, 0.6256560, 0.0632197],
        [0.0194811, 0.0608902, 0.7448387],
    ],
    "Display P3": [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]],
    "ProPhoto": [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0.0, 0.0, 0.8252100]],
}
GAMMA = {"Adobe RGB": 2.19921875, "ProPhoto": 1.8, "Display P3": 2.2}
# ITU-R BT.2087, from BT.709's light to BT.2020's.
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


def linear(pixels: Pixels) -> Floats:
    """The light of sRGB's values."""
    value = pixels / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def srgb_values(light: Floats) -> Pixels:
    clipped = light.clip(0, 1)
    return values(np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055))


def values(encoded: Floats) -> Pixels:
    return (encoded.clip(0, 1) * 255).round().astype(np.uint8)


def converted(image: Image.Image, space: str) -> Image.Image:
    """An sRGB picture's pixels in a space of TO_XYZ."""
    light = linear(np.asarray(image)) @ np.array(TO_XYZ["sRGB"]).T @ np.linalg.inv(TO_XYZ[space]).T
    return Image.fromarray(values(light.clip(0, 1) ** (1 / GAMMA[space])))


def in_pq(image: Image.Image) -> Image.Image:
    """BT.2020 with PQ; white has 203 nits."""
    power = ((linear(np.asarray(image)) @ TO_BT2020.T).clip(0, 1) * 203 / 10_000) ** 0.1593017578125
    return Image.fromarray(values(((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)) ** 78.84375))


def in_hlg(image: Image.Image) -> Image.Image:
    """BT.2020 with HLG for a display of 1,000 nits; white has 203."""
    shown = (linear(np.asarray(image)) @ TO_BT2020.T).clip(1e-6, 1) * 203 / 1000
    luminance = shown @ [0.2627, 0.6780, 0.0593]
    scene = shown * luminance[..., None] ** (-0.2 / 1.2)
    upper = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return Image.fromarray(values(np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)))


def rgb_profile(space: str) -> bytes:
    """An ICC profile (version 2) of a space of TO_XYZ."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA[space] * 256)) + b"\0\0"
    colorants = zip(("rXYZ", "gXYZ", "bXYZ"), np.array(TO_XYZ[space]).T, strict=True)
    tags = {name: _xyz(*column) for name, column in colorants} | dict.fromkeys(("rTRC", "gTRC", "bTRC"), curve)
    return _profile(b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    return _profile(b"GRAY", b"XYZ ", {"kTRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"})


def cmyk_profile(rgb_of: Callable[[Floats], Floats]) -> bytes:
    """A profile whose inks look as `rgb_of` has it: from [N, 4] (1 is full ink) to linear sRGB [N, 3]."""
    steps = 9
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, steps)] * 4, indexing="ij"), -1).reshape(-1, 4)
    xyz = rgb_of(grid) @ np.array(TO_XYZ["sRGB"]).T / [0.9642, 1, 0.8249]
    cube = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lightness, a, b = 116 * cube[:, 1] - 16, 500 * (cube[:, 0] - cube[:, 1]), 200 * (cube[:, 1] - cube[:, 2])
    lab = np.stack([lightness * 255 / 100, a + 128, b + 128], -1).round().clip(0, 255).astype(np.uint8)
    identity = bytes(range(256))
    matrix = b"".join(struct.pack(">i", 65536 * (row == column)) for row in range(3) for column in range(3))
    table = b"mft1\0\0\0\0" + bytes([4, 3, steps, 0]) + matrix + identity * 4 + lab.tobytes() + identity * 3
    return _profile(b"CMYK", b"Lab ", {"A2B0": table})


def _xyz(*point: float) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(one * 65536)) for one in point)


def _profile(space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    tags = {"wtpt": _xyz(0.9642, 1, 0.8249), **tags}
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + b"\0" * (-len(content) % 4)
        table += name.encode() + struct.pack(">II", start + len(body), len(content))
        body += padded
    size = start + len(body)
    device = b"prtr" if space == b"CMYK" else b"mntr"
    head = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02400000, device, space, connection) + b"\0" * 12 + b"acsp"
    head += b"\0" * 28 + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body
