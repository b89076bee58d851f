"""Fetch an upload from S3."""

from email.header import decode_header, make_header
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from classify.pipeline import Fetched
from photo_library.errors import BucketUnavailable, PhotoRejected
from photo_library.events import ObjectEvent


def fetch(s3: Any, event: ObjectEvent, max_bytes: int) -> Fetched | None:
    """The object that the event speaks of, read with a boto3 `s3` client; None when it is gone.

    Raises PhotoRejected when it is larger than `max_bytes`, before a byte of it is read, and BucketUnavailable.
    """
    if event.size is not None and event.size > max_bytes:
        raise _too_large(event.size, max_bytes)
    version = {"VersionId": event.version_id} if event.version_id else {}
    try:
        answer = s3.get_object(Bucket=event.bucket, Key=event.key, **version)
        with answer["Body"] as body:
            # An event without a size, or an object that was replaced since.
            if answer["ContentLength"] > max_bytes:
                raise _too_large(answer["ContentLength"], max_bytes)
            data = body.read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "404"):
            return None
        raise BucketUnavailable(f"S3: {error}") from error
    except (BotoCoreError, HTTPError, OSError) as error:  # the last two while the body is read
        raise BucketUnavailable(f"S3: {error}") from error
    return Fetched(
        data=data,
        etag=answer["ETag"].strip('"'),
        version_id=answer.get("VersionId"),
        title=_title(answer.get("Metadata", {}).get("title")),
    )


def _too_large(size: int, max_bytes: int) -> PhotoRejected:
    return PhotoRejected("too_large", f"{size:,} bytes; at most {max_bytes:,} are read")


def _title(metadata: str | None) -> str | None:
    """User metadata outside ASCII comes back as RFC 2047 encoded words."""
    return str(make_header(decode_header(metadata))).strip() or None if metadata else None
