"""The API's description: what the tables say, what is committed, and what really is answered, are one."""

import gzip
import json
import re
from base64 import b64decode
from typing import Any

import pytest

from infra.local.template import DEFAULT_ROUTE, Template
from infra.reference.openapi import DOCS, EXAMPLES, OPENAPI, document, page
from photo_library.photo import COLORS, TYPES
from search.handlers import HANDLERS
from search.http_caching import MIN_GZIP_BYTES
from search.operations import OPERATIONS
from search.page_files import ROUTES as PAGE
from search.parameters import PARAMETERS
from tests.support.api import Api, check_described
from tests.support.examples import a_photo

RECORDED = json.loads(EXAMPLES.read_text())
WITHOUT_EXAMPLE = {"GET /openapi.json", "GET /docs"}


def test_what_is_committed_is_what_the_tables_say() -> None:
    described = document(RECORDED)
    assert json.loads(OPENAPI.read_text()) == described, "run: make openapi"
    assert DOCS.read_text() == page(described), "run: make openapi"


def test_it_is_openapi_3_1() -> None:
    from openapi_spec_validator import validate

    described = json.loads(OPENAPI.read_text())
    assert described["openapi"].startswith("3.1")
    validate(described)


def test_the_parameters_are_those_that_requests_are_checked_by() -> None:
    described = json.loads(OPENAPI.read_text())
    parameters = {one["name"]: one["schema"] for one in described["paths"]["/search"]["get"]["parameters"]}
    assert parameters.keys() == PARAMETERS.keys()
    assert parameters["type"]["items"]["enum"] == list(TYPES)
    assert parameters["color"]["items"]["enum"] == list(COLORS)
    api = Api()
    for name, schema in parameters.items():
        if "maximum" in schema:
            low, high = schema["minimum"], schema["maximum"]
            assert [api.get(f"/search?color=red&{name}={value}").status for value in (low, high)] == [200, 200]
            assert [api.get(f"/search?color=red&{name}={value}").status for value in (low - 1, high + 1)] == [400, 400]


def test_every_route_of_the_template_is_described_and_the_other_way_round() -> None:
    assert {route.key for route in Template().routes()} == {*OPERATIONS, *PAGE, DEFAULT_ROUTE}


def test_search_answers_all_of_them_but_one() -> None:
    (other,) = OPERATIONS.keys() - HANDLERS.keys()
    functions = {route.key: route.function for route in Template().routes()}
    assert {functions[key] for key in HANDLERS} == {"SearchFunction"}
    assert (other, functions[other]) == ("POST /classify", "DescribeFunction")  # tests/unit/test_describe.py


@pytest.mark.parametrize("key", sorted(HANDLERS))
def test_every_operation_is_answered(key: str) -> None:
    api = Api()
    method, path = key.split()
    rejected: dict[str, Any] = {"status": "rejected", "reason": "damaged", "types": {}}
    photo = a_photo(version_id="v1", **(rejected if path.endswith("/retry") else {}))
    api.add(photo)
    answer = api.send(method, path.replace("{id}", photo.id), {})
    assert answer["statusCode"] in {400, *OPERATIONS[key].answers}
    assert_headers_described(key, answer)


def assert_headers_described(key: str, answer: dict[str, Any]) -> None:
    method, path = key.split()
    described = json.loads(OPENAPI.read_text())["paths"][path][method.lower()]["responses"][str(answer["statusCode"])]
    for name, header in described["headers"].items():
        assert answer["headers"][name] == header["schema"].get("const", answer["headers"][name])
    others = {"Content-Type", "Content-Encoding", "Vary"}
    assert answer["headers"].keys() - others == described["headers"].keys()


@pytest.mark.parametrize("key", sorted(key for key, one in OPERATIONS.items() if "{" not in key and not one.body))
def test_the_headers_of_other_answers_are_as_described(key: str) -> None:
    api = Api()
    path = key.split()[1]
    assert_headers_described(key, api.send("GET", f"{path}?wrong=1"))
    etag = api.send("GET", path)["headers"].get("ETag")
    again = api.send("GET", path, headers={"if-none-match": etag or "none"})
    assert (again["statusCode"] == 304) == (etag is not None)
    assert_headers_described(key, again)
    api.catalog.down = api.graph.down = True
    assert_headers_described(key, api.send("GET", path))


@pytest.mark.parametrize("key", sorted(OPERATIONS.keys() - WITHOUT_EXAMPLE))
def test_every_operation_has_a_real_answer_as_an_example(key: str) -> None:
    statuses = [example["status"] for example in RECORDED[key]]
    assert set(OPERATIONS[key].answers) & set(statuses)
    for example in RECORDED[key]:
        method, url = example["request"].split()
        check_described(method, url.partition("?")[0], example["status"], example["body"])


def test_the_examples_show_no_address_of_the_local_cloud() -> None:
    assert "https://BUCKET.s3.REGION.amazonaws.com/uploads/" in OPENAPI.read_text()
    for file in (EXAMPLES, OPENAPI, DOCS):
        assert "127.0.0.1" not in file.read_text(), "record rewrites them"


def test_what_is_not_described_is_noticed() -> None:
    body = {"id": "f" * 24}
    check_described("DELETE", "/photos/x", 202, body)
    for status, wrong in ((200, body), (202, {}), (202, body | {"more": 1}), (404, body)):
        with pytest.raises(Exception, match=r"GET|DELETE|required|unexpected|valid"):
            check_described("DELETE", "/photos/x", status, wrong)


def test_the_page_needs_no_scripts_and_nothing_from_elsewhere() -> None:
    text = Api().send("GET", "/docs")["body"]
    assert "<script" not in text
    addresses = set(re.findall(r"(?:src|href)=\"([^#\"]+)\"", text))
    assert addresses == {"./", "openapi.json", "page/docs.css", "page/icon.svg"}
    assert all(f'id="{name}"' in text for name in re.findall(r"href=\"#([^\"]+)\"", text))
    assert all(f"<code>{key}</code>" in text for key in OPERATIONS)


def test_a_large_answer_is_gzipped_for_those_who_take_it() -> None:
    api = Api()
    api.add(*(a_photo(f"uploads/{number}.jpg") for number in range(9)))
    plain = api.send("GET", "/search?type=Shirt")
    assert (plain["isBase64Encoded"], plain["headers"]["Vary"]) == (False, "Accept-Encoding")
    for accepted in ("gzip", "br, gzip;q=0.5", "deflate,gzip", "GZIP", "br, Gzip;Q=1"):
        answer = api.send("GET", "/search?type=Shirt", headers={"accept-encoding": accepted})
        assert answer["headers"]["Content-Encoding"] == "gzip"
        assert gzip.decompress(b64decode(answer["body"])).decode() == plain["body"]
    for refused in ("", "br", "gzip;q=0", "GZIP; Q=0.000"):
        assert api.send("GET", "/search?type=Shirt", headers={"accept-encoding": refused})["body"] == plain["body"]
    small = api.send("GET", "/search?type=Bag", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in small["headers"]


@pytest.mark.parametrize("url", ["/types", "/openapi.json", "/docs"])
def test_what_may_be_kept_is_not_sent_twice(url: str) -> None:
    api = Api()
    api.add(a_photo())
    first = api.send("GET", url)
    etag = first["headers"]["ETag"]
    assert "max-age" in first["headers"]["Cache-Control"]
    assert etag.startswith("W/")  # it is the same with and without gzip
    for known in (etag, f'"another", {etag}', etag.removeprefix("W/"), f'{etag[2:]},"another"', "*"):
        again = api.send("GET", url, headers={"if-none-match": known})
        assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", etag)
        assert again["headers"].get("Vary") == first["headers"].get("Vary")
    for another in ('"another"', "", 'W/"*"', etag.removeprefix("W/").strip('"')):
        assert api.send("GET", url, headers={"if-none-match": another})["statusCode"] == 200


@pytest.mark.parametrize("url", [f"/search?type={'x' * 900}", f"/photos/{'x' * 1000}", f"/{'x' * 900}"])
def test_a_large_problem_is_gzipped_too(url: str) -> None:
    api = Api()
    plain = api.send("GET", url)
    assert len(plain["body"]) > MIN_GZIP_BYTES
    answer = api.send("GET", url, headers={"accept-encoding": "gzip"})
    assert gzip.decompress(b64decode(answer["body"])).decode() == plain["body"]
    assert answer["headers"] == plain["headers"] | {"Content-Encoding": "gzip"}
    assert (answer["headers"]["Cache-Control"], answer["headers"]["Vary"]) == ("no-store", "Accept-Encoding")


def test_the_types_are_sent_again_once_they_are_others() -> None:
    api = Api()
    etag = api.send("GET", "/types")["headers"]["ETag"]
    api.add(a_photo())
    assert api.send("GET", "/types", headers={"if-none-match": etag})["statusCode"] == 200


@pytest.mark.parametrize("url", ["/search?type=Shirt", f"/photos/{a_photo().id}", "/health", "/search"])
def test_signed_addresses_and_problems_are_not_kept(url: str) -> None:
    api = Api()
    api.add(a_photo())
    headers: dict[str, Any] = api.send("GET", url)["headers"]
    assert headers["Cache-Control"] == "no-store"
    assert "ETag" not in headers
