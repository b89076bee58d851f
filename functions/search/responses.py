"""What the API answers: JSON bodies, as operations.py describes them, and problem details for errors."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from photo_library.bucket.port import PhotoBucket
from photo_library.likeness import to_text
from photo_library.photo import REASONS, Photo, restorable_until
from photo_library.problems import CONTENT_TYPE, problem_body
from photo_library.search import Facet, FacetName, Search, matched, place, score, words_of
from search.phrases import quoted

RETRY_AFTER_S = 5
DISPLAY_COLORS: Mapping[str, str] = {
    "black": "#1f1f22",
    "white": "#f7f7f5",
    "grey": "#9a9a9e",
    "red": "#c93a3f",
    "orange": "#e8863a",
    "yellow": "#ecc94b",
    "green": "#4d9a5d",
    "blue": "#4573c4",
    "purple": "#8459b5",
    "pink": "#e796b4",
    "brown": "#8a6044",
}
"""How a client can display each of COLORS."""


def json_response(body: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """A JSON object as the answer."""
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False))


def problem(
    status: HTTPStatus, detail: str, headers: dict[str, str | list[str]] | None = None, **members: Any
) -> Response[str]:
    """Problem details for HTTP APIs (RFC 9457)."""
    return Response(status, CONTENT_TYPE, problem_body(status, detail, **members), headers)


def unavailable(**members: Any) -> Response[str]:
    """503, with the time to wait before the next try."""
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"Photos can't be loaded right now. Try again in {RETRY_AFTER_S} seconds.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
        **members,
    )


def photo_body(photo: Photo, bucket: PhotoBucket) -> dict[str, Any]:
    """A photo; fields that don't apply are left out."""
    until = restorable_until(photo)
    has_types = photo.status != "rejected" and photo.reason is None
    fields = {
        "id": photo.id,
        "title": photo.title,
        "status": photo.status,
        "types": dict(photo.types or photo.deleted_types) if has_types else None,
        "types_source": photo.types_source if has_types else None,
        "colors": photo.colors or None,
        "reason": photo.reason,
        "detail": REASONS.get(photo.reason) if photo.reason else None,
        "size": photo.size,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "uploaded_at": photo.uploaded_at.isoformat(),
        "taken_at": photo.taken_at,
        "deleted_at": photo.deleted_at and photo.deleted_at.isoformat(),
        "restorable_until": until and until.isoformat(),
        "truncated": photo.truncated or None,
        "url": bucket.url(photo),
        "thumbnail_url": bucket.thumbnail_url(photo),
        "preview_url": bucket.preview_url(photo),
    }
    return {name: value for name, value in fields.items() if value is not None}


def match_body(photo: Photo, search: Search) -> dict[str, Any]:
    """Why a search found a photo: its score, rounded to six digits, and the types, colours and words that matched."""
    colors = [name for name in photo.colors if name in search.colors]
    words = [word for word in words_of(photo) if word.startswith(search.words)] if search.words else []
    return {
        "score": float(f"{score(search, photo.types):.6g}"),
        "matched": matched(search, photo.types),
        **({"matched_colors": colors} if colors else {}),
        **({"matched_words": words} if words else {}),
        **likeness_body(photo, search),
    }


def likeness_body(photo: Photo, search: Search) -> dict[str, Any]:
    """How much a photo is like what the search looks for; nothing if it doesn't search by likeness."""
    return {"likeness": min(1.0, round(place(search, photo).rank, 4))} if search.like else {}


def search_body(search: Search) -> dict[str, Any]:
    """The search as it was understood; filters other than the types are left out if they were not given."""
    return {
        "type": search.types,
        "match": search.match,
        "not": [*search.unwanted, *search.unwanted_colors],
        "min_probability": search.min_probability,
        **({"color": search.colors} if search.colors else {}),
        **({"q": quoted(search.words)} if search.words else {}),
        **({"from": search.since.isoformat()} if search.since else {}),
        **({"before": search.before.isoformat()} if search.before else {}),
        **({"untyped": True} if search.untyped else {}),
        **({"duplicates": "hide"} if search.hide_duplicates else {}),
        **({"like": search.other_than or to_text(search.like)} if search.like else {}),
        **({"status": "rejected"} if search.status == "rejected" else {}),
        "sort": search.sort,
    }


def facets_body(facets: Mapping[FacetName, Facet]) -> dict[str, Any]:
    """The counts of each facet."""
    return {name: {"exact": facet.exact, "photos": facet.photos} for name, facet in facets.items()}
