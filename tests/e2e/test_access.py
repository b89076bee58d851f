"""Who may use the API: each visitor at each door, for each value of ApiAccess."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.doors import Doors
from infra.local.http_api import HttpApi
from infra.local.template import REGION, Route, Template
from tests.e2e.conftest import Site

OWN, OTHER = RSAKey.generate_key(parameters={"kid": "1"}), RSAKey.generate_key(parameters={"kid": "1"})
AUDIENCE = "the-page"
ROUTES = Template().routes()
# (method, URL, the issuer's address) → headers
Visitor = Callable[[str, str, str], dict[str, str]]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """An OpenID provider, as far as an authorizer asks it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                {"keys": [OWN.as_dict(private=False)]} if "keys" in self.path else {"jwks_uri": f"{address}/keys.json"}
            )
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def apis(site: Site, issuer: str) -> Iterator[dict[str, HttpApi]]:
    """The API as it is deployed with each ApiAccess, before the functions that run anyway."""
    apis = {}
    for access in ("iam", "jwt", "public"):
        template = Template(parameters={"ApiAccess": access, "JwtIssuer": issuer, "JwtAudience": f"other,{AUDIENCE}"})
        apis[access] = HttpApi(template.routes(), site.cloud.functions, Doors(template, AWS_CREDENTIALS))
    yield apis
    for api in apis.values():
        api.stop()


def nobody(_method: str, _url: str, _issuer: str) -> dict[str, str]:
    return {}


def signs(secret: str = AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"], path: str = "") -> Visitor:
    def headers(method: str, url: str, _issuer: str) -> dict[str, str]:
        request = AWSRequest(method, url + path, data=b"")
        credentials = Credentials(AWS_CREDENTIALS["AWS_ACCESS_KEY_ID"], secret)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return dict(request.headers)

    return headers


def bears(key: RSAKey = OWN, lifetime_s: int = 60, meant_for: str = "aud", **claims: str) -> Visitor:
    def headers(_method: str, _url: str, issuer: str) -> dict[str, str]:
        said = {"iss": issuer, meant_for: AUDIENCE, "exp": int(time.time()) + lifetime_s} | claims
        return {"Authorization": f"Bearer {jwt.encode({'alg': 'RS256', 'kid': '1'}, said, key)}"}

    return headers


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
    if access == "public" and route.method == "GET":
        return True
    return visitor in (("bears a token", "bears a token as Cognito's") if access == "jwt" else ("signs",))


@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.parametrize("access", ["iam", "jwt", "public"])
def test_each_door_opens_to_the_right_visitor_alone(
    apis: dict[str, HttpApi], issuer: str, access: str, visitor: str
) -> None:
    for route in ROUTES:
        url = f"{apis[access].url}{route.path.replace('{id}', '0' * 24)}"
        headers = VISITORS[visitor](route.method, url, issuer)
        status = requests.request(route.method, url, headers=headers, timeout=30).status_code
        if is_right(access, route, visitor):
            assert status not in (401, 403), route
        else:
            assert status == (401 if access == "jwt" else 403), route


def test_the_routes_answer_behind_their_doors(apis: dict[str, HttpApi], issuer: str) -> None:
    for access, visitor in (("iam", "signs"), ("jwt", "bears a token"), ("public", "nobody")):
        url = f"{apis[access].url}/search?type=Bag"
        answer = requests.get(url, headers=VISITORS[visitor]("GET", url, issuer), timeout=30)
        assert (answer.status_code, answer.json()["type"]) == (200, ["Bag"])
