"""The type graph in TigerGraph: the graph `photos`, derived from the catalog.

Photo(id) ──PHOTO_HAS_TYPE(probability)── PhotoType(name)
"""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from decimal import ROUND_CEILING, Decimal
from typing import Any, TypeVar

import requests

from photo_library.errors import TypeGraphUnavailable
from photo_library.metrics import Timer
from photo_library.search import NO_PHOTOS, Place, Search, TypeCount, score, shows, type_count
from photo_library.type_graph.connection import TigerGraphConnection, TigerGraphException, open_connection
from photo_library.type_graph.port import TypesByPhoto

# `Type` is a reserved word since TigerGraph 3.8.
PHOTO, PHOTO_TYPE, PHOTO_HAS_TYPE = "Photo", "PhotoType", "PHOTO_HAS_TYPE"

_NO_SUCH_VERTEX = "601"

T = TypeVar("T")


class TigerGraph:
    """TypeGraph on TigerGraph. `connect` makes a connection, which sends nothing yet."""

    def __init__(self, connect: Callable[[], TigerGraphConnection], secret: str, timer: Timer = nullcontext) -> None:
        self._connect = connect
        self._connection = connect()
        self._secret = secret
        self._timer = timer

    def ping(self) -> None:
        self._translated(self._connection.echo)  # not timed: the first one at a start is mostly TLS

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        if not types:
            return
        edges = {
            photo_id: {
                PHOTO_HAS_TYPE: {PHOTO_TYPE: {name: {"probability": {"value": value}} for name, value in found.items()}}
            }
            for photo_id, found in types.items()
            if found
        }
        names = {name: dict[str, Any]() for found in types.values() for name in found}
        body: dict[str, Any] = {
            "vertices": {PHOTO: {photo_id: {} for photo_id in types}} | ({PHOTO_TYPE: names} if names else {})
        }
        if edges:
            body["edges"] = {PHOTO: edges}
        self._call(lambda: self._connection.upsertData(body, atomic=True))
        for photo_id in types.keys() - set(new):
            for name in self.types_of(photo_id).keys() - types[photo_id].keys():
                self._delete_edge(photo_id, name)

    def _delete_edge(self, photo_id: str, name: str) -> None:
        self._call(lambda: self._connection.delEdges(PHOTO, photo_id, PHOTO_HAS_TYPE, PHOTO_TYPE, name))

    def remove(self, photo_ids: Collection[str]) -> None:
        if photo_ids:
            self._call(lambda: self._connection.delVerticesById(PHOTO, list(photo_ids)))

    def types_of(self, photo_id: str) -> dict[str, float]:
        try:
            edges = self._call(lambda: self._connection.getEdges(PHOTO, photo_id, PHOTO_HAS_TYPE, PHOTO_TYPE))
        except TypeGraphUnavailable as error:
            if getattr(error.__cause__, "code", None) == _NO_SUCH_VERTEX:
                return {}
            raise
        return {edge["to_id"]: edge["attributes"]["probability"] for edge in edges}

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Place]:
        places = self._query(
            "photos_by_types",
            {
                # As text, since a SET has no order: probabilities are multiplied in the order of the types.
                "type_names": json.dumps(search.types),
                "match_all": search.match == "all",
                "min_probability": _four_decimals(search.min_probability),
                "unwanted": list(search.unwanted),
                "exclude_from": _four_decimals(search.exclude_from),
                "page_size": limit,
                # As text, since a score may be so small that JSON would give it an exponent.
                "after": json.dumps({"score": after.rank, "id": after.id}) if after else "",
            },
            lambda row: _place(search, row),
        )
        # TigerGraph does not promise the order in which it prints a vertex set.
        return sorted(places, key=lambda place: (-place.rank, place.id))

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        rows = self._query(
            "type_counts",
            {"min_probability": _four_decimals(min_probability)},
            lambda row: (str(row["name"]), type_count(row["photos"], row["total"])),
        )
        return NO_PHOTOS | dict(rows)

    def ids(self, after: str, limit: int) -> list[str]:
        return sorted(
            self._query("photo_ids", {"last_id": after, "page_size": limit}, lambda row: str(row["photo_id"]))
        )

    def _query(self, name: str, parameters: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> list[T]:
        """Run an installed query that prints one vertex set, and `read` each vertex's attributes."""
        results = self._call(lambda: self._connection.runInstalledQuery(name, parameters))
        try:
            (vertices,) = results[0].values()
            return [read(vertex["attributes"]) for vertex in vertices]
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise TypeGraphUnavailable(f"TigerGraph: unexpected answer from {name}: {str(results)[:200]}") from error

    def _call(self, request: Callable[[], T]) -> T:
        with self._timer():
            return self._translated(request)

    def _translated(self, request: Callable[[], T]) -> T:
        try:
            try:
                return request()
            except (TigerGraphException, requests.HTTPError) as error:
                if not _may_be_expired_token(error):
                    raise
            # The library's own renewal sends the expired token along and is refused; a new connection has none.
            self._connection = self._connect()
            self._connection.getToken(self._secret)
            return request()
        except (TigerGraphException, requests.RequestException) as error:
            raise TypeGraphUnavailable(f"TigerGraph: {error}") from error
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            # The library fails like this on JSON that it does not expect, such as a proxy's.
            raise TypeGraphUnavailable(f"TigerGraph: unexpected answer: {error!r}") from error


def connect_type_graph(
    host: str, graph: str, secret: str, *, timeout_s: float, retries: int, timer: Timer = nullcontext
) -> TigerGraph:
    """A type graph on the server at `host`, with the options of open_connection; `timer` measures each request."""
    return TigerGraph(lambda: open_connection(host, graph, secret, timeout_s, retries), secret, timer)


def _four_decimals(bound: float) -> float:
    """The lowest number with four decimals that is not below a bound: the same photos reach it, as theirs have four.

    Without it, a bound below 0.0001 would be sent with an exponent, which TigerGraph does not take for a DOUBLE.
    """
    return float(Decimal(repr(bound)).quantize(Decimal("0.0001"), ROUND_CEILING))


def _place(search: Search, row: Mapping[str, Any]) -> Place:
    """The place of a printed photo. Raises ValueError when it does not match the search."""
    # Rounded as they were stored, in case TigerGraph prints more digits.
    types = {name: round(probability, 4) for name, probability in row["shown"].items()}
    if not shows(search, types):
        raise ValueError(f"a photo with {types}")
    return Place(str(row["photo_id"]), score(search, types))


def _may_be_expired_token(error: TigerGraphException | requests.HTTPError) -> bool:
    # GSQL's endpoints refuse a token without a code; renewing once too often does no harm.
    if isinstance(error, requests.HTTPError):
        return bool(error.response.status_code == requests.codes.unauthorized)
    return error.code in (None, "REST-10016")
