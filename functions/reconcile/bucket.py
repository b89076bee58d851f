"""The bucket's listing, and the ingest queue."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from photo_library.errors import BucketUnavailable
from photo_library.events import UPLOADS
from photo_library.photo import THUMBNAILS
from photo_library.queue.sqs import send
from reconcile.run import StoredObject


class S3Bucket:
    """Bucket on boto3's `s3` and `sqs` clients."""

    def __init__(self, s3: Any, sqs: Any, name: str, queue_url: str) -> None:
        self.name = name
        self._s3, self._sqs, self._queue_url = s3, sqs, queue_url

    def page(self, after: str, limit: int) -> list[StoredObject]:
        return self._page(UPLOADS, after, limit)

    def thumbnails(self, after: str, limit: int) -> list[StoredObject]:
        return self._page(THUMBNAILS, after, limit)

    def delete_thumbnails(self, keys: list[str]) -> None:
        if not keys:
            return
        try:
            objects = [{"Key": key} for key in keys]
            self._s3.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error

    def _page(self, prefix: str, after: str, limit: int) -> list[StoredObject]:
        try:
            answer = self._s3.list_objects_v2(
                Bucket=self.name, Prefix=prefix, StartAfter=after or prefix, MaxKeys=limit
            )
        except (BotoCoreError, ClientError) as error:
            raise BucketUnavailable(f"S3: {error}") from error
        return [
            StoredObject(one["Key"], one["ETag"].strip('"'), one["LastModified"]) for one in answer.get("Contents", [])
        ]

    def send(self, messages: list[str]) -> None:
        send(self._sqs, self._queue_url, messages)
