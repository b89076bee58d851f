"""Presigned URLs: a reader fetches a photo from S3 itself, for an hour."""

from typing import Any

from botocore.config import Config

from photo_library.aws import client
from photo_library.photos import Photo

URL_LIFETIME_S = 3600


def s3_client(config: Config) -> Any:
    """A client whose URLs name the bucket's own region; the global host, boto3's default, redirects elsewhere."""
    return client("s3", config.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"})))


def presigned_url(s3: Any, photo: Photo) -> str:
    """A URL for the version of the object that was classified."""
    version = {"VersionId": photo.version_id} if photo.version_id else {}
    url: str = s3.generate_presigned_url(
        "get_object", Params={"Bucket": photo.bucket, "Key": photo.key} | version, ExpiresIn=URL_LIFETIME_S
    )
    return url
