"""Things that many tests need one of: a photo, an S3 event, a picture."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pillow_heif
from PIL import Image

from photo_library.photo import COLORS, TYPES, Photo, photo_id

pillow_heif.register_heif_opener()  # to write HEIF, which classify only reads

BUCKET = "photos-bucket"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_photo(key: str = "uploads/shirt.jpg", sequencer: str = "05", **changes: Any) -> Photo:
    values: dict[str, Any] = {
        "id": photo_id(BUCKET, key),
        "bucket": BUCKET,
        "key": key,
        "sequencer": sequencer.ljust(32, "0"),
        "status": "classified",
        "uploaded_at": NOON,
        "updated_at": NOON,
        "title": key.rpartition("/")[2],
        "size": 1000,
        "types": {"Shirt": 0.9, "T-shirt": 0.1},
    }
    return Photo(**values | changes)


def an_event(
    key: str = "uploads/shirt.jpg",
    sequencer: str | None = "05",
    name: str = "ObjectCreated:Put",
    bucket: str = BUCKET,
    **stored: Any,
) -> str:
    """The body of an SQS message with one S3 event; `key` is encoded as S3 encodes it."""
    about = {"key": key, "size": 1000, "eTag": "abc"} | ({"sequencer": sequencer} if sequencer else {}) | stored
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-03-01T12:00:00.000Z",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": about},
    }
    return json.dumps({"Records": [record]})


def a_picture(
    format_: str = "PNG", mode: str = "RGB", color: Any = "red", size: tuple[int, int] = (60, 40), **save: Any
) -> bytes:
    """The bytes of a picture of one colour."""
    with io.BytesIO() as data:
        Image.new(mode, size, color).save(data, format_, **save)
        return data.getvalue()


def numbered(number: int) -> Photo:
    """One of many photos that differ."""
    types = {TYPES[number % 10]: 0.9, TYPES[(number + 3) % 10]: 0.3}
    return a_photo(
        f"uploads/photo{number}.jpg",
        title=f"Photo {number}",
        types=types,
        colors=(COLORS[number % 11],),
        width=300 + number % 7 * 50,
        height=400,
        uploaded_at=NOON - timedelta(hours=7 * number),
    )
