"""The page keeps its place: while it loads, is reloaded, resized, while photos come, and when one goes back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from photo_library.likeness import joined
from photo_library.photo import Photo
from tests.support.browser import card, chip, inside, opened, upload
from tests.support.examples import NOON, a_photo
from tests.support.page_server import NO_PHOTOS, PageServer
from tests.support.site import wait_for

SHIFTS = """() => {
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) shift += one.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""

FILTERED = "?type=Shirt,Bag&match=any&color=blue&not=Coat"

# Whether the page keeps in mind where it is scrolled to.
KEPT = """() => {
  const { id, offset } = history.state?.anchor ?? {};
  const card = document.querySelector(`#gallery a[href$="${id}"]`)?.parentElement;
  return card && Math.abs(card.getBoundingClientRect().top - offset) < 1;
}"""


def in_sight(page: Page, number: int) -> None:
    expect(page.get_by_text(f"Photo {number}", exact=True)).to_be_in_viewport()


def scroll_to(page: Page, number: int) -> None:
    """Scroll until a photo is in sight, and the page has taken notice."""
    title = page.get_by_text(f"Photo {number}", exact=True)
    expect(page.locator("#gallery li").first).to_be_visible()
    for _ in range(100):
        if title.count():
            break
        page.mouse.move(700, 500)
        page.mouse.wheel(0, 600)
        page.wait_for_function("new Promise(requestAnimationFrame).then(() => true)")
    title.evaluate("title => title.scrollIntoView({ block: 'center' })")
    wait_for(lambda: page.evaluate(KEPT))


@pytest.mark.parametrize(("width", "query"), [(390, ""), (390, FILTERED), (800, ""), (1280, FILTERED), (1920, "")])
def test_nothing_jumps_while_the_page_loads(full: PageServer, chrome: Browser, width: int, query: str) -> None:
    with opened(chrome, f"{full.url}/{query}", width=width, motion=True) as page:
        page.evaluate(SHIFTS)
        expect(page.locator("#gallery img.there").first).to_be_visible()
        expect(page.locator("#types .count").first).not_to_be_empty()
        page.wait_for_function("new Promise(requestAnimationFrame).then(() => new Promise(requestAnimationFrame))")
        assert page.evaluate("shift") <= 0.05


@pytest.mark.parametrize("width", [390, 1280])
def test_the_filters_and_the_total_stay_in_reach(full: PageServer, chrome: Browser, width: int) -> None:
    with opened(chrome, full.url, width=width) as page:
        scroll_to(page, 30)
        expect(page.locator("#status")).to_be_in_viewport()
        if width < 1000:
            page.get_by_role("button", name="Show filters").click()
        chip = page.locator("#types .facet", has_text=re.compile("^T-shirt"))
        expect(chip).to_be_in_viewport()
        chip.click()
        expect(page.locator("#status")).to_have_text("40 photos")
        expect(page.locator("#gallery li").first).to_be_in_viewport()


def test_a_reload_returns_to_the_photo_that_was_in_sight(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        scroll_to(page, 170)
        page.reload()
        in_sight(page, 170)


def test_resizing_keeps_the_photo_in_sight(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        scroll_to(page, 120)
        first = page.evaluate("history.state.anchor.index")
        for width, height in ((700, 860), (390, 844), (1600, 860)):
            page.set_viewport_size({"width": width, "height": height})
            in_sight(page, first)


def test_closing_a_photo_after_many_next_shows_the_last_one_seen(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        page.get_by_role("link", name="Photo 2", exact=False).first.click()
        following = page.get_by_role("button", name="Next photo")
        start = int(str(page.locator("#photo-title").text_content()).split()[1])
        for number in range(start + 1, start + 25):
            following.click()
            expect(page.get_by_role("heading", name=f"Photo {number}", exact=True)).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        in_sight(page, start + 24)
        expect(page.locator("#gallery a:focus")).to_contain_text(f"Photo {start + 24}")


def test_new_uploads_do_not_push_away_what_is_read(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        scroll_to(page, 60)
        before = page.get_by_text("Photo 60", exact=True).bounding_box()
        other = page.context.new_page()
        other.goto(full.url)
        upload(other, "fresh.png")
        page.get_by_role("button", name="Show 1 new photo").wait_for()
        assert page.get_by_text("Photo 60", exact=True).bounding_box() == before
        page.get_by_role("button", name="Show 1 new photo").click()
        expect(page.locator("#gallery li").first).to_contain_text("fresh")
        expect(page.locator("#gallery li").first).to_be_in_viewport()


def test_two_tabs_agree_on_what_was_uploaded_corrected_and_deleted(library: PageServer, chrome: Browser) -> None:
    photo = a_photo(title="Mine", width=60, height=80)
    library.add(photo)
    with opened(chrome, library.url) as page:
        other = page.context.new_page()
        other.goto(library.url)
        expect(other.locator("#gallery li")).to_have_count(1)
        expect(page.locator("#gallery li")).to_have_count(1)
        upload(page, "fresh.png")
        expect(other.locator("#gallery li")).to_have_count(2)

        card(page, photo.id).click()
        page.get_by_role("button", name="Wrong type?").click()
        page.get_by_role("checkbox", name="Shirt", exact=True).uncheck()
        page.get_by_role("checkbox", name="Bag").check()
        page.get_by_role("button", name="Save").click()
        expect(card(other, photo.id)).to_contain_text("Bag ✓")

        page.get_by_role("button", name="Delete").click()
        expect(other.locator("#gallery li")).to_have_count(1)


def test_by_date_photos_are_grouped_by_month(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        headings = page.locator("#gallery .month")
        expect(headings.first).to_have_text("March 2026")
        expect(headings.nth(1)).to_have_text("February 2026")
        page.goto(f"{full.url}/?type=Shirt")
        expect(page.locator("#gallery li").first).to_be_visible()
        expect(headings).to_have_count(0)


def test_photos_are_sorted_by_three_dates(library: PageServer, chrome: Browser) -> None:
    library.add(
        a_photo("uploads/a.jpg", title="Old upload", uploaded_at=NOON - timedelta(days=90)),
        a_photo("uploads/b.jpg", title="Old picture", taken_at="2019-05-31T23:30:00-09:00"),
        a_photo("uploads/c.jpg", title="New", uploaded_at=NOON + timedelta(days=40)),
    )
    with opened(chrome, library.url) as page:
        titles, months = page.locator("#gallery .title"), page.locator("#gallery .month")
        expect(titles).to_have_text(["New", "Old picture", "Old upload"])
        order = page.get_by_label("Sort by")
        order.select_option(label="Oldest first")
        expect(page).to_have_url(f"{library.url}/?sort=oldest")
        expect(titles).to_have_text(["Old upload", "Old picture", "New"])
        order.select_option(label="Date taken")
        expect(titles).to_have_text(["New", "Old upload", "Old picture"])
        expect(months).to_have_text(["April 2026", "December 2025", "May 2019"])  # the camera's month
        order.select_option(label="Newest first")
        expect(page).to_have_url(f"{library.url}/")


# ---- The address -----------------------------------------------------------------------------------------------------


def test_the_address_holds_the_query_and_back_goes_back(library: PageServer, chrome: Browser) -> None:
    photo = a_photo(title="back.jpg", types={"Shirt": 0.9})
    library.add(photo)
    with opened(chrome, library.url) as page:
        chip(page, "Shirt").click()
        expect(page).to_have_url(re.compile(r"\?type=Shirt$"))
        card(page, photo.id).click()
        expect(page).to_have_url(re.compile(f"photo={photo.id}"))
        shared = page.url
        page.go_back()
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(card(page, photo.id)).to_be_focused()
        expect(card(page, photo.id)).to_have_attribute("href", f"?type=Shirt&photo={photo.id}")
        expect(chip(page, "Shirt")).to_have_attribute("aria-pressed", "true")
        page.go_back()
        expect(chip(page, "Shirt")).to_have_attribute("aria-pressed", "false")
        page.goto(shared)
        expect(page.get_by_role("dialog", name="back.jpg")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page).to_have_url(re.compile(r"\?type=Shirt$"))


@pytest.fixture
def alike(library: PageServer) -> list[Photo]:
    """Two photos that look the same."""
    look = joined([1.0, 0.0], [1.0] + [0.0] * 10, {})
    names = ("alike0.jpg", "alike1.jpg")
    photos = [a_photo(f"uploads/{name}", types={"Ankle-boot": 0.9}, look=look, model="m1") for name in names]
    library.add(*photos)
    return photos


def test_back_goes_through_related_photos_and_close_past_them(
    library: PageServer, chrome: Browser, alike: list[Photo]
) -> None:
    first = f"{library.url}/?type=Ankle-boot&q=alike"
    with opened(chrome, first) as page:
        other = page.get_by_role("region", name="More like this").get_by_role("listitem").get_by_role("link")
        card(page, alike[0].id).click()
        opened_ = page.url
        for _ in range(2):  # from the gallery, and from an address that was given
            other.click()
            expect(page).to_have_url(re.compile(alike[1].id))
            page.go_back()
            expect(page).to_have_url(opened_)
            expect(page.get_by_role("dialog", name="alike0.jpg")).to_be_visible()
            other.click()
            expect(page).to_have_url(re.compile(alike[1].id))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_be_hidden()
            expect(page).to_have_url(first)
            page.goto(opened_)


def test_the_types_of_related_photos_are_whole_on_a_phone(
    library: PageServer, chrome: Browser, alike: list[Photo]
) -> None:
    with opened(chrome, f"{library.url}/?photo={alike[0].id}", width=390) as page:
        probability = page.locator(f".related a[href$='{alike[1].id}'] b")
        expect(probability).to_be_visible()
        assert inside(probability, "li")


def test_a_slider_that_was_moved_is_one_step_back(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, f"{full.url}/?type=Shirt") as page:
        chip(page, "blue").click()
        page.get_by_role("slider", name="Confidence at least").focus()
        for shown in ("55", "60"):
            page.keyboard.press("ArrowRight")
            expect(page).to_have_url(re.compile(rf"\?type=Shirt&color=blue&min_probability=0.{shown.rstrip('0')}$"))
        page.go_back()
        expect(page).to_have_url(re.compile(r"\?type=Shirt&color=blue$"))


def test_an_address_that_is_spelled_otherwise_is_understood(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, f"{full.url}/?type=bag,Ankle boot") as page:
        for name in ("Bag", "Ankle boot"):
            expect(chip(page, name)).to_have_attribute("aria-pressed", "true")
        chip(page, "Bag").click()
        expect(page).to_have_url(re.compile(r"\?type=Ankle-boot$"))


# ---- Many photos -----------------------------------------------------------------------------------------------------


def test_of_ten_thousand_photos_those_in_sight_are_in_the_document(home: Page) -> None:
    def page_of(route: Route) -> None:
        first = int(re.search(r"cursor=(\d+)|$", route.request.url)[1] or 0)  # type: ignore[index]
        photos = [
            {
                "id": f"{number:024x}", "title": f"Photo {number}", "status": "classified", "types": {"Bag": 0.9},
                "types_source": "model", "width": 300 + number % 7 * 50, "height": 400, "url": "/page/icon.svg",
                "thumbnail_url": "/page/icon.svg", "uploaded_at": "2026-03-01T12:00:00+00:00",
            }
            for number in range(first, first + 500)
        ]  # fmt: skip
        more = {"next": str(first + 500)} if first + 500 < 10_000 else {}
        route.fulfill(json=NO_PHOTOS | {"photos": photos, "total": {"photos": 10_000, "exact": True}} | more)

    home.route("**/search?*", page_of)
    home.reload()
    expect(home.locator("#gallery li").first).to_be_visible()

    def end() -> bool:
        home.evaluate("scrollTo(0, document.body.scrollHeight)")
        return home.get_by_text("Photo 9999", exact=True).count() == 1

    wait_for(end)
    home.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(home.get_by_text("Photo 9999")).to_be_in_viewport()
    assert home.locator("#gallery li").count() < 150
    columns: dict[float, float] = {}
    for box in home.evaluate("[...document.querySelectorAll('#gallery li')].map((one) => one.getBoundingClientRect())"):
        assert box["top"] >= columns.get(box["left"], -1e9)  # none covers another
        columns[box["left"]] = box["bottom"]
