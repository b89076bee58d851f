"""Who may use the API: each caller on each route, for each value of ApiAccess."""

from collections.abc import Iterator

import jsonschema
import pytest
import requests

from infra.local.authorizers import Authorizers
from infra.local.cloud import AWS_CREDENTIALS
from infra.local.http_api import HttpApi
from infra.local.template import DEFAULT_ROUTE, Route, Template
from search import page_files
from search.operations import REFUSAL
from tests.support.callers import AUDIENCE, Caller, anonymous, with_signature, with_token
from tests.support.site import Site

ROUTES = Template().routes()

# What the page needs before its user has entered a token.
PAGE = (*page_files.ROUTES, "GET /library")


@pytest.fixture(scope="module")
def apis(site: Site, issuer: str) -> Iterator[dict[str, HttpApi]]:
    """The API as it is deployed with each ApiAccess, before the functions that run anyway."""
    apis = {}
    for access in ("iam", "jwt", "public"):
        template = Template(parameters={"ApiAccess": access, "JwtIssuer": issuer, "JwtAudience": f"other,{AUDIENCE}"})
        apis[access] = HttpApi(template.routes(), site.cloud.functions, Authorizers(template, AWS_CREDENTIALS))
    yield apis
    for api in apis.values():
        api.stop()


CALLERS: dict[str, Caller] = {
    "anonymous": anonymous,
    "signature": with_signature(),
    "signature with a wrong secret": with_signature(secret="stolen"),
    "signature of another path": with_signature(path="x"),
    "token": with_token(),
    "token as Cognito's": with_token(audience_claim="client_id"),
    "token signed by another key": with_token("somebody else"),
    "expired token": with_token(lifetime_s=-1),
    "token of another issuer": with_token(iss="https://elsewhere"),
    "token for another audience": with_token(aud="else"),
    "text that is not a token": lambda *_: {"Authorization": "Bearer nonsense"},
}


def is_allowed(access: str, route: Route, caller: str) -> bool:
    """The rule that README states."""
    reads = route.key.startswith(("GET ", DEFAULT_ROUTE, "POST /classify")) and route.key != "GET /trash"
    if (access == "public" and reads) or (access != "iam" and route.key in PAGE):
        return True
    return caller in (("token", "token as Cognito's") if access == "jwt" else ("signature",))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("access", ["iam", "jwt", "public"])
def test_each_route_is_open_to_the_right_callers_only(
    apis: dict[str, HttpApi], issuer: str, access: str, caller: str
) -> None:
    for route in ROUTES:
        method, path = ["PATCH", "/search"] if route.key == DEFAULT_ROUTE else route.key.split()
        url = f"{apis[access].url}{path.replace('{id}', '0' * 24).replace('{name}', 'main.js')}"
        headers = CALLERS[caller](method, url, issuer)
        answer = requests.request(method, url, headers=headers, timeout=30)
        status = answer.status_code
        if is_allowed(access, route, caller):
            assert status not in (401, 403), route
        else:
            assert status == (401 if access == "jwt" else 403), route
            jsonschema.validate(answer.json(), REFUSAL)


def test_allowed_callers_get_an_answer(apis: dict[str, HttpApi], issuer: str) -> None:
    for access, caller in (("iam", "signature"), ("jwt", "token"), ("public", "anonymous")):
        url = f"{apis[access].url}/search?type=Bag"
        answer = requests.get(url, headers=CALLERS[caller]("GET", url, issuer), timeout=30)
        assert (answer.status_code, answer.json()["type"]) == (200, ["Bag"])
