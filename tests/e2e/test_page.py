"""The page in a real browser, on the local cloud. Screenshots of its states are written to build/page."""

import io
import json
import os
import re
import signal
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect
from pymongo import MongoClient

from infra.local.template import ROOT
from photo_library.photo import REASONS
from tests.support.browser import drop, opened
from tests.support.examples import a_picture
from tests.support.site import Site, upload, wait_for

SHOTS = ROOT / "build" / "page"
WIDTHS = {"desktop": (1280, 860), "phone": (390, 844)}
expect.set_options(timeout=60_000)  # patience with a busy machine; how fast the page is, is measured elsewhere
# Nothing that axe calls serious may be left, whatever the rule.
GRAVE = ("serious", "critical")


@pytest.fixture
def home(site: Site, chrome: Browser) -> Iterator[Page]:
    """The page as it opens on a desktop screen."""
    with opened(chrome, site.cloud.api_url) as page:
        yield page


@pytest.fixture
def home_in_motion(site: Site, chrome: Browser) -> Iterator[Page]:
    """The same for somebody who doesn't mind what moves."""
    with opened(chrome, site.cloud.api_url, motion=True) as page:
        yield page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


def check_access(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    grave = {one["id"]: [node["html"] for node in one["nodes"]] for one in found if one["impact"] in GRAVE}
    assert not grave, json.dumps(grave, indent=1)


def card(page: Page, id_: str) -> Locator:
    return page.locator(f"#gallery a[href$='{id_}']")


def search(page: Page, text: str) -> None:
    page.get_by_role("combobox", name="Search photos").fill(text)
    page.keyboard.press("Enter")


def chip(page: Page, name: str) -> Locator:
    """The chip of a type or colour, whatever its count."""
    return page.locator("#filters .facet", has_text=re.compile(rf"^{name}\d*\+?$"))


def a_file(folder: Path, data: bytes, ending: str = "jpg") -> Path:
    """A file of a name that no other has."""
    path = folder / f"photo{uuid4().hex[:8]}.{ending}"
    path.write_bytes(data)
    return path


def distinct(data: bytes) -> bytes:
    """The same picture in a file that no other has: what follows a picture's end is not read."""
    return data + uuid4().bytes


def test_the_same_file_under_two_names_is_one_photo_with_copies(home: Page, site: Site, shirt: bytes) -> None:
    data, word = distinct(shirt), f"word{uuid4().hex[:8]}"
    ids = [upload(site, data, name=f"{word}-{number}.jpg") for number in range(2)]
    for id_ in ids:
        site.photo(id_)
    home.goto(f"{site.cloud.api_url}/?q={word}")
    expect(home.locator("#gallery li")).to_have_count(1)
    expect(home.locator("#gallery li")).to_contain_text("2 copies")
    home.locator("#gallery a").click()
    home.get_by_role("region", name="Other copies").get_by_role("link").click()
    expect(home).to_have_url(re.compile("|".join(ids)))
    home.keyboard.press("Escape")
    home.get_by_role("button", name="Show duplicates").click()
    for id_ in ids:
        expect(card(home, id_)).to_be_visible()


def test_a_photo_is_dropped_classified_found_opened_and_deleted(
    home_in_motion: Page, site: Site, shirt: bytes, tmp_path: Path
) -> None:
    home = home_in_motion
    other = upload(site, distinct(shirt), name="other.jpg")
    (best, *_) = site.photo(other)["types"]
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file)
    row = home.locator("#uploads li", has_text=file.name)
    expect(row).to_have_class("classified")
    expect(row).to_contain_text(best)
    shot(home, "uploaded")
    expect(home.locator("#gallery li").first).to_contain_text(file.stem)

    home.get_by_role("button", name="Close uploads").click()
    search(home, f"{best.lower()} {file.stem}")
    expect(home).to_have_url(re.compile(rf"\?q={best.lower()}\+{file.stem}$"))
    expect(chip(home, best)).to_have_attribute("aria-pressed", "true")
    expect(home.locator("#gallery li")).to_have_count(1)
    home.locator("#gallery a").click()
    view = home.get_by_role("dialog", name=file.stem)
    expect(view.get_by_role("region", name="Types")).to_contain_text(best)
    expect(view.locator("figure img")).to_have_js_property("naturalWidth", 480)
    related = view.get_by_role("region", name="More like this").get_by_role("listitem")
    expect(related.first).to_be_visible()
    with home.expect_download() as saved:
        view.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == file.name
    assert saved.value.path().read_bytes() == file.read_bytes()

    view.get_by_role("button", name="Delete").click()
    expect(view).to_be_hidden()
    expect(home.get_by_role("heading", name="No photos match")).to_be_visible()
    wait_for(lambda: not site.get(f"/search?q={file.stem}").json()["photos"])
    home.reload()
    expect(home.get_by_text(f"No photo matches “{file.stem}”.")).to_be_visible()


def test_several_photos_are_downloaded_as_one_file(home: Page, site: Site, shirt: bytes) -> None:
    word = f"word{uuid4().hex[:8]}"
    files = {f"{word}-{number}.jpg": distinct(shirt) for number in range(3)}
    for id_ in [upload(site, data, name=name) for name, data in files.items()]:
        site.photo(id_)
    home.goto(f"{site.cloud.api_url}/?q={word}")
    expect(home.locator("#gallery li")).to_have_count(3)
    home.locator("#gallery a").first.focus()
    home.keyboard.press("x")
    home.keyboard.press("Control+a")
    with home.expect_download() as saved:
        home.get_by_role("region", name="Selection").get_by_role("button", name="Download").click()
    with zipfile.ZipFile(saved.value.path()) as file:
        assert {name: file.read(name) for name in file.namelist()} == files


def test_what_cannot_be_a_photo_is_told_in_words(home: Page, tmp_path: Path) -> None:
    files = {
        a_file(tmp_path, b"no picture"): REASONS["unsupported_format"],
        a_file(tmp_path, b"\xff\xd8\xff"): REASONS["damaged"],
        a_file(tmp_path, b""): REASONS["empty"],
        a_file(tmp_path, b"hello", "txt"): REASONS["unsupported_format"],
    }
    drop(home, *files)
    for file, reason in files.items():
        expect(home.locator("#uploads li", has_text=file.name)).to_contain_text(reason)
    expect(home.get_by_role("heading", name="0 uploaded, 4 failed")).to_be_visible()
    check_access(home)
    shot(home, "rejected")
    home.get_by_role("link", name=next(iter(files)).name).click()
    expect(home.get_by_role("dialog")).to_contain_text(REASONS["unsupported_format"])


def test_uploads_are_listed_as_they_were_chosen(home: Page, tmp_path: Path) -> None:
    home.route("**/uploads", lambda _: None)  # never answered
    files = [a_file(tmp_path, b"no picture") for _ in range(12)]
    drop(home, *files[:8])
    drop(home, *files[8:])
    expect(home.locator("#uploads li .title")).to_have_text([file.name for file in files])
    expect(home.get_by_role("heading", name="Uploading: 0 of 12 done")).to_be_visible()
    expect(home.get_by_text(files[8].name)).to_be_in_viewport()


def test_what_a_program_calls_image_jpg_is_uploaded(home: Page, shirt: bytes, tmp_path: Path) -> None:
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file, kind="image/jpg")
    expect(home.locator("#uploads li", has_text=file.name)).to_have_class("classified")


def test_photos_dropped_on_a_photo_are_uploaded_in_sight(home: Page, site: Site, shirt: bytes, tmp_path: Path) -> None:
    id_ = upload(site, distinct(shirt), name="below.jpg")
    site.photo(id_)
    home.reload()
    card(home, id_).click()
    expect(home.get_by_role("dialog", name="below.jpg")).to_be_visible()
    transfer = home.evaluate_handle("new DataTransfer()")
    home.evaluate("transfer => transfer.items.add(new File([], 'x.jpg'))", transfer)
    home.dispatch_event("#photo", "dragenter", {"dataTransfer": transfer})
    expect(home.locator("#drop")).to_be_visible()
    home.dispatch_event("#photo", "dragleave", {"dataTransfer": transfer})
    expect(home.locator("#drop")).to_be_hidden()
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file)
    expect(home.get_by_role("dialog")).to_be_hidden()
    expect(home.locator("#uploads").get_by_role("link", name=file.name)).to_be_visible()


def test_an_upload_that_broke_off_can_be_tried_again(home: Page, site: Site, shirt: bytes, tmp_path: Path) -> None:
    bucket = f"**/{site.cloud.bucket}*"
    home.route(bucket, lambda route: route.abort())
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file)
    row = home.locator("#uploads li", has_text=file.name)
    expect(row).to_contain_text("The connection was lost.")
    home.unroute(bucket)
    row.get_by_role("button", name=f"Try {file.name} again").click()
    expect(row).to_be_focused()
    expect(row).to_have_class("classified")


def test_the_types_of_a_photo_are_corrected(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="corrected.jpg")
    site.photo(id_)
    home.goto(f"{site.cloud.api_url}/?photo={id_}")
    view = home.get_by_role("dialog", name="corrected.jpg")
    view.get_by_role("button", name="Wrong type?").click()
    check_access(home)
    expect(view.get_by_role("checkbox", name="Shirt", exact=True)).to_be_focused()
    for leave in ("Escape", "Cancel"):
        if leave == "Escape":
            home.keyboard.press("Escape")
        else:
            view.get_by_role("button", name="Cancel").click()
        expect(view.get_by_role("button", name="Wrong type?")).to_be_focused()
        home.keyboard.press("Enter")
    view.get_by_role("checkbox", name="Shirt", exact=True).uncheck()
    view.get_by_role("checkbox", name="Bag").check()
    view.get_by_role("checkbox", name="Coat").check()
    view.get_by_role("button", name="Save").click()
    expect(home.locator("#toasts:popover-open")).to_have_text("Saved as Coat and Bag.")  # above the dialog
    types = view.get_by_role("region", name="Types")
    expect(types).to_contain_text("Set by hand")
    expect(types.get_by_role("listitem")).to_have_text(["Coat100%", "Bag100%"])
    assert site.photo(id_)["types"] == {"Bag": 1.0, "Coat": 1.0}
    home.goto(f"{site.cloud.api_url}/?type=Bag&min_probability=1")
    expect(card(home, id_)).to_contain_text("Bag ✓")


def test_what_is_shown_follows_corrections_deletes_and_uploads(
    home: Page, site: Site, shirt: bytes, tmp_path: Path
) -> None:
    word = f"word{uuid4().hex[:8]}"
    first, second = (upload(site, distinct(shirt), name=f"{word}-{number}.jpg") for number in range(2))
    wait_for(lambda: {first, second} <= site.found_by("Shirt", 0.5))
    home.goto(f"{site.cloud.api_url}/?type=Shirt&q={word}")
    expect(home.locator("#status")).to_have_text("2 photos")
    expect(chip(home, "Shirt")).to_contain_text("2")

    card(home, first).click()
    view = home.get_by_role("dialog")
    view.get_by_role("button", name="Wrong type?").click()
    view.get_by_role("checkbox", name="Shirt", exact=True).uncheck()
    view.get_by_role("checkbox", name="Bag").check()
    view.get_by_role("button", name="Save").click()
    expect(view).to_contain_text("Set by hand")
    home.keyboard.press("Escape")
    expect(home.locator("#status")).to_have_text("1 photo")
    expect(card(home, first)).to_be_hidden()
    expect(card(home, second)).to_be_focused()
    expect(chip(home, "Shirt")).to_contain_text("1")
    expect(chip(home, "Bag")).to_contain_text("2")  # with the shirt: a second type widens

    chip(home, "Shirt").click()
    expect(home.locator("#status")).to_have_text("2 photos")
    card(home, first).click()
    view.get_by_role("button", name="Delete").click()
    expect(home.locator("#status")).to_have_text("1 photo")
    expect(card(home, second)).to_be_focused()
    expect(chip(home, "Bag")).to_contain_text("0")

    chip(home, "Shirt").click()
    expect(home.locator("#status")).to_have_text("1 photo")
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file.rename(tmp_path / f"{word}.jpg"))
    expect(home.locator("#status")).to_have_text("2 photos")
    expect(chip(home, "Shirt")).to_contain_text("2")


def test_a_photo_that_cannot_be_asked_for_stays_as_far_as_it_is_drawn(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="half.jpg")
    site.photo(id_)
    home.reload()
    answers(home, f"/photos/{id_}", 503, {"detail": "The photos cannot be reached."}, **{"Retry-After": "60"})
    card(home, id_).click()
    view = home.get_by_role("dialog", name="half.jpg")
    expect(view.get_by_role("alert")).to_have_text("The photos cannot be reached.")
    expect(view.locator("figure img")).to_be_visible()
    check_access(home)
    shot(home, "photo-away")
    home.goto(f"{site.cloud.api_url}/?photo={id_}")
    away = home.get_by_role("dialog", name="The photos cannot be reached.")
    expect(away.get_by_role("button", name="Close")).to_be_focused()
    again = away.get_by_role("button", name="Try again")
    with home.expect_response(f"**/photos/{id_}"):
        again.click()
    expect(again).to_be_focused()
    home.unroute_all()
    again.click()
    expect(view.get_by_role("link", name="Download")).to_be_visible()
    expect(view.get_by_role("alert")).to_be_hidden()
    expect(home).to_have_title(re.compile("half.jpg"))


def test_what_is_refused_in_a_dialog_is_told_in_it(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="kept.jpg")
    site.photo(id_)
    home.goto(f"{site.cloud.api_url}/?photo={id_}")
    view = home.get_by_role("dialog", name="kept.jpg")
    expect(view.get_by_role("region", name="More like this")).to_be_visible()
    home.route(f"**/photos/{id_}**", lambda route: route.fulfill(status=403, json={}))
    view.get_by_role("button", name="Wrong type?").click()
    view.get_by_role("button", name="Save").click()
    expect(view.get_by_role("alert")).to_have_text("You don’t have permission to do that.")
    view.get_by_role("button", name="Delete").click()
    expect(view.locator(".banner")).to_have_text("You don’t have permission to do that.")
    check_access(home)


def test_until_the_large_picture_is_there_the_thumbnail_is(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="slow.jpg")
    site.photo(id_)
    home.route("**/uploads/**", lambda _: None)  # never answered
    home.goto(f"{site.cloud.api_url}/?photo={id_}")
    signed = re.compile(r'^url\("http(?!.*%25).*/thumbnails/.*X-Amz-Signature=\w+"\)$')  # nothing escaped twice
    expect(home.locator("figure img")).to_have_css("background-image", signed)


def signed_anew(route: Route) -> None:
    """Another environment of the function, or a later hour, signs the same thumbnail with another address."""
    answer = route.fetch()
    photo = answer.json()
    route.fulfill(response=answer, json=photo | {"thumbnail_url": photo["thumbnail_url"] + "&signed=anew"})


def test_a_thumbnail_that_is_gone_gives_way_to_the_picture(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="shirt.jpg")
    site.photo(id_)
    home.route("**/thumbnails/**", lambda route: route.abort())
    home.route(f"**/photos/{id_}", signed_anew)
    home.reload()
    expect(card(home, id_).locator("img.there")).to_have_attribute("src", re.compile("/uploads/"))


def test_a_picture_that_browsers_do_not_show_is_shown_by_its_preview_and_can_be_saved(home: Page, site: Site) -> None:
    data = a_picture("HEIF", size=(1000, 800))
    id_ = upload(site, data, name="phone.heic", title="From a phone")
    site.photo(id_)
    home.goto(f"{site.cloud.api_url}/?photo={id_}")
    view = home.get_by_role("dialog", name="From a phone")
    expect(view.locator("figure img")).to_have_js_property("naturalWidth", 1000)
    expect(view.locator("figcaption")).to_have_count(0)
    with home.expect_download() as saved:
        view.get_by_role("link", name="Download").click()
    assert saved.value.suggested_filename == "From a phone.heic"
    assert saved.value.path().read_bytes() == data
    home.route("**/*.preview?*", lambda route: route.abort())
    home.reload()
    expect(view.locator("figure")).to_contain_text("display HEIF")
    expect(view.locator("figure img")).to_have_js_property("naturalWidth", 480)


@pytest.mark.parametrize("title", ["<img src=x onerror=window.harm=1>", "<script>window.harm=1</script>"])
def test_a_title_is_text_whatever_it_says(home: Page, site: Site, shirt: bytes, title: str) -> None:
    id_ = upload(site, distinct(shirt), name="x.jpg", title=title)
    site.photo(id_)
    home.reload()
    expect(card(home, id_)).to_contain_text(title)
    card(home, id_).click()
    expect(home.get_by_role("heading", name=title)).to_be_visible()
    assert home.evaluate("window.harm") is None


def test_the_address_holds_the_query_and_back_goes_back(home: Page, site: Site, shirt: bytes) -> None:
    id_ = upload(site, distinct(shirt), name="back.jpg")
    (best, *_) = site.photo(id_)["types"]
    wait_for(lambda: id_ in site.found_by(best))
    chip(home, best).click()
    expect(home).to_have_url(re.compile(rf"\?type={best}$"))
    card(home, id_).click()
    expect(home).to_have_url(re.compile(f"photo={id_}"))
    shared = home.url
    home.go_back()
    expect(home.get_by_role("dialog")).to_be_hidden()
    expect(card(home, id_)).to_be_focused()
    expect(card(home, id_)).to_have_attribute("href", f"?type={best}&photo={id_}")
    expect(chip(home, best)).to_have_attribute("aria-pressed", "true")
    home.go_back()
    expect(chip(home, best)).to_have_attribute("aria-pressed", "false")
    home.goto(shared)
    expect(home.get_by_role("dialog", name="back.jpg")).to_be_visible()
    home.keyboard.press("Escape")
    expect(home).to_have_url(re.compile(rf"\?type={best}$"))


def test_back_goes_through_related_photos_and_close_past_them(home: Page, site: Site, shirt: bytes) -> None:
    ids = [upload(site, distinct(shirt), name=f"alike{number}.jpg") for number in range(2)]
    wait_for(lambda: set(ids) <= site.found_by("Shirt", 0.5))
    home.goto(f"{site.cloud.api_url}/?type=Shirt&q=alike")
    first = home.url
    others = home.get_by_role("region", name="More like this").get_by_role("listitem").get_by_role("link")
    card(home, ids[0]).click()
    opened_ = home.url
    for _ in range(2):  # from the gallery, and from an address that was given
        other = others.first.get_attribute("href") or ""
        others.first.click()
        expect(home).to_have_url(re.compile(re.escape(other)))
        home.go_back()
        expect(home).to_have_url(opened_)
        expect(home.get_by_role("dialog", name="alike0.jpg")).to_be_visible()
        others.first.click()
        expect(home).to_have_url(re.compile(re.escape(other)))
        home.keyboard.press("Escape")
        expect(home.get_by_role("dialog")).to_be_hidden()
        expect(home).to_have_url(first)
        home.goto(opened_)


def test_a_slider_that_was_moved_is_one_step_back(home: Page, site: Site) -> None:
    home.goto(f"{site.cloud.api_url}/?type=Shirt")
    chip(home, "blue").click()
    slider = home.get_by_role("slider", name="Confidence at least")
    slider.focus()
    for shown in ("55", "60"):
        home.keyboard.press("ArrowRight")
        expect(home).to_have_url(re.compile(rf"\?type=Shirt&color=blue&min_probability=0.{shown.rstrip('0')}$"))
    home.go_back()
    expect(home).to_have_url(re.compile(r"\?type=Shirt&color=blue$"))


def test_the_keyboard_is_enough(home: Page, site: Site, shirt: bytes) -> None:
    ids = [upload(site, distinct(shirt), name=f"keys{number}.jpg") for number in range(2)]
    wait_for(lambda: set(ids) <= site.found_by("Shirt", 0.5))
    home.reload()
    expect(home.locator("#gallery a").first).to_be_visible()
    home.keyboard.press("/")
    box = home.get_by_role("combobox", name="Search photos")
    expect(box).to_be_focused()
    home.keyboard.type("shi")
    options = home.get_by_role("option")
    expect(options).to_contain_text(["Search for “shi”", "Titles containing “shi”", "T-shirt", "Shirt"])
    check_access(home)
    home.keyboard.press("Tab")
    expect(home.get_by_role("button", name="Search with a picture")).to_be_focused()
    home.keyboard.press("Shift+Tab")
    for _ in range(4):
        home.keyboard.press("ArrowDown")
    expect(options.nth(3)).to_have_attribute("aria-selected", "true")
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile(r"\?q=Shirt$"))
    expect(home.get_by_role("main")).to_have_attribute("aria-busy", "false")
    home.locator("#gallery a").first.focus()
    home.keyboard.press("ArrowRight")
    expect(home.locator("#gallery li").nth(1).locator("a")).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.get_by_role("dialog")).to_be_visible()
    expect(home.get_by_role("button", name="Close")).to_be_focused()
    home.keyboard.press("Escape")
    expect(home.locator("#gallery li").nth(1).locator("a")).to_be_focused()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("device", WIDTHS)
def test_the_page_is_readable_by_everybody(
    site: Site, chrome: Browser, samples: list[Path], device: str, dark: bool
) -> None:
    for sample in samples:
        id_ = site.put(f"shown/{sample.name}", sample.read_bytes())
    site.photo(id_)
    width, height = WIDTHS[device]
    name = f"{device}-{'dark' if dark else 'light'}"
    with opened(chrome, f"{site.cloud.api_url}/", width=width, height=height, dark=dark) as page:
        expect(page.locator("#gallery img.there").nth(3)).to_be_visible()
        shot(page, f"gallery-{name}")
        check_access(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.get_by_role("button", name="Upload")).to_be_in_viewport()
        page.goto(f"{site.cloud.api_url}/?type=Shirt,T-shirt&match=any")
        expect(page.locator("#gallery img.there").first).to_be_visible()
        shot(page, f"search-{name}")
        check_access(page)
        page.locator("#gallery a").first.click()
        expect(page.get_by_role("region", name="More like this")).to_be_visible()
        expect(page.locator("figure img")).to_have_js_property("complete", True)
        shot(page, f"photo-{name}")
        check_access(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def inside(locator: Locator, outer: str) -> bool:
    """Whether all of it lies within the next element around it that fits."""
    script = """(inner, outer) => {
      const [one, other] = [inner, inner.closest(outer)].map((element) => element.getBoundingClientRect());
      return one.left >= other.left && one.right <= other.right;
    }"""
    within: bool = locator.evaluate(script, outer)
    return within


@pytest.mark.parametrize("width", [375, 1024, 1280])
def test_all_that_can_be_pressed_is_in_reach(site: Site, chrome: Browser, width: int) -> None:
    address = f"{site.cloud.api_url}/?type=Bag&q={'averylongword' * 25}&to=1999-12-31"
    with opened(chrome, address, width=width) as page:
        expect(page.get_by_role("heading", name="No photos match")).to_be_visible()
        assert all(inside(button, "#main") for button in page.locator("#notice button").all())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        shot(page, f"long-words-{width}")
        # A finger pushes the rows of chips along, a mouse cannot.
        if width > 600:
            assert all(inside(facet, ".facets") for facet in page.locator(".facets .facet").all())


def test_the_types_of_related_photos_are_whole_on_a_phone(site: Site, chrome: Browser, samples: list[Path]) -> None:
    boot = next(sample for sample in samples if sample.stem.startswith("ankle-boot")).read_bytes()
    ids = [upload(site, distinct(boot), name=f"boot{number}.jpg") for number in range(2)]
    wait_for(lambda: set(ids) <= site.found_by("Ankle-boot", 0.5))
    with opened(chrome, f"{site.cloud.api_url}/?photo={ids[0]}", width=390) as page:
        probability = page.locator(f".related a[href$='{ids[1]}'] b")
        expect(probability).to_be_visible()
        assert inside(probability, "li")


def answers(page: Page, path: str, status: int, body: Any, **headers: str) -> None:
    """Have the page get this answer."""
    sent = {"status": status, "body": json.dumps(body), "headers": headers, "content_type": "application/json"}
    page.route(f"**{path}*", lambda route: route.fulfill(**sent))


NOTHING = {
    "type": [],
    "not": [],
    "match": "any",
    "total": {"photos": 0, "exact": True},
    "photos": [],
    "backend": "mongodb",
    "sort": "newest",
    "limit": 60,
    "min_probability": 0.5,
}


def test_a_library_without_photos_says_what_to_do(home: Page) -> None:
    answers(home, "/search?", 200, NOTHING)
    home.reload()
    expect(home.get_by_role("heading", name="No photos yet")).to_be_visible()
    expect(home.get_by_role("button", name="Choose photos")).to_be_visible()
    expect(home.get_by_role("region", name="Filters")).to_be_hidden()
    shot(home, "empty")
    check_access(home)


def test_a_library_that_is_away_says_so_and_comes_back_by_itself(home: Page, site: Site, shirt: bytes) -> None:
    site.photo(upload(site, distinct(shirt), name="away.jpg"))
    detail = "The photos cannot be reached at the moment."
    answers(home, "/search?", 503, {"detail": detail}, **{"Retry-After": "1"})
    home.reload()
    expect(home.get_by_role("alert")).to_have_text(detail)
    expect(home.get_by_role("button", name="Try again")).to_be_visible()
    shot(home, "away")
    check_access(home)
    home.unroute_all()
    expect(home.locator("#gallery li").first).to_be_visible()


def test_a_paused_graph_is_told_and_nothing_else_changes(home: Page, site: Site, shirt: bytes) -> None:
    site.photo(upload(site, distinct(shirt), name="paused.jpg"))
    answers(home, "/health", 200, {"status": "degraded", "backend": "mongodb", "stores": {}})
    home.reload()
    expect(home.get_by_text("Search may be slower than usual.")).to_be_visible()
    expect(home.locator("#gallery li").first).to_be_visible()
    check_access(home)
    shot(home, "degraded")


@contextmanager
def paused(site: Site) -> Iterator[None]:
    """TigerGraph takes connections and does not answer; afterwards searches are its again."""
    os.kill(site.cloud.tigergraph.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(site.cloud.tigergraph.pid, signal.SIGCONT)
        wait_for(lambda: site.get("/search?type=Shirt").json()["backend"] == "tigergraph")


def test_while_the_graph_is_paused_its_photos_are_found(home: Page, site: Site, samples: list[Path]) -> None:
    # There are few sandals, so that it is in sight, whatever other tests have uploaded.
    sandal = next(sample for sample in samples if sample.name == "sandal.gif")
    id_ = upload(site, distinct(sandal.read_bytes()), name="found.gif")
    wait_for(lambda: id_ in site.found_by("Sandal"))
    with paused(site):
        home.goto(f"{site.cloud.api_url}/?type=Sandal")
        expect(home.get_by_text("Search may be slower than usual.")).to_be_visible()
        expect(card(home, id_)).to_be_visible()


def test_a_picture_dropped_on_the_search_box_finds_the_photos_like_it(
    home: Page, site: Site, samples: list[Path], tmp_path: Path
) -> None:
    """Nobody else has a violet dress; it is looked for with a picture of another format and size."""
    drawn = {sample.name: sample for sample in samples}
    dress = Image.open(drawn["dress.png"]).convert("RGBA")
    red, green, blue = Image.alpha_composite(Image.new("RGBA", dress.size, "white"), dress).convert("RGB").split()
    violet = Image.merge("RGB", (blue, green, red))
    ids = {}
    for name, picture in (("violet", violet), ("other", Image.open(drawn["trouser.jpg"]).convert("RGB"))):
        with io.BytesIO() as file:
            picture.save(file, "PNG")
            ids[name] = upload(site, distinct(file.getvalue()), name=f"{name}.png")
        site.photo(ids[name])
    violet.resize((300, 300)).save(tmp_path / "wanted.webp", quality=80)
    drop(home, tmp_path / "wanted.webp", onto="#q")
    expect(home).to_have_url(re.compile(r"\?like=picture-\d+$"))
    likeness = home.get_by_role("button", name="Remove Photos like this")
    expect(likeness.locator("img")).to_have_js_property("naturalWidth", 64)
    expect(home.locator("#gallery li").first.locator("a")).to_have_attribute("href", re.compile(ids["violet"]))
    expect(home.locator("#uploads")).to_be_hidden()
    check_access(home)
    shot(home, "like-a-picture")

    chip(home, "Trousers").click()
    expect(home).to_have_url(re.compile(r"\?like=picture-\d+&type=Trouser$"))
    expect(card(home, ids["violet"])).to_have_count(0)
    expect(home.locator("#gallery li").first).to_be_visible()
    likeness.click()
    expect(home).to_have_url(re.compile(r"/\?type=Trouser$"))


def test_rejected_uploads_are_tried_again_from_the_page(home: Page, site: Site, shirt: bytes) -> None:
    word = f"word{uuid4().hex[:8]}"
    wrongly, rightly = (
        upload(site, data, name=f"{word}-{name}.jpg")
        for name, data in (("wrongly", distinct(shirt)), ("rightly", b"no picture"))
    )
    site.photo(rightly)
    types = site.photo(wrongly)["types"]
    # An older version didn't know its format.
    with MongoClient[dict[str, Any]](site.cloud.credentials.mongodb_uri) as client:
        rejected = {"status": "rejected", "reason": "unsupported_format", "types": {}}
        shown = dict.fromkeys(("colors", "embedding", "look", "cell", "thumbnail", "model"), "")
        photos = client[site.cloud.database]["photos"]
        photos.update_one({"_id": wrongly}, {"$set": rejected, "$unset": shown})
    home.goto(f"{site.cloud.api_url}/?status=rejected")
    cards = home.locator("#gallery li", has_text=word)  # other tests have uploads rejected as well
    expect(cards).to_have_count(2)
    cards.filter(has_text="wrongly").get_by_role("button", name="Try again").click()
    expect(home.locator("#toasts")).to_contain_text("1 photo added.")
    expect(cards).to_have_count(1)
    assert site.photo(wrongly)["types"] == types
    cards.get_by_role("button", name="Try again").click()
    expect(home.get_by_role("dialog", name="0 of 1 added; 1 failed")).to_contain_text(REASONS["unsupported_format"])


def test_a_deleted_photo_is_restored_from_the_page(home: Page, site: Site, shirt: bytes) -> None:
    word = f"word{uuid4().hex[:8]}"
    id_ = upload(site, distinct(shirt), name=f"{word}.jpg")
    site.photo(id_)
    requests.delete(f"{site.cloud.api_url}/photos/{id_}", timeout=30).raise_for_status()
    wait_for(lambda: id_ in [photo["id"] for photo in site.get("/trash?limit=100").json()["photos"]])
    home.goto(f"{site.cloud.api_url}/?status=deleted")
    gone = home.locator("#gallery li", has_text=word)
    gone.get_by_role("button", name="Restore").click()
    expect(gone).to_have_count(0)
    home.goto(f"{site.cloud.api_url}/?q={word}")
    card(home, id_).click()
    expect(home.get_by_role("dialog", name=word).locator("figure img")).to_have_js_property("naturalWidth", 480)


def test_until_the_photos_are_there_their_places_are(home: Page) -> None:
    home.route("**/search?*", lambda _: None)  # never answered
    home.reload()
    expect(home.get_by_label("Loading photos")).to_be_visible()
    expect(home.get_by_role("main")).to_have_attribute("aria-busy", "true")
    check_access(home)
    shot(home, "loading")


def test_a_first_page_without_photos_is_not_taken_for_the_last(home: Page, site: Site, shirt: bytes) -> None:
    """A page may hold fewer photos than asked for, and none: those that were found are being deleted."""
    photo = site.photo(upload(site, distinct(shirt), name="second.jpg"))

    def second_page_alone(route: Route) -> None:
        route.fulfill(json=NOTHING | ({"photos": [photo]} if "cursor=" in route.request.url else {"next": "x"}))

    home.route("**/search?*", second_page_alone)
    home.reload()
    expect(card(home, photo["id"])).to_be_visible()
    expect(home.locator("#notice")).to_be_hidden()


def test_an_address_that_is_spelled_otherwise_is_understood(home: Page, site: Site) -> None:
    home.goto(f"{site.cloud.api_url}/?type=bag,Ankle boot")
    for name in ("Bag", "Ankle boot"):
        expect(chip(home, name)).to_have_attribute("aria-pressed", "true")
    chip(home, "Bag").click()
    expect(home).to_have_url(re.compile(r"\?type=Ankle-boot$"))


def test_a_search_without_a_result_says_what_may_help(home: Page, site: Site) -> None:
    home.goto(f"{site.cloud.api_url}/?type=Bag,Coat&match=all&color=blue&to=1999-12-31")
    expect(home.get_by_role("heading", name="No photos match")).to_be_visible()
    check_access(home)
    shot(home, "no-result")
    home.get_by_role("button", name="In any colour").click()
    expect(home).to_have_url(re.compile(r"\?type=Coat%2CBag&match=all&to=1999-12-31$"))


def test_a_wrong_address_is_explained(home: Page, site: Site) -> None:
    home.goto(f"{site.cloud.api_url}/?type=Hat")
    expect(home.get_by_role("alert")).to_contain_text("'Hat' is not a type.")
    home.goto(f"{site.cloud.api_url}/?type=Shirt,Coat&min_probability=2&q=wool")
    expect(home.get_by_role("alert")).to_contain_text("min_probability must be")
    home.get_by_role("button", name="Remove it").click()
    expect(home).to_have_url(re.compile(r"\?type=Shirt%2CCoat&q=wool$"))
    home.goto(f"{site.cloud.api_url}/?type=Shirt&min_probability=abc")
    expect(home.get_by_role("alert")).to_contain_text("min_probability must be")
    expect(home.locator("output")).to_have_text("50%")
    home.goto(f"{site.cloud.api_url}/?photo={'0' * 24}")
    expect(home.get_by_role("alert")).to_have_text("Photo not found. It may have been deleted.")


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
        route.fulfill(json=NOTHING | {"photos": photos, "total": {"photos": 10_000, "exact": True}} | more)

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
