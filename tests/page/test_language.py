"""The page in the visitor's language."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from photo_library.photo import COLORS, TYPES
from search.page_files import FOLDER
from search.phrases import understand
from tests.support.browser import chip, opened, upload
from tests.support.examples import a_photo
from tests.support.page_server import PageServer

# What is written on the page, but for names that are the same in both languages: English texts and common words.
ENGLISH = """async () => {
  const { english } = await import("/page/texts.js");
  const { german } = await import("/page/texts.de.js");
  const meant = new Set(Object.values({ ...german, ...german.names }));
  const texts = new Set(Object.values({ ...english, ...english.names }).filter((text) => !meant.has(text)));
  const words = /\\b(the|of|and|or|not|no|your|photos?|types?|colours?|file|with|by|is|can.t|again|from|to)\\b/i;
  const written = [];
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement?.closest("noscript, script, style, [lang]:not(html)")) continue;
    if (node.nodeType === Node.TEXT_NODE) written.push(node.data);
    else for (const name of ["alt", "title", "aria-label", "placeholder"]) written.push(node.getAttribute(name) ?? "");
  }
  return written.map((text) => text.trim()).filter((text) => texts.has(text) || words.test(text));
}"""


@pytest.fixture
def german(library: PageServer, chrome: Browser) -> Iterator[Page]:
    """The page as a visitor in Germany finds it."""
    with opened(chrome, library.url, locale="de-DE") as page:
        yield page


def check(page: Page) -> None:
    assert page.evaluate(ENGLISH) == []


@pytest.fixture
def photos(library: PageServer) -> PageServer:
    """A library with a photo of each type, and one of every colour that may be a coat."""
    library.add(*(a_photo(f"uploads/{name}.jpg", title="Bild", types={name: 0.9, "Coat": 0.3}) for name in TYPES))
    library.add(a_photo("uploads/bunt.jpg", title="Bunt", types={"Coat": 0.3}, colors=COLORS, truncated=True))
    return library


def test_a_german_browser_shows_an_empty_library_in_german(german: Page) -> None:
    expect(german.get_by_role("heading", name="Noch keine Fotos")).to_be_visible()
    assert german.locator("html").get_attribute("lang") == "de"
    check(german)


@pytest.mark.usefixtures("photos")
def test_a_german_browser_shows_searches_in_german(german: Page) -> None:
    german.reload()
    expect(german.locator("#status")).to_have_text("11 Fotos")
    expect(german.locator("#types .count").first).not_to_be_empty()
    check(german)
    chip(german, "Hemd").click()
    chip(german, "Stiefelette").click()
    german.get_by_label("Kleidung ausschließen").select_option(label="Tasche")
    expect(german.locator("#conditions li")).to_have_text(["Hemd", "Stiefelette", "ohne Tasche"])
    check(german)
    box = german.get_by_role("combobox", name="Fotos suchen")
    box.fill("ro")
    expect(german.get_by_role("option").first).to_be_visible()
    check(german)
    german.get_by_label("Von").fill("2026-02-01")
    expect(german.get_by_role("button", name="Von 01.02.2026 entfernen")).to_be_visible()
    box.fill('"Bild"')
    german.keyboard.press("Enter")
    expect(german.get_by_role("button", name=re.compile("„bild“ entfernen", re.IGNORECASE))).to_be_visible()
    box.fill("Hemdd zzyzx")
    german.keyboard.press("Enter")
    expect(german.get_by_text("Kein Foto passt zu")).to_be_visible()
    check(german)


@pytest.mark.parametrize(
    ("address", "heading"),
    [("?type=Hat", "Ungültige Suche"), ("?color=black&not=Coat&type=Bag", "Keine passenden Fotos")],
)
def test_a_german_browser_says_in_german_why_there_are_no_photos(
    photos: PageServer, german: Page, address: str, heading: str
) -> None:
    german.goto(f"{photos.url}/{address}")
    expect(german.get_by_role("heading", name=heading)).to_be_visible()
    check(german)


def test_a_german_browser_shows_a_photo_in_german(photos: PageServer, german: Page) -> None:
    rejected = a_photo("uploads/defekt.jpg", title="Defekt", status="rejected", reason="damaged", types={}, colors=())
    photos.add(rejected)
    german.goto(f"{photos.url}/?photo={rejected.id}")
    expect(german.get_by_text("Dieses Bild ist unvollständig oder beschädigt.")).to_be_visible()
    check(german)
    german.goto(f"{photos.url}/?photo={'f' * 24}")
    expect(german.get_by_text("Foto nicht gefunden.")).to_be_visible()
    check(german)
    german.goto(photos.url)
    german.locator("#gallery a", has_text="Bunt").click()
    expect(german.get_by_text("Dieses Bild ist unvollständig.")).to_be_visible()
    check(german)
    german.get_by_role("button", name="Falsch erkannt?").click()
    german.get_by_role("checkbox", name="Hemd").check()
    check(german)
    german.get_by_role("button", name="Speichern").click()
    expect(german.get_by_text("Gespeichert als Hemd.")).to_be_visible()
    check(german)
    german.get_by_role("button", name="Löschen").click()
    expect(german.get_by_role("button", name="Rückgängig")).to_be_visible()
    check(german)


def test_a_german_browser_shows_other_places_and_a_selection_in_german(photos: PageServer, german: Page) -> None:
    photos.add(a_photo("uploads/leer.jpg", title="Leer", status="rejected", reason="empty", types={}, colors=()))
    german.goto(f"{photos.url}/?status=rejected")
    expect(german.get_by_text("Diese Datei ist leer.")).to_be_visible()
    check(german)
    german.goto(f"{photos.url}/?status=deleted")
    expect(german.get_by_role("heading", name="Keine zuletzt gelöschten Fotos")).to_be_visible()
    check(german)
    german.goto(photos.url)
    german.locator("#gallery li", has_text="Bunt").hover()
    german.get_by_role("checkbox", name="Bunt auswählen").click()
    selection = german.get_by_role("region", name="Auswahl")
    expect(selection.get_by_text("1 ausgewählt")).to_be_visible()
    check(german)
    selection.get_by_role("button", name="Kleidungsstück festlegen").click()
    check(german)


@pytest.mark.usefixtures("photos")
def test_a_german_browser_shows_uploads_menu_and_questions_in_german(german: Page) -> None:
    german.route("**/bucket/", lambda route: route.fulfill(status=503, body="<Code>SlowDown</Code>"))
    upload(german, "eins.png", "zwei.png")
    expect(german.get_by_role("heading", name="0 hochgeladen, 2 fehlgeschlagen")).to_be_visible()
    check(german)
    german.get_by_role("button", name="Menü").click()
    check(german)
    german.get_by_role("button", name="Tastenkürzel").click()
    check(german)
    german.keyboard.press("Escape")
    german.route("**/search?*", lambda route: route.fulfill(status=401, body="{}"))
    german.goto(german.url)
    expect(german.get_by_role("heading", name="Zugriffstoken")).to_be_visible()
    check(german)


def test_numbers_and_dates_are_written_as_in_the_visitors_country(full: PageServer, german: Page) -> None:
    full.add(a_photo(title="Großes", width=3000, height=4000, size=12_300_000))
    german.reload()
    expect(german.locator(".month").first).to_have_text("März 2026")
    german.locator("#gallery a", has_text="Großes").click()
    expect(german.get_by_role("definition").filter(has_text="Pixel")).to_have_text("3.000 × 4.000 Pixel")
    expect(german.get_by_text("12,3 MB")).to_be_visible()
    expect(german.get_by_text(re.compile(r"^\d\d\.03\.2026"))).to_be_visible()


def test_the_language_is_chosen_and_remembered(full: PageServer, chrome: Browser) -> None:
    with opened(chrome, full.url) as page:
        page.get_by_role("button", name="Menu").click()
        page.get_by_label("Language").select_option("Deutsch")
        expect(page.get_by_role("button", name="Hochladen")).to_be_visible()
        page.goto(f"{full.url}/?type=Shirt")
        expect(page.locator("#status")).to_have_text("40 Fotos")
        page.get_by_role("button", name="Menü").click()
        page.get_by_label("Sprache").select_option("English")
        expect(page.locator("#status")).to_have_text("40 photos")


def test_a_browser_in_another_language_does_not_load_what_it_does_not_show(
    library: PageServer, chrome: Browser
) -> None:
    with opened(chrome, "about:blank", locale="fr-FR") as page:
        asked = list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(library.url)
        expect(page.get_by_role("button", name="Upload")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"
        assert not any("texts.de" in url for url in asked)


def test_searches_understand_the_words_that_the_page_shows_in_german() -> None:
    names = dict(re.findall(r'^    "?([\w-]+)"?: "([\w-]+)",$', (FOLDER / "texts.de.js").read_text(), re.MULTILINE))
    for name in TYPES:
        assert understand(names[name]).types == (name,)
    for name in COLORS:
        assert understand(names[name]).colors == (name,)
