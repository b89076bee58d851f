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
# Ours, beside those of S3: something about the object was missed, whatever it was.
_LOOK_AGAIN = "ObjectRemoved:LookAgain"


@dataclass(frozen=True, kw_only=True)
class ObjectEvent:
    """One thing that happened to one object under uploads/."""

    kind: Literal["created", "removed"]
    bucket: str
    key: str
    sequencer: str  # padded, upper case: compare as text
    time: datetime
    version_id: str | None = None
    # One version was taken away for good, which may be an old one or the current one, or only a delete marker. What
    # there is now, the bucket knows. So it is when someone has an object looked at again.
    of_version: bool = False


def parse_events(body: str) -> list[ObjectEvent]:
    """The events of one SQS message body; none for S3's test event and for events that are not ours.

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
    """Whether an object of this key is a photo; what the S3 console creates for "New folder" is none."""
    return key.startswith(UPLOADS) and not key.endswith("/")


def photo_ids(body: str) -> list[str]:
    """The photos that a message speaks of, for a log; none if it is not an S3 event notification."""
    try:
        return [photo_id(event.bucket, event.key) for event in parse_events(body)]
    except EventError:
        return []


def look_again(bucket: str, key: str, sequencer: str) -> str:
    """The body of a message that has an object looked at as it is now, and its photo brought up to date with it.

    `sequencer` says which events it comes after: `sequencer_after` one, or `sequencer_of` the time of the upload.
    """
    stored = {"key": quote_plus(key, safe="/"), "sequencer": sequencer}
    record = {
        "eventName": _LOOK_AGAIN,
        "eventTime": datetime.now(UTC).isoformat(),
        "s3": {"bucket": {"name": bucket}, "object": stored},
    }
    return json.dumps({"Records": [record]})


def sequencer_after(sequencer: str) -> str:
    """The very next sequencer after a padded one: later than that event, earlier than whatever S3 tells of next."""
    return _plus(sequencer, 1)


def sequencer_of_correction(sequencer: str) -> str:
    """Of what a person says of the photo with this sequencer: later than a look again at it that is on its way."""
    return _plus(sequencer, 2)


def _plus(sequencer: str, steps: int) -> str:
    return f"{int(sequencer, 16) + steps:0{_SEQUENCER_DIGITS}X}"


def _parse_record(record: dict[str, Any]) -> ObjectEvent | None:
    name: str = record["eventName"]
    stored = record["s3"]["object"]
    key = unquote_plus(stored["key"])
    key.encode()  # half a surrogate pair is no key, and a ValueError
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
        of_version=name == _LOOK_AGAIN or (name == "ObjectRemoved:Delete" and bool(stored.get("versionId"))),
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
    """A sequencer for S3 look-alikes that send none, in S3's own shape: 00, then the seconds in hex, then the rest."""
    return f"00{int(time.timestamp()):08X}{time.microsecond:08X}"
