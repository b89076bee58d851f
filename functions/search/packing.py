"""How an answer goes over the wire: gzipped where the caller takes that, and not at all where he has it already."""

import gzip
import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response

NOT_KEPT = "no-store"  # signed addresses, and what changes from one moment to the next
WORTH_PACKING = 1000  # bytes


def packed(answer: Response[str], cache: str, asked: Mapping[str, str]) -> Response[str]:
    """The answer to a request with the headers `asked`, to be kept by the caller as `cache` says."""
    content = (answer.body or "").encode()
    answer.headers["Cache-Control"] = cache
    if len(content) > WORTH_PACKING:
        answer.headers["Vary"] = "Accept-Encoding"
    if cache != NOT_KEPT:
        # Weak, since it is the same with and without gzip.
        answer.headers["ETag"] = etag = f'W/"{sha256(content).hexdigest()[:16]}"'
        if is_known(etag, asked):
            return Response(HTTPStatus.NOT_MODIFIED, answer.content_type, "", answer.headers)
    if len(content) > WORTH_PACKING and takes_gzip(asked.get("accept-encoding", "")):
        # Not by Powertools, which knows no GZIP in capitals.
        answer.headers["Content-Encoding"] = "gzip"
        answer.body, answer.base64_encoded = b64encode(gzip.compress(content, mtime=0)).decode(), True
    return answer


def is_known(etag: str, asked: Mapping[str, str]) -> bool:
    """Whether an If-None-Match names the ETag, weak or strong alike (RFC 9110, 13.1.2), or any."""
    known = asked.get("if-none-match", "")
    return known.strip() == "*" or etag.removeprefix("W/") in re.findall(r'"[^"]*"', known)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip without refusing it by q=0."""
    codings = (one.partition(";") for one in accepted.lower().split(","))
    weights = {coding.strip(): weight for coding, _, weight in codings}
    return "gzip" in weights and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weights["gzip"])
