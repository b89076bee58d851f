"""How long each stage of a function takes, as CloudWatch metrics.

StageTimes ─▶ Powertools' Metrics ─▶ a log line ─▶ CloudWatch, in the namespace POWERTOOLS_METRICS_NAMESPACE
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:  # measuring doesn't need Powertools, which takes a while to import
    from aws_lambda_powertools import Metrics

P = ParamSpec("P")
T = TypeVar("T")
# Makes a context whose duration is measured. `contextlib.nullcontext` is one that measures nothing.
Timer = Callable[[], AbstractContextManager[None]]


class StageTimes:
    """The durations measured since the last `publish`. Any thread may measure; Powertools' Metrics takes only one."""

    def __init__(self) -> None:
        self._durations: deque[tuple[str, float]] = deque()

    @contextmanager
    def measure(self, name: str) -> Iterator[None]:
        """Measure what runs inside, whether it succeeds or fails."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._durations.append((name, round((time.perf_counter() - began) * 1000, 2)))

    def timer(self, name: str) -> Timer:
        """A timer for an adapter, which measures each of its operations with it."""
        return partial(self.measure, name)

    def timed(self, name: str, call: Callable[P, T]) -> Callable[P, T]:
        """The same function; each call is measured under this name."""

        def timed_call(*args: P.args, **kwargs: P.kwargs) -> T:
            with self.measure(name):
                return call(*args, **kwargs)

        return timed_call

    def publish(self, metrics: "Metrics") -> None:
        """Move all durations to `metrics`, in milliseconds."""
        while self._durations:
            name, duration = self._durations.popleft()
            metrics.add_metric(name, "Milliseconds", duration)
