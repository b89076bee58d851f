"""A pyTigerGraph connection with what the library leaves open: verified TLS, a timeout and retries on every request.

The library has no public place for the last two, so its private property `_session` is overridden here, and nothing
else (decision 130). Two side effects of the library are undone: importing the package also imports its asynchronous
half (decision 38), and creating a connection replaces sys.excepthook by one that hides tracebacks.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry


@contextmanager
def _without_init(package: str) -> Iterator[None]:
    """Modules of the package can be imported here one by one, without running its __init__.py.

    pyTigerGraph's imports its asynchronous half, with aiohttp and httpx, which takes a sixth of a cold start.
    """
    spec = find_spec(package)
    if spec is None or package in sys.modules:
        yield
        return
    sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[package]  # importing the package itself still runs its __init__.py


with _without_init("pyTigerGraph"):
    from pyTigerGraph.common.exception import TigerGraphException
    from pyTigerGraph.pyTigerGraph import TigerGraphConnection

__all__ = ["TigerGraphConnection", "TigerGraphException", "open_connection"]


def open_connection(host: str, graph: str, secret: str, timeout_s: float, retries: int) -> TigerGraphConnection:
    """A connection to the server at `host`; nothing is sent before the first call.

    `timeout_s` bounds connecting and each wait for an answer; `retries` is how often a request is repeated after a
    transient failure. REQUESTS_CA_BUNDLE names private certificate authorities, as for requests.
    """
    excepthook = sys.excepthook
    try:
        return _Connection(timeout_s, retries, host=host, graphname=graph, gsqlSecret=secret)
    finally:
        sys.excepthook = excepthook


class _Connection(TigerGraphConnection):  # type: ignore[misc] # the library publishes no types
    """A connection whose sessions, one for each thread, have a timeout and retries."""

    def __init__(self, timeout_s: float, retries: int, **options: Any) -> None:
        self._adapter_options = (timeout_s, retries)
        super().__init__(**options)
        self.verify = True  # the default for https is False
        self.customizeHeader(timeout=int(timeout_s * 1000), responseSize=32_000_000)

    @property
    def _session(self) -> requests.Session:
        session: requests.Session = super()._session
        if not isinstance(session.adapters["https://"], _TimeoutAdapter):
            adapter = _TimeoutAdapter(*self._adapter_options)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
        return session


class _TimeoutAdapter(HTTPAdapter):
    """Gives every request a timeout, and repeats it after transient failures: all our requests are idempotent."""

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
