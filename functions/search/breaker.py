"""A circuit breaker: searches do not wait for a type graph that does not answer.

    closed ──an error, or no answer within deadline_s──▶ open ──a request in the background succeeds──▶ closed

While it is open, requests are refused at once. Every rest_s one of them is sent all the same, in the background, where
nobody waits for it: the first that succeeds says that the graph is back.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from photo_library.errors import TypeGraphUnavailable

# A search is to be answered within 1.5 s although the graph failed it; what is left is the catalog's.
DEADLINE_S = 1.0
REST_S = 5.0

T = TypeVar("T")


class Breaker:
    """Between one type graph and whoever asks it, one at a time as Lambda does."""

    def __init__(self, deadline_s: float = DEADLINE_S, rest_s: float = REST_S) -> None:
        self._deadline_s, self._rest_s = deadline_s, rest_s
        # One thread, so that a graph that hangs is not asked by a second; the client's connection lives in it.
        self._worker = ThreadPoolExecutor(1, "type-graph")
        self._sent: Future[Any] | None = None
        self._rested_since = 0.0
        self._frozen_s = 0.0
        self.is_open = False
        self.refused = 0  # how often nothing came of asking

    def ask(self, request: Callable[[], T]) -> T:
        """What the graph answers. Raises TypeGraphUnavailable, at once while the breaker is open."""
        if self.is_open:
            self.refused += 1
            self._try_in_background(request)
            raise TypeGraphUnavailable("TigerGraph: not asked, since it failed a moment ago")
        try:
            return self.wait_for(request)
        except TypeGraphUnavailable:
            self.refused += 1
            self.is_open, self._rested_since = True, time.monotonic()
            raise

    def wait_for(self, request: Callable[[], T]) -> T:
        """What the graph answers, open or closed. Raises TypeGraphUnavailable after the deadline."""
        if self._is_busy():
            raise TypeGraphUnavailable("TigerGraph: an earlier request is not answered yet")
        self._sent = sent = self._worker.submit(request)
        try:
            return sent.result(self._deadline_s)
        except TimeoutError as error:
            raise TypeGraphUnavailable(f"TigerGraph: no answer within {self._deadline_s} s") from error

    def thawed(self, after_s: float) -> None:
        """Told when the function goes on after Lambda froze it: a request under way had not that time."""
        self._frozen_s += after_s

    def _try_in_background(self, request: Callable[[], object]) -> None:
        if self._is_busy() or time.monotonic() - self._rested_since < self._rest_s:
            return

        def close_if_answered() -> None:
            began = time.monotonic() - self._frozen_s
            try:
                request()
                self.is_open = time.monotonic() - self._frozen_s - began > self._deadline_s
            finally:
                self._rested_since = time.monotonic()

        self._sent = self._worker.submit(close_if_answered)

    def _is_busy(self) -> bool:
        return self._sent is not None and not self._sent.done()
