"""S3 event notifications, as they arrive in an SQS message, parsed in this one place.

Facts: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote_plus, unquote_plus

from photo_library.errors import EventError
from photo_library.photo import photo_id

UPLOADS = "uploads/"
# Sequencers differ in length and compare as text once the shorter is padded with zeros on the right. All are
# padded to one width that is well above the 16 to 18 digits that S3 sends, so that MongoDB can compare them too.
_SEQUENCER_DIGITS = 32
# The library's own event, beside S3's: process the object as it is now. The name must not change: messages with it may
# be waiting in a queue, and any other ObjectRemoved event is a deletion.
_REPROCESS = "ObjectRemoved:LookAgain"


@dataclass(frozen=True, kw_only=True)
class ObjectEvent:
    """An S3 event about one object under uploads/."""

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    sequencer: str  # padded, upper case: compare as text
    time: datetime
    version_id: str | None
    # Whether there may be an object after the event. After some removals there may: one version was deleted, perhaps an
    # old one or only a delete marker; or the event just asks for the object to be processed again.
    object_may_exist: bool

    @property
    def photo_id(self) -> str:
        return photo_id(self.bucket, self.key)


def parse_events(body: str) -> list[ObjectEvent]:
    """The events of one SQS message body; an empty list for S3's test event and for objects that are not uploads.

    Raises EventError when the body is not an S3 event notification.
    """
    try:
        message = json.loads(body)
        if message.get("Event") == "s3:TestEvent":
            return []
        events = [_parse_record(record) for record in message["Records"]]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise EventError(f"not an S3 event notification ({error!r}): {body[:200]!r}") from error
    return [event for event in events if event is not None]


def is_upload(key: str) -> bool:
    """Whether an object with this key is a photo; the objects that the S3 console creates for folders are not."""
    return key.startswith(UPLOADS) and not key.endswith("/")


def photo_ids(body: str) -> list[str]:
    """The ids of the photos in a message, for a log; an empty list if it is not an S3 event notification."""
    try:
        return [event.photo_id for event in parse_events(body)]
    except EventError:
        return []


def reprocess_message(bucket: str, key: str, sequencer: str) -> str:
    """The body of a message that makes classify process an object again, as it is now.

    `sequencer` is its place in the event order: `sequencer_after` a known one, or `sequencer_of` the upload's time.
    """
    stored = {"key": quote_plus(key, safe="/"), "sequencer": sequencer}
    record = {
        "eventName": _REPROCESS,
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": bucket}, "object": stored},
    }
    return json.dumps({"Records": [record]})


def sequencer_after(sequencer: str) -> str:
    """The very next sequencer after a padded one: later than that event, earlier than S3's next event."""
    return _plus(sequencer, 1)


def sequencer_of_correction(sequencer: str) -> str:
    """For a manual correction of the photo with this sequencer: later than a `sequencer_after` already in the queue."""
    return _plus(sequencer, 2)


def _plus(sequencer: str, steps: int) -> str:
    return f"{int(sequencer, 16) + steps:0{_SEQUENCER_DIGITS}X}"


def _parse_record(record: dict[str, Any]) -> ObjectEvent | None:
    name: str = record["eventName"]
    stored = record["s3"]["object"]
    key = unquote_plus(stored["key"])
    key.encode()  # raises ValueError for half a surrogate pair, which cannot be part of a key
    kind = _kind(name)
    if kind is None or not is_upload(key):
        return None
    time = datetime.fromisoformat(record["eventTime"])
    return ObjectEvent(
        kind=kind,
        bucket=record["s3"]["bucket"]["name"],
        key=key,
        sequencer=_pad(stored.get("sequencer") or sequencer_of(time)),
        time=time,
        version_id=stored.get("versionId"),
        object_may_exist=(
            kind == "created"
            or name == _REPROCESS
            or (name == "ObjectRemoved:Delete" and bool(stored.get("versionId")))
        ),
    )


def _kind(event_name: str) -> Literal["created", "removed"] | None:
    if event_name.startswith("ObjectCreated:"):
        return "created"
    if event_name.startswith(("ObjectRemoved:", "LifecycleExpiration:")):
        return "removed"
    return None


def _pad(sequencer: str) -> str:
    return sequencer.upper().ljust(_SEQUENCER_DIGITS, "0")


def sequencer_of(time: datetime) -> str:
    """A sequencer in S3's form, for S3-compatible servers that send none: 00, the seconds in hex, the microseconds."""
    return f"00{int(time.timestamp()):08X}{time.microsecond:08X}"
