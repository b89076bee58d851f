"""The page in a real browser, on the local cloud. Screenshots of its states are written to build/page."""

import io
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
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from pymongo import MongoClient

from photo_library.photo import REASONS
from tests.support.browser import card, check_access, chip, drop, opened, search, shot
from tests.support.examples import a_picture
from tests.support.site import Site, upload, wait_for

WIDTHS = {"desktop": (1280, 860), "phone": (390, 844)}
expect.set_options(timeout=60_000)  # patience with a busy machine; how fast the page is, is measured elsewhere


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


def test_what_a_program_calls_image_jpg_is_uploaded(home: Page, shirt: bytes, tmp_path: Path) -> None:
    file = a_file(tmp_path, distinct(shirt))
    drop(home, file, kind="image/jpg")
    expect(home.locator("#uploads li", has_text=file.name)).to_have_class("classified")


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


# The other two are tests/page/test_use.py's.
@pytest.mark.parametrize(("device", "dark"), [("desktop", True), ("phone", False)], ids=["desktop-dark", "phone-light"])
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
