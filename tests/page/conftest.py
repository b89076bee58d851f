"""A browser, and the page over a library in memory."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from photo_library.photo import COLORS, TYPES, Photo
from tests.support.browser import browser, chromium, opened
from tests.support.examples import NOON, a_photo
from tests.support.page_server import PageServer, page_server

expect.set_options(timeout=60_000)  # patience with a busy machine; how fast the page is, is measured elsewhere


@pytest.fixture(scope="module")  # a process can have only one at a time, and other tests have theirs
def chrome() -> Iterator[Browser]:
    if not chromium():
        pytest.skip("there is no Chromium on PATH: the page is not looked at in a browser")
    with browser() as started:
        yield started


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


def numbered(number: int) -> Photo:
    """One of many photos that differ."""
    types = {TYPES[number % 10]: 0.9, TYPES[(number + 3) % 10]: 0.3}
    return a_photo(
        f"uploads/photo{number}.jpg",
        title=f"Photo {number}",
        types=types,
        colors=(COLORS[number % 11],),
        width=300 + number % 7 * 50,
        height=400,
        uploaded_at=NOON - timedelta(hours=7 * number),
    )
