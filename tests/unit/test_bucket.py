import io
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.session import get_session
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, ProtocolError

from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.errors import BucketUnavailable
from tests.support.examples import BUCKET, NOON, a_photo

KEY = "uploads/shirt.jpg"


class Http:
    """Answers each request with one answer or error, and remembers what was asked."""

    def __init__(self, answer: HTTPResponse | Exception) -> None:
        self.answer, self.asked = answer, list[tuple[str, dict[str, list[str]]]]()

    def connection_from_host(self, host: str, port: int, scheme: str) -> "Http":
        assert (scheme, host, port) == ("http", "127.0.0.1", 1)
        return self

    def urlopen(self, method: str, target: str, **_: Any) -> HTTPResponse:
        path, query = target.split("?")
        self.asked.append((f"{method} {path}", parse_qs(query)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture(scope="module")
def client() -> Any:
    """One for all tests: making a client takes a tenth of a second."""
    config = Config(region_name="eu-west-1", retries={"total_max_attempts": 1}, connect_timeout=1)
    return get_session().create_client(
        "s3", config=config, endpoint_url="http://127.0.0.1:1", aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.fixture
def bucket(client: Any) -> S3PhotoBucket:
    return S3PhotoBucket(client, BUCKET)


@pytest.fixture
def s3(bucket: S3PhotoBucket, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bucket, with an S3 that answers as a test says."""

    def answering(answer: HTTPResponse | Exception) -> tuple[S3PhotoBucket, Http]:
        http = Http(answer)
        monkeypatch.setattr(bucket, "_http", http)
        return bucket, http

    return answering


def answer(data: bytes = b"photo", length: int | None = None, **headers: str) -> HTTPResponse:
    usual = {
        "Content-Length": str(len(data) if length is None else length),
        "ETag": '"abc"',
        "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT",
        "x-amz-version-id": "v2",
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return HTTPResponse(io.BytesIO(data), {**usual, **given}, 200, preload_content=False)


def refusal(status: int, code: str) -> HTTPResponse:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    return HTTPResponse(io.BytesIO(body), {"Content-Length": str(len(body))}, status, preload_content=False)


def test_the_objects_bytes_come_with_what_s3_says_of_it(s3: Any) -> None:
    bucket, _ = s3(answer(x_amz_meta_title="My shirt"))
    found = bucket.fetch(KEY, 100_000)
    assert (found.data, found.etag, found.version_id, found.title) == (b"photo", "abc", "v2", "My shirt")
    assert (found.size, found.modified) == (5, NOON)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (200, "", "restored"),
        (412, "PreconditionFailed", "exists"),
        (404, "NoSuchVersion", "gone"),
        (404, "NoSuchKey", "gone"),
        (403, "AccessDenied", None),
        (500, "InternalError", None),
    ],
)
def test_a_version_is_restored_by_a_copy_that_replaces_no_object(
    bucket: S3PhotoBucket, status: int, code: str, outcome: str | None
) -> None:
    sent: list[AWSPreparedRequest] = []

    def answering(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent.append(request)
        body = b"<CopyObjectResult/>" if status == 200 else f"<Error><Code>{code}</Code></Error>".encode()
        raw = SimpleNamespace(stream=lambda **_: iter([body]))
        headers: Any = {"content-type": "application/xml"}
        return AWSResponse(request.url, status, headers, raw)

    bucket._s3.meta.events.register("before-send.s3.CopyObject", answering)
    photo = a_photo("uploads/a +ä?/./b.jpg", version_id="v1")
    try:
        if outcome is None:
            with pytest.raises(BucketUnavailable):
                bucket.restore(photo)
        else:
            assert bucket.restore(photo) == outcome
    finally:
        bucket._s3.meta.events.unregister("before-send.s3.CopyObject", answering)
    headers = {name.lower(): value for name, value in dict[str, Any](sent[0].headers).items()}
    assert headers["if-none-match"] == b"*"
    assert headers["x-amz-copy-source"] == f"{BUCKET}/uploads/a%20%2B%C3%A4%3F/./b.jpg?versionId=v1".encode()
    assert headers["x-amz-tagging-directive"] == b"REPLACE"
    assert "x-amz-metadata-directive" not in headers  # S3 copies the metadata
    assert sent[0].url.endswith("/uploads/a%20%2B%C3%A4%3F/./b.jpg")


def test_an_object_is_read_as_it_is_now_unless_a_version_is_asked_for(s3: Any) -> None:
    bucket, http = s3(answer())
    assert bucket.fetch(KEY, 100_000).version_id == "v2"
    http.answer = answer()
    bucket.fetch(KEY, version_id="v1")
    assert [path for path, _ in http.asked] == ["GET /photos-bucket/uploads/shirt.jpg"] * 2
    assert [query.get("versionId") for _, query in http.asked] == [None, ["v1"]]


MD5 = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("headers", "md5"),
    [
        ({"ETag": f'"{MD5}"'}, MD5),
        ({"ETag": f'"{MD5}"', "x_amz_server_side_encryption": "AES256"}, MD5),
        ({"ETag": f'"{MD5}-2"'}, None),
        ({"ETag": f'"{MD5}"', "x_amz_server_side_encryption": "aws:kms"}, None),
        ({"ETag": f'"{MD5}"', "x_amz_server_side_encryption_customer_algorithm": "AES256"}, None),
    ],
)
def test_an_etag_is_the_contents_digest_where_s3_says_so(s3: Any, headers: Any, md5: str | None) -> None:
    assert s3(answer(**headers))[0].fetch(KEY).md5 == md5


def test_a_title_outside_ascii_is_decoded(s3: Any) -> None:
    bucket, _ = s3(answer(x_amz_meta_title="=?UTF-8?Q?gr=C3=BCnes_Hemd?="))
    assert bucket.fetch(KEY, 100_000).title == "grünes Hemd"


@pytest.mark.parametrize("title", ["=?nope?Q?x?=", "=?utf-8?b?a?=", "=?utf-8?Q?=ff=fe?=", "=?utf-7?Q?+2D0-?=", "100%"])
def test_a_title_that_cannot_be_decoded_is_kept_as_it_is(s3: Any, title: str) -> None:
    bucket, _ = s3(answer(x_amz_meta_title=title))
    assert bucket.fetch(KEY, 100_000).title == title


def test_of_an_object_that_is_too_large_nothing_is_read(s3: Any) -> None:
    large = answer(length=100_001)
    found = s3(large)[0].fetch(KEY, 100_000)
    assert (found.data, found.size, found.version_id) == (None, 100_001, "v2")
    assert large.closed
    assert large.tell() == 0


def test_an_object_is_not_unpacked_whatever_its_metadata_says(s3: Any) -> None:
    bucket, http = s3(answer(b"no gzip", Content_Encoding="gzip"))
    http.answer.decode_content = False  # as it was asked for
    assert bucket.fetch(KEY, 100_000).data == b"no gzip"


def test_an_object_that_is_gone_is_none(s3: Any) -> None:
    assert s3(refusal(404, "NoSuchKey"))[0].fetch(KEY, 100_000) is None


@pytest.mark.parametrize(
    "failure",
    [
        refusal(503, "SlowDown"),
        refusal(403, "AccessDenied"),
        refusal(500, "InternalError"),
        refusal(404, "NoSuchBucket"),
        MaxRetryError(None, "x"),  # type: ignore[arg-type]
        ProtocolError("cut off"),
        HTTPResponse(io.BytesIO(b"a proxy"), {}, 200, preload_content=False),
        HTTPResponse(io.BytesIO(b"not found"), {}, 404, preload_content=False),
    ],
)
def test_an_object_that_cannot_be_read_now_is_a_transient_error(s3: Any, failure: Any) -> None:
    with pytest.raises(BucketUnavailable):
        s3(failure)[0].fetch(KEY, 100_000)


def test_a_thumbnails_answer_is_read_to_its_end_so_that_the_connection_serves_the_next(s3: Any) -> None:
    stored = answer(b"a body")
    bucket, http = s3(stored)
    bucket.put_thumbnail(a_photo(thumbnail="thumbnails/1/a.webp"), b"webp")
    assert [path for path, _ in http.asked] == ["PUT /photos-bucket/thumbnails/1/a.webp"]
    assert stored.tell() == len(b"a body")


def test_a_thumbnail_that_s3_refuses_is_a_transient_error(s3: Any) -> None:
    with pytest.raises(BucketUnavailable, match="SlowDown"):
        s3(refusal(503, "SlowDown"))[0].put_thumbnail(a_photo(thumbnail="thumbnails/1/a.webp"), b"webp")


def test_what_cannot_be_fetched_stored_or_deleted_now_is_a_transient_error(bucket: S3PhotoBucket) -> None:
    with pytest.raises(BucketUnavailable):
        bucket.fetch(KEY, 100_000)
    with pytest.raises(BucketUnavailable):
        bucket.put_thumbnail(a_photo(thumbnail="thumbnails/1/a.webp"), b"webp")
    with pytest.raises(BucketUnavailable):
        bucket.delete_thumbnails(["thumbnails/1/a.webp"])
