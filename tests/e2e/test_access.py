"""Who may use the API: each visitor at each door, for each value of ApiAccess."""

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
from tests.support.site import Site
from tests.support.visitors import AUDIENCE, OTHER, Visitor, bears, nobody, signs

ROUTES = Template().routes()

# What the page needs before a visitor has a token.
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


VISITORS: dict[str, Visitor] = {
    "nobody": nobody,
    "signs": signs(),
    "signs with a wrong secret": signs(secret="stolen"),
    "signed something else": signs(path="x"),
    "bears a token": bears(),
    "bears a token as Cognito's": bears(meant_for="client_id"),
    "bears another's token": bears(OTHER),
    "bears an old token": bears(lifetime_s=-1),
    "bears a token of another issuer": bears(iss="https://elsewhere"),
    "bears a token for somebody else": bears(aud="else"),
    "bears nonsense": lambda *_: {"Authorization": "Bearer nonsense"},
}


def is_right(access: str, route: Route, visitor: str) -> bool:
    """Whether the visitor is to be let in: the rule that README states."""
    reads = route.key.startswith(("GET ", DEFAULT_ROUTE))
    if (access == "public" and reads) or (access != "iam" and route.key in PAGE):
        return True
    return visitor in (("bears a token", "bears a token as Cognito's") if access == "jwt" else ("signs",))


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("access", ["iam", "jwt", "public"])
def test_each_door_opens_to_the_right_visitor_alone(
    apis: dict[str, HttpApi], issuer: str, access: str, visitor: str
) -> None:
    for route in ROUTES:
        method, path = ["PATCH", "/search"] if route.key == DEFAULT_ROUTE else route.key.split()
        url = f"{apis[access].url}{path.replace('{id}', '0' * 24).replace('{name}', 'main.js')}"
        headers = VISITORS[visitor](method, url, issuer)
        answer = requests.request(method, url, headers=headers, timeout=30)
        status = answer.status_code
        if is_right(access, route, visitor):
            assert status not in (401, 403), route
        else:
            assert status == (401 if access == "jwt" else 403), route
            jsonschema.validate(answer.json(), REFUSAL)


def test_the_routes_answer_behind_their_doors(apis: dict[str, HttpApi], issuer: str) -> None:
    for access, visitor in (("iam", "signs"), ("jwt", "bears a token"), ("public", "nobody")):
        url = f"{apis[access].url}/search?type=Bag"
        answer = requests.get(url, headers=VISITORS[visitor]("GET", url, issuer), timeout=30)
        assert (answer.status_code, answer.json()["type"]) == (200, ["Bag"])
