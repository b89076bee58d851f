"""Callers of the API, as the headers that they send: anonymous, with an AWS signature, or with a token."""

import functools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from joserfc import jwt
from joserfc.jwk import RSAKey

from infra.local.cloud import AWS_CREDENTIALS
from infra.local.template import REGION

AUDIENCE, PROVIDER = "the-page", "provider"
# (method, URL, the issuer's address) → headers
Caller = Callable[[str, str, str], dict[str, str]]


@functools.cache
def signing_key(_owner: str) -> RSAKey:
    """An owner's key, made when it is first needed. All have the same id."""
    return RSAKey.generate_key(parameters={"kid": "1"})


@contextmanager
def identity_provider() -> Iterator[str]:
    """The address of an OpenID provider that answers what an authorizer asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                {"keys": [signing_key(PROVIDER).as_dict(private=False)]}
                if "keys" in self.path
                else {"jwks_uri": f"{address}/keys.json"}
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


def anonymous(_method: str, _url: str, _issuer: str) -> dict[str, str]:
    return {}


def with_signature(secret: str = AWS_CREDENTIALS["AWS_SECRET_ACCESS_KEY"], path: str = "") -> Caller:
    def headers(method: str, url: str, _issuer: str) -> dict[str, str]:
        request = AWSRequest(method, url + path, data=b"")
        credentials = Credentials(AWS_CREDENTIALS["AWS_ACCESS_KEY_ID"], secret)
        SigV4Auth(credentials, "execute-api", REGION).add_auth(request)
        return dict(request.headers)

    return headers


def with_token(owner: str = PROVIDER, lifetime_s: int = 60, audience_claim: str = "aud", **claims: str) -> Caller:
    def headers(_method: str, _url: str, issuer: str) -> dict[str, str]:
        claims_sent = {"iss": issuer, audience_claim: AUDIENCE, "exp": int(time.time()) + lifetime_s} | claims
        return {"Authorization": f"Bearer {jwt.encode({'alg': 'RS256', 'kid': '1'}, claims_sent, signing_key(owner))}"}

    return headers
