"""The bucket as the API uses it: browsers download photos from it and upload to it, both by presigned requests."""

import time
from collections.abc import Mapping
from email.header import Header
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from photo_library.aws import client
from photo_library.errors import BucketUnavailable
from photo_library.photo import Photo

URL_LIFETIME_S = 3600
# A thumbnail's URL lasts for one to two of them.
THUMBNAIL_PERIOD_S = 2 * 3600
_MAX_URLS = 10_000  # about 15 MB
FORM_LIFETIME_S = 900


class Form(NamedTuple):
    """An HTML form that S3 accepts: these fields unchanged, then the file as the field `file`."""

    url: str
    fields: Mapping[str, str]


class Bucket(Protocol):
    """What the API needs of the bucket."""

    name: str
    origin: str  # scheme and host of every URL below

    def url(self, photo: Photo, download: bool = False) -> str:
        """The original picture's URL, valid for an hour; with `download`, browsers save it under the photo's title."""

    def thumbnail_url(self, photo: Photo) -> str | None:
        """The thumbnail's URL, valid for two to four hours; it stays the same for two, so that browsers cache it."""

    def upload_form(self, key: str, content_type: str, title: str | None) -> Form:
        """A form for uploading one file under this key, valid for 15 minutes."""

    def delete(self, photo: Photo) -> None:
        """Delete the photo's current object, if it still exists. Raises BucketUnavailable."""


class S3Bucket:
    """Bucket on a client made by `s3_client`."""

    def __init__(self, s3: Any, name: str, max_bytes: int) -> None:
        self.name = name
        self._s3, self._max_bytes = s3, max_bytes
        any_url = urlsplit(s3.generate_presigned_url("list_objects_v2", Params={"Bucket": name}))
        self.origin = f"{any_url.scheme}://{any_url.netloc}"
        self._period, self._thumbnail_urls = 0, dict[str, str]()

    def url(self, photo: Photo, download: bool = False) -> str:
        # The version that was classified.
        asked = {"VersionId": photo.version_id} if photo.version_id else {}
        if download:
            asked["ResponseContentDisposition"] = f"attachment; filename*=UTF-8''{quote(_file_name(photo), safe='')}"
        url: str = self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": photo.bucket, "Key": photo.key} | asked, ExpiresIn=URL_LIFETIME_S
        )
        return url

    def thumbnail_url(self, photo: Photo) -> str | None:
        if photo.thumbnail is None:
            return None
        if (period := int(time.time() // THUMBNAIL_PERIOD_S)) != self._period:
            self._period, self._thumbnail_urls = period, {}
        urls = self._thumbnail_urls
        if photo.thumbnail not in urls:
            if len(urls) >= _MAX_URLS:
                urls.clear()
            urls[photo.thumbnail] = self._s3.generate_presigned_url(
                "get_object",
                Params={"Bucket": photo.bucket, "Key": photo.thumbnail},
                ExpiresIn=2 * THUMBNAIL_PERIOD_S,
            )
        return urls[photo.thumbnail]

    def upload_form(self, key: str, content_type: str, title: str | None) -> Form:
        fields = {"Content-Type": content_type}
        if title is not None:
            fields["x-amz-meta-title"] = _in_ascii(title)
        # The form's fields must be sent unchanged; of the file, S3 can only check the size.
        form = self._s3.generate_presigned_post(
            self.name,
            key,
            Fields=dict(fields),
            Conditions=[
                *({name: value} for name, value in fields.items()),
                ["content-length-range", 1, self._max_bytes],
            ],
            ExpiresIn=FORM_LIFETIME_S,
        )
        return Form(form["url"], form["fields"])

    def delete(self, photo: Photo) -> None:
        try:
            self._s3.delete_object(Bucket=photo.bucket, Key=photo.key)
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error


def s3_client(config: Config) -> Any:
    """A client whose URLs name the bucket's region; the global host, boto3's default, would redirect."""
    return client("s3", config.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"})))


def _file_name(photo: Photo) -> str:
    """The name for saving the photo: its title, with the key's extension."""
    name = photo.key.rpartition("/")[2]
    title = (photo.title or name).replace("/", "_")
    _, dot, ending = name.rpartition(".")
    return title if not dot or title.lower().endswith(f".{ending.lower()}") else f"{title}.{ending}"


def _in_ascii(text: str) -> str:
    """Metadata that isn't ASCII travels as RFC 2047 encoded words, which classify decodes.

    So does text with "$", which S3's policies would want escaped, and text that looks like an encoded word.
    """
    plain = text.isascii() and "$" not in text and "=?" not in text
    return text if plain else Header(text, "utf-8").encode(maxlinelen=0)
