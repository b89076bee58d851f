"""Who may use a route, checked as API Gateway does: by a request's signature (AWS_IAM) or by its token (JWT)."""

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from infra.local.template import REGION, Template

_SIGNATURE = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/([^/]+)/execute-api/aws4_request), ?"
    r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})"
)
_CLOCK_SKEW = timedelta(minutes=5)


class Refused(Exception):
    """The caller may not use the route."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Authorizers:
    """The template's authorizers, for callers with these AWS credentials."""

    def __init__(self, template: Template, credentials: Mapping[str, str]) -> None:
        self._credentials = Credentials(credentials["AWS_ACCESS_KEY_ID"], credentials["AWS_SECRET_ACCESS_KEY"])
        for name in template.of_type("AWS::ApiGatewayV2::Authorizer"):
            accepted = template.properties(name)["JwtConfiguration"]
            self._issuer, self._audience = accepted["Issuer"], accepted["Audience"]

    def check(self, access: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Refused unless the request may use a route with this access; header names are in lower case."""
        match access:
            case "AWS_IAM":
                if not self._signed(method, target, headers, body):
                    raise Refused(403, "Forbidden")
            case "JWT":
                if not self._holds_token(headers):
                    raise Refused(401, "Unauthorized")
            case _:
                assert access == "NONE", access  # noqa: S101

    def _signed(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> bool:
        given = _SIGNATURE.fullmatch(headers.get("authorization", ""))
        date = headers.get("x-amz-date", "")
        if not given or not re.fullmatch(r"\d{8}T\d{6}Z", date):
            return False
        key, scope, region, names, signature = given.groups()
        signed = {name: headers[name] for name in names.split(";") if name in headers}
        if key != self._credentials.access_key or region != REGION or "host" not in signed:
            return False
        if abs(datetime.now(UTC) - datetime.strptime(f"{date}+0000", "%Y%m%dT%H%M%SZ%z")) > _CLOCK_SKEW:
            return False
        request: Any = AWSRequest(method, f"http://{headers['host']}{target}", signed, body)
        request.context["timestamp"] = date
        auth: Any = SigV4Auth(self._credentials, "execute-api", REGION)
        right = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        return scope.startswith(date[:8]) and hmac.compare_digest(right, signature)

    def _holds_token(self, headers: Mapping[str, str]) -> bool:
        text = headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims: dict[str, Any] = jwt.decode(text, self._keys, algorithms=["RS256"]).claims
            jwt.JWTClaimsRegistry(iss={"essential": True, "value": self._issuer}, exp={"essential": True}).validate(
                claims
            )
        except (JoseError, ValueError):
            return False
        meant_for: str | list[str] = claims.get("aud", claims.get("client_id", ""))
        return not set(self._audience).isdisjoint([meant_for] if isinstance(meant_for, str) else meant_for)

    @cached_property
    def _keys(self) -> KeySet:
        """The issuer's keys, found as OpenID Connect says."""
        described = requests.get(f"{self._issuer}/.well-known/openid-configuration", timeout=5).json()
        return KeySet.import_key_set(requests.get(described["jwks_uri"], timeout=5).json())
