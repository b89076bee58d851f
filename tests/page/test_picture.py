"""Searching with a picture: it is dropped on the search box, pasted into it or chosen."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from photo_library.likeness import Look, joined, to_text
from tests.support.browser import chip, opened
from tests.support.examples import a_photo, a_picture, numbered
from tests.support.page_server import PageServer

PICTURE = a_picture("PNG", size=(2000, 1000), color="#aa3355")


LOOK = joined([1.0, 0.0], [1.0] + [0.0] * 10, {})
EMBEDDING = to_text(Look("m1", LOOK))


class Requests:
    """Keeps which pictures were sent to POST /classify, which answers EMBEDDING, and what photos were to be like."""

    def __init__(self, page: Page) -> None:
        self.pictures: list[bytes] = []
        self.liked: set[str] = set()
        page.route("**/classify", self.classify)
        page.on("request", self.keep)

    def classify(self, route: Route) -> None:
        self.pictures.append(route.request.post_data_buffer or b"")
        route.fulfill(json={"embedding": EMBEDDING, "types": {"Dress": 0.9}, "colors": ["red"]})

    def keep(self, request: Request) -> None:
        if found := re.search(r"/search\?.*like=([^&]*)", request.url):
            self.liked.add(found[1])


@pytest.fixture
def home(library: PageServer, chrome: Browser) -> Iterator[Page]:
    """The page over 400 photos that look the same."""
    library.add(*(replace(numbered(number), look=LOOK, model="m1") for number in range(400)))
    with opened(chrome, library.url) as page:
        expect(page.locator("#gallery img.there").first).to_be_visible()
        yield page


def thumbnail(page: Page) -> Locator:
    """What the filter shows that the photos are like."""
    return page.get_by_role("button", name="Remove Photos like this").locator("img")


def transfer(page: Page) -> Any:
    return page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], "look.png", { type: "image/png" }));
          return transfer;
        }""",
        list(PICTURE),
    )


def by_drop(page: Page) -> None:
    given = transfer(page)
    page.dispatch_event("body", "dragenter", {"dataTransfer": given})
    expect(page.get_by_text("Drop a picture here to find similar photos")).to_be_visible()
    for event in ("dragover", "drop"):
        page.dispatch_event("#q", event, {"dataTransfer": given})
    expect(page.get_by_text("Drop photos to upload")).to_be_hidden()


def by_paste(page: Page) -> None:
    page.locator("#q").focus()
    page.evaluate(
        """(clipboardData) => document.activeElement.dispatchEvent(
          new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }),
        )""",
        transfer(page),
    )


def by_choice(page: Page) -> None:
    page.locator("#q").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Search with a picture")).to_be_focused()
    page.locator("#search input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}
    )


@pytest.mark.parametrize("give", [by_drop, by_paste, by_choice])
def test_a_picture_is_made_small_described_and_searched_for(home: Page, give: Any) -> None:
    requests = Requests(home)
    give(home)
    expect(home).to_have_url(re.compile(r"\?like=picture-\d+$"))
    expect(home.get_by_role("button", name="Remove Photos like this").locator("img")).to_have_js_property(
        "naturalWidth", 64
    )
    (sent,) = requests.pictures
    with Image.open(io.BytesIO(sent)) as picture:
        assert picture.size == (512, 256)
    assert requests.liked == {EMBEDDING}
    expect(home.locator("#uploads")).to_be_hidden()  # it isn't uploaded
    expect(home.locator("#gallery .month")).to_have_count(0)


def test_types_colours_and_words_narrow_it_and_it_can_be_removed(home: Page) -> None:
    requests = Requests(home)
    by_paste(home)
    expect(home).to_have_url(re.compile("like=picture"))
    chip(home, "Bag").click()
    expect(home).to_have_url(re.compile(r"\?like=picture-\d+&type=Bag$"))
    expect(home.locator("#status")).to_have_text("40 photos")
    home.get_by_role("combobox", name="Search photos").fill("red")
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile(r"\?like=picture-\d+&q=red$"))
    home.reload()
    expect(home.get_by_role("button", name="Remove Photos like this").locator("img")).to_have_js_property(
        "naturalWidth", 64
    )
    assert requests.liked == {EMBEDDING}
    shared = home.url
    home.get_by_role("button", name="Remove Photos like this").click()
    expect(home).to_have_url(re.compile(r"/\?q=red|/\?color=red"))
    other = home.context.browser.new_context().new_page()  # type: ignore[union-attr]
    other.goto(shared)  # the address holds no picture
    expect(other.locator("#conditions li")).to_have_text(["red"])
    expect(other.locator("#toasts")).to_contain_text("The picture of this search isn’t in this tab. Choose it again.")
    other.context.close()


def test_a_picture_that_is_refused_is_explained(home: Page) -> None:
    home.route("**/classify", lambda route: route.fulfill(status=422, json={"detail": "This picture is damaged."}))
    by_paste(home)
    expect(home.locator("#toasts")).to_contain_text("This picture is damaged.")
    expect(home.locator("#status")).to_have_text("400 photos")


def test_an_open_photo_leads_to_all_like_it(library: PageServer, chrome: Browser) -> None:
    directions = ([1.0, 0.0], [0.9, 0.4], [0.4, 0.9])
    photo, *others = (
        a_photo(f"uploads/{number}.jpg", look=joined(direction, [1.0] + [0.0] * 10, {}), model="m1")
        for number, direction in enumerate(directions)
    )
    library.add(photo, *others)
    with opened(chrome, f"{library.url}/?photo={photo.id}") as page:
        page.get_by_role("region", name="More like this").get_by_role("link", name="Show all").click()
        expect(page).to_have_url(f"{library.url}/?like={photo.id}")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(thumbnail(page)).to_have_js_property("naturalWidth", 60)
        expect(page.locator("#gallery .title")).to_have_text([str(other.title) for other in others])
        expect(page).to_have_title("Photos like this · Photo Library")
        page.get_by_role("button", name="Remove Photos like this").click()
        expect(page.locator("#status")).to_have_text("3 photos")


def test_where_nothing_can_be_compared_the_reason_is_told(library: PageServer, chrome: Browser) -> None:
    without_look = a_photo("uploads/old.jpg")
    library.add(without_look, a_photo("uploads/new.jpg", look=LOOK, model="m1"))
    with opened(chrome, f"{library.url}/?like={without_look.id}") as page:
        expect(page.get_by_role("heading", name="No photos to compare")).to_be_visible()
        page.get_by_role("button", name="Show all photos").click()
        expect(page.locator("#status")).to_have_text("2 photos")
