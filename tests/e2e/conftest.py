"""One local cloud for all end-to-end tests: each uses keys of its own."""

import fcntl
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.cloud import LocalCloud
from infra.local.template import ROOT
from tests.support.callers import identity_provider
from tests.support.site import Site


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with LocalCloud() as cloud:
        yield Site(cloud)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes of the zip functions and the layer, once for all workers; the image is test_image.py's."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "sam-build"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".done").exists():
            sam = Path(sys.executable).with_name("sam")
            images = ("ClassifyFunction", "DescribeFunction")
            without_images = (part for name in images for part in ("--exclude", name))
            options = (*without_images, "--build-dir", str(folder), "--no-cached")
            done = subprocess.run([str(sam), "build", *options], cwd=ROOT, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            folder.with_suffix(".done").touch()
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
