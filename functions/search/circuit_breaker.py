"""A circuit breaker: searches don't wait for a type graph that doesn't answer (decision 55).

    closed ──an error, or no answer within deadline_s──▶ open ──a request in the background succeeds──▶ closed

While it is open, requests are refused at once. Every rest_s, one of them is sent anyway, in the background, where
nobody waits for it: the first one to succeed closes the circuit.
"""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

from photo_library.errors import TypeGraphUnavailable
from photo_library.metrics import Timer
from photo_library.search import Place, Search, TypeCount
from photo_library.type_graph.port import TypeGraph, TypesByPhoto

# Unless a deployment chooses another: a search is answered within 1.5 s even if the graph fails.
DEADLINE_S = 1.0
REST_S = 5.0

T = TypeVar("T")


class CircuitBreaker:
    """A TypeGraph that passes requests on to another one, one at a time as Lambda sends them.

    `timer` measures how long each request was waited for.
    """

    def __init__(
        self, graph: TypeGraph, deadline_s: float = DEADLINE_S, rest_s: float = REST_S, timer: Timer = nullcontext
    ) -> None:
        self._graph = graph
        self._deadline_s, self._rest_s, self._timer = deadline_s, rest_s, timer
        # One thread, so that a second request isn't sent to a graph that hangs; the client's connection lives in it.
        self._worker = ThreadPoolExecutor(1, "type-graph")
        self._pending: Future[Any] | None = None
        self._resting_since = 0.0
        self._frozen_s = 0.0
        self.is_open = False
        self.failures = 0  # requests that failed or were refused

    def warm_up(self) -> None:
        """Open the graph's connection in the background; the first request is sent after it, in the same thread."""
        self._worker.submit(self._graph.ping)

    def ping(self) -> None:
        """Ask TigerGraph for a sign of life, even while the circuit is open."""
        self._wait_for(self._graph.ping)

    def write(self, types: TypesByPhoto, new: Collection[str] = ()) -> None:
        self.call(lambda graph: graph.write(types, new))

    def remove(self, photo_ids: Collection[str]) -> None:
        self.call(lambda graph: graph.remove(photo_ids))

    def types_of(self, photo_id: str) -> dict[str, float]:
        return self.call(lambda graph: graph.types_of(photo_id))

    def search(self, search: Search, limit: int, after: Place | None = None) -> list[Place]:
        return self.call(lambda graph: graph.search(search, limit, after))

    def type_counts(self, min_probability: float) -> dict[str, TypeCount]:
        return self.call(lambda graph: graph.type_counts(min_probability))

    def ids(self, after: str, limit: int) -> list[str]:
        return self.call(lambda graph: graph.ids(after, limit))

    def call(self, request: Callable[[TypeGraph], T]) -> T:
        """The result of a request, which may take several steps: the deadline is for all of them.

        Raises TypeGraphUnavailable, at once while the circuit is open.
        """
        if self.is_open:
            self.failures += 1
            self._probe(request)
            raise TypeGraphUnavailable("TigerGraph: not asked, because it failed a moment ago")
        try:
            return self._wait_for(partial(request, self._graph))
        except TypeGraphUnavailable:
            self.failures += 1
            self.is_open, self._resting_since = True, time.monotonic()
            raise

    def resume_after(self, frozen_s: float) -> None:
        """Tell the breaker that Lambda froze the function: a request under way could not use that time."""
        self._frozen_s += frozen_s

    def _wait_for(self, request: Callable[[], T]) -> T:
        if self._is_busy():
            raise TypeGraphUnavailable("TigerGraph: an earlier request has not been answered yet")
        with self._timer():
            self._pending = pending = self._worker.submit(request)
            try:
                return pending.result(self._deadline_s)
            except TimeoutError as error:
                raise TypeGraphUnavailable(f"TigerGraph: no answer within {self._deadline_s} s") from error

    def _probe(self, request: Callable[[TypeGraph], object]) -> None:
        """Send a request in the background, unless the graph is still resting or busy."""
        if self._is_busy() or time.monotonic() - self._resting_since < self._rest_s:
            return

        def close_if_answered_in_time() -> None:
            began = time.monotonic() - self._frozen_s
            try:
                request(self._graph)
                self.is_open = time.monotonic() - self._frozen_s - began > self._deadline_s
            finally:
                self._resting_since = time.monotonic()

        self._pending = self._worker.submit(close_if_answered_in_time)

    def _is_busy(self) -> bool:
        return self._pending is not None and not self._pending.done()
