from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.config import Config

from search.bucket import presigned_url, s3_client
from tests.examples import a_photo


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-5"])
def test_a_url_names_the_region_the_version_and_an_hour(region: str) -> None:
    url = urlsplit(presigned_url(s3_client(Config(region_name=region)), a_photo(version_id="v1")))
    assert url.hostname in (f"photos-bucket.s3.{region}.amazonaws.com", "photos-bucket.s3.amazonaws.com")
    assert (url.hostname == "photos-bucket.s3.amazonaws.com") <= (region == "us-east-1")
    query = parse_qs(url.query)
    assert (query["versionId"], query["X-Amz-Expires"]) == (["v1"], ["3600"])
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]


def test_an_unversioned_object_has_no_version() -> None:
    assert "versionId" not in presigned_url(s3_client(Config(region_name="eu-west-1")), a_photo())
