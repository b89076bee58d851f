"""What the page shows while something is missing, wrong or away. Its screenshots are in build/page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import card, check_access, drop, inside, opened, shot
from tests.support.examples import a_photo, a_picture
from tests.support.page_server import NO_PHOTOS, PageServer
from tests.support.site import wait_for

AWAY = "The photos cannot be reached at the moment."


def answers(page: Page, path: str, status: int, body: Any, **headers: str) -> None:
    """Have the page get this answer."""
    sent = {"status": status, "body": json.dumps(body), "headers": headers, "content_type": "application/json"}
    page.route(f"**{path}*", lambda route: route.fulfill(**sent))


# ---- The library -----------------------------------------------------------------------------------------------------


def test_a_library_without_photos_says_what_to_do(home: Page) -> None:
    expect(home.get_by_role("heading", name="No photos yet")).to_be_visible()
    expect(home.get_by_role("button", name="Choose photos")).to_be_visible()
    expect(home.get_by_role("region", name="Filters")).to_be_hidden()
    shot(home, "empty")
    check_access(home)


def test_until_the_photos_are_there_their_places_are(home: Page) -> None:
    home.route("**/search?*", lambda _: None)  # never answered
    home.reload()
    expect(home.get_by_label("Loading photos")).to_be_visible()
    expect(home.get_by_role("main")).to_have_attribute("aria-busy", "true")
    check_access(home)
    shot(home, "loading")


def test_a_library_that_is_away_says_so_and_comes_back_by_itself(library: PageServer, home: Page) -> None:
    library.add(a_photo())
    answers(home, "/search?", 503, {"detail": AWAY}, **{"Retry-After": "1"})
    home.reload()
    expect(home.get_by_role("alert")).to_have_text(AWAY)
    expect(home.get_by_role("button", name="Try again")).to_be_visible()
    shot(home, "away")
    check_access(home)
    home.unroute_all()
    expect(home.locator("#gallery li").first).to_be_visible()


def test_a_paused_graph_is_told_and_nothing_else_changes(library: PageServer, home: Page) -> None:
    library.add(a_photo())
    answers(home, "/health", 200, {"status": "degraded", "backend": "mongodb", "stores": {}})
    home.reload()
    expect(home.get_by_text("Search may be slower than usual.")).to_be_visible()
    expect(home.locator("#gallery li").first).to_be_visible()
    check_access(home)
    shot(home, "degraded")


def test_a_library_that_is_not_open_asks_for_a_token_and_sends_it(home: Page) -> None:
    sent: list[str | None] = []

    def respond(route: Route) -> None:
        sent.append(route.request.headers.get("authorization"))
        if sent[-1] == "Bearer secret":
            route.continue_()
        else:
            route.fulfill(status=401, json={"message": "Unauthorized"})

    home.route("**/search?*", respond)
    home.reload()
    home.get_by_label("Token", exact=True).fill("secret")
    check_access(home)
    home.get_by_role("button", name="Continue").click()
    expect(home.get_by_role("dialog")).to_be_hidden()
    wait_for(lambda: home.evaluate("1") and sent[-1] == "Bearer secret")


# ---- A search --------------------------------------------------------------------------------------------------------


def test_a_search_without_a_result_says_what_may_help(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, f"{full.url}/?type=Bag,Coat&match=all&color=blue&to=1999-12-31") as page:
        expect(page.get_by_role("heading", name="No photos match")).to_be_visible()
        check_access(page)
        shot(page, "no-result")
        page.get_by_role("button", name="In any colour").click()
        expect(page).to_have_url(re.compile(r"\?type=Coat%2CBag&match=all&to=1999-12-31$"))


def test_a_wrong_address_is_explained(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, f"{full.url}/?type=Hat") as page:
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("'Hat' is not a type.")
        page.goto(f"{full.url}/?type=Shirt,Coat&min_probability=2&q=wool")
        expect(alert).to_contain_text("min_probability must be")
        page.get_by_role("button", name="Remove it").click()
        expect(page).to_have_url(re.compile(r"\?type=Shirt%2CCoat&q=wool$"))
        page.goto(f"{full.url}/?type=Shirt&min_probability=abc")
        expect(alert).to_contain_text("min_probability must be")
        expect(page.locator("output")).to_have_text("50%")
        page.goto(f"{full.url}/?photo={'0' * 24}")
        expect(alert).to_have_text("Photo not found. It may have been deleted.")


def test_a_first_page_without_photos_is_not_taken_for_the_last(full: PageServer, home: Page) -> None:
    """A page may hold fewer photos than asked for, and none: those that were found are being deleted."""
    photo = full.api.get("/search?type=Bag&limit=1").body["photos"][0]

    def second_page_alone(route: Route) -> None:
        route.fulfill(json=NO_PHOTOS | ({"photos": [photo]} if "cursor=" in route.request.url else {"next": "x"}))

    home.route("**/search?*", second_page_alone)
    home.reload()
    expect(card(home, photo["id"])).to_be_visible()
    expect(home.locator("#notice")).to_be_hidden()


@pytest.mark.parametrize("width", [375, 1024, 1280])
def test_all_that_can_be_pressed_is_in_reach(full: PageServer, chrome: Browser, width: int) -> None:
    address = f"{full.url}/?type=Bag&q={'averylongword' * 25}&to=1999-12-31"
    with opened(chrome, address, width=width) as page:
        expect(page.get_by_role("heading", name="No photos match")).to_be_visible()
        assert all(inside(button, "#main") for button in page.locator("#notice button").all())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shot(page, f"long-words-{width}")
        # A finger pushes the rows of chips along, a mouse cannot.
        if width > 600:
            assert all(inside(facet, ".facets") for facet in page.locator(".facets .facet").all())


# ---- A photo ---------------------------------------------------------------------------------------------------------


def test_a_photo_that_cannot_be_asked_for_stays_as_far_as_it_is_drawn(library: PageServer, chrome: Browser) -> None:
    photo = a_photo(title="half.jpg", width=60, height=80)
    library.add(photo)
    with opened(chrome, library.url) as page:
        answers(page, f"/photos/{photo.id}", 503, {"detail": AWAY}, **{"Retry-After": "60"})
        page.locator("#gallery a").click()
        view = page.get_by_role("dialog", name="half.jpg")
        expect(view.get_by_role("alert")).to_have_text(AWAY)
        expect(view.locator("figure img")).to_be_visible()
        check_access(page)
        shot(page, "photo-away")
        page.goto(f"{library.url}/?photo={photo.id}")
        away = page.get_by_role("dialog", name=AWAY)
        expect(away.get_by_role("button", name="Close")).to_be_focused()
        again = away.get_by_role("button", name="Try again")
        with page.expect_response(f"**/photos/{photo.id}"):
            again.click()
        expect(again).to_be_focused()
        page.unroute_all()
        again.click()
        expect(view.get_by_role("link", name="Download")).to_be_visible()
        expect(view.get_by_role("alert")).to_be_hidden()
        expect(page).to_have_title(re.compile("half.jpg"))


def test_what_is_refused_in_a_dialog_is_told_in_it(library: PageServer, chrome: Browser) -> None:
    photo = a_photo(title="kept.jpg")
    library.add(photo)
    with opened(chrome, f"{library.url}/?photo={photo.id}") as page:
        view = page.get_by_role("dialog", name="kept.jpg")
        expect(view.get_by_role("link", name="Download")).to_be_visible()
        page.route(f"**/photos/{photo.id}**", lambda route: route.fulfill(status=403, json={}))
        view.get_by_role("button", name="Wrong type?").click()
        view.get_by_role("button", name="Save").click()
        expect(view.get_by_role("alert")).to_have_text("You don’t have permission to do that.")
        view.get_by_role("button", name="Delete").click()
        expect(view.locator(".banner")).to_have_text("You don’t have permission to do that.")
        check_access(page)


@pytest.mark.parametrize("title", ["<img src=x onerror=window.harm=1>", "<script>window.harm=1</script>"])
def test_a_title_is_text_whatever_it_says(library: PageServer, chrome: Browser, title: str) -> None:
    library.add(a_photo(title=title))
    with opened(chrome, library.url) as page:
        card = page.locator("#gallery a")
        expect(card).to_contain_text(title)
        card.click()
        expect(page.get_by_role("heading", name=title)).to_be_visible()
        assert page.evaluate("window.harm") is None


# ---- Uploads ---------------------------------------------------------------------------------------------------------


def files(folder: Path, count: int) -> list[Path]:
    made = [folder / f"file{number}.png" for number in range(count)]
    for file in made:
        file.write_bytes(a_picture("PNG"))
    return made


def test_uploads_are_listed_as_they_were_chosen(home: Page, tmp_path: Path) -> None:
    home.route("**/uploads", lambda _: None)  # never answered
    chosen = files(tmp_path, 12)
    drop(home, *chosen[:8])
    drop(home, *chosen[8:])
    expect(home.locator("#uploads li .title")).to_have_text([file.name for file in chosen])
    expect(home.get_by_role("heading", name="Uploading: 0 of 12 done")).to_be_visible()
    expect(home.get_by_text(chosen[8].name)).to_be_in_viewport()


def test_photos_dropped_on_a_photo_are_uploaded_in_sight(library: PageServer, chrome: Browser, tmp_path: Path) -> None:
    photo = a_photo(title="below.jpg")
    library.add(photo)
    (file,) = files(tmp_path, 1)
    with opened(chrome, f"{library.url}/?photo={photo.id}") as page:
        expect(page.get_by_role("dialog", name="below.jpg")).to_be_visible()
        transfer = page.evaluate_handle("new DataTransfer()")
        page.evaluate("transfer => transfer.items.add(new File([], 'x.jpg'))", transfer)
        page.dispatch_event("#photo", "dragenter", {"dataTransfer": transfer})
        expect(page.locator("#drop")).to_be_visible()
        page.dispatch_event("#photo", "dragleave", {"dataTransfer": transfer})
        expect(page.locator("#drop")).to_be_hidden()
        drop(page, file)
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#uploads").get_by_role("link", name=file.name)).to_be_visible()


def test_an_upload_that_broke_off_can_be_tried_again(home: Page, tmp_path: Path) -> None:
    (file,) = files(tmp_path, 1)
    home.route("**/bucket/", lambda route: route.abort())
    drop(home, file)
    row = home.locator("#uploads li", has_text=file.name)
    expect(row).to_contain_text("The connection was lost.")
    home.unroute_all()
    row.get_by_role("button", name=f"Try {file.name} again").click()
    expect(row).to_be_focused()
    expect(row).to_have_class("classified")
