"""Whatever key S3 allows: the object that is fetched is the one that boto3 fetches."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from photo_library.aws import client
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.events import parse_events, reprocess_message, sequencer_of
from photo_library.photo import Photo
from tests.support.examples import BUCKET, NOON, a_photo

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "eu-west-1"}


class S3(ThreadingHTTPServer):
    """Answers every request with a small object, and notes the methods and the paths as they were sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, str]] = []
        self.copied: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, S3)
        self.server.asked.append((self.command, self.requestline.split()[1].partition("?")[0]))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        source = self.headers.get("x-amz-copy-source")
        if source:
            self.server.copied.append(source)
        body = b"<CopyObjectResult><ETag>e</ETag></CopyObjectResult>" if source else b"x"
        self.send_response(200)
        headers = {"Content-Length": str(len(body)), "ETag": '"e"', "Last-Modified": "Sun, 01 Mar 2026 12:00:00 GMT"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_GET

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with S3() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def both(s3: S3) -> Iterator[tuple[S3PhotoBucket, Any]]:
    """The bucket of ours, and a client of boto3's."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in CREDENTIALS.items():
            environment.setenv(name, value)
        environment.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{s3.server_port}")
        yield S3PhotoBucket(client("s3"), BUCKET), boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


SEGMENTS = st.one_of(
    st.sampled_from([".", "..", "", "%", "%2e", "%2E%2e", "%00", "%zz", "+", " ", "a b", "?", "#", "&x=y", "~", "\\"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
KEYS = st.lists(SEGMENTS, min_size=1, max_size=8).map(lambda parts: f"uploads/{'/'.join(parts)}")


@given(key=KEYS)
@example("uploads/./shirt.jpg")
@example("uploads/a/../shirt.jpg")
@example("uploads/a//b///shirt.jpg")
@example("uploads/shirt.jpg/")
@example("uploads/100%.jpg")
@example("uploads/%2e%2e/shirt%20.jpg")
@example(f"uploads/{'a/' * 508}")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_object_is_the_one_that_boto3_fetches(both: tuple[S3PhotoBucket, Any], s3: S3, key: str) -> None:
    ours, boto = both
    s3.asked.clear()
    boto.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    fetched = ours.fetch(key)
    assert fetched is not None
    assert fetched.data == b"x"
    theirs, mine = s3.asked
    assert mine == theirs


@given(key=KEYS.filter(lambda key: not key.endswith("/")))
@settings(max_examples=100, deadline=None)
def test_a_message_about_an_object_names_its_key(key: str) -> None:
    (event,) = parse_events(reprocess_message(BUCKET, key, sequencer_of(NOON)))
    assert event.key == key


def test_a_preview_is_stored_beside_the_thumbnail_and_has_a_lasting_address(
    both: tuple[S3PhotoBucket, Any], s3: S3
) -> None:
    s3.asked.clear()
    photo: Photo = a_photo(thumbnail="thumbnails/1/a.webp", preview="thumbnails/1/a.webp.preview")
    both[0].put_thumbnail(photo, b"webp", b"larger")
    assert s3.asked == [("PUT", f"/{BUCKET}/thumbnails/1/a.webp{ending}") for ending in ("", ".preview")]
    first, second = both[0].preview_url(photo), both[0].preview_url(photo)
    assert first == second
    assert first is not None
    assert "/thumbnails/1/a.webp.preview?" in first
    assert both[0].preview_url(a_photo(thumbnail="thumbnails/1/a.webp")) is None


@pytest.mark.parametrize(("key", "copied"), [("uploads/a/../x.jpg", True), ("uploads/a/...x.jpg", False)])
def test_with_the_thumbnail_a_copy_is_stored_for_browsers_that_could_not_request_the_object(
    both: tuple[S3PhotoBucket, Any], s3: S3, key: str, copied: bool
) -> None:
    s3.asked.clear()
    s3.copied.clear()
    photo: Photo = a_photo(key, etag="e", thumbnail="thumbnails/1/a.webp")
    both[0].put_thumbnail(photo, b"webp")
    keys = ["a.webp", "a.webp.original"] if copied else ["a.webp"]
    assert s3.asked == [("PUT", f"/{BUCKET}/thumbnails/1/{name}") for name in keys]
    assert s3.copied == ([f"{BUCKET}/{key}"] if copied else [])
