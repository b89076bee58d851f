"""The page's files as the API sends them."""

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from photo_library.formats import CONTENT_TYPES
from photo_library.photo import COLORS, TYPES
from search.page_files import FOLDER, SCRIPT, _read, read_page_file
from search.page_script import combine_modules
from tests.support.api import MAX_BYTES, Api

BLUE = (58, 79, 184, 255)  # of icon.svg
NAMES = sorted(path.name for path in FOLDER.iterdir())


def content(answer: dict[str, Any]) -> bytes:
    assert answer["isBase64Encoded"]
    assert answer["headers"]["Vary"] == "Accept-Encoding"
    sent = b64decode(answer["body"])
    return gzip.decompress(sent) if "Content-Encoding" in answer["headers"] else sent


def test_the_page_may_load_its_own_scripts_and_styles_and_nothing_else() -> None:
    api = Api()
    answer = api.send("GET", "/")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert content(answer) == (FOLDER / "index.html").read_bytes()
    policy = answer["headers"]["Content-Security-Policy"]
    assert "unsafe" not in policy
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: {api.bucket.origin}",
    ):
        assert rule in policy.split("; ")
    assert "*" not in policy
    assert answer["headers"]["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_sent_with_its_type_and_not_again_when_it_is_known(name: str) -> None:
    api = Api()
    answer = api.send("GET", f"/page/{name}")
    assert content(answer) == (FOLDER / name).read_bytes()
    kinds = {
        **{"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html"},
        **{"png": "image/png", "webmanifest": "application/manifest+json"},
    }
    assert answer["headers"]["Content-Type"].startswith(kinds[name.rpartition(".")[2]])
    for known in (answer["headers"]["ETag"], answer["headers"]["ETag"].removeprefix("W/"), "*"):
        again = api.send("GET", f"/page/{name}", headers={"if-none-match": known})
        assert (again["statusCode"], again["body"], again["headers"]["Vary"]) == (304, None, "Accept-Encoding")
    other = api.send("GET", f"/page/{name}", headers={"if-none-match": '"other"'})
    assert other["statusCode"] == 200


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("gzip, deflate, br", "gzip"), ("br", None), ("gzip;q=0", None), ("", None)]
)
def test_a_file_is_gzipped_for_those_who_take_it(accepted: str, encoding: str | None) -> None:
    answer = Api().send("GET", "/page/main.js", headers={"accept-encoding": accepted})
    assert answer["headers"].get("Content-Encoding") == encoding
    assert content(answer) == (FOLDER / "main.js").read_bytes()


def test_a_visit_takes_one_request_for_all_scripts() -> None:
    """A new account's functions run ten times at once: with a request for each module, some were refused."""
    page = (FOLDER / "index.html").read_text()
    loaded = re.findall(r'<script [^>]*src="page/([\w.-]+)"|<link rel="modulepreload"', page)
    assert loaded == [SCRIPT]
    script = content(Api().send("GET", f"/page/{SCRIPT}")).decode()
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    later = re.findall(r'await import\("\./([\w.-]+)"\)', script)
    for name in NAMES:
        assert (f"const ${name.removesuffix('.js')} = " in script) == (name.endswith(".js") and name not in later)


@pytest.mark.parametrize(
    "line", ["export default 1;", "export { a };", 'import * as a from "./b.js";', "export let a = 1;"]
)
def test_a_module_that_cannot_be_combined_is_an_error(tmp_path: Path, line: str) -> None:
    (tmp_path / "b.js").write_text("")
    (tmp_path / "main.js").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=r"main\.js: .* can't be combined"):
        combine_modules(tmp_path / "main.js")


@pytest.mark.parametrize("name", ["nope.js", "..", "%2e%2e%2froutes.py", "routes.py"])
def test_there_are_no_other_files(name: str) -> None:
    assert read_page_file(name) is None
    assert _read.cache_info().currsize <= len(NAMES) + 1  # what anybody may ask for is not remembered
    answer = Api().ask("GET", f"/page/{name}")
    assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("name", [name for name in NAMES if not name.endswith(".png")])
def test_whatever_a_file_names_is_there(name: str) -> None:
    """What no script does: handlers and styles in attributes, and text that becomes markup."""
    text = (FOLDER / name).read_text()
    for found in re.findall(r'(?:"page/|from "\./|import\("\./|"src": ")([\w.-]+)"', text):
        assert found in (*NAMES, SCRIPT)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\bstyle=|\bon\w+=\"|eval\(", text)


def test_the_page_can_be_installed_with_icons_that_fit_any_shape() -> None:
    manifest = json.loads((FOLDER / "manifest.webmanifest").read_text())
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("../", "../", "standalone")
    pictures = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in pictures} == {
        *(("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"))
    }
    for name, purpose in [*((icon["src"], icon.get("purpose")) for icon in pictures), ("icon-apple.png", "maskable")]:
        picture = Image.open(FOLDER / name).convert("RGBA")
        sizes = {icon["sizes"] for icon in pictures if icon["src"] == name} or {"180x180"}
        assert sizes == {f"{picture.width}x{picture.height}"}
        assert picture.getpixel((0, 0))[3] == (255 if purpose == "maskable" else 0)  # type: ignore[index]
        edge = picture.getpixel((0, picture.height // 2))
        assert edge == pytest.approx(BLUE, abs=2)


def test_the_library_says_what_it_knows_and_takes() -> None:
    answer = Api().get("/library")
    assert answer.status == 200
    assert answer.body["types"] == list(TYPES)
    assert [color["name"] for color in answer.body["colors"]] == list(COLORS)
    assert answer.body["formats"] == {kind: list(endings) for kind, endings in CONTENT_TYPES.items()}
    assert answer.body["max_bytes"] == MAX_BYTES


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js") and not name.startswith("texts")])
def test_a_script_names_no_type_or_format_of_its_own(name: str) -> None:
    text = (FOLDER / name).read_text()
    assert "TYPES" not in text
    assert not re.search('"image/[a-z]', text)
