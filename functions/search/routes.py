"""The HTTP routes, and the one table that turns exceptions into answers."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from photo_library.catalog.port import PhotoCatalog
from photo_library.errors import TransientError
from photo_library.photo import REASONS, Photo, photo_id
from photo_library.search import Facet, FacetName, Search, matched, score, words_of
from photo_library.type_graph.port import TypeGraph
from search import static
from search.api import OPERATIONS
from search.breaker import Breaker
from search.bucket import FORM_LIFETIME_S, Bucket
from search.changes import (
    NothingToCorrect,
    PhotoNotFound,
    correct,
    existing_photo,
    new_key,
    read_types_said,
    read_upload,
)
from search.packing import NOT_KEPT, packed
from search.parameters import (
    DEFAULT_OF_ONE,
    InvalidParameter,
    Query,
    check_names,
    read_choice,
    read_cursor,
    read_limit,
    read_min_probability,
    read_search,
    write_cursor,
)
from search.queries import count_facets, counts_by_type, find_photos, find_related, store_states

# Answers a request with its parameters and what stands in the braces of its path.
Answering = Callable[..., Response[str]]
RETRY_AFTER_S = 5
_FILES = Path(__file__).resolve().parent


def build_routes(
    catalog: PhotoCatalog, graph: TypeGraph, breaker: Breaker, bucket: Bucket, max_bytes: int
) -> APIGatewayHttpResolver:
    """The routes, answering from these stores; the breaker stands before the graph."""
    app = APIGatewayHttpResolver()
    app.use([_nothing_by_default])

    def route(key: str) -> Callable[[Answering], Answering]:
        """Have a function answer an operation's requests, after their parameters' names were checked."""
        operation, (method, path) = OPERATIONS[key], key.split()

        def register(answering: Answering) -> Answering:
            @app.route(re.sub(r"{(\w+)}", r"<\1_>", path), method)
            def answer(**in_path: str) -> Response[Any]:
                # Read from the URL: the event's own map joins several values with commas.
                query = parse_qs(app.current_event.raw_query_string, keep_blank_values=True)
                check_names(query, operation.parameters)
                return packed(answering(query, **in_path), operation.cache, app.current_event.headers)

            return answering

        return register

    @route("GET /search")
    def search(query: Query) -> Response[str]:
        wanted, limit = read_search(query), read_limit(query)
        with_facets = read_choice(query, "facets") == "true"
        answer = find_photos(catalog, graph, breaker, wanted, limit, after=read_cursor(query, wanted))
        page = answer.found
        return _json(
            {
                "type": wanted.types,
                "match": wanted.match,
                "not": wanted.unwanted,
                "min_probability": wanted.min_probability,
                **_filters(wanted),
                "sort": wanted.sort,
                "limit": limit,
                "backend": answer.backend,
                "photos": [_photo(photo, bucket) | _why(photo, wanted) for photo in page.photos],
                **({"next": write_cursor(page.end, wanted)} if page.end else {}),
                **({"facets": _facets(count_facets(catalog, wanted))} if with_facets else {}),
            }
        )

    @route("GET /photos/{id}")
    def photo(_: Query, id_: str) -> Response[str]:
        found = existing_photo(catalog, id_)
        return _json(_photo(found, bucket) | {"download_url": bucket.url(found, download=True)})

    @route("GET /photos/{id}/related")
    def related(query: Query, id_: str) -> Response[str]:
        limit = read_limit(query)
        answer = find_related(catalog, graph, breaker, existing_photo(catalog, id_), limit)
        photos = [
            _photo(other, bucket) | {"likeness": round(likeness.value, 4), "compared": likeness.by}
            for other, likeness in answer.found
        ]
        return _json({"id": id_, "limit": limit, "backend": answer.backend, "photos": photos})

    @route("DELETE /photos/{id}")
    def delete_photo(_: Query, id_: str) -> Response[str]:
        bucket.delete(existing_photo(catalog, id_))
        return _json({"id": id_}, HTTPStatus.ACCEPTED)  # the rest follows, by the event

    @route("PUT /photos/{id}/types")
    def correct_types(_: Query, id_: str) -> Response[str]:
        types = read_types_said(_body(app))
        return _json(_photo(correct(catalog, graph, breaker, id_, types), bucket))

    @route("POST /uploads")
    def begin_upload(_: Query) -> Response[str]:
        wanted = read_upload(_body(app), max_bytes)
        key = new_key(wanted)
        form = bucket.upload_form(key, wanted.content_type, wanted.title)
        return _json(
            {
                "id": photo_id(bucket.name, key),
                "key": key,
                "url": form.url,
                "fields": form.fields,
                "max_bytes": max_bytes,
                "expires_in": FORM_LIFETIME_S,
            },
            HTTPStatus.CREATED,
        )

    @route("GET /types")
    def types(query: Query) -> Response[str]:
        min_probability = read_min_probability(query, DEFAULT_OF_ONE)
        answer = counts_by_type(catalog, graph, breaker, min_probability)
        return _json(
            {
                "min_probability": min_probability,
                "backend": answer.backend,
                "types": [{"type": name} | asdict(count) for name, count in answer.found.items()],
            }
        )

    @route("GET /health")
    def health(_: Query) -> Response[str]:
        states = store_states(catalog, graph, breaker)
        stores = {name: asdict(state) for name, state in states.items()}
        if states["mongodb"].state == "down":
            return _unavailable(stores=stores)
        # Whether the queries of the graph work is more than whether it is there: the breaker knows.
        degraded = breaker.is_open or states["tigergraph"].state == "down"
        return _json(
            {
                "status": "degraded" if degraded else "ok",
                "backend": "mongodb" if degraded else "tigergraph",
                "stores": stores,
            }
        )

    @route("GET /openapi.json")
    def openapi(_: Query) -> Response[str]:
        return Response(HTTPStatus.OK, "application/json", (_FILES / "openapi.json").read_text())

    @route("GET /docs")
    def docs(_: Query) -> Response[str]:
        return Response(HTTPStatus.OK, "text/html; charset=utf-8", (_FILES / "docs.html").read_text())

    static.add_page(app, bucket.origin)

    def on(error: type[Exception]) -> Callable[[Callable[[Any], Response[str]]], object]:
        """Have a function say what is answered to an error."""

        def register(answering: Callable[[Any], Response[str]]) -> object:
            return app.exception_handler(error)(
                lambda raised: packed(answering(raised), NOT_KEPT, app.current_event.headers)
            )

        return register

    @on(InvalidParameter)
    def invalid_parameter(error: InvalidParameter) -> Response[str]:
        return _problem(HTTPStatus.BAD_REQUEST, str(error), parameter=error.parameter, allowed=error.allowed)

    @on(PhotoNotFound)
    def photo_not_found(error: PhotoNotFound) -> Response[str]:
        detail = f"No photo has the id {str(error)!r}."
        return _problem(HTTPStatus.NOT_FOUND, detail, parameter="id", allowed="the id of a photo: 24 hex digits")

    @on(NothingToCorrect)
    def nothing_to_correct(error: NothingToCorrect) -> Response[str]:
        return _problem(HTTPStatus.CONFLICT, str(error))

    @on(TransientError)
    def unavailable(_error: TransientError) -> Response[str]:
        return _unavailable()

    @on(NotFoundError)
    def no_route(_error: NotFoundError) -> Response[str]:
        return _nothing_there(app.current_event.http_method, app.current_event.path)

    return app


def _nothing_by_default(app: APIGatewayHttpResolver, go_on: NextMiddleware) -> Response[Any]:
    """What API Gateway took for no route of ours is none, whatever Powertools makes of it.

    The default route lets in whoever may read, and Powertools would take `delete` for DELETE.
    """
    if app.current_event.get("routeKey") == "$default":
        raise NotFoundError
    return go_on(app)


def _nothing_there(method: str, path: str) -> Response[str]:
    """Says which paths there are, or which methods this one takes."""
    methods = _methods(path)
    if not methods or method in methods:
        paths = sorted({key.split()[1] for key in OPERATIONS})
        return _problem(HTTPStatus.NOT_FOUND, f"There is nothing at {path}.", allowed=paths)
    allow: dict[str, str | list[str]] = {"Allow": ", ".join(methods)}
    if method == "OPTIONS":  # browsers want success of a preflight; what else they want to know API Gateway adds
        return Response(HTTPStatus.NO_CONTENT, None, "", allow)
    detail = f"{path} does not take {method}, but {' and '.join(methods)}."
    return _problem(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers=allow, allowed=methods)


def _methods(path: str) -> list[str]:
    """The methods that a path takes."""
    routes = [key.split() for key in (*OPERATIONS, *static.ROUTES)]
    patterns = [(method, re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))) for method, template in routes]
    return [method for method, pattern in patterns if re.fullmatch(pattern, path)]


def _body(app: APIGatewayHttpResolver) -> str | None:
    """The request's body; None where it is no text."""
    try:
        return app.current_event.decoded_body
    except ValueError:
        return None


def _filters(search: Search) -> dict[str, Any]:
    """The filters beside the types as they were understood; those that were not given are left out."""
    return {
        **({"color": search.colors} if search.colors else {}),
        **({"q": " ".join(search.words)} if search.words else {}),
        **({"from": search.since.isoformat()} if search.since else {}),
        **({"before": search.before.isoformat()} if search.before else {}),
        **({"untyped": True} if search.untyped else {}),
    }


def _facets(facets: Mapping[FacetName, Facet]) -> dict[str, Any]:
    return {name: {"exact": facet.exact, "photos": facet.photos} for name, facet in facets.items()}


def _why(photo: Photo, search: Search) -> dict[str, Any]:
    """The score of a photo that was found, to six digits, and what it was found for."""
    colors = [name for name in photo.colors if name in search.colors]
    words = [word for word in words_of(photo) if word.startswith(search.words)] if search.words else []
    return {
        "score": float(f"{score(search, photo.types):.6g}"),
        "matched": matched(search, photo.types),
        **({"matched_colors": colors} if colors else {}),
        **({"matched_words": words} if words else {}),
    }


def _photo(photo: Photo, bucket: Bucket) -> dict[str, Any]:
    """A photo as the API shows it; fields that do not apply are left out."""
    shown = {
        "id": photo.id,
        "title": photo.title,
        "status": photo.status,
        "types": dict(photo.types) if photo.status == "classified" else None,
        "types_source": photo.types_source if photo.status == "classified" else None,
        "colors": photo.colors or None,
        "reason": photo.reason,
        "detail": REASONS.get(photo.reason) if photo.reason else None,
        "size": photo.size,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "uploaded_at": photo.uploaded_at.isoformat(),
        "taken_at": photo.taken_at,
        "url": bucket.url(photo),
        "thumbnail_url": bucket.thumbnail_url(photo),
    }
    return {name: value for name, value in shown.items() if value is not None}


def _json(body: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    return Response(status, "application/json", json.dumps(body, ensure_ascii=False))


def _unavailable(**extra: Any) -> Response[str]:
    return _problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"The photos cannot be reached at the moment. Try again in {RETRY_AFTER_S} seconds.",
        headers={"Retry-After": str(RETRY_AFTER_S)},
        **extra,
    )


def _problem(
    status: HTTPStatus, detail: str, headers: dict[str, str | list[str]] | None = None, **extra: Any
) -> Response[str]:
    """Problem details for HTTP APIs, RFC 9457."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail} | extra
    return Response(
        status,
        "application/problem+json",
        # A name in a body can hold half a surrogate pair, which no answer can.
        json.dumps(body, ensure_ascii=False).encode(errors="replace").decode(),
        headers,
    )
