"""The domain: a photo, its id, and the ten types."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from photo_library.errors import UnknownColor, UnknownType
from photo_library.formats import format_names

# The order is Fashion-MNIST's: a class number of the data set is an index into this tuple.
TYPES = (
    "T-shirt",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle-boot",
)

# The basic colour terms (Berlin and Kay): those that speakers of English agree on.
COLORS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")

# Why a photo was rejected, and what users are told.
REASONS: Mapping[str, str] = {
    "empty": "This file is empty.",
    "too_large": "This file is larger than this library accepts.",
    "unsupported_format": f"Only {format_names()} pictures can be uploaded.",
    "damaged": "This picture is incomplete or damaged.",
    "too_many_pixels": "This picture has too many pixels (the limit is 60 megapixels, for some formats 40).",
}

# How long a deleted photo can be restored: as long as the bucket keeps the version of its object (template.yaml).
RESTORABLE_FOR = timedelta(days=30)

# Where thumbnails are kept in the bucket: beside the uploads, of which alone S3 tells the queue.
THUMBNAILS = "thumbnails/"

_ALIASES = {"t-shirt/top": "T-shirt", "ankle boot": "Ankle-boot"} | {name.lower(): name for name in TYPES}


def parse_type(text: str) -> str:
    """The canonical spelling of a type given in any case or by an alias.

    Raises UnknownType, which lists what is accepted.
    """
    try:
        return _ALIASES[text.strip().lower()]
    except KeyError:
        raise UnknownType(f"{text!r} is not a type. Types are {', '.join(TYPES)}.") from None


def parse_color(text: str) -> str:
    """The colour of COLORS that is given in any case, or as "gray".

    Raises UnknownColor, which lists what is accepted.
    """
    name = text.strip().lower().replace("gray", "grey")
    if name in COLORS:
        return name
    raise UnknownColor(f"{text!r} is not a colour. Colours are {', '.join(COLORS)}.")


def photo_id(bucket: str, key: str) -> str:
    """24 hex digits that depend on bucket and key alone, so that every delivery means the same photo.

    The separator cannot occur in a bucket's name, so no two objects share the hashed text.
    """
    return hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()[:24]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """One object under uploads/ and all that is known of it; the document in MongoDB has the same fields."""

    id: str
    bucket: str
    key: str
    sequencer: str  # padded: compare as text
    status: Literal["classified", "rejected", "deleted"]
    uploaded_at: datetime
    updated_at: datetime
    graph: Literal["pending", "synced"] = "pending"
    version_id: str | None = None
    etag: str | None = None
    size: int | None = None  # bytes
    title: str | None = None
    title_source: Literal["upload", "person"] = "upload"
    format: str | None = None
    width: int | None = None  # pixels, after orientation
    height: int | None = None
    taken_at: str | None = None  # the camera's local time in ISO 8601, if known
    types: Mapping[str, float] = field(default_factory=dict)
    types_source: Literal["model", "person"] = "model"
    colors: tuple[str, ...] = ()  # of COLORS: the garment's main ones, the first first
    embedding: tuple[float, ...] = ()  # the model's 32-bit vector of unit length: alike garments are near each other
    look: bytes = b""  # embedding and colours as one vector: see likeness.Look; of the same model alone comparable
    model: str | None = None  # version of the SavedModel that named the types
    truncated: bool = False  # the file is incomplete, and only a part of the picture was seen
    digest: str | None = None  # MD5 of the object's bytes, in hex: duplicates have the same
    thumbnail: str | None = None  # its key in the same bucket
    preview: str | None = None  # the same, of a larger picture: only where browsers can't show the photo's format
    reason: str | None = None  # key of REASONS, only when rejected
    # Only on a tombstone, which otherwise keeps what the photo was while it can be restored.
    deleted_at: datetime | None = None
    deleted_types: Mapping[str, float] = field(default_factory=dict)  # its types, where no search finds them
    expires_at: datetime | None = None  # only on a tombstone


def restorable_until(photo: Photo) -> datetime | None:
    """Until when a deleted photo can be restored; None if it can't, because no version of its object is known."""
    if photo.deleted_at is None or photo.version_id is None:
        return None
    return photo.deleted_at + RESTORABLE_FOR


def dated_at(photo: Photo) -> datetime:
    """When the photo was taken, by the camera's clock read as UTC; if that isn't known, when it was uploaded.

    A photo taken in the last hour of January belongs to January wherever it was taken, so the offset is left out.
    """
    if photo.taken_at is None:
        return photo.uploaded_at
    return datetime.fromisoformat(photo.taken_at).replace(tzinfo=UTC)


def browser_copy(photo: Photo) -> str | None:
    """The key of a copy of the photo for browsers, which cannot request the photo itself; None where they can.

    Browsers remove the segments "." and ".." from every URL's path, also when percent-encoded.
    """
    if photo.thumbnail is None or {".", ".."}.isdisjoint(photo.key.split("/")):
        return None
    return f"{photo.thumbnail}.original"


def derived_keys(photo: Photo) -> list[str]:
    """The keys of the objects that classify made of the photo: thumbnail, preview, and its copy for browsers."""
    return [key for key in (photo.thumbnail, photo.preview, browser_copy(photo)) if key]
