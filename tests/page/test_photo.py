"""One photo, large: looking closely, going to the next, and what can be done with it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from photo_library.photo import Photo
from tests.support.browser import check_access, opened
from tests.support.examples import NOON, a_photo, a_picture
from tests.support.page_server import PageServer

LARGE = a_picture("JPEG", size=(900, 1200), color="pink")
PINK = a_photo("uploads/pink.jpg", title="Pink", types={"Shirt": 0.9, "Bag": 0.8}, colors=("pink", "white"))


def show(library: PageServer, page: Page, photo: Photo) -> Locator:
    library.picture = LARGE
    library.add(photo)
    page.goto(f"{library.url}/?photo={photo.id}")
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    expect(page.get_by_role("link", name="Download")).to_be_visible()  # all of the photo is there
    return page.locator("#photo figure img")


def scale_and_place(picture: Locator) -> list[float]:
    """By how much the picture is enlarged, and how far it is moved in pixels."""
    matrix: list[float] = picture.evaluate(
        "(image) => { const { a, e, f } = new DOMMatrix(getComputedStyle(image).transform); return [a, e, f]; }"
    )
    return matrix


def test_a_photo_is_enlarged_and_moved_by_keys(library: PageServer, home: Page) -> None:
    picture = show(library, home, PINK)
    for key in "++++":
        home.keyboard.press(key)
    assert scale_and_place(picture)[0] == pytest.approx(1.5**4)
    home.keyboard.press("-")
    assert scale_and_place(picture)[0] == pytest.approx(1.5**3)
    home.keyboard.press("0")
    assert scale_and_place(picture) == [1, 0, 0]
    for key in ("+", "+", "+", "+", "+", "ArrowUp"):
        home.keyboard.press(key)
    assert scale_and_place(picture)[2] > 0
    expect(home.get_by_role("button", name="Fit to window, 759%")).to_be_visible()
    home.get_by_role("button", name="Zoom in").click()
    expect(home.get_by_role("button", name="Zoom in")).to_be_disabled()  # eight times is the most
    home.get_by_role("button", name=re.compile("Fit to window")).click()
    assert scale_and_place(picture) == [1, 0, 0]


def test_a_photo_is_enlarged_and_moved_by_the_mouse(library: PageServer, home: Page) -> None:
    picture = show(library, home, PINK)
    picture.dblclick()
    assert scale_and_place(picture)[0] == pytest.approx(2.5)
    home.keyboard.press("0")
    picture.hover()
    home.mouse.wheel(0, -800)
    expect(picture).to_have_css("transform", re.compile("matrix"))
    enlarged, x, y = scale_and_place(picture)
    assert enlarged > 4
    home.mouse.down()
    home.mouse.move(400, 300, steps=3)
    home.mouse.move(420, 360, steps=3)
    home.mouse.up()
    moved = scale_and_place(picture)
    assert moved[0] == enlarged
    assert moved[1:] != [x, y]
    picture.dblclick()
    assert scale_and_place(picture) == [1, 0, 0]


class Fingers:
    """Touches of a screen, as Chromium gets them from the system."""

    def __init__(self, page: Page) -> None:
        self._devtools = page.context.new_cdp_session(page)

    def drag(self, *paths: tuple[tuple[int, int], tuple[int, int]]) -> None:
        """Each finger goes from one point to another, all at the same time."""
        self._send("touchStart", [start for start, _ in paths])
        for step in range(1, 6):
            self._send(
                "touchMove",
                [(x + (to_x - x) * step // 5, y + (to_y - y) * step // 5) for (x, y), (to_x, to_y) in paths],
            )
        self._send("touchEnd", [])

    def _send(self, kind: str, points: list[tuple[int, int]]) -> None:
        touches = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(points)]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


@pytest.fixture
def phone(full: PageServer, chrome: Browser) -> Iterator[Page]:
    full.picture = LARGE
    with opened(chrome, full.url, width=390, touch=True) as page:
        page.locator("#gallery a").nth(1).click()
        expect(page.get_by_role("heading", name="Photo 1", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Download")).to_be_visible()
        yield page


def test_a_finger_goes_to_the_photos_beside_and_closes(phone: Page) -> None:
    fingers = Fingers(phone)
    fingers.drag(((300, 200), (100, 210)))
    expect(phone.get_by_role("heading", name="Photo 2", exact=True)).to_be_visible()
    fingers.drag(((100, 200), (300, 190)))
    expect(phone.get_by_role("heading", name="Photo 1", exact=True)).to_be_visible()
    fingers.drag(((200, 200), (210, 240)))  # not far enough
    expect(phone.get_by_role("heading", name="Photo 1", exact=True)).to_be_visible()
    fingers.drag(((200, 150), (210, 330)))
    expect(phone.get_by_role("dialog")).to_be_hidden()


def test_two_fingers_enlarge_and_then_one_moves_the_photo(phone: Page) -> None:
    fingers, picture = Fingers(phone), phone.locator("#photo figure img")
    fingers.drag(((180, 200), (80, 200)), ((220, 200), (320, 200)))
    enlarged, x, _ = scale_and_place(picture)
    assert enlarged == pytest.approx(6, rel=0.05)
    fingers.drag(((300, 200), (100, 200)))
    assert scale_and_place(picture)[0] == enlarged
    assert scale_and_place(picture)[1] < x
    expect(phone.get_by_role("heading", name="Photo 1", exact=True)).to_be_visible()
    for _tap in range(2):
        fingers.drag(((200, 200), (200, 200)))
    expect(picture).to_have_css("transform", "none")


@pytest.mark.parametrize(
    ("link", "query"), [("Shirt", "type=Shirt"), ("Bag", "type=Bag"), ("pink", "color=pink"), ("white", "color=white")]
)
def test_a_type_or_colour_starts_its_search(library: PageServer, home: Page, link: str, query: str) -> None:
    show(library, home, PINK)
    home.get_by_role("dialog").get_by_role("link", name=link, exact=True).click()
    expect(home).to_have_url(f"{library.url}/?{query}")
    expect(home.get_by_role("dialog")).to_be_hidden()
    expect(home.locator("#status")).to_have_text("1 photo")


def test_a_click_on_what_was_searched_for_closes_the_photo(library: PageServer, home: Page) -> None:
    library.add(PINK)
    home.goto(f"{library.url}/?type=Shirt")
    home.locator("#gallery a").click()
    home.get_by_role("dialog").get_by_role("link", name="Shirt", exact=True).click()
    expect(home).to_have_url(f"{library.url}/?type=Shirt")
    expect(home.get_by_role("dialog")).to_be_hidden()


def test_a_link_to_the_photo_is_copied(library: PageServer, home: Page) -> None:
    home.context.grant_permissions(["clipboard-read", "clipboard-write"])
    library.add(PINK)
    home.goto(f"{library.url}/?color=pink")
    home.locator("#gallery a").click()
    home.get_by_role("button", name="Copy link").click()
    expect(home.get_by_text("Link copied")).to_be_visible()
    assert home.evaluate("navigator.clipboard.readText()") == f"{library.url}/?photo={PINK.id}"


def test_a_title_is_edited_and_found(library: PageServer, home: Page) -> None:
    show(library, home, PINK)
    home.get_by_role("button", name="Edit title").click()
    home.get_by_role("textbox", name="Title").fill("Nothing")
    home.keyboard.press("Escape")  # ends the editing, and nothing else
    expect(home.get_by_role("heading", name="Pink")).to_be_visible()
    home.get_by_role("button", name="Edit title").click()
    expect(home.get_by_role("textbox", name="Title")).to_be_focused()
    home.keyboard.type("For the summer")
    home.keyboard.press("Enter")
    expect(home.get_by_text("Title saved.")).to_be_visible()
    expect(home.get_by_role("heading", name="For the summer")).to_be_visible()
    assert library.api.catalog.photos[PINK.id].title == "For the summer"
    home.keyboard.press("Escape")
    expect(home.locator("#gallery a")).to_contain_text("For the summer")
    home.goto(f"{library.url}/?q={quote('summer')}")
    expect(home.locator("#status")).to_have_text("1 photo")


def test_a_preview_is_shown_of_what_browsers_cannot_show(library: PageServer, home: Page) -> None:
    photo = a_photo("uploads/phone.heic", title="Phone", format="HEIF")
    preview = f"{library.url}/bucket/preview.webp"

    def with_preview(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        route.fulfill(response=answer, json=answer.json() | {"preview_url": preview})  # type: ignore[attr-defined]

    home.route(re.compile(f"/photos/{photo.id}$"), with_preview)
    picture = show(library, home, photo)
    expect(picture).to_have_attribute("src", preview)
    expect(home.locator("figcaption")).to_have_count(0)


def test_the_keyboard_goes_through_the_photos(library: PageServer, home: Page) -> None:
    library.add(
        *(
            a_photo(f"uploads/{number}.jpg", title=f"Photo {number}", uploaded_at=NOON - timedelta(days=number))
            for number in range(5)
        )
    )
    home.reload()
    cards = home.locator("#gallery a")
    expect(cards).to_have_count(5)
    for key, focused in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        home.keyboard.press(key)
        expect(cards.nth(focused)).to_be_focused()
    home.keyboard.press("Enter")
    for key, title in (("j", "Photo 2"), ("ArrowRight", "Photo 3"), ("k", "Photo 2")):
        home.keyboard.press(key)
        expect(home.get_by_role("heading", name=title, exact=True)).to_be_visible()
    home.keyboard.press("?")
    help_ = home.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_.get_by_role("definition")).to_have_count(9)
    home.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    home.keyboard.press("Delete")
    expect(home.get_by_role("button", name="Undo")).to_be_visible()
    expect(cards).to_have_count(4)


def test_a_refused_deletion_is_said_beside_the_photo(library: PageServer, home: Page) -> None:
    show(library, home, PINK)
    home.route(re.compile(f"/photos/{PINK.id}$"), lambda route: route.fulfill(status=403, json={}))
    home.get_by_role("button", name="Delete").click()
    expect(home.get_by_role("alert")).to_have_text("You don’t have permission to do that.")
    expect(home.get_by_role("button", name="Delete")).to_be_enabled()


def test_typed_letters_are_no_shortcuts_and_stay_when_an_answer_comes(full: PageServer, home: Page) -> None:
    held = list[Route]()
    home.route("**/library", lambda route: held.append(route))  # noqa: PLW0108 -- a method cannot be marked
    home.goto(full.url)
    home.keyboard.press("/")
    home.keyboard.type("j?k")
    home.wait_for_function("document.readyState === 'complete'")
    for route in held:
        route.continue_()
    expect(home.locator("#gallery img.there").first).to_be_visible()
    expect(home.get_by_role("combobox", name="Search photos")).to_have_value("j?k")
    expect(home.get_by_role("dialog")).to_be_hidden()


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_nothing_keeps_people_from_using_photo_menu_and_shortcuts(
    library: PageServer, chrome: Browser, width: int, dark: bool
) -> None:
    def check(page: Page) -> None:
        check_access(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    library.add(PINK)
    with opened(chrome, library.url, width=width, dark=dark) as page:
        page.get_by_role("button", name="Menu").click()
        check(page)
        page.get_by_role("button", name="Keyboard shortcuts").click()
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        show(library, page, PINK)
        check(page)
        page.keyboard.press("+")
        page.get_by_role("button", name="Edit title").click()
        check(page)
