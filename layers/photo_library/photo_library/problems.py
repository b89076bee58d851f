"""Problem details for HTTP APIs (RFC 9457): what every function that answers HTTP requests says about an error."""

import json
from http import HTTPStatus
from typing import Any

CONTENT_TYPE = "application/problem+json"
# As RFC 9110 calls them, and Python from 3.13 on.
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


def phrase(status: int) -> str:
    """The status in words."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def problem_body(status: int, detail: str, **members: Any) -> str:
    """A problem as JSON: what is wrong, and what to do, with further members such as `parameter` and `allowed`."""
    body = {"type": "about:blank", "title": phrase(status), "status": int(status), "detail": detail} | members
    # A name from a request's body may hold half a surrogate pair, which can't be encoded.
    return json.dumps(body, ensure_ascii=False).encode(errors="replace").decode()
