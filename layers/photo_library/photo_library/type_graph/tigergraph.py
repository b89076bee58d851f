"""The type graph: graph `photos` in TigerGraph, derived from the catalog.

    Photo(id) ──PHOTO_HAS_TYPE(probability)── PhotoType(name)

The client is pyTigerGraph. What it leaves open is closed here: TLS is verified, every request has a timeout,
passing failures are tried again, and an expired token is renewed.
"""

import json
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec, module_from_spec
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from photo_library.errors import TypeGraphUnavailable
from photo_library.metrics import Timer
from photo_library.search import NO_PHOTOS, Place, Search, TypeCount, nearby, score, shows, type_count
from photo_library.type_graph.port import TypesByPhoto


@contextmanager
def _without_init(package: str) -> Iterator[None]:
    """Modules of the package can be imported here one by one: its __init__.py, which imports all of them, is not run.

    pyTigerGraph's brings its asynchronous half, with aiohttp and httpx, which would be a sixth of a cold start.
    """
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]  # whoever imports the package itself gets all of it


with _without_init("pyTigerGraph"):
    from pyTigerGraph.common.exception import TigerGraphException
    from pyTigerGraph.pyTigerGraph import TigerGraphConnection

# `Type` is a reserved word since TigerGraph 3.8.
PHOTO, PHOTO_TYPE, PHOTO_HAS_TYPE = "Photo", "PhotoType", "PHOTO_HAS_TYPE"

_NO_SUCH_VERTEX = "601"

T = TypeVar("T")


class TigerGraph:
    """TypeGraph on TigerGraph."""

    def __init__(self, connection: TigerGraphConnection, secret: str, timer: Timer = nullcontext) -> None:
        self._connection = connection
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
        start = {"after_score": after.rank, "after_id": after.id} if after else {}
        places = self._query(
            "photos_by_types",
            {
                # As text, since a SET has no order: probabilities are multiplied in the order of the types.
                "type_names": json.dumps(search.types),
                "match_all": search.match == "all",
                "min_probability": search.min_probability,
                "unwanted": list(search.unwanted),
                "exclude_from": search.exclude_from,
                "page_size": limit,
            }
            | start,
            lambda row: _place(search, row),
        )
        # TigerGraph does not promise the order in which it prints a vertex set.
        return sorted(places, key=lambda place: (-place.rank, place.id))

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        rows = self._query(
            "type_counts",
            {"min_probability": min_probability},
            lambda row: (str(row["name"]), type_count(row["photos"], row["total"])),
        )
        return NO_PHOTOS | dict(rows)

    def related(self, types: Mapping[str, float], most: int) -> set[str]:
        wanted = [
            {"name": name, "probability": types[name], "most": share} for name, share in nearby(types, most).items()
        ]
        if not wanted:
            return set()
        return set(self._query("related_photos", {"wanted": json.dumps(wanted)}, lambda row: str(row["photo_id"])))

    def ids(self, after: str, limit: int) -> list[str]:
        return sorted(
            self._query("photo_ids", {"last_id": after, "page_size": limit}, lambda row: str(row["photo_id"]))
        )

    def _query(self, name: str, parameters: dict[str, Any], read: Callable[[dict[str, Any]], T]) -> list[T]:
        """Run an installed query that prints one vertex set; returns what `read` makes of each vertex's attributes."""
        results = self._call(lambda: self._connection.runInstalledQuery(name, parameters))
        try:
            (vertices,) = results[0].values()
            return [read(vertex["attributes"]) for vertex in vertices]
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise TypeGraphUnavailable(f"TigerGraph: {name} answered in another form: {str(results)[:200]}") from error

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
            # The client's own renewal sends the expired token along and is refused; forgetting it first works.
            self._connection.apiToken = ""
            self._connection._refresh_auth_headers()
            self._connection.getToken(self._secret)
            return request()
        except (TigerGraphException, requests.RequestException) as error:
            raise TypeGraphUnavailable(f"TigerGraph: {error}") from error
        except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            # What the client runs into on an answer that is JSON and of no form that it knows, such as a proxy's.
            raise TypeGraphUnavailable(f"TigerGraph: an answer in another form: {error!r}") from error


def connect_type_graph(
    host: str, graph: str, secret: str, *, timeout_s: float, retries: int, timer: Timer = nullcontext
) -> TigerGraph:
    """A type graph on the server at `host`; nothing is sent before the first call.

    `timeout_s` limits the connection and each wait for an answer; `retries` is how often a request is repeated after a
    transient failure; `timer` measures each request. Private certificate authorities are named by REQUESTS_CA_BUNDLE.
    """
    return TigerGraph(open_connection(host, graph, secret, timeout_s, retries), secret, timer)


def open_connection(host: str, graph: str, secret: str, timeout_s: float, retries: int) -> TigerGraphConnection:
    """The client itself, as connect_type_graph uses it, for what the functions never do: schema and queries."""
    excepthook = sys.excepthook  # the client replaces it by one that hides where an error came from
    connection = _Connection(timeout_s, retries, host=host, graphname=graph, gsqlSecret=secret)
    sys.excepthook = excepthook
    return connection


class _Connection(TigerGraphConnection):  # type: ignore[misc] # the client publishes no types
    """The client with TLS verified and a timeout on every request.

    By default it verifies no https host and waits for ever. Its sessions are one a thread, made on first use.
    """

    def __init__(self, timeout_s: float, retries: int, **options: Any) -> None:
        self._adapter_options = (timeout_s, retries)
        super().__init__(**options)
        self.verify = True
        self.customizeHeader(timeout=int(timeout_s * 1000), responseSize=32_000_000)

    @property
    def _session(self) -> requests.Session:
        session: requests.Session = super()._session
        if not isinstance(session.adapters["https://"], _PatientAdapter):
            adapter = _PatientAdapter(*self._adapter_options)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
        return session


class _PatientAdapter(HTTPAdapter):
    """Gives every request a timeout and repeats it after failures that pass. All our requests are idempotent."""

    def __init__(self, timeout_s: float, retries: int) -> None:
        self._timeout_s = timeout_s
        super().__init__(
            max_retries=Retry(
                total=retries,
                backoff_factor=0.2,
                status_forcelist=(408, 500, 502, 503, 504),
                allowed_methods=None,
                raise_on_status=False,
            )
        )

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        return super().send(request, **options | {"timeout": self._timeout_s})


def _place(search: Search, row: Mapping[str, Any]) -> Place:
    """Where a printed photo stands. Raises ValueError when it does not show what was asked for."""
    # Probabilities as they were stored, should TigerGraph print more digits than that.
    types = {name: round(probability, 4) for name, probability in row["shown"].items()}
    if not shows(search, types):
        raise ValueError(f"a photo with {types}")
    return Place(str(row["photo_id"]), score(search, types))


def _may_be_expired_token(error: TigerGraphException | requests.HTTPError) -> bool:
    # GSQL's endpoints refuse a token without giving a code; renewing once too often does no harm.
    if isinstance(error, requests.HTTPError):
        return bool(error.response.status_code == requests.codes.unauthorized)
    return error.code in (None, "REST-10016")
