"""The page's static files, in the folder `page` next to this module (decisions 101 and 111)."""

import gzip
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from search.http_caching import accepts_gzip, etag_of, is_current
from search.page_script import combine_modules

ROUTES = ("GET /", "GET /page/{name}")
FOLDER = Path(__file__).resolve().parent / "page"
SCRIPT = "scripts.js"  # all modules that the page starts with; they are files of their own, too
_CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class PageFile(NamedTuple):
    """One file of the page, ready to be sent."""

    content: bytes
    gzipped: bytes
    content_type: str
    etag: str


def add_page(app: APIGatewayHttpResolver, bucket_origin: str) -> None:
    """Add the page's routes. The page loads pictures from the bucket, and uploads to it."""
    headers = _headers(bucket_origin)

    @app.get("/")
    def index() -> Response[bytes]:
        return respond("index.html")

    @app.get("/page/<name>")
    def page_file(name: str) -> Response[bytes]:
        return respond(name)

    def respond(name: str) -> Response[bytes]:
        file = read_page_file(name)
        if file is None:
            raise NotFoundError(name)
        request_headers = app.current_event.headers
        sent = headers | {"ETag": file.etag}
        if is_current(file.etag, request_headers):
            return Response(HTTPStatus.NOT_MODIFIED, file.content_type, None, sent)
        if accepts_gzip(request_headers.get("accept-encoding", "")):
            return Response(HTTPStatus.OK, file.content_type, file.gzipped, sent | {"Content-Encoding": "gzip"})
        return Response(HTTPStatus.OK, file.content_type, file.content, sent)


def read_page_file(name: str) -> PageFile | None:
    """A file of the page, or its script; None if there is none of that name."""
    path = {path.name: path for path in (*FOLDER.iterdir(), FOLDER / SCRIPT)}.get(name)
    return _read(path) if path else None


@cache
def _read(path: Path) -> PageFile:
    content = combine_modules(FOLDER / "main.js").encode() if path.name == SCRIPT else path.read_bytes()
    return PageFile(content, gzip.compress(content, mtime=0), _CONTENT_TYPES[path.suffix], etag_of(content))


def _headers(bucket_origin: str) -> dict[str, str]:
    """Headers that allow the page what it needs and nothing else: only its own scripts, no frames, no other hosts."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        # data: is for the small picture that a search is made with, which is stored nowhere else
        "img-src": f"'self' data: {bucket_origin}",
        "connect-src": f"'self' {bucket_origin}",
        "manifest-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "Referrer-Policy": "no-referrer",  # the address contains the search
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",  # cached, but revalidated by its ETag
        "Vary": "Accept-Encoding",
    }
