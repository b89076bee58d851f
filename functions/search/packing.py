"""How an answer goes over the wire: gzipped where the caller takes that, and not at all where he has it already."""

import re
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
        if etag in re.split(r"\s*,\s*", asked.get("if-none-match", "")):
            return Response(HTTPStatus.NOT_MODIFIED, answer.content_type, "", answer.headers)
    if len(content) > WORTH_PACKING:
        answer.compress = takes_gzip(asked.get("accept-encoding", ""))  # by Powertools
    return answer


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip without refusing it by q=0."""
    weights = {coding.strip(): weight for coding, _, weight in (one.partition(";") for one in accepted.split(","))}
    return "gzip" in weights and not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weights["gzip"])
