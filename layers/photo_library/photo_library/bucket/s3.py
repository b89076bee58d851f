"""The bucket on S3.

Uploads are fetched and thumbnails stored with presigned URLs and urllib3: botocore's get_object and put_object take
twice the processor time, for every photo (decision 99). The path of such a URL is sent as signed (decision 118).
"""

import re
import time
from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import parsedate_to_datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit

import certifi
from botocore.exceptions import BotoCoreError, ClientError
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from photo_library.aws import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from photo_library.bucket.port import (
    FORM_LIFETIME_S,
    THUMBNAIL_PERIOD_S,
    URL_LIFETIME_S,
    FetchedObject,
    Form,
    ListedObject,
    Restored,
)
from photo_library.errors import BucketUnavailable
from photo_library.events import UPLOADS
from photo_library.photo import THUMBNAILS, Photo, browser_copy

# Thumbnail keys are immutable: other content has another key.
_THUMBNAIL_HEADERS = {"Content-Type": "image/webp", "Cache-Control": "private, max-age=31536000, immutable"}
_RETRIES = Retry(
    ATTEMPTS - 1,
    backoff_factor=0.2,
    allowed_methods=["GET", "PUT"],
    status_forcelist=[500, 502, 503, 504],
    raise_on_status=False,
)
_NO_SUCH_OBJECT = re.compile(rb"<Code>NoSuch(Key|Version)</Code>")
_NOT_RESTORED: Mapping[str, Restored] = {"PreconditionFailed": "exists", "NoSuchVersion": "gone", "NoSuchKey": "gone"}
_MD5 = re.compile("[0-9a-f]{32}")
_MAX_CACHED_URLS = 10_000  # about 15 MB


class S3PhotoBucket:
    """PhotoBucket on a botocore `s3` client made by photo_library.aws."""

    def __init__(self, s3: Any, name: str) -> None:
        self.name = name
        self._s3 = s3
        timeout = Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
        self._http = PoolManager(maxsize=10, timeout=timeout, retries=_RETRIES, ca_certs=certifi.where())
        self._period, self._thumbnail_urls = 0, dict[str, str]()

    @cached_property
    def origin(self) -> str:
        any_url = urlsplit(self._s3.generate_presigned_url("list_objects_v2", Params={"Bucket": self.name}))
        return f"{any_url.scheme}://{any_url.netloc}"

    def fetch(self, key: str, max_bytes: int | None = None, version_id: str | None = None) -> FetchedObject | None:
        version = {"VersionId": version_id} if version_id else {}
        try:
            with self._request("GET", "get_object", {"Key": key} | version) as response:
                if response.status != HTTPStatus.OK:
                    body = response.read()
                    if response.status == HTTPStatus.NOT_FOUND and _NO_SUCH_OBJECT.search(body):
                        return None
                    raise BucketUnavailable(f"S3: {response.status} {body[:500]!r}")
                headers = response.headers
                size = int(headers["Content-Length"])
                return FetchedObject(
                    data=response.read() if max_bytes is None or size <= max_bytes else None,
                    size=size,
                    modified=parsedate_to_datetime(headers["Last-Modified"]),
                    etag=headers["ETag"].strip('"'),
                    md5=_md5(headers),
                    version_id=headers.get("x-amz-version-id"),
                    title=_decoded_title(headers.get("x-amz-meta-title")),
                )
        except (HTTPError, OSError, KeyError, ValueError) as error:  # the last two: the response is not S3's
            raise BucketUnavailable(f"S3: {error!r}") from error

    def put_thumbnail(self, photo: Photo, data: bytes, preview: bytes | None = None) -> None:
        self._put(str(photo.thumbnail), data)
        if preview is not None:
            self._put(str(photo.preview), preview)
        if copy := browser_copy(photo):
            try:
                self._s3.copy_object(
                    Bucket=self.name,
                    Key=copy,
                    CopySource={"Bucket": self.name, "Key": photo.key},
                    CopySourceIfMatch=photo.etag,  # a replaced object has an event of its own
                    TaggingDirective="REPLACE",  # copying tags needs further permissions
                )
            except (BotoCoreError, ClientError) as error:
                raise BucketUnavailable(f"S3: {error}") from error

    def _put(self, key: str, data: bytes) -> None:
        with self._request("PUT", "put_object", {"Key": key}, body=data, headers=_THUMBNAIL_HEADERS) as response:
            try:
                body = response.read()  # to its end, or the connection could not be used again
            except (HTTPError, OSError) as error:
                raise BucketUnavailable(f"S3: {error!r}") from error
            if response.status != HTTPStatus.OK:
                raise BucketUnavailable(f"S3: {response.status} {body[:500]!r}")

    def delete_thumbnails(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        objects = [{"Key": key} for key in keys]
        try:
            answer = self._s3.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error
        if errors := answer.get("Errors"):
            raise BucketUnavailable(f"S3 did not delete {len(errors)} of {len(keys)} thumbnails: {errors[0]}")

    def uploads(self, after: str, limit: int) -> list[ListedObject]:
        return self._list(UPLOADS, after, limit)

    def thumbnails(self, after: str, limit: int) -> list[ListedObject]:
        return self._list(THUMBNAILS, after, limit)

    def url(self, photo: Photo, download: bool = False) -> str:
        parameters = {"Key": photo.key}
        if copy := browser_copy(photo):
            parameters = {"Key": copy}
        elif photo.version_id:  # the version that was classified
            parameters["VersionId"] = photo.version_id
        if download:
            file_name = quote(_file_name(photo), safe="")
            parameters["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{file_name}"
        return self._presigned("get_object", parameters, URL_LIFETIME_S)

    def thumbnail_url(self, photo: Photo) -> str | None:
        return self._lasting_url(photo.thumbnail)

    def preview_url(self, photo: Photo) -> str | None:
        return self._lasting_url(photo.preview)

    def _lasting_url(self, key: str | None) -> str | None:
        """The URL of a thumbnail or preview, the same for THUMBNAIL_PERIOD_S."""
        if key is None:
            return None
        if (period := int(time.time() // THUMBNAIL_PERIOD_S)) != self._period:
            self._period, self._thumbnail_urls = period, {}
        urls = self._thumbnail_urls
        if key not in urls:
            if len(urls) >= _MAX_CACHED_URLS:
                urls.clear()
            urls[key] = self._presigned("get_object", {"Key": key}, 2 * THUMBNAIL_PERIOD_S)
        return urls[key]

    def upload_form(self, key: str, content_type: str, title: str | None, max_bytes: int) -> Form:
        fields = {"Content-Type": content_type}
        if title is not None:
            fields["x-amz-meta-title"] = _encoded_title(title)
        # S3 requires the fields to be sent unchanged; of the file it can only check the size.
        form = self._s3.generate_presigned_post(
            self.name,
            key,
            Fields=dict(fields),
            Conditions=[*({name: value} for name, value in fields.items()), ["content-length-range", 1, max_bytes]],
            ExpiresIn=FORM_LIFETIME_S,
        )
        return Form(form["url"], form["fields"])

    def delete(self, photo: Photo) -> None:
        try:
            self._s3.delete_object(Bucket=self.name, Key=photo.key)
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error

    def restore(self, photo: Photo) -> Restored:
        # A copy, where removing the delete marker would do, too: its event is documented, and it needs no permission to
        # delete versions, with which every photo could be destroyed.
        try:
            self._s3.copy_object(
                Bucket=self.name,
                Key=photo.key,
                CopySource={"Bucket": self.name, "Key": photo.key, "VersionId": photo.version_id},
                IfNoneMatch="*",  # a delete marker is no object
                TaggingDirective="REPLACE",  # copying tags needs further permissions
            )
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code not in _NOT_RESTORED:
                raise BucketUnavailable(f"S3: {error}") from error
            return _NOT_RESTORED[code]
        return "restored"

    def _request(self, method: str, operation: str, parameters: dict[str, str], **options: Any) -> BaseHTTPResponse:
        """The response with its body still unread. Raises BucketUnavailable."""
        try:
            url = urlsplit(self._presigned(operation, parameters, 300))
            # As botocore sends its requests. PoolManager.request would remove /./ and /../ from the path, which can be
            # part of a key, and so would ask for another object.
            connections = self._http.connection_from_host(str(url.hostname), url.port, url.scheme)
            return connections.urlopen(
                method,
                f"{url.path}?{url.query}",
                redirect=False,
                preload_content=False,
                decode_content=False,
                **options,
            )
        except (BotoCoreError, ClientError, HTTPError) as error:
            raise BucketUnavailable(f"S3: {error}") from error

    def _presigned(self, operation: str, parameters: dict[str, str], lifetime_s: int) -> str:
        url: str = self._s3.generate_presigned_url(
            operation, Params={"Bucket": self.name} | parameters, ExpiresIn=lifetime_s
        )
        return url

    def _list(self, prefix: str, after: str, limit: int) -> list[ListedObject]:
        try:
            answer = self._s3.list_objects_v2(
                Bucket=self.name, Prefix=prefix, StartAfter=after or prefix, MaxKeys=limit
            )
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error
        return [
            ListedObject(one["Key"], one["Size"], one["ETag"].strip('"'), one["LastModified"])
            for one in answer.get("Contents", [])
        ]


def _md5(headers: Mapping[str, str]) -> str | None:
    """The ETag where it is the content's MD5 digest: not of objects sent in parts, or encrypted with other keys.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    """
    etag = headers["ETag"].strip('"')
    own_key = headers.get("x-amz-server-side-encryption-customer-algorithm")
    plain = headers.get("x-amz-server-side-encryption", "AES256") == "AES256" and not own_key
    return etag if plain and _MD5.fullmatch(etag) else None


def _file_name(photo: Photo) -> str:
    """A name to save the photo under: the title, with the key's file ending where the title has none."""
    name = photo.key.rpartition("/")[2]
    title = (photo.title or name).replace("/", "_")
    _, dot, ending = name.rpartition(".")
    return title if not dot or title.lower().endswith(f".{ending.lower()}") else f"{title}.{ending}"


def _encoded_title(text: str) -> str:
    """Metadata outside ASCII is sent as RFC 2047 encoded words, which `_decoded_title` reads.

    So is "$", which S3's policies would want escaped, and text that looks like an encoded word.
    """
    plain = text.isascii() and "$" not in text and "=?" not in text
    return text if plain else Header(text, "utf-8").encode(maxlinelen=0)


def _decoded_title(metadata: str | None) -> str | None:
    """The title from RFC 2047 encoded words; text that cannot be decoded is kept as it is."""
    if not metadata:
        return None
    try:
        decoded = str(make_header(decode_header(metadata)))
        decoded.encode()  # half a surrogate pair cannot be stored anywhere
    except (HeaderParseError, LookupError, ValueError):
        decoded = metadata
    return decoded.strip() or None
