"""How long a function's stages take, looked at from outside: no step knows of being measured.

Stages ─▶ Powertools' Metrics ─▶ a line of the log ─▶ CloudWatch, in the namespace POWERTOOLS_METRICS_NAMESPACE
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar, cast

from aws_lambda_powertools import Metrics

T = TypeVar("T")


class Stages:
    """What was measured since it was last handed on. Threads may add to it at any time, unlike to Metrics."""

    def __init__(self) -> None:
        self._took: deque[tuple[str, float]] = deque()

    def timed(self, name: str, call: Callable[..., T]) -> Callable[..., T]:
        """The same function, each call of it measured under this name."""

        def timed_call(*args: Any, **kwargs: Any) -> T:
            began = time.perf_counter()
            try:
                return call(*args, **kwargs)
            finally:
                self._took.append((name, round((time.perf_counter() - began) * 1000, 2)))

        return timed_call

    def port(self, name: str, port: T) -> T:
        """The same object, the calls of all its methods measured under this name."""
        return cast("T", _Port(self, name, port))

    def hand_on(self, metrics: Metrics) -> None:
        """Give all of it to Metrics, in milliseconds."""
        while self._took:
            name, took = self._took.popleft()
            metrics.add_metric(name, "Milliseconds", took)


class _Port:
    def __init__(self, stages: Stages, name: str, port: object) -> None:
        self._stages, self._name, self._port = stages, name, port

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._port, name)
        return self._stages.timed(self._name, attribute) if callable(attribute) else attribute
