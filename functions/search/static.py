"""The page: static files, which stand beside this module and come from the API's own address."""

import gzip
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from search.packing import is_known, takes_gzip

ROUTES = ("GET /", "GET /page/{name}")
FILES = Path(__file__).resolve().parent / "page"
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class File(NamedTuple):
    """One file of the page, ready to be sent."""

    content: bytes
    gzipped: bytes
    kind: str
    etag: str


def add_page(app: APIGatewayHttpResolver, bucket_origin: str) -> None:
    """Add the page's routes. Its pictures come from the bucket, and its uploads go there."""
    headers = _headers(bucket_origin)

    @app.get("/")
    def page() -> Response[bytes]:
        return send("index.html")

    @app.get("/page/<name>")
    def file_of_page(name: str) -> Response[bytes]:
        return send(name)

    def send(name: str) -> Response[bytes]:
        file = page_file(name)
        if file is None:
            raise NotFoundError(name)
        asked = app.current_event.headers
        if is_known(file.etag, asked):
            return Response(HTTPStatus.NOT_MODIFIED, file.kind, None, headers | {"ETag": file.etag})
        if takes_gzip(asked.get("accept-encoding", "")):
            packed = {"ETag": file.etag, "Content-Encoding": "gzip"}
            return Response(HTTPStatus.OK, file.kind, file.gzipped, headers | packed)
        return Response(HTTPStatus.OK, file.kind, file.content, headers | {"ETag": file.etag})


def page_file(name: str) -> File | None:
    """A file of the page; None when it has none of that name."""
    path = {path.name: path for path in FILES.iterdir()}.get(name)
    return _ready(path) if path else None


@cache
def _ready(path: Path) -> File:
    content = path.read_bytes()
    etag = f'W/"{sha256(content).hexdigest()[:16]}"'  # weak, since it is the same with and without gzip
    return File(content, gzip.compress(content, mtime=0), _KINDS[path.suffix], etag)


def _headers(bucket_origin: str) -> dict[str, str]:
    """Headers that let the page do what it does and nothing else: no script but its own, no frame, no other address."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' {bucket_origin}",
        "connect-src": f"'self' {bucket_origin}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "no-referrer",  # the address says what is searched for
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",  # kept, and asked for again by its ETag
        "Vary": "Accept-Encoding",
    }
