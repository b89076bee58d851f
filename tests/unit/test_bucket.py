import io
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.session import get_session

from classify.bucket import S3Thumbnails, fetch
from photo_library.errors import BucketUnavailable
from photo_library.events import ObjectEvent, parse_events
from tests.examples import NOON, an_event


class S3:
    """Answers get_object with one answer or error, and remembers what was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, list[dict[str, Any]]()

    def get_object(self, **request: Any) -> Any:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def answer(data: bytes = b"photo", length: int | None = None, **metadata: str) -> dict[str, Any]:
    return {
        "Body": io.BytesIO(data),
        "ContentLength": len(data) if length is None else length,
        "ETag": '"abc"',
        "LastModified": NOON,
        "VersionId": "v2",
        "Metadata": metadata,
    }


def event(**stored: Any) -> ObjectEvent:
    (parsed,) = parse_events(an_event(**stored))
    return parsed


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")


def test_the_objects_bytes_come_with_what_s3_says_of_it() -> None:
    found = fetch(S3(answer(title="My shirt")), event(), 100_000)
    assert found is not None
    assert (found.data, found.etag, found.version_id, found.title) == (b"photo", "abc", "v2", "My shirt")


def test_the_object_is_read_as_it_is_now_whatever_version_the_event_names() -> None:
    s3 = S3(answer())
    found = fetch(s3, event(versionId="v1"), 100_000)
    assert s3.asked == [{"Bucket": "photos-bucket", "Key": "uploads/shirt.jpg"}]
    assert found
    assert found.version_id == "v2"


def test_a_title_outside_ascii_is_decoded() -> None:
    found = fetch(S3(answer(title="=?UTF-8?Q?gr=C3=BCnes_Hemd?=")), event(), 100_000)
    assert found is not None
    assert found.title == "grünes Hemd"


@pytest.mark.parametrize("title", ["=?nope?Q?x?=", "=?utf-8?b?a?=", "=?utf-8?Q?=ff=fe?=", "=?utf-7?Q?+2D0-?=", "100%"])
def test_a_title_that_cannot_be_decoded_is_kept_as_it_is(title: str) -> None:
    found = fetch(S3(answer(title=title)), event(), 100_000)
    assert found
    assert found.title == title


def test_of_an_object_that_is_too_large_nothing_is_read() -> None:
    body = answer(length=100_001)
    found = fetch(S3(body), event(), 100_000)
    assert found
    assert (found.data, found.size, found.version_id) == (None, 100_001, "v2")
    assert body["Body"].closed


def test_an_object_that_is_gone_is_none() -> None:
    assert fetch(S3(refusal("NoSuchKey")), event(), 100_000) is None


@pytest.mark.parametrize(
    "failure",
    [refusal("SlowDown"), refusal("AccessDenied"), refusal("InternalError"), EndpointConnectionError(endpoint_url="x")],
)
def test_an_object_that_cannot_be_read_now_is_a_transient_error(failure: Exception) -> None:
    with pytest.raises(BucketUnavailable):
        fetch(S3(failure), event(), 100_000)


@pytest.fixture
def thumbnails(monkeypatch: pytest.MonkeyPatch) -> S3Thumbnails:
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)
    config = Config(region_name="eu-west-1", retries={"total_max_attempts": 1}, connect_timeout=1)
    return S3Thumbnails(get_session().create_client("s3", config=config, endpoint_url="http://127.0.0.1:1"))


def test_thumbnails_that_cannot_be_stored_or_deleted_now_are_a_transient_error(thumbnails: S3Thumbnails) -> None:
    with pytest.raises(BucketUnavailable):
        thumbnails.put("b", "thumbnails/1/a.webp", b"webp")
    with pytest.raises(BucketUnavailable):
        thumbnails.delete("b", ["thumbnails/1/a.webp"])
