"""What people do with the page: search, correct, upload, and go on while the connection is gone."""

import gzip
import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from photo_library.photo import Photo
from search.page_files import FOLDER
from tests.support.browser import check_access, chip, opened, search, upload
from tests.support.examples import NOON, a_photo
from tests.support.page_server import PageServer

DAY = timedelta(days=1)


# ---- Types -----------------------------------------------------------------------------------------------------------


def test_a_photo_shows_what_is_certain_and_what_is_possible_apart(library: PageServer, home: Page) -> None:
    library.add(a_photo("uploads/sure.jpg", title="Sure", types={"Shirt": 0.9, "Bag": 0.6, "Coat": 0.3, "Dress": 0.1}))
    library.add(a_photo("uploads/maybe.jpg", title="Perhaps", types={"Coat": 0.3, "Dress": 0.1}))
    library.add(a_photo("uploads/none.jpg", title="Watch", types={"Coat": 0.1}))
    home.reload()
    cards = {name: home.locator("#gallery a", has_text=name) for name in ("Sure", "Perhaps", "Watch")}
    expect(cards["Sure"].locator(".chip")).to_have_text(["Shirt 90%", "Bag 60%"])
    expect(cards["Perhaps"].locator(".chip")).to_have_text(["maybe Coat"])
    expect(cards["Watch"].locator(".chip")).to_have_text(["No garment recognised"])
    cards["Sure"].click()
    types = home.get_by_role("region", name="Types")
    expect(types.locator(".bars:not(.maybe) li")).to_have_text(["Shirt90%", "Bag60%"])
    expect(types.get_by_role("list", name="Maybe").locator("li")).to_have_text(["Coat30%"])
    home.keyboard.press("Escape")
    cards["Watch"].click()
    expect(types).to_contain_text("No garment recognised")
    expect(types.get_by_role("listitem")).to_have_count(0)


@pytest.mark.parametrize("chosen", [["Shirt", "Bag"], []])
def test_a_correction_names_several_types_or_none(library: PageServer, home: Page, chosen: list[str]) -> None:
    photo = a_photo(types={"Coat": 0.9})
    library.add(photo)
    home.goto(f"{library.url}/?photo={photo.id}")
    home.get_by_role("button", name="Wrong type?").click()
    home.get_by_role("checkbox", name="Coat").uncheck()
    for name in chosen:
        home.get_by_role("checkbox", name=name, exact=True).check()
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_text("Set by hand")).to_be_visible()
    assert library.api.catalog.photos[photo.id].types == dict.fromkeys(chosen, 1.0)


def test_a_picture_is_described_in_words(library: PageServer, home: Page) -> None:
    library.add(a_photo(types={"Trouser": 0.9, "Bag": 0.8}, colors=("blue", "white")))
    home.reload()
    expect(home.locator("#gallery img")).to_have_attribute("alt", "Trousers and Bag, blue and white")


# ---- Phrases ---------------------------------------------------------------------------------------------------------


def test_a_phrase_stays_in_the_box_and_what_it_means_can_be_taken_away(full: PageServer, home: Page) -> None:
    search(home, "a blue shirt, not coat")
    box = home.get_by_role("combobox", name="Search photos")
    expect(home.locator("#conditions li")).to_have_text(["Shirt", "blue", "not Coat"])
    expect(box).to_have_value("a blue shirt, not coat")
    for name in ("Shirt", "blue"):
        expect(chip(home, name)).to_have_attribute("aria-pressed", "true")
    home.get_by_role("button", name="Remove blue").click()
    expect(home).to_have_url(f"{full.url}/?type=Shirt&not=Coat")
    search(home, "bags")
    expect(home.locator("#conditions li")).to_have_text(["Bag"])
    expect(box).to_have_value("bags")
    expect(home.locator("#status")).to_have_text("40 photos")


@pytest.mark.usefixtures("full")
def test_what_was_not_understood_as_typed_is_said(home: Page) -> None:
    search(home, "red shrit")
    expect(home.get_by_text("Showing “shirt” for “shrit”.")).to_be_visible()
    search(home, "bag zzyzx")
    expect(home.get_by_text("No photo matches “zzyzx”.")).to_be_visible()
    expect(home.locator("#status")).to_have_text("40 photos")


@pytest.mark.usefixtures("full")
def test_a_second_type_widens_and_all_of_them_is_a_click_away(home: Page) -> None:
    chip(home, "Shirt").click()
    expect(home.locator("#status")).to_have_text("40 photos")
    chip(home, "Bag").click()
    expect(home.locator("#status")).to_have_text("80 photos")
    home.get_by_role("button", name="Match all").click()
    expect(home.get_by_role("heading", name="No photos match")).to_be_visible()
    home.locator("#notice").get_by_role("button", name="Match any").click()
    expect(home.locator("#status")).to_have_text("80 photos")


def test_an_incomplete_picture_is_said_to_be(library: PageServer, home: Page) -> None:
    photo = a_photo(truncated=True)
    library.add(photo)
    home.goto(f"{library.url}/?photo={photo.id}")
    expect(home.get_by_text("This picture is incomplete.")).to_be_visible()


# ---- Filters ---------------------------------------------------------------------------------------------------------


def test_a_type_is_excluded_seen_and_taken_back(full: PageServer, home: Page) -> None:
    home.reload()
    home.get_by_label("Exclude a type").select_option(label="Ankle boot")
    expect(home).to_have_url(re.compile(r"\?not=Ankle-boot$"))
    home.get_by_label("Exclude a type").select_option(label="Bag")
    expect(home).to_have_url(re.compile(r"\?not=Ankle-boot%2CBag$"))
    expect(home.locator("#conditions li")).to_have_text(["not Bag", "not Ankle boot"])
    home.get_by_role("button", name="Remove not Ankle boot").click()
    expect(home).to_have_url(re.compile(r"\?not=Bag$"))
    home.get_by_role("button", name="Remove not Bag").click()
    expect(home).to_have_url(f"{full.url}/")


@pytest.mark.usefixtures("full")
def test_dates_are_chosen_and_taken_back(home: Page) -> None:
    home.get_by_label("From").fill("2026-02-28")
    expect(home).to_have_url(re.compile(r"\?from=2026-02-28$"))
    expect(home.locator("#status")).to_have_text("6 photos")
    home.get_by_role("button", name="Remove From 28 Feb 2026").click()
    expect(home.locator("#status")).to_have_text("400 photos")


@pytest.mark.usefixtures("full")
def test_a_row_of_chips_is_one_tab_stop(home: Page) -> None:
    expect(chip(home, "T-shirt")).to_be_visible()
    for row in ("#types", "#colors"):
        assert home.locator(f"{row} button:not([tabindex='-1'])").count() == 1
    chip(home, "T-shirt").focus()
    home.keyboard.press("ArrowDown")
    expect(chip(home, "Trousers")).to_be_focused()
    home.keyboard.press("Home")
    home.keyboard.press("ArrowUp")
    expect(home.get_by_role("button", name="Not recognised")).to_be_focused()
    home.keyboard.press("Tab")
    expect(chip(home, "black")).to_be_focused()


def test_chips_are_as_high_as_a_finger_on_phones(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, f"{full.url}/?type=Shirt", width=390) as page:
        expect(page.locator("#gallery li").first).to_be_visible()
        heights = page.locator(".facet:visible, #conditions button").evaluate_all(
            "chips => chips.map((chip) => chip.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44


# ---- Duplicates ------------------------------------------------------------------------------------------------------


def some_copies() -> list[Photo]:
    """Three photos with the same bytes, the first the oldest, and one with others."""
    return [
        *(
            a_photo(f"uploads/c{number}.jpg", title=f"Copy {number}", digest="a", uploaded_at=NOON + number * DAY)
            for number in range(3)
        ),
        a_photo("uploads/other.jpg", title="Other", digest="b", types={"Shirt": 0.9, "Bag": 0.8}),
    ]


def test_duplicates_fold_into_the_oldest_and_unfold(library: PageServer, home: Page) -> None:
    library.add(*some_copies())
    home.reload()
    cards = home.locator("#gallery li")
    expect(cards).to_have_count(2)
    expect(home.locator("#status")).to_have_text("2 photos")
    expect(home.locator("#gallery .copies")).to_have_text("3 copies")
    expect(cards.filter(has_text="Copy 0")).to_contain_text("3 copies")
    expect(chip(home, "Shirt")).to_have_text("Shirt2")  # as many as a click on it brings
    chip(home, "Shirt").click()
    expect(home.locator("#status")).to_have_text("2 photos")
    home.get_by_role("button", name="Show duplicates").click()
    expect(home).to_have_url(f"{library.url}/?type=Shirt&duplicates=show")
    expect(cards).to_have_count(4)
    expect(chip(home, "Shirt")).to_have_text("Shirt4")
    search(home, "shirt")
    expect(cards).to_have_count(4)  # a new phrase leaves them shown
    home.get_by_role("button", name="Remove with duplicates").click()
    expect(cards).to_have_count(2)


def test_an_open_photo_names_its_copies(library: PageServer, home: Page) -> None:
    first, second, third, _ = some_copies()
    library.add(first, second, third)
    home.goto(f"{library.url}/?photo={first.id}")
    copies = home.get_by_role("region", name="Other copies").get_by_role("link")
    expect(copies).to_have_text([re.compile("^Copy 1"), re.compile("^Copy 2")])
    copies.last.click()
    expect(home.get_by_role("dialog", name="Copy 2")).to_be_visible()
    expect(home).to_have_url(f"{library.url}/?photo={third.id}")


def test_where_a_photo_with_copies_is_deleted_the_next_takes_its_place(library: PageServer, home: Page) -> None:
    library.add(*some_copies())
    home.reload()
    home.locator("#gallery a", has_text="Copy 0").click()
    home.get_by_role("button", name="Delete").click()
    expect(home.locator("#gallery a", has_text="Copy 1")).to_contain_text("2 copies")
    expect(home.locator("#status")).to_have_text("2 photos")


def test_a_file_that_was_uploaded_before_is_one_copy_more(home: Page) -> None:
    for number in range(2):
        upload(home, f"same{number}.png")
        expect(home.locator("#uploads .classified")).to_have_count(number + 1)
    expect(home.locator("#uploads li", has_text="same1")).to_contain_text("Already in the library")
    expect(home.locator("#gallery li")).to_have_count(1)
    expect(home.locator("#gallery li")).to_contain_text("2 copies")


# ---- Uploads ---------------------------------------------------------------------------------------------------------


def test_failures_stand_together_with_their_reasons_and_are_tried_again(home: Page) -> None:
    home.route("**/bucket/", lambda route: route.fulfill(status=503, body="<Code>SlowDown</Code>"))
    upload(home, "one.png", "two.png")
    failures = home.get_by_role("region", name="Failed")
    expect(failures.get_by_role("listitem")).to_have_count(2)
    expect(failures.get_by_role("listitem").first).to_contain_text("The storage refused this file (SlowDown).")
    home.unroute_all()
    failures.get_by_role("button", name="Try all again").click()
    expect(home.get_by_role("heading", name="2 uploaded")).to_be_visible()
    expect(failures).to_be_hidden()


def test_the_uploads_of_a_phone_show_how_far_they_are_and_open(library: PageServer, chrome: Browser) -> None:
    with opened(chrome, library.url, width=390) as page:
        page.route("**/uploads", lambda _: None)  # never answered
        upload(page, "one.png", "two.png")
        panel = page.get_by_role("region", name="Uploads")
        expect(panel.get_by_role("heading", name="Uploading: 0 of 2 done")).to_be_visible()
        expect(panel.get_by_role("listitem").first).to_be_hidden()
        expect(panel.get_by_role("button", name="Close uploads")).to_be_hidden()  # what goes on stays in sight
        panel.get_by_role("button", name="Expand").click()
        expect(panel.get_by_role("listitem").first).to_be_visible()
        panel.get_by_role("button", name="Minimise").click()
        expect(panel.get_by_role("listitem").first).to_be_hidden()


def test_an_image_is_pasted(home: Page) -> None:
    home.evaluate(
        """() => {
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File(["\\x89PNG"], "image.png", { type: "image/png" }));
          document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
        }"""
    )
    expect(home.get_by_role("heading", name="1 uploaded")).to_be_visible()
    expect(home.locator("#gallery li")).to_contain_text("Pasted")


# ---- Offline ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("full")
def test_offline_is_said_once_and_everything_goes_on_afterwards(home: Page) -> None:
    expect(home.locator("#gallery img.there").first).to_be_visible()
    home.context.set_offline(True)
    chip(home, "Bag").click()
    upload(home, "later.png")
    alert = home.get_by_role("alert")
    expect(alert).to_have_text("You’re offline. The page will continue once you’re back online.")
    expect(alert).to_have_count(1)
    expect(home.get_by_role("heading", name="Photos can’t be loaded")).to_be_hidden()
    expect(home.locator("#uploads .failed")).to_have_count(0)
    home.context.set_offline(False)
    expect(home.get_by_role("heading", name="1 uploaded")).to_be_visible()
    expect(home.locator("#status")).to_have_text("40 photos")
    expect(alert).to_be_hidden()


def test_a_correction_made_offline_is_saved_afterwards(library: PageServer, home: Page) -> None:
    photo = a_photo(types={"Shirt": 0.9})
    library.add(photo)
    home.goto(f"{library.url}/?photo={photo.id}")
    home.get_by_role("button", name="Wrong type?").click()
    home.context.set_offline(True)
    home.get_by_role("checkbox", name="Bag").check()
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_text("You’re offline.")).to_be_visible()
    home.context.set_offline(False)
    expect(home.get_by_text("Set by hand")).to_be_visible()


# ---- Keys ------------------------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(library: PageServer, chrome: Browser) -> None:
    library.add(*(a_photo(f"uploads/keys{number}.jpg", width=60, height=80) for number in range(2)))
    with opened(chrome, library.url) as page:
        cards = page.locator("#gallery li a")
        expect(cards).to_have_count(2)
        page.keyboard.press("/")
        expect(page.get_by_role("combobox", name="Search photos")).to_be_focused()
        page.keyboard.type("shi")
        options = page.get_by_role("option")
        expect(options).to_contain_text(["Search for “shi”", "Titles containing “shi”", "T-shirt", "Shirt"])
        check_access(page)
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Search with a picture")).to_be_focused()
        page.keyboard.press("Shift+Tab")
        for _ in range(4):
            page.keyboard.press("ArrowDown")
        expect(options.nth(3)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"\?q=Shirt$"))
        expect(page.get_by_role("main")).to_have_attribute("aria-busy", "false")
        cards.first.focus()
        page.keyboard.press("ArrowRight")
        expect(cards.nth(1)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        expect(page.get_by_role("button", name="Close")).to_be_focused()
        page.keyboard.press("Escape")
        expect(cards.nth(1)).to_be_focused()


# ---- Access ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_nothing_keeps_people_from_using_the_page(full: PageServer, chrome: Browser, width: int, dark: bool) -> None:
    with opened(chrome, f"{full.url}/?type=Shirt,Bag&color=blue&not=Coat", width=width, dark=dark) as page:
        expect(page.locator("#gallery img.there").first).to_be_visible()
        expect(page.locator("#types .count").first).not_to_be_empty()
        check_access(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.route("**/bucket/", lambda route: route.fulfill(status=503, body="<Code>SlowDown</Code>"))
        upload(page, "one.png")
        expect(page.get_by_role("heading", name="0 uploaded, 1 failed")).to_be_visible()
        check_access(page)
        page.locator("#gallery a").first.click()
        page.get_by_role("button", name="Wrong type?").click()
        check_access(page)
        page.goto(f"{full.url}/docs")
        check_access(page)


# ---- The API's description -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [390, 1280])
def test_the_description_fits_and_is_dark_where_the_system_is(library: PageServer, chrome: Browser, width: int) -> None:
    with opened(chrome, f"{library.url}/docs", width=width, dark=True) as page:
        page.locator("details").evaluate_all("all => all.forEach((one) => (one.open = true))")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        background = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert background == "rgb(20, 20, 22)"
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the operations")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("main")).to_be_focused()
        example = page.locator("pre").first
        example.focus()
        expect(example).to_be_focused()  # so that arrow keys scroll it


def test_the_page_is_small() -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in FOLDER.iterdir()) < 120_000
