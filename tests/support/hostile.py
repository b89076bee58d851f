"""Files made to cost as much as can be, each within the size that is accepted; by name.

What decoding them takes, in time and memory of a process of its own, is measured by `measure`.
"""

import functools
import io
import re
import resource
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from classify.image import decode
from infra.local.template import ROOT, Template
from photo_library.errors import PhotoRejected
from tests.support.examples import a_picture

LARGE, LARGE_COPIED = 7744, 6320  # sides of squares of nearly 60 and 40 million pixels
TIME_LIMIT_S, MEMORY_LIMIT = 10, 1_000_000_000


@functools.cache
def most_bytes() -> int:
    """The size of the files here: a little below the largest that is accepted."""
    return int(Template().properties("ClassifyFunction")["Environment"]["Variables"]["MAX_PHOTO_BYTES"]) - 100_000


@dataclass(frozen=True)
class Cost:
    """What decoding one file took in a process of its own, and how it ended."""

    seconds: float
    megabytes: float  # at the peak, above what the process had before
    outcome: str  # classified, or the reason of the rejection


def measure(data: bytes, folder: Path) -> Cost:
    """Decode in a process of its own. Raises CalledProcessError when the file, or thrice the time limit, kills it."""
    path = folder / "photo"
    path.write_bytes(data)
    command = [sys.executable, "-m", "tests.support.hostile", str(path)]
    printed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    seconds, kilobytes, outcome = printed.split()
    return Cost(float(seconds), float(kilobytes) / 1024, outcome)


def noise(format_: str, width: int, height: int, mode: str = "RGB", **save: object) -> bytes:
    """A picture of coloured blocks."""
    bands = Image.getmodebands(mode)
    pixels = np.random.default_rng(1).integers(0, 256, (64, 64, bands)[: 2 + (bands > 1)], np.uint8)
    image = Image.fromarray(pixels if mode != "P" else pixels // 2)
    if mode not in (image.mode, "P"):
        image = Image.frombytes(mode, (64, 64), pixels.tobytes())
    data = io.BytesIO()
    image.resize((width, height), Image.Resampling.NEAREST).save(data, format_, **save)
    return data.getvalue()


def many_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last scan is there again and again."""
    jpeg = a_picture("JPEG", size=(side, side), progressive=True, quality=10)
    start, end = jpeg.rfind(b"\xff\xda"), jpeg.rfind(b"\xff\xd9")
    return jpeg[:end] + jpeg[start:end] * scans + b"\xff\xd9"


def exif(size: int) -> bytes:
    """An EXIF block of 65,535 tags, each of which names all the rest of the block as its value."""
    tags = min(65_535, size // 24)
    offset = 8 + 2 + 12 * tags + 4
    entries = b"".join(struct.pack("<HHLL", tag, 7, size - offset, offset) for tag in range(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", tags) + entries + bytes(4 + size - offset)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _jpeg_with(marker: int, content: bytes, times: int) -> bytes:
    jpeg = a_picture("JPEG")
    return jpeg[:2] + (bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content) * times + jpeg[2:]


def _jpeg_exif() -> bytes:
    block, jpeg = exif(most_bytes() - 10_000), a_picture("JPEG")
    parts = [b"Exif\0\0" + block[start : start + 65_000] for start in range(0, len(block), 65_000)]
    segments = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts)
    return jpeg[:2] + segments + jpeg[20:]  # without the JFIF segment, whose resolution would do


def chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk of a PNG file."""
    return struct.pack(">L", len(content)) + kind + content + struct.pack(">L", zlib.crc32(kind + content))


def _png_with(chunks: bytes) -> bytes:
    png = a_picture("PNG")
    return png[:33] + chunks + png[33:]


def _gif_with(blocks: bytes) -> bytes:
    gif = a_picture("GIF", "P", 0)
    first = 13 + 3 * (2 << (gif[10] & 7))  # after the colour table
    return gif[:first] + blocks + gif[first:]


def _bmp_rle(compression: int, width: int, height: int, content: bytes) -> bytes:
    bits, colors = (8, 256) if compression == 1 else (4, 16)
    palette = bytes(range(256))[: 4 * colors].ljust(4 * colors, b"\1")
    offset = 54 + len(palette)
    header = struct.pack("<LllHHLLllLL", 40, width, height, 1, bits, compression, len(content), 0, 0, colors, 0)
    return b"BM" + struct.pack("<LHHL", offset + len(content), 0, 0, offset) + header + palette + content


def _animated_webp(side: int) -> bytes:
    frames = [Image.new("RGBA", (side, side), color) for color in ((255, 0, 0, 100), (0, 255, 0, 100))]
    data = io.BytesIO()
    frames[0].save(data, "WEBP", save_all=True, append_images=frames[1:], method=0)
    return data.getvalue()


def _webp_canvas() -> bytes:
    webp = bytearray(_animated_webp(60))
    webp[24:30] = b"\xff\x3f\0\xff\x3f\0"
    return bytes(webp)


CASES: Mapping[str, Callable[[], bytes]] = {
    "JPEG, 20,000 scans": lambda: many_scans(LARGE, 20_000),
    "JPEG, 100 scans": lambda: many_scans(LARGE, 90),
    "JPEG, progressive": lambda: noise("JPEG", LARGE, LARGE, progressive=True, quality=5, subsampling=0),
    "JPEG, progressive CMYK": lambda: noise("JPEG", LARGE, LARGE, "CMYK", progressive=True, quality=5),
    "JPEG, 6 million comments": lambda: _jpeg_with(0xFE, b"", most_bytes() // 4 - 1000),
    "JPEG, 2 million Photoshop blocks": lambda: _jpeg_with(
        0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5450, 395
    ),
    "JPEG, EXIF": _jpeg_exif,
    "PNG, EXIF": lambda: _png_with(chunk(b"eXIf", exif(most_bytes() - 1000))),
    "WebP, EXIF": lambda: a_picture("WEBP", exif=exif(most_bytes() - 1000)),
    "AVIF, EXIF": lambda: a_picture("AVIF", exif=exif(most_bytes() - 1000)),
    "HEIC, EXIF": lambda: a_picture("HEIF", exif=exif(most_bytes() - 1000)),
    "PNG, 2 million chunks": lambda: _png_with(chunk(b"prVt", b"") * (most_bytes() // 12 - 100)),
    "PNG, a million texts": lambda: _png_with(b"".join(chunk(b"tEXt", b"k%d\0" % one) for one in range(1_250_000))),
    "PNG, texts of a megabyte each": lambda: _png_with(chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(10**6))) * 300),
    "PNG, RGBA": lambda: noise("PNG", LARGE, LARGE, "RGBA", compress_level=1),
    "PNG, RGBA, half of it": lambda: _half(noise("PNG", LARGE, LARGE, "RGBA", compress_level=1)),
    "PNG, half of a column": lambda: _half(noise("PNG", 1, LARGE * LARGE, "RGB", compress_level=1)),
    "JPEG, half of it": lambda: _half(noise("JPEG", LARGE, LARGE)),
    "GIF, half of it": lambda: _half(noise("GIF", LARGE, LARGE, "P")),
    "GIF, 5 million comments": lambda: _gif_with(b"\x21\xfe\x01a\0" * (most_bytes() // 5 - 1000)),
    "GIF, one comment": lambda: _gif_with(b"\x21\xfe" + (b"\xff" + b"a" * 255) * (most_bytes() // 256 - 10) + b"\0"),
    "GIF, transparent": lambda: noise("GIF", LARGE, LARGE, "P", transparency=0),
    "BMP, RLE of single pixels": lambda: _bmp_rle(1, LARGE, LARGE, b"\1\7" * (most_bytes() // 2 - 1000)),
    "BMP, RLE with an early end of line": lambda: _bmp_rle(1, LARGE * LARGE, 1, b"\1\5\0\0"),
    "BMP, RLE of 4 bits": lambda: _bmp_rle(2, LARGE, LARGE, (b"\xff\7" * 31 + b"\0\0") * LARGE),
    "WebP, a canvas of 268 million pixels": _webp_canvas,
    "WebP, animated": lambda: _animated_webp(LARGE_COPIED),
    "AVIF, 4:4:4": lambda: noise("AVIF", LARGE_COPIED, LARGE_COPIED, quality=1, speed=10, subsampling="4:4:4"),
    "HEIC, 4:4:4": lambda: noise("HEIF", LARGE, LARGE, quality=1, chroma=444),
}


def _main() -> None:
    def peak() -> int:
        # Not getrusage: its figure starts with that of the process that started this one.
        return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])  # type: ignore[index]

    data = Path(sys.argv[1]).read_bytes()
    # On a busy machine, CPU time too is up to twice what it is on an idle one.
    resource.setrlimit(resource.RLIMIT_CPU, (3 * TIME_LIMIT_S, 3 * TIME_LIMIT_S))
    before, began = peak(), time.process_time()
    try:
        decode(data).pixels((64, 64), 3)
        outcome = "classified"
    except PhotoRejected as rejection:
        outcome = rejection.reason
    sys.stdout.write(f"{time.process_time() - began} {peak() - before} {outcome}\n")


if __name__ == "__main__":
    _main()
