"""Caching and compression of answers: Cache-Control, ETag and 304, gzip.

gzip is done here and not by Powertools, which ignores `gzip;q=0` and doesn't know `GZIP` (decision 111).
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

DO_NOT_STORE = "no-store"  # for signed URLs, and for what changes from one moment to the next
MIN_GZIP_BYTES = 1000


def with_caching(response: Response[str], cache_control: str, request_headers: Mapping[str, str]) -> Response[str]:
    """The response with its caching headers; 304 if the client has it already, gzipped if the client accepts that."""
    content = (response.body or "").encode()
    response.headers["Cache-Control"] = cache_control
    if len(content) > MIN_GZIP_BYTES:
        response.headers["Vary"] = "Accept-Encoding"
    if cache_control != DO_NOT_STORE:
        response.headers["ETag"] = etag = etag_of(content)
        if is_current(etag, request_headers):
            return Response(HTTPStatus.NOT_MODIFIED, response.content_type, "", response.headers)
    if len(content) > MIN_GZIP_BYTES and accepts_gzip(request_headers.get("accept-encoding", "")):
        response.headers["Content-Encoding"] = "gzip"
        response.body, response.base64_encoded = b64encode(gzip.compress(content, mtime=0)).decode(), True
    return response


def etag_of(content: bytes) -> str:
    """An ETag; a weak one, since it is the same with and without gzip."""
    return f'W/"{sha256(content).hexdigest()[:16]}"'


def is_current(etag: str, request_headers: Mapping[str, str]) -> bool:
    """Whether If-None-Match names the ETag, weak or strong (RFC 9110, 13.1.2), or any (*)."""
    known = request_headers.get("if-none-match", "")
    return known.strip() == "*" or etag.removeprefix("W/") in re.findall(r'"[^"]*"', known)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether Accept-Encoding names gzip and doesn't refuse it by q=0."""
    codings = (one.partition(";") for one in accept_encoding.lower().split(","))
    weights = {coding.strip(): weight for coding, _, weight in codings}
    return "gzip" in weights and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weights["gzip"])
