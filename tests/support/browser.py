"""The page in the machine's Chromium, for tests: none is downloaded."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from infra.local.template import ROOT

# Debian's name, and those of others.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
GRAVE = ("serious", "critical")  # of the four impacts that axe knows


def chromium() -> str | None:
    """The path of the machine's Chromium, if it has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, without windows."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not run as root, as containers do.
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield started
        started.close()


# Of each context what it was made with, and the addresses that it has shown.
_SHOWN: WeakKeyDictionary[BrowserContext, tuple[dict[str, Any], set[str]]] = WeakKeyDictionary()


def _context(browser_: Browser, url: str, options: dict[str, Any]) -> BrowserContext:
    """A context that knows nothing of this address, as storage and cache are each address's own.

    A page in a context that has shown others takes two thirds of the processor time of one in a context of its own.
    """
    address = urlsplit(url).netloc
    for context in browser_.contexts:
        made_with, shown = _SHOWN.get(context, ({}, set()))
        if made_with == options and len(context.pages) == 1:
            if address not in shown:
                shown.add(address)
                return context
            context.close()
    context = browser_.new_context(**options)
    context.new_page()  # stays: without any, what the next page needs would have to be started again
    _SHOWN[context] = options, {address}
    return context


@contextmanager
def opened(
    browser_: Browser,
    url: str,
    *,
    width: int = 1280,
    height: int = 860,
    dark: bool = False,
    locale: str = "en-GB",
    touch: bool = False,
    motion: bool = False,
) -> Iterator[Page]:
    """A page at this address, with nothing in its cache; what goes wrong in its scripts is raised at the end.

    Without `motion` it is shown as to those who prefer less of it: drawing each step of what moves takes a third of
    the processor time of a test.
    """
    options: dict[str, Any] = {
        "viewport": {"width": width, "height": height},
        "color_scheme": "dark" if dark else "light",
        "locale": locale,
        "has_touch": touch,
        "reduced_motion": "no-preference" if motion else "reduce",
    }
    context = _context(browser_, url, options)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console", lambda message: errors.append(message.text) if "Content Security Policy" in message.text else None
    )
    try:
        page.goto(url)
        yield page
        assert not errors, errors
    except BaseException:
        context.close()
        raise
    for one in context.pages[1:]:
        one.close()
    context.clear_permissions()
    context.set_offline(False)


def check_access(page: Page) -> None:
    """Nothing keeps people from using the page: axe finds nothing serious or critical in it, by whatever rule."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = {one["id"]: [node["html"] for node in one["nodes"]] for one in found if one["impact"] in GRAVE}
    assert not grave, json.dumps(grave, indent=1)


def inside(locator: Locator, outer: str) -> bool:
    """Whether all of it lies within the next element around it that fits."""
    script = """(inner, outer) => {
      const [one, other] = [inner, inner.closest(outer)].map((element) => element.getBoundingClientRect());
      return one.left >= other.left && one.right <= other.right;
    }"""
    within: bool = locator.evaluate(script, outer)
    return within


def shot(page: Page, name: str) -> None:
    """Keep a screenshot, for people to look at."""
    page.screenshot(path=ROOT / "build" / "page" / f"{name}.png")


def drop(page: Page, *files: Path, kind: str = "", onto: str = "body") -> None:
    """Drop files on the page, as from a folder beside it; of this MIME type, or of the one that their names tell."""
    transfer = page.evaluate_handle("new DataTransfer()")
    for file in files:
        content = list(file.read_bytes())
        page.evaluate(
            "([transfer, bytes, name, type]) => transfer.items.add(new File([new Uint8Array(bytes)], name, {type}))",
            [transfer, content, file.name, kind or f"image/{file.suffix[1:].replace('jpg', 'jpeg')}"],
        )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(onto, event, {"dataTransfer": transfer})


def upload(page: Page, *names: str, content: bytes = b"\x89PNG") -> None:
    """Choose files with this content to be uploaded."""
    files = [{"name": name, "mimeType": "image/png", "buffer": content} for name in names]
    page.locator("#files").set_input_files(files)  # type: ignore[arg-type]


def search(page: Page, text: str) -> None:
    """Type into the search box, and search."""
    page.get_by_role("combobox", name="Search photos").fill(text)
    page.keyboard.press("Enter")


def card(page: Page, id_: str) -> Locator:
    """The card of the photo with this id."""
    return page.locator(f"#gallery a[href$='{id_}']")


def chip(page: Page, name: str) -> Locator:
    """The chip of a type or colour, with or without its count."""
    return page.locator("#filters .facet", has_text=re.compile(rf"^{name}\d*\+?$"))
