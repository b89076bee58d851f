import json
from base64 import b64decode
from email.header import decode_header, make_header
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from photo_library.aws import client
from photo_library.bucket.port import THUMBNAIL_PERIOD_S
from photo_library.bucket.s3 import S3PhotoBucket
from photo_library.photo import Photo
from tests.support.examples import BUCKET, a_photo


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)


def bucket(region: str = "eu-west-1") -> S3PhotoBucket:
    return S3PhotoBucket(client("s3", region=region), BUCKET)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-5"])
def test_a_url_names_the_region_the_version_and_an_hour(region: str) -> None:
    url = urlsplit(bucket(region).url(a_photo(version_id="v1")))
    assert url.hostname in (f"photos-bucket.s3.{region}.amazonaws.com", "photos-bucket.s3.amazonaws.com")
    assert (url.hostname == "photos-bucket.s3.amazonaws.com") <= (region == "us-east-1")
    query = parse_qs(url.query)
    assert (query["versionId"], query["X-Amz-Expires"]) == (["v1"], ["3600"])
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert "response-content-disposition" not in query


@pytest.mark.parametrize("key", ["uploads/./x.jpg", "uploads/a/../x.jpg", "uploads/.."])
def test_a_photo_that_browsers_cannot_request_is_downloaded_as_a_copy(key: str) -> None:
    photo = a_photo(key, title="My shirt", version_id="v1", thumbnail="thumbnails/1/a.webp")
    for url in (bucket().url(photo), bucket().url(photo, download=True)):
        assert urlsplit(url).path == "/thumbnails/1/a.webp.original"
        assert "versionId" not in parse_qs(urlsplit(url).query)
    assert urlsplit(bucket().url(a_photo("uploads/.../x..jpg", thumbnail="t"))).path == "/uploads/.../x..jpg"


def test_an_unversioned_object_has_no_version() -> None:
    assert "versionId" not in bucket().url(a_photo())


def test_a_thumbnails_url_stays_the_same_for_hours_and_lasts_for_hours_more(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket_, photo = bucket(), a_photo(thumbnail="thumbnails/1/a.webp")
    period = 1000 * THUMBNAIL_PERIOD_S
    signed = bucket_._s3.generate_presigned_url
    count = iter(range(9))  # two URLs signed within a second are the same anyway
    monkeypatch.setattr(bucket_._s3, "generate_presigned_url", lambda *a, **b: f"{signed(*a, **b)}&{next(count)}")

    def url(after: int, photo: Photo = photo) -> str | None:
        monkeypatch.setattr("photo_library.bucket.s3.time.time", lambda: period + after)
        return bucket_.thumbnail_url(photo)

    first = url(1)
    assert url(THUMBNAIL_PERIOD_S - 1) == first
    assert url(1, a_photo(thumbnail="thumbnails/1/b.webp")) != first
    assert url(THUMBNAIL_PERIOD_S) != first
    assert url(1, a_photo()) is None
    assert parse_qs(urlsplit(str(first)).query)["X-Amz-Expires"] == [str(2 * THUMBNAIL_PERIOD_S)]


@pytest.mark.parametrize(
    ("key", "title", "name"),
    [
        ("uploads/1/x.JPG", "Grünes Hemd; new", "Gr%C3%BCnes%20Hemd%3B%20new.JPG"),
        ("uploads/1/x.jpg", "x.JPG", "x.JPG"),
        ("uploads/1/x", "a/b", "a_b"),
        ("uploads/1/x.png", None, "x.png"),
    ],
)
def test_a_download_is_saved_under_the_title(key: str, title: str | None, name: str) -> None:
    query = parse_qs(urlsplit(bucket().url(a_photo(key, title=title), download=True)).query)
    assert query["response-content-disposition"] == [f"attachment; filename*=UTF-8''{name}"]


def policy(form: Any) -> tuple[list[Any], dict[str, str]]:
    """The conditions that S3 checks, and the fields."""
    return json.loads(b64decode(form.fields["policy"]))["conditions"], dict(form.fields)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_form_takes_one_file_of_one_type_and_limited_size_under_one_key(region: str) -> None:
    form = bucket(region).upload_form("uploads/1/x.jpg", "image/jpeg", None, 1000)
    assert urlsplit(form.url).hostname == f"photos-bucket.s3.{region}.amazonaws.com".replace(".us-east-1", "")
    conditions, fields = policy(form)
    assert (fields["key"], fields["Content-Type"]) == ("uploads/1/x.jpg", "image/jpeg")
    for condition in (
        {"bucket": BUCKET},
        {"key": "uploads/1/x.jpg"},
        {"Content-Type": "image/jpeg"},
        ["content-length-range", 1, 1000],
    ):
        assert condition in conditions
    assert not any(one[0] in ("starts-with", "$key") for one in conditions if isinstance(one, list))


@pytest.mark.parametrize(
    "title", ["My shirt", "Grünes Hemd 👕", "ü" * 200, "<img onerror=alert(1)>", "for $5", "=?utf-8?q?=41?="]
)
def test_a_title_is_part_of_what_is_signed_and_travels_in_ascii(title: str) -> None:
    conditions, fields = policy(bucket().upload_form("uploads/1/x.jpg", "image/jpeg", title, 1000))
    sent = fields["x-amz-meta-title"]
    assert {"x-amz-meta-title": sent} in conditions
    assert sent.isascii()
    assert "\n" not in sent
    assert "$" not in sent  # which a policy would want escaped, as JSON does not
    assert len(sent) < 2000
    assert str(make_header(decode_header(sent))) == title


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_every_address_is_of_the_origin_that_the_page_is_allowed(region: str) -> None:
    bucket_, photo = bucket(region), a_photo(thumbnail="thumbnails/1/a.webp")
    form = bucket_.upload_form("uploads/1/x.jpg", "image/jpeg", None, 1000)
    for address in (bucket_.url(photo), bucket_.url(photo, download=True), bucket_.thumbnail_url(photo), form.url):
        assert str(address).startswith(f"{bucket_.origin}/")
    assert bucket_.origin.startswith("https://photos-bucket.s3.")
