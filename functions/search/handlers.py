"""One handler per operation: read the request, ask the library or the bucket, answer."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response

from photo_library.bucket.port import FORM_LIFETIME_S, PhotoBucket
from photo_library.events import reprocess_message, sequencer_after
from photo_library.formats import CONTENT_TYPES
from photo_library.photo import TYPES, photo_id, restorable_until
from photo_library.search import Search
from search.bodies import read_correction, read_title
from search.library import TRASH, CannotRestore, Library, NoLongerRestorable, PhotoNotFound
from search.parameters import (
    Query,
    read_choice,
    read_cursor,
    read_limit,
    read_min_probability,
    read_search,
    unknown_like,
    write_cursor,
)
from search.responses import (
    DISPLAY_COLORS,
    facets_body,
    json_response,
    likeness_body,
    match_body,
    photo_body,
    search_body,
    unavailable,
)
from search.uploads import new_key, read_upload

_FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Services:
    """What the handlers work with."""

    library: Library
    bucket: PhotoBucket
    max_photo_bytes: int
    send: Callable[[str], None]  # a message to the ingest queue; raises QueueUnavailable


class Request(NamedTuple):
    """A request whose parameters' names have been checked. `id` is the one in the path; `body` is None if not text."""

    query: Query
    body: str | None
    id: str


Handler = Callable[[Services, Request], Response[str]]


def search_photos(services: Services, request: Request) -> Response[str]:
    asked, limit = read_search(request.query), read_limit(request.query)
    with_facets = read_choice(request.query, "facets") == "true"
    search = asked.search
    if asked.like:
        try:
            search = services.library.alike(search, asked.like)
        except PhotoNotFound:
            raise unknown_like(asked.like) from None
    search = services.library.without_missing_words(search)
    answer = services.library.search(search, limit, after=read_cursor(request.query, search))
    page = answer.found
    ignored = [word for word in asked.search.words if word not in search.words]
    return json_response(
        search_body(search)
        | {
            **({"ignored": ignored} if ignored else {}),
            **({"corrected": asked.corrections} if asked.corrections else {}),
            "limit": limit,
            "backend": answer.backend,
            **({"compared": asdict(page.compared)} if page.compared else {}),
            "total": asdict(services.library.total(search, page)),
            "photos": [
                photo_body(one, services.bucket)
                | match_body(one, search)
                | ({"copies": page.copies[one.id]} if search.hide_duplicates else {})
                for one in page.photos
            ],
            **({"next": write_cursor(page.end, search)} if page.end else {}),
            **({"facets": facets_body(services.library.facets(search))} if with_facets else {}),
        }
    )


def show_photo(services: Services, request: Request) -> Response[str]:
    photo = services.library.photo(request.id)
    download_url = services.bucket.url(photo, download=True)
    duplicates = services.library.duplicates(photo)
    return json_response(
        photo_body(photo, services.bucket)
        | {"download_url": download_url, "updated_at": photo.updated_at.isoformat()}
        | ({"duplicates": duplicates} if duplicates else {})
    )


def related_photos(services: Services, request: Request) -> Response[str]:
    limit = read_limit(request.query)
    search = services.library.alike(Search(), request.id)
    answer = services.library.search(search, limit)
    page = answer.found
    photos = [photo_body(one, services.bucket) | likeness_body(one, search) for one in page.photos]
    compared = asdict(page.compared) if page.compared else None
    return json_response(
        {"id": request.id, "limit": limit, "backend": answer.backend, "compared": compared, "photos": photos}
    )


def delete_photo(services: Services, request: Request) -> Response[str]:
    photo = services.library.photo(request.id)
    services.bucket.delete(photo)  # S3's event makes classify delete the rest
    until = restorable_until(replace(photo, deleted_at=datetime.now(UTC)))
    return json_response(
        {"id": request.id, **({"restorable_until": until.isoformat()} if until else {})}, HTTPStatus.ACCEPTED
    )


def restore_photo(services: Services, request: Request) -> Response[str]:
    match services.bucket.restore(services.library.restorable_photo(request.id)):
        case "exists":
            raise CannotRestore("This photo exists: it was not deleted, or it was restored or uploaded again.")
        case "gone":
            raise NoLongerRestorable("The file of this photo was deleted for good.")
    return json_response({"id": request.id}, HTTPStatus.ACCEPTED)  # S3's event makes classify do the rest


def show_trash(services: Services, request: Request) -> Response[str]:
    limit = read_limit(request.query)
    page, total = services.library.trash(limit, after=read_cursor(request.query, TRASH))
    return json_response(
        {
            "limit": limit,
            "total": asdict(total),
            "photos": [photo_body(photo, services.bucket) for photo in page.photos],
            **({"next": write_cursor(page.end, TRASH)} if page.end else {}),
        }
    )


def retry_photo(services: Services, request: Request) -> Response[str]:
    photo = services.library.rejected_photo(request.id)
    services.send(reprocess_message(photo.bucket, photo.key, sequencer_after(photo.sequencer)))
    return json_response({"id": photo.id, "updated_at": photo.updated_at.isoformat()}, HTTPStatus.ACCEPTED)


def correct_types(services: Services, request: Request) -> Response[str]:
    photo = services.library.correct(request.id, read_correction(request.body))
    return json_response(photo_body(photo, services.bucket))


def change_title(services: Services, request: Request) -> Response[str]:
    photo = services.library.retitle(request.id, read_title(request.body))
    return json_response(photo_body(photo, services.bucket))


def begin_upload(services: Services, request: Request) -> Response[str]:
    upload = read_upload(request.body, services.max_photo_bytes)
    key = new_key(upload.name)
    form = services.bucket.upload_form(key, upload.content_type, upload.title, services.max_photo_bytes)
    return json_response(
        {
            "id": photo_id(services.bucket.name, key),
            "key": key,
            "url": form.url,
            "fields": form.fields,
            "max_bytes": services.max_photo_bytes,
            "expires_in": FORM_LIFETIME_S,
        },
        HTTPStatus.CREATED,
    )


def count_types(services: Services, request: Request) -> Response[str]:
    min_probability = read_min_probability(request.query)
    answer = services.library.type_counts(min_probability)
    types = [{"type": name} | asdict(count) for name, count in answer.found.items()]
    return json_response({"min_probability": min_probability, "backend": answer.backend, "types": types})


def show_library(services: Services, _: Request) -> Response[str]:
    colors = [{"name": name, "hex": hex_} for name, hex_ in DISPLAY_COLORS.items()]
    formats = {content_type: list(endings) for content_type, endings in CONTENT_TYPES.items()}
    return json_response({"types": TYPES, "colors": colors, "formats": formats, "max_bytes": services.max_photo_bytes})


def show_health(services: Services, _: Request) -> Response[str]:
    health = services.library.health()
    stores = {name: asdict(state) for name, state in health.stores.items()}
    if health.backend is None:
        return unavailable(stores=stores)
    status = "ok" if health.backend == "tigergraph" else "degraded"
    return json_response({"status": status, "backend": health.backend, "stores": stores})


def show_openapi(_services: Services, _request: Request) -> Response[str]:
    return Response(HTTPStatus.OK, "application/json", (_FOLDER / "openapi.json").read_text())


def show_docs(_services: Services, _request: Request) -> Response[str]:
    return Response(HTTPStatus.OK, "text/html; charset=utf-8", (_FOLDER / "docs.html").read_text())


HANDLERS: Mapping[str, Handler] = {
    "GET /search": search_photos,
    "GET /photos/{id}": show_photo,
    "GET /photos/{id}/related": related_photos,
    "DELETE /photos/{id}": delete_photo,
    "POST /photos/{id}/restore": restore_photo,
    "GET /trash": show_trash,
    "POST /photos/{id}/retry": retry_photo,
    "PUT /photos/{id}/types": correct_types,
    "PUT /photos/{id}/title": change_title,
    "POST /uploads": begin_upload,
    "GET /types": count_types,
    "GET /library": show_library,
    "GET /health": show_health,
    "GET /openapi.json": show_openapi,
    "GET /docs": show_docs,
}
