"""The page as an app: what a browser needs to install it."""

import json

from playwright.sync_api import Page

from tests.support.page_server import PageServer


def test_a_browser_finds_all_that_installing_takes(library: PageServer, home: Page) -> None:
    devtools = home.context.new_cdp_session(home)
    found = devtools.send("Page.getAppManifest")
    assert (found["url"], found["errors"]) == (f"{library.url}/page/manifest.webmanifest", [])
    assert json.loads(found["data"])["display"] == "standalone"
    # A test's window is private, and such a one installs nothing.
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in errors if error["errorId"] != "in-incognito"] == []
