"""The search function's routes, to be asked without a network."""

import json
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from photo_library.photos import Photo
from photo_library.type_graph import TypeGraph
from search.breaker import REST_S, Breaker
from search.routes import build_routes
from tests.fakes import FakeCatalog, FakeTypeGraph


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: Any


class Api:
    """The routes over a catalog in memory, and a type graph in memory unless another is given."""

    def __init__(self, graph: TypeGraph | None = None, rest_s: float = REST_S) -> None:
        self.catalog, self.graph = FakeCatalog(), FakeTypeGraph()
        self._routes = build_routes(
            self.catalog, graph or self.graph, Breaker(rest_s=rest_s), lambda photo: f"https://signed/{photo.key}"
        )

    def add(self, *photos: Photo) -> None:
        self.catalog.write(photos)
        self.graph.write({photo.id: photo.types for photo in photos if photo.status == "classified"})

    def get(self, url: str) -> Answer:
        path, _, query = url.partition("?")
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": {name: ",".join(several) for name, several in values.items()},
            "headers": {},
            "requestContext": {"http": {"method": "GET", "path": path}, "stage": "$default"},
        }
        answer = self._routes.resolve(event, None)  # type: ignore[arg-type]
        return Answer(answer["statusCode"], answer["headers"], json.loads(answer["body"]))
