"""`POST /classify`: a picture in a request, and what it shows as the answer. Nothing is stored or logged of either.

size ─▶ bytes ─▶ decode ─▶ recognized ─▶ JSON
  └───────┴────────┴── a problem
"""

import base64
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from classify.image import Picture, decode
from classify.recognition import model_input, recognized
from classify.saved_model import SavedModel
from photo_library.errors import PhotoRejected
from photo_library.formats import CONTENT_TYPES, MAX_BYTES_IN_REQUEST, format_names
from photo_library.likeness import Look, to_text
from photo_library.photo import REASONS
from photo_library.problems import CONTENT_TYPE, problem_body

Answer = dict[str, Any]


def describe(
    event: Mapping[str, Any],
    model: SavedModel,
    min_probability: float,
    decode: Callable[[bytes], Picture] = decode,
) -> Answer:
    """Answer an HTTP API request (payload format 2.0) whose body is a picture."""
    if event.get("rawQueryString"):
        return _problem(HTTPStatus.BAD_REQUEST, "POST /classify has no parameters.", allowed=[])
    body = event.get("body") or ""
    if not body:
        return _problem(HTTPStatus.BAD_REQUEST, REASONS["empty"], parameter="body", reason="empty")
    if not event["isBase64Encoded"]:  # API Gateway took it for text, because its content type says so
        return _not_a_picture()
    size = len(body) // 4 * 3 - body[-2:].count("=")
    if size > MAX_BYTES_IN_REQUEST:
        return _too_large(size)
    try:
        picture = decode(base64.b64decode(body))
    except PhotoRejected as rejection:
        return _rejected(rejection.reason)
    (shows,) = recognized([model_input(picture, model)], model, min_probability)
    return _answer(
        HTTPStatus.OK,
        "application/json",
        json.dumps(
            {
                "types": shows.types,
                "colors": shows.colors,
                "embedding": to_text(Look(model.version, shows.look)),
                "format": picture.format,
                "width": picture.width,
                "height": picture.height,
            }
            | ({"truncated": True} if picture.truncated else {})
        ),
    )


def _rejected(reason: str) -> Answer:
    if reason == "unsupported_format":
        return _not_a_picture()
    return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, REASONS[reason], parameter="body", reason=reason)


def _not_a_picture() -> Answer:
    return _problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        f"The body must be a {format_names('or')} picture, sent with its content type and nothing around it.",
        parameter="body",
        allowed=list(CONTENT_TYPES),
        reason="unsupported_format",
    )


def _too_large(size: int) -> Answer:
    return _problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"This picture has {size:,} bytes; the limit is {MAX_BYTES_IN_REQUEST:,}. Make it smaller and send it again.",
        parameter="body",
        allowed={"maximum": MAX_BYTES_IN_REQUEST},
        reason="too_large",
    )


def _problem(status: int, detail: str, **members: Any) -> Answer:
    return _answer(status, CONTENT_TYPE, problem_body(status, detail, **members))


def _answer(status: int, content_type: str, body: str) -> Answer:
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": content_type, "Cache-Control": "no-store"},
        "body": body,
        "isBase64Encoded": False,
    }
