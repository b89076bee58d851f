"""The picture formats that the library reads: one table for upload forms, imports, the decoder and what users see."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """A picture format, with its content types and the file endings of each, the most usual first."""

    code: str  # in documents and in the API's answers; Pillow's name for the format
    name: str  # as users see it
    content_types: Mapping[str, tuple[str, ...]]
    in_browsers: bool = True  # whether all browsers in wide use show it; Safari alone shows HEIC


FORMATS = (
    Format("JPEG", "JPEG", {"image/jpeg": ("jpg", "jpeg", "jfif")}),
    Format("PNG", "PNG", {"image/png": ("png",)}),
    Format("WEBP", "WebP", {"image/webp": ("webp",)}),
    Format("GIF", "GIF", {"image/gif": ("gif",)}),
    Format("BMP", "BMP", {"image/bmp": ("bmp",)}),
    Format("HEIF", "HEIC", {"image/heic": ("heic",), "image/heif": ("heif", "hif")}, in_browsers=False),
    Format("AVIF", "AVIF", {"image/avif": ("avif",)}),
)

NEED_PREVIEW = tuple(one.code for one in FORMATS if not one.in_browsers)
"""The codes of the formats of which classify makes a preview, because browsers can't show them."""

# Lambda takes requests of 6 MiB, in which Base64 makes four bytes of three; headers and the rest need a few thousand.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BYTES_IN_REQUEST = 4_500_000
"""The largest picture that can be sent in a request instead of being uploaded."""

CONTENT_TYPES: Mapping[str, tuple[str, ...]] = {
    content_type: endings for one in FORMATS for content_type, endings in one.content_types.items()
}
"""Content type → file endings, without the dot."""

_CONTENT_TYPE_OF_ENDING = {
    ending: content_type for content_type, endings in CONTENT_TYPES.items() for ending in endings
}


def content_type_of(file_name: str) -> str | None:
    """The content type that a file's ending stands for; None for any other file."""
    return _CONTENT_TYPE_OF_ENDING.get(file_name.rpartition(".")[2].lower())


def format_names(joined_by: str = "and") -> str:
    """All formats in a sentence: "JPEG, PNG, … and AVIF"."""
    *others, last = [one.name for one in FORMATS]
    return f"{', '.join(others)} {joined_by} {last}"
