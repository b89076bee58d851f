"""Fetch uploads from S3, and keep their thumbnails there.

By presigned URLs: get_object and put_object of botocore's client take twice the processor time, for every photo.
"""

import re
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import certifi
from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from classify.pipeline import Fetched
from photo_library.errors import BucketUnavailable
from photo_library.events import ObjectEvent

# A key never gets other bytes.
_THUMBNAIL = {"Content-Type": "image/webp", "Cache-Control": "private, max-age=31536000, immutable"}
_AGAIN = Retry(
    2,
    backoff_factor=0.2,
    allowed_methods=["GET", "PUT"],
    status_forcelist=[500, 502, 503, 504],
    raise_on_status=False,
)
_GONE = re.compile(rb"<Code>NoSuchKey</Code>")


class S3Bucket:
    """Uploads and thumbnails, on a botocore `s3` client whose URLs name the bucket's region."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3
        self._http = PoolManager(
            maxsize=10, timeout=Timeout(connect=3, read=10), retries=_AGAIN, ca_certs=certifi.where()
        )

    def fetch(self, event: ObjectEvent, max_bytes: int) -> Fetched | None:
        """The object as it is now; None when there is none.

        That may be newer than the event, whose successor then comes and finds it again. Of one that is larger than
        `max_bytes` no byte is read. Raises BucketUnavailable.
        """
        try:
            with self._ask("GET", "get_object", event.bucket, event.key) as answer:
                if answer.status != HTTPStatus.OK:
                    said = answer.read()
                    if answer.status == HTTPStatus.NOT_FOUND and _GONE.search(said):
                        return None
                    raise BucketUnavailable(f"S3: {answer.status} {said[:500]!r}")
                headers = answer.headers
                size = int(headers["Content-Length"])
                return Fetched(
                    data=answer.read() if size <= max_bytes else None,
                    size=size,
                    modified=parsedate_to_datetime(headers["Last-Modified"]),
                    etag=headers["ETag"].strip('"'),
                    version_id=headers.get("x-amz-version-id"),
                    title=_title(headers.get("x-amz-meta-title")),
                )
        except (HTTPError, OSError, KeyError, ValueError) as error:  # the last two: it is not S3 that answers
            raise BucketUnavailable(f"S3: {error!r}") from error

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Store a thumbnail. Raises BucketUnavailable."""
        with self._ask("PUT", "put_object", bucket, key, body=data, headers=_THUMBNAIL) as answer:
            try:
                said = answer.read()  # to its end, or the connection could not be used again
            except (HTTPError, OSError) as error:
                raise BucketUnavailable(f"S3: {error!r}") from error
            if answer.status != HTTPStatus.OK:
                raise BucketUnavailable(f"S3: {answer.status} {said[:500]!r}")

    def delete(self, bucket: str, keys: Sequence[str]) -> None:
        """Delete thumbnails. Raises BucketUnavailable."""
        try:
            self._s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error

    def _ask(self, method: str, operation: str, bucket: str, key: str, **more: Any) -> BaseHTTPResponse:
        """The answer, of which nothing but the head is read. Raises BucketUnavailable."""
        try:
            url = self._s3.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key}, ExpiresIn=300)
            return self._http.request(method, url, preload_content=False, decode_content=False, **more)
        except (BotoCoreError, ClientError, HTTPError) as error:
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
