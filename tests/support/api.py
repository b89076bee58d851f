"""The search function's routes, to be asked without a network."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import jsonschema

from photo_library.photo import Photo
from photo_library.type_graph.port import TypeGraph
from search.circuit_breaker import REST_S, CircuitBreaker
from search.handlers import Services
from search.library import Library
from search.operations import OPERATIONS, PROBLEM
from search.routes import build_routes
from tests.support.fakes import FakeCatalog, FakePhotoBucket, FakeTypeGraph

MAX_BYTES = 5_000_000


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Api:
    """The routes over a catalog in memory, and a type graph in memory unless another is given."""

    def __init__(
        self, graph: TypeGraph | None = None, rest_s: float = REST_S, bucket: FakePhotoBucket | None = None
    ) -> None:
        self.catalog, self.graph, self.bucket = FakeCatalog(), FakeTypeGraph(), bucket or FakePhotoBucket()
        self.waits = 0  # how often a request waited for the type graph
        library = Library(self.catalog, CircuitBreaker(graph or self.graph, rest_s=rest_s, timer=self._count_waits))
        self.sent: list[str] = []  # messages to the ingest queue
        self._routes = build_routes(Services(library, self.bucket, MAX_BYTES, self.sent.append))

    @contextmanager
    def _count_waits(self) -> Iterator[None]:
        self.waits += 1
        yield

    def add(self, *photos: Photo) -> None:
        self.catalog.write(photos)
        self.graph.write({photo.id: photo.types for photo in photos if photo.status == "classified"})

    def get(self, url: str) -> Answer:
        return self.ask("GET", url)

    def ask(self, method: str, url: str, body: Any = None) -> Answer:
        """Send a request; a body that is no text is sent as JSON."""
        answer = self.send(method, url, body)
        content = json.loads(answer["body"])
        check_described(method, url.partition("?")[0], answer["statusCode"], content)
        return Answer(answer["statusCode"], answer["headers"], content)

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        route: str | None = None,
    ) -> dict[str, Any]:
        """The same, with the answer as API Gateway gets it, which says which of its routes took the request."""
        path, _, query = url.partition("?")
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        text = body if body is None or isinstance(body, str) else json.dumps(body)
        event: Mapping[str, Any] = {
            "version": "2.0",
            "routeKey": route or f"{method} {path}",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": {name: ",".join(several) for name, several in values.items()},
            "headers": dict(headers or {}),
            "requestContext": {"http": {"method": method, "path": path}, "stage": "$default"},
            **({} if text is None else {"body": text, "isBase64Encoded": False}),
        }
        answer: dict[str, Any] = self._routes.resolve(event, None)  # type: ignore[arg-type]
        return answer


def check_described(method: str, path: str, status: int, body: Any) -> None:
    """Whether the table of operations says that this may be answered there."""
    for key, operation in OPERATIONS.items():
        pattern = re.escape(key).replace(r"\{id\}", "[^/]+").replace(r"\ ", " ")
        if re.fullmatch(pattern, f"{method} {path}"):
            assert status in (400, 503, *operation.problems, *operation.answers), (key, status, body)
            _validator(key, status).validate(body)
            return
    assert status in (404, 405)
    _validator(None, status).validate(body)


@cache
def _validator(key: str | None, status: int) -> jsonschema.Draft202012Validator:
    """For answers with this status of an operation, or for problems; the schema itself is checked only once."""
    schema = OPERATIONS[key].answers.get(status, PROBLEM) if key else PROBLEM
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
