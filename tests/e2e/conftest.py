"""One local cloud for all end-to-end tests: each uses keys of its own."""

import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from infra.local.cloud import LocalCloud
from infra.local.template import ROOT
from photo_library.photo import photo_id
from tests.e2e.visitors import identity_provider

Condition = Callable[[], Any]


class Site:
    """The local cloud as a user sees it: a bucket and an HTTP API."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")

    def put(self, key: str, data: bytes, **options: Any) -> str:
        """Put an object under uploads/ with the ordinary S3 API; returns the photo's id."""
        self.s3.put_object(Bucket=self.cloud.bucket, Key=f"uploads/{key}", Body=data, **options)
        return photo_id(self.cloud.bucket, f"uploads/{key}")

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.cloud.bucket, Key=f"uploads/{key}")

    def get(self, path: str) -> requests.Response:
        return requests.get(f"{self.cloud.api_url}{path}", timeout=30)

    def photo(self, id_: str, until: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """The photo, once the API knows it and `until` holds."""

        def known() -> dict[str, Any] | None:
            answer = self.get(f"/photos/{id_}")
            return answer.json() if answer.ok and until(answer.json()) else None

        found: dict[str, Any] = wait_for(known)
        return found

    def found_by(self, type_name: str, min_probability: float = 0.01) -> set[str]:
        answer = self.get(f"/search?type={type_name}&min_probability={min_probability}&limit=100")
        assert answer.status_code == 200, answer.text
        return {photo["id"] for photo in answer.json()["photos"]}


def wait_for(condition: Condition, timeout_s: float = 60) -> Any:
    """What the condition gives once that is true."""
    deadline = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)
    return found


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with LocalCloud() as cloud:
        yield Site(cloud)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes of the zip functions and the layer; the image is test_image.py's."""
    folder = tmp_path_factory.mktemp("build")
    sam = Path(sys.executable).with_name("sam")
    options = ("--exclude", "ClassifyFunction", "--build-dir", str(folder), "--no-cached")
    done = subprocess.run([str(sam), "build", *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def issuer() -> Iterator[str]:
    """The address of who issues tokens."""
    with identity_provider() as address:
        yield address


@pytest.fixture
def prefix() -> str:
    """A folder under uploads/ that no other test uses."""
    return uuid.uuid4().hex[:8]


@pytest.fixture(scope="session")
def shirt(samples: list[Path]) -> bytes:
    return next(sample for sample in samples if sample.name == "shirt.jpg").read_bytes()
