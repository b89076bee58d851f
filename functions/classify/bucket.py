"""Fetch an upload from S3, and keep its thumbnail there."""

from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from http import HTTPStatus
from typing import Any

import certifi
from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from classify.pipeline import Fetched
from photo_library.errors import BucketUnavailable
from photo_library.events import ObjectEvent

# A key never gets other bytes.
_THUMBNAIL = {"Content-Type": "image/webp", "Cache-Control": "private, max-age=31536000, immutable"}


def fetch(s3: Any, event: ObjectEvent, max_bytes: int) -> Fetched | None:
    """The object as it is now, read with a boto3 `s3` client; None when there is none.

    That may be newer than the event, whose successor then comes and finds it again. Of one that is larger than
    `max_bytes` no byte is read. Raises BucketUnavailable.
    """
    try:
        answer = s3.get_object(Bucket=event.bucket, Key=event.key)
        with answer["Body"] as body:
            data = body.read() if answer["ContentLength"] <= max_bytes else None
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise BucketUnavailable(f"S3: {error}") from error
    except (BotoCoreError, HTTPError, OSError) as error:  # the last two while the body is read
        raise BucketUnavailable(f"S3: {error}") from error
    return Fetched(
        data=data,
        size=answer["ContentLength"],
        modified=answer["LastModified"],
        etag=answer["ETag"].strip('"'),
        version_id=answer.get("VersionId"),
        title=_title(answer.get("Metadata", {}).get("title")),
    )


class S3Thumbnails:
    """Thumbnails on a boto3 `s3` client whose URLs name the bucket's region."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        again = Retry(2, allowed_methods=["PUT"], status_forcelist=[500, 502, 503, 504], raise_on_status=False)
        self._http = PoolManager(
            maxsize=10, timeout=Timeout(connect=3, read=10), retries=again, ca_certs=certifi.where()
        )

    def put(self, bucket: str, key: str, data: bytes) -> None:
        # By a presigned URL: put_object takes twice the processor time, and there is one for every photo.
        try:
            url = self._s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=300)
            answer = self._http.request("PUT", url, body=data, headers=_THUMBNAIL)
        except (BotoCoreError, ClientError, HTTPError) as error:
            raise BucketUnavailable(f"S3: {error}") from error
        if answer.status != HTTPStatus.OK:
            raise BucketUnavailable(f"S3: {answer.status} {answer.data[:500]!r}")

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        try:
            self._s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error


def _title(metadata: str | None) -> str | None:
    """User metadata outside ASCII comes back as RFC 2047 encoded words; what is none is kept as it is."""
    if not metadata:
        return None
    try:
        decoded = str(make_header(decode_header(metadata)))
        decoded.encode()  # half a surrogate pair can be kept nowhere
    except (HeaderParseError, LookupError, ValueError):
        decoded = metadata
    return decoded.strip() or None
