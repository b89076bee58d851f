"""Scripts of other web pages: only those of the origins that CorsOrigins names may use the API."""

from collections.abc import Iterator

import pytest
import requests

from infra.local.authorizers import Authorizers
from infra.local.cloud import AWS_CREDENTIALS
from infra.local.http_api import HttpApi
from infra.local.template import Template
from tests.support.site import Site

OURS, ANOTHER = "https://photos.example.com", "https://elsewhere.example.com"


@pytest.fixture(scope="module")
def api(site: Site) -> Iterator[str]:
    template = Template(parameters={"ApiAccess": "iam", "CorsOrigins": f"https://first.example.com,{OURS}"})
    cors = template.properties("Api")["CorsConfiguration"]
    api = HttpApi(template.routes(), site.cloud.functions, Authorizers(template, AWS_CREDENTIALS), cors)
    yield api.url
    api.stop()


def preflight(api: str, origin: str) -> requests.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization",
    }
    return requests.options(f"{api}/photos/{'f' * 24}/types", headers=asked, timeout=30)


def test_a_preflight_needs_no_signature_and_says_what_may_be_asked(api: str) -> None:
    answer = preflight(api, OURS)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, OURS)
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"].split(",")
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].split(",")


def test_a_preflight_wants_a_signature_where_the_default_route_takes_it(api: str) -> None:
    """So the template has a route for preflights, as the developer guide of API Gateway says."""
    assert requests.options(f"{api}/", headers={"Origin": OURS}, timeout=30).status_code == 403


def test_another_origin_is_told_nothing(api: str) -> None:
    for answer in (preflight(api, ANOTHER), requests.get(f"{api}/types", headers={"Origin": ANOTHER}, timeout=30)):
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_every_answer_names_the_origin_refusals_too(api: str) -> None:
    for path in ("/types", "/nothing"):
        answer = requests.get(api + path, headers={"Origin": OURS}, timeout=30)
        assert answer.headers["Access-Control-Allow-Origin"] == OURS
        assert "etag" in answer.headers["Access-Control-Expose-Headers"]


def test_by_default_no_other_page_may_use_the_api(site: Site) -> None:
    assert "CorsConfiguration" not in Template().properties("Api")
    answer = requests.get(f"{site.cloud.api_url}/types", headers={"Origin": OURS}, timeout=30)
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
