"""Functions in Lambda's own runtime, on the stores of the local cloud: their starts, memory and CPU time.

The Python of a function starts with its first invocation, so that one is the whole start: interpreter, imports,
secrets, stores, model, and the answer. The emulator is not counted. What is on disk has been read before, as on a
Lambda host that has started the function before.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.functions import Environment
from tests.bench.packages import Packages

TIMEOUT_S = 120


@dataclass(frozen=True)
class Start:
    """A function's first answer."""

    seconds: float
    peak_bytes: int


class Lambda:
    """A function as deployed with these packages; `settings` are environment variables beside those of the template."""

    def __init__(
        self,
        cloud: LocalCloud,
        packages: Packages,
        handler: str,
        settings: Mapping[str, str] | None = None,
        template: str = "ClassifyFunction",
    ) -> None:
        self._handler, self._python = handler, packages.python
        self._log = cloud.logs / f"{handler}.log"
        self._environ = cloud.functions[template].environ | {"PYTHONPATH": packages.path} | dict(settings or {})

    @contextmanager
    def environment(self) -> Iterator[Environment]:
        """A new execution environment."""
        environment = Environment(self._handler, self._handler, self._environ, self._log, self._python)
        try:
            yield environment
        finally:
            environment.stop()

    def start(self, event: dict[str, Any]) -> Start:
        """Start it anew for one event."""
        with self.environment() as environment:
            began = time.perf_counter()
            check(environment.invoke(event, TIMEOUT_S))
            took = time.perf_counter() - began
            return Start(took, peak_bytes(children(environment.pid)))


def check(answer: Any) -> None:
    """Raises RuntimeError when the function did not do what it was asked."""
    done = answer.get("statusCode") == 200 or answer.get("batchItemFailures") == []
    if not done:
        raise RuntimeError(f"the function answered {json.dumps(answer)[:500]}")


def children(pid: int) -> list[int]:
    """All processes below one, without itself."""
    below: list[int] = []
    for listed in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            below += [child, *children(child)]
    return below


def cpu_seconds(pids: list[int]) -> float:
    """The CPU time that processes have used so far, all threads, user and system."""
    ticks = 0
    for pid in pids:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_bytes(pids: list[int]) -> int:
    """The most memory that each process has held so far, summed."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(line.split()[1]) * 1024 for text in statuses for line in text.splitlines() if "VmHWM:" in line)
