"""What the functions and commands ask of the bucket, whatever stores it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from photo_library.photo import Photo

URL_LIFETIME_S = 3600
FORM_LIFETIME_S = 900
# The same thumbnail URL is handed out for this long, and is valid for twice as long.
THUMBNAIL_PERIOD_S = 2 * 3600


@dataclass(frozen=True, kw_only=True)
class FetchedObject:
    """An upload's bytes, or None where there were too many, and its metadata."""

    data: bytes | None
    size: int  # bytes
    modified: datetime
    etag: str | None = None
    md5: str | None = None  # the content's MD5 digest in hex, where S3 knows it
    version_id: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class ListedObject:
    """An object in a listing of the bucket."""

    key: str
    size: int  # bytes
    etag: str
    modified: datetime


class Form(NamedTuple):
    """An HTML form that S3 accepts: these fields, then the file as the field `file`."""

    url: str
    fields: Mapping[str, str]


Restored = Literal["restored", "exists", "gone"]


class PhotoBucket(Protocol):
    """One bucket with photos. The methods that ask S3 something raise BucketUnavailable when it does not answer."""

    name: str

    @property
    def origin(self) -> str:
        """Scheme and host of every URL below."""

    # ---- Objects: classify and the commands

    def fetch(self, key: str, max_bytes: int | None = None, version_id: str | None = None) -> FetchedObject | None:
        """An object as it is now, or one of its versions; None when there is none.

        Nothing is read of an object that is larger than `max_bytes`. May be called by several threads.
        """

    def put_thumbnail(self, photo: Photo, data: bytes, preview: bytes | None = None) -> None:
        """Store WebPs as `photo.thumbnail` and `photo.preview`, and the photo's `browser_copy` if it needs one.

        May be called by several threads.
        """

    def delete_thumbnails(self, keys: Sequence[str]) -> None:
        """Delete up to 1,000 thumbnails, previews or browser copies; keys without an object are fine."""

    # ---- Listings: reconcile and the commands

    def uploads(self, after: str, limit: int) -> list[ListedObject]:
        """The first uploads after a key, in order of their keys; `limit` is at most 1,000."""

    def thumbnails(self, after: str, limit: int) -> list[ListedObject]:
        """The first of the objects that classify made, after a key, in order of keys; `limit` is at most 1,000."""

    # ---- Signed requests for browsers: search

    def url(self, photo: Photo, download: bool = False) -> str:
        """The picture's URL, valid for URL_LIFETIME_S; with `download` a browser saves it under the photo's title."""

    def thumbnail_url(self, photo: Photo) -> str | None:
        """The thumbnail's URL, which stays the same for THUMBNAIL_PERIOD_S so that browsers keep the picture."""

    def preview_url(self, photo: Photo) -> str | None:
        """The preview's URL, which stays the same for as long as the thumbnail's."""

    def upload_form(self, key: str, content_type: str, title: str | None, max_bytes: int) -> Form:
        """A form that stores one file of at most `max_bytes` under this key, valid for FORM_LIFETIME_S."""

    def delete(self, photo: Photo) -> None:
        """Delete the photo's object as it is now; no object is fine."""

    def restore(self, photo: Photo) -> Restored:
        """Make the photo's version the object under its key again, with its metadata, unless there is an object.

        S3 sends the event of an upload. The outcome is `restored`, `exists`, or `gone` if there is no such version.
        """
