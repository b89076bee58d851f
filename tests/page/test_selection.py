"""Several photos at once: they are selected, deleted, corrected, downloaded, and their links copied."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from photo_library.photo import REASONS, Photo, photo_id
from tests.support.browser import check_access, opened
from tests.support.examples import BUCKET, a_photo
from tests.support.page_server import PageServer


@pytest.fixture
def home(full: PageServer, chrome: Browser) -> Iterator[Page]:
    """The page over 400 photos."""
    with opened(chrome, full.url) as page:
        expect(page.locator("#gallery li").first).to_be_visible()
        yield page


def id_of(number: int) -> str:
    return photo_id(BUCKET, f"uploads/photo{number}.jpg")


def card(page: Page, number: int) -> Locator:
    return page.locator(f"#gallery a[href$='{id_of(number)}']")


def bar(page: Page) -> Locator:
    return page.get_by_role("region", name="Selection")


def select(page: Page, first: int, last: int) -> None:
    """Select photos as with a mouse."""
    card(page, first).hover()
    page.get_by_role("checkbox", name=f"Select Photo {first}", exact=True).click()
    if last != first:
        card(page, last).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text(f"{last - first + 1} selected")


# ---- Selecting -------------------------------------------------------------------------------------------------------


def test_a_click_with_shift_selects_all_in_between(home: Page) -> None:
    expect(bar(home)).to_be_hidden()
    select(home, 2, 5)
    card(home, 4).click()  # while photos are selected, a click takes one out, or in
    expect(bar(home)).to_contain_text("3 selected")
    assert home.locator("#gallery .selected").count() == 3
    card(home, 8).click()
    expect(bar(home)).to_contain_text("4 selected")
    home.keyboard.press("Escape")
    expect(bar(home)).to_be_hidden()
    expect(home.locator("#gallery .selected")).to_have_count(0)
    card(home, 4).click()
    expect(home.get_by_role("dialog", name="Photo 4", exact=True)).to_be_visible()


def test_the_keyboard_selects(home: Page) -> None:
    card(home, 1).focus()
    home.keyboard.press("x")
    expect(home.get_by_role("checkbox", name="Select Photo 1", exact=True)).to_be_checked()
    for _ in range(3):
        home.keyboard.press("ArrowRight")
    home.keyboard.press("Shift+X")
    expect(bar(home)).to_contain_text("4 selected")
    home.keyboard.press("x")
    expect(bar(home)).to_contain_text("3 selected")
    home.keyboard.press("Control+a")
    expect(bar(home)).to_contain_text("60 selected")  # those that were loaded
    home.keyboard.press("Escape")
    expect(bar(home)).to_be_hidden()
    expect(card(home, 4)).to_be_focused()


def test_a_finger_that_stays_on_a_photo_selects_it(full: PageServer, chrome: Browser) -> None:
    context = chrome.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        page.goto(full.url)
        box = card(page, 0).bounding_box()
        assert box
        finger = {"x": box["x"] + 60, "y": box["y"] + 60}
        hand = context.new_cdp_session(page)
        hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [finger]})
        expect(bar(page)).to_contain_text("1 selected")
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        card(page, 1).tap()
        expect(bar(page)).to_contain_text("2 selected")
        expect(page.get_by_role("dialog")).to_have_count(0)
        sizes = (
            bar(page)
            .get_by_role("button")
            .evaluate_all(
                "all => all.flatMap((one) => [one.getBoundingClientRect().width, one.getBoundingClientRect().height])"
            )
        )
        assert len(sizes) == 10
        assert min(sizes) >= 44
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        bar(page).get_by_role("button", name="Clear selection").tap()
        expect(bar(page)).to_be_hidden()
        card(page, 1).tap()
        expect(page.get_by_role("dialog", name="Photo 1", exact=True)).to_be_visible()
    finally:
        context.close()


def test_another_search_begins_without_a_selection(home: Page) -> None:
    select(home, 0, 2)
    home.locator("#types .facet", has_text="Bag").click()
    expect(bar(home)).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_keeps_people_from_using_the_selection(full: PageServer, chrome: Browser, dark: bool) -> None:
    with opened(chrome, full.url, dark=dark) as page:
        select(page, 0, 2)
        check_access(page)
        bar(page).get_by_role("button", name="Set types").click()
        check_access(page)
        page.keyboard.press("Escape")
        page.route("**/photos/*", lambda route: route.fulfill(status=500, json={}))
        bar(page).get_by_role("button", name="Delete").click()
        check_access(page)
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(page.get_by_role("dialog", name="0 of 3 deleted; 3 failed")).to_be_visible()
        check_access(page)


# ---- Photos that could not be added ----------------------------------------------------------------------------------


def rejected(name: str, reason: str = "damaged") -> Photo:
    return a_photo(f"uploads/{name}", title=name, status="rejected", reason=reason, types={}, graph="synced")


def test_rejected_photos_have_a_place_with_their_reasons(library: PageServer, chrome: Browser) -> None:
    photos = [rejected("broken.jpg"), rejected("letter.txt", "unsupported_format"), rejected("third.jpg")]
    library.add(a_photo(title="Fine"), *photos)
    with opened(chrome, library.url) as page:
        expect(page.locator("#gallery li")).to_have_count(1)
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Could not be added (3)").click()
        expect(page).to_have_url(f"{library.url}/?status=rejected")
        expect(page.locator("#status")).to_have_text("3 files could not be added")
        expect(page.get_by_role("region", name="Filters")).to_be_hidden()
        cards = {photo.title: page.locator("#gallery li", has_text=photo.title) for photo in photos}
        expect(cards["broken.jpg"]).to_contain_text(REASONS["damaged"])
        expect(cards["letter.txt"]).to_contain_text(REASONS["unsupported_format"])

        library.mended.add(photos[0].id)
        cards["broken.jpg"].get_by_role("button", name="Try again").click()
        expect(page.locator("#toasts")).to_contain_text("1 photo added.")
        expect(page.locator("#status")).to_have_text("2 files could not be added")
        cards["third.jpg"].get_by_role("button", name="Try again").click()
        report = page.get_by_role("dialog", name="0 of 1 added; 1 failed")
        expect(report).to_contain_text(REASONS["damaged"])
        report.get_by_role("button", name="Close").click()
        cards["letter.txt"].get_by_role("button", name="Delete").click()
        page.get_by_role("dialog", name="Delete 1 photo?").get_by_role("button", name="Delete").click()
        expect(page.locator("#status")).to_have_text("1 file could not be added")
        page.get_by_role("button", name="Remove Could not be added").click()
        expect(page.locator("#gallery li")).to_have_count(2)


def test_several_rejected_photos_are_tried_again_at_once(library: PageServer, chrome: Browser) -> None:
    photos = [rejected(f"{number}.jpg") for number in range(3)]
    library.add(*photos)
    library.mended.update(photo.id for photo in photos)
    with opened(chrome, f"{library.url}/?status=rejected") as page:
        page.locator("#gallery .card").first.focus()
        page.keyboard.press("x")
        page.keyboard.press("Control+a")
        expect(bar(page).get_by_role("button", name="Set types")).to_be_hidden()
        bar(page).get_by_role("button", name="Try again").click()
        expect(page.get_by_role("heading", name="All uploads were added")).to_be_visible()
        page.get_by_role("button", name="Show all photos").click()
        expect(page.locator("#gallery li")).to_have_count(3)


# ---- Deleted photos --------------------------------------------------------------------------------------------------


def test_a_deletion_is_undone_at_once(full: PageServer, home: Page) -> None:
    select(home, 2, 4)
    bar(home).get_by_role("button", name="Delete").click()
    home.get_by_role("dialog", name="Delete 3 photos?").get_by_role("button", name="Delete").click()
    expect(home.locator("#status")).to_have_text("397 photos")
    expect(card(home, 3)).to_have_count(0)
    photos = [full.api.catalog.photos[id_of(number)] for number in (2, 3, 4)]
    assert [photo.status for photo in photos] == ["deleted"] * 3
    home.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(home.locator("#status")).to_have_text("400 photos")
    expect(card(home, 3)).to_be_visible()
    assert [full.api.catalog.photos[photo.id].status for photo in photos] == ["classified"] * 3


def test_deleted_photos_have_a_place_from_which_they_are_restored(library: PageServer, chrome: Browser) -> None:
    """Those that were rejected as well."""
    photos = [a_photo("uploads/shirt.jpg", title="My shirt"), rejected("broken.jpg")]
    library.add(a_photo("uploads/other.jpg", title="Other"), *photos)
    for photo in photos:
        library.discard(photo)
    with opened(chrome, library.url) as page:
        expect(page.locator("#gallery li")).to_have_count(1)
        page.get_by_role("button", name="Menu").click()
        page.get_by_role("link", name="Recently deleted").click()
        expect(page).to_have_url(f"{library.url}/?status=deleted")
        expect(page.locator("#status")).to_have_text("2 deleted photos")
        cards = {photo.title: page.locator("#gallery li", has_text=photo.title) for photo in photos}
        expect(cards["broken.jpg"]).to_contain_text(REASONS["damaged"])
        cards["broken.jpg"].get_by_role("button", name="Restore").click()
        expect(page.locator("#status")).to_have_text("1 deleted photo")
        cards["My shirt"].get_by_role("button", name="Restore").click()
        expect(page.get_by_role("heading", name="No recently deleted photos")).to_be_visible()
        assert {photo.id: library.api.catalog.photos[photo.id].status for photo in photos} == {
            photos[0].id: "classified",
            photos[1].id: "rejected",
        }
        page.get_by_role("button", name="Show all photos").click()
        expect(page.locator("#gallery li")).to_have_count(2)


def test_a_photo_that_was_in_sight_has_its_card_as_a_deleted_one(full: PageServer, home: Page) -> None:
    full.discard(full.api.catalog.photos[id_of(0)])
    expect(card(home, 0)).to_be_visible()  # of which the page knows nothing yet
    other = home.context.new_page()
    other.goto(full.url)
    expect(other.locator("#status")).to_have_text("399 photos")
    home.get_by_role("button", name="Menu").click()
    home.get_by_role("link", name="Recently deleted").click()
    until = f"{datetime.now(UTC) + timedelta(days=30):%-d %b %Y}"
    deleted = home.locator("#gallery li")
    expect(deleted).to_have_count(1)  # those of the library have gone
    expect(deleted).to_contain_text(f"Until {until}")
    check_access(home)
    deleted.locator(".title").click()  # it can't be opened, but selected
    bar(home).get_by_role("button", name="Restore").click()
    expect(home.get_by_role("heading", name="No recently deleted photos")).to_be_visible()
    expect(other.locator("#status")).to_have_text("400 photos")


# ---- What is done with them ------------------------------------------------------------------------------------------


def test_what_cannot_be_deleted_is_named_and_tried_again(full: PageServer, home: Page) -> None:
    def respond(route: Route) -> None:
        """Photo 3 cannot be deleted; the first request for photo 5 comes too early."""
        id_ = route.request.url.rpartition("/")[2]
        asked.append(id_)
        if route.request.method != "DELETE":
            route.continue_()
        elif id_ == id_of(3):
            route.fulfill(status=500, json={"detail": "The bucket is on strike."})
        elif id_ == id_of(5) and asked.count(id_) == 1:
            route.fulfill(status=429, json={"message": "Too Many Requests"})
        else:
            route.continue_()

    asked: list[str] = []
    home.route("**/photos/*", respond)
    select(home, 2, 6)
    bar(home).get_by_role("button", name="Delete").click()
    question = home.get_by_role("dialog", name="Delete 5 photos?")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    question.get_by_role("button", name="Delete").click()
    report = home.get_by_role("dialog", name="4 of 5 deleted; 1 failed")
    expect(report.get_by_role("listitem")).to_have_text("Photo 3: The bucket is on strike.")
    expect(home.locator("#status")).to_have_text("396 photos")
    assert full.api.catalog.photos[id_of(5)].status == "deleted"
    assert full.api.catalog.photos[id_of(3)].status == "classified"
    home.unroute_all()
    report.get_by_role("button", name="Try again").click()
    expect(home.locator("#toasts")).to_contain_text("1 photo deleted.")
    expect(home.locator("#status")).to_have_text("395 photos")
    expect(bar(home)).to_be_hidden()
    expect(card(home, 3)).to_have_count(0)


@pytest.mark.parametrize("chosen", [["Shirt", "Bag"], []])
def test_the_types_of_several_are_set_at_once(full: PageServer, home: Page, chosen: list[str]) -> None:
    select(home, 10, 12)
    bar(home).get_by_role("button", name="Set types").click()
    dialog = home.get_by_role("dialog", name="Set the types of 3 photos")
    for name in chosen:
        dialog.get_by_role("checkbox", name=name, exact=True).check()
    dialog.get_by_role("button", name="Save").click()
    types = "Shirt and Bag" if chosen else "none of these types"
    expect(home.locator("#toasts")).to_contain_text(f"3 photos saved as {types}.")
    expect(card(home, 11)).to_contain_text("Bag ✓" if chosen else "None of these types")
    for number in (10, 11, 12):
        assert full.api.catalog.photos[id_of(number)].types == dict.fromkeys(chosen, 1.0)
    expect(bar(home)).to_be_hidden()


def test_several_are_downloaded_as_one_file(full: PageServer, home: Page) -> None:
    home.route("**/bucket/uploads/photo1.jpg", lambda route: route.fulfill(status=403))
    select(home, 0, 3)
    with home.expect_download() as saved:
        bar(home).get_by_role("button", name="Download").click()
    assert saved.value.suggested_filename == "photos.zip"
    with zipfile.ZipFile(saved.value.path()) as file:
        assert file.testzip() is None
        assert file.namelist() == ["Photo 0", "Photo 2", "Photo 3"]
        assert file.read("Photo 3") == full.picture
        assert file.infolist()[0].date_time[:3] == (2026, 3, 1)
    report = home.get_by_role("dialog", name="3 of 4 downloaded; 1 failed")
    expect(report.get_by_role("listitem")).to_have_text("Photo 1: The storage refused this file (403).")


def test_a_large_file_is_written_as_it_comes(library: PageServer, chrome: Browser) -> None:
    library.add(*(a_photo(f"uploads/{name}.jpg", title=name, size=2**28, format="JPEG") for name in "ab"))
    with opened(chrome, library.url) as page:
        page.evaluate(
            """() => {
              window.written = [];
              const write = async (part) => written.push(...part);
              const close = async () => (written.done = true);
              window.showSaveFilePicker = async () => ({ createWritable: async () => ({ write, close }) });
            }"""
        )
        page.locator("#gallery a", has_text="a").first.focus()
        page.keyboard.press("x")
        page.keyboard.press("Control+a")
        bar(page).get_by_role("button", name="Download").click()
        expect(page.locator("#toasts")).to_contain_text("2 photos downloaded.")
        assert page.evaluate("written.done")
        with zipfile.ZipFile(BytesIO(bytes(page.evaluate("written")))) as file:
            assert sorted(file.namelist()) == ["a.jpg", "b.jpg"]
            assert file.read("a.jpg") == library.picture


def test_links_are_copied(home: Page, full: PageServer) -> None:
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    select(home, 0, 1)
    bar(home).get_by_role("button", name="Copy links").click()
    expect(home.locator("#toasts")).to_contain_text("2 links copied.")
    links = home.evaluate("navigator.clipboard.readText()").split("\n")
    assert links == [f"{full.url}/?photo={id_of(number)}" for number in range(2)]
