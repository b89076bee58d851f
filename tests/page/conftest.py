"""The page over a library in memory."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import opened
from tests.support.examples import numbered
from tests.support.page_server import PageServer, page_server

expect.set_options(timeout=60_000)  # patience with a busy machine; how fast the page is, is measured elsewhere


@pytest.fixture
def library() -> Iterator[PageServer]:
    with page_server() as server:
        yield server


@pytest.fixture
def full(library: PageServer) -> PageServer:
    """A library with 400 photos, one every seven hours; photo 0 is the newest."""
    library.add(*(numbered(number) for number in range(400)))
    return library


@pytest.fixture
def home(library: PageServer, chrome: Browser) -> Iterator[Page]:
    """The page as it opens on a desktop screen."""
    with opened(chrome, library.url) as page:
        yield page
