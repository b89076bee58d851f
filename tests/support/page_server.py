"""The page and its API on a port of this machine, over stores in memory: a browser has all of it at once.

The routes, their answers and the page are the real ones. The bucket is the server itself: an upload is a photo as soon
as it has arrived, and a deleted photo is gone at once.
"""

import json
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import HTTP
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote_plus, urlsplit

from photo_library.bucket.port import Form, Restored
from photo_library.photo import Photo, photo_id
from tests.support.api import Api
from tests.support.examples import BUCKET as BUCKET_NAME
from tests.support.examples import a_photo, a_picture
from tests.support.fakes import FakePhotoBucket

BUCKET = "/bucket/"
OF_UPLOADS: dict[str, Any] = {"types": {"Shirt": 0.9}, "colors": ("blue",), "width": 60, "height": 80, "format": "PNG"}
# What a search without a result answers.
NO_PHOTOS: dict[str, Any] = {
    "type": [],
    "not": [],
    "match": "any",
    "total": {"photos": 0, "exact": True},
    "photos": [],
    "backend": "mongodb",
    "sort": "newest",
    "limit": 60,
    "min_probability": 0.5,
}


class _Bucket(FakePhotoBucket):
    """A bucket whose addresses are the server's; it hands deleted and restored photos to the library."""

    on_delete: Callable[[Photo], None]
    on_restore: Callable[[Photo], Restored]

    def url(self, photo: Photo, download: bool = False) -> str:
        return f"{self.origin}{BUCKET}{photo.key}{'?download' if download else ''}"

    def thumbnail_url(self, photo: Photo) -> str | None:
        return f"{self.origin}{BUCKET}{photo.key}?thumbnail"

    def upload_form(self, key: str, content_type: str, title: str | None, max_bytes: int) -> Form:
        return super().upload_form(key, content_type, title, max_bytes)._replace(url=self.origin + BUCKET)

    def delete(self, photo: Photo) -> None:
        super().delete(photo)
        self.on_delete(photo)

    def restore(self, photo: Photo) -> Restored:
        return self.on_restore(photo)


class PageServer:
    """The page over photos in memory."""

    def __init__(self) -> None:
        bucket = _Bucket()
        bucket.on_delete, bucket.on_restore = self.discard, self.restore
        self.api = Api(bucket=bucket)
        self.mended: set[str] = set()  # ids of rejected photos that can be read the next time
        self.picture = a_picture("PNG", size=(60, 80), color="#4573c4")
        self._lock = threading.Lock()  # Lambda hands a function one request at a time
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = bucket.origin = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Accept no further request."""
        self._server.shutdown()
        self._server.server_close()

    def add(self, *photos: Photo) -> None:
        """Have the library know these photos."""
        self.api.add(*photos)

    def discard(self, photo: Photo) -> None:
        """Delete a photo, as classify does once its object is gone; the bucket keeps the version."""
        kept: dict[str, Any] = {"deleted_types": photo.types, "deleted_at": datetime.now(UTC), "version_id": "v1"}
        self.api.catalog.photos[photo.id] = replace(photo, status="deleted", types={}, **kept)
        self.api.graph.types.pop(photo.id, None)

    def restore(self, photo: Photo) -> Restored:
        """Restore a deleted photo, as classify does with a copy of its object."""
        if photo.status != "deleted":
            return "exists"
        status: Literal["classified", "rejected"] = "rejected" if photo.reason else "classified"
        types, none = photo.deleted_types, dict[str, float]()
        self.add(replace(photo, status=status, types=types, deleted_types=none, deleted_at=None))
        return "restored"

    def answer(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> dict[str, Any]:
        """What the search function answers."""
        with self._lock:
            answer = self.api.send(method, url, body.decode() or None, headers)
            while self.api.sent:
                self.process(self.api.sent.pop())
            return answer

    def process(self, message: str) -> None:
        """Process a rejected photo again, as classify does with a message of the ingest queue."""
        key = unquote_plus(json.loads(message)["Records"][0]["s3"]["object"]["key"])
        photo = self.api.catalog.photos[photo_id(BUCKET_NAME, key)]
        photo = replace(photo, updated_at=photo.updated_at + timedelta(seconds=1))
        if photo.id in self.mended:
            photo = replace(photo, status="classified", reason=None, **OF_UPLOADS)
            self.api.graph.write({photo.id: photo.types})
        self.api.catalog.photos[photo.id] = photo

    def receive(self, content_type: str, body: bytes) -> None:
        """Take a form with a file, as S3 does; the file is classified at once."""
        form: Any = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in form.iter_parts()}
        fields = {name: part.get_payload(decode=True) for name, part in parts.items()}
        digest = md5(fields["file"], usedforsecurity=False).hexdigest()
        photo = a_photo(fields["key"].decode(), digest=digest, **OF_UPLOADS)
        if "title" in fields:
            photo = replace(photo, title=fields["title"].decode())
        if fields["file"] == b"no picture":
            photo = replace(photo, status="rejected", reason="unsupported_format", types={}, colors=())
        self.add(photo)


@contextmanager
def page_server() -> Iterator[PageServer]:
    """A server for the time of a test."""
    server = PageServer()
    yield server
    server.stop()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body leave in two writes
    site: PageServer

    def handle(self) -> None:
        with suppress(ConnectionError):  # of a page that was left
            super().handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not urlsplit(self.path).path.startswith(BUCKET):
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = self.site.answer(self.command, self.path, body, headers)
            content = (answer.get("body") or "").encode()
            data = b64decode(content) if answer.get("isBase64Encoded") else content
            self._send(answer["statusCode"], data, answer["headers"])
        elif self.command == "POST":
            self.site.receive(self.headers["Content-Type"], body)
            self._send(204, b"", {})
        else:
            self._send(200, self.site.picture, {"Content-Type": "image/png", "Cache-Control": "max-age=3600"})

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _handle

    def _send(self, status: int, data: bytes, headers: dict[str, Any]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- as the method is called
        """Log nothing."""
