"""Real parts that several tests share: a MongoDB, a browser, the sample photos, the bundled model."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from classify.saved_model import SavedModel
from infra.local.mongod import start_mongod
from infra.local.processes import Process
from infra.local.template import ROOT
from infra.samples.drawing import draw_samples

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sample photos on disk."""
    return draw_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="session")
def model() -> SavedModel:
    """The bundled model."""
    return SavedModel(ROOT / "model")


@pytest.fixture(scope="session")
def own_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, str]]:
    """A mongod of our own, with its URI."""
    folder = tmp_path_factory.mktemp("mongod")
    process, uri = start_mongod(folder / "data", folder / "mongod.log")
    process.wait_ready()
    yield process, uri
    process.stop()


@pytest.fixture
def mongod(request: pytest.FixtureRequest) -> Process:
    """The process behind mongodb_uri, to be stopped and continued; nobody else's server is."""
    if "MONGODB_URI" in os.environ:
        pytest.skip("MONGODB_URI names a server that is not ours to stop")
    process: Process = request.getfixturevalue("own_mongod")[0]
    return process


@pytest.fixture(scope="session")
def mongodb_uri(request: pytest.FixtureRequest) -> str:
    """A real MongoDB: MONGODB_URI, else one of our own."""
    return os.environ.get("MONGODB_URI") or str(request.getfixturevalue("own_mongod")[1])


@pytest.fixture
def database(mongodb_uri: str) -> Iterator[str]:
    """The name of a database of the test's own."""
    name = f"photo_library_test_{uuid.uuid4().hex[:8]}"
    yield name
    with MongoClient[dict[str, Any]](mongodb_uri) as client:
        client.drop_database(name)


@pytest.fixture(scope="module")  # a process can have only one at a time, and other tests have theirs
def chrome() -> Iterator["Browser"]:
    """Chromium, without windows."""
    from tests.support.browser import browser, chromium  # most tests need none

    if not chromium():
        pytest.skip("there is no Chromium on PATH")
    with browser() as started:
        yield started
