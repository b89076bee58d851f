"""Lambda: each function in the real Lambda runtime, under the Runtime Interface Emulator.

one environment = emulator process ── runtime API ── python process (awslambdaric), one invocation at a time
"""

import platform
import queue
import socket
import sys
import sysconfig
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import requests

from infra.local.processes import Process, StartError, free_ports
from infra.local.template import ROOT

_EMULATORS = {
    "x86_64": "aws-lambda-rie-x86_64",
    "aarch64": "aws-lambda-rie-arm64",
    "arm64": "aws-lambda-rie-arm64",
}
MAX_ENVIRONMENTS = 2


class InvocationError(Exception):
    """The function raised an error, timed out or ended; the message is its own."""


class Function:
    """A function of the template; environments start as invocations need them, up to MAX_ENVIRONMENTS."""

    def __init__(self, name: str, properties: dict[str, Any], environ: dict[str, str], logs: Path) -> None:
        self.name = name
        self.timeout_s = int(properties["Timeout"])
        self._handler = properties.get("Handler") or properties["ImageConfig"]["Command"][0]
        self._log = logs / f"{name}.log"
        variables = {key: str(value) for key, value in properties["Environment"]["Variables"].items()}
        self.environ = environ | {
            # An image's root is /var/task; here it is the repository.
            **{key: value.replace("/var/task", str(ROOT)) for key, value in variables.items()},
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout_s),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
            "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT / 'layers' / 'photo_library'}",
        }
        self._idle: queue.LifoQueue[Environment] = queue.LifoQueue()
        self._all: list[Environment] = []
        self._free = threading.Semaphore(MAX_ENVIRONMENTS)
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, event: dict[str, Any]) -> Any:
        """Run the handler on an event; returns what it returns. Raises InvocationError."""
        environment = self._acquire()
        try:
            answer = environment.invoke(event, self.timeout_s)
        except BaseException:
            self._drop(environment)
            raise
        self._idle.put(environment)
        self._free.release()
        if isinstance(answer, dict) and "errorType" in answer and "errorMessage" in answer:
            raise InvocationError(f"{self.name}: {answer['errorType']}: {answer['errorMessage']}")
        return answer

    def _acquire(self) -> "Environment":
        self._free.acquire()
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            pass
        try:
            environment = Environment(self.name, self._handler, self.environ, self._log)
        except BaseException as error:
            self._free.release()
            if isinstance(error, StartError):
                raise InvocationError(str(error)) from error
            raise
        with self._lock:
            self._all.append(environment)
            closed = self._closed
        if closed:
            self._drop(environment)
            raise InvocationError(f"{self.name}: the local cloud is stopping")
        return environment

    def _drop(self, environment: "Environment") -> None:
        with self._lock:
            self._all.remove(environment)
        self._free.release()
        environment.stop()

    def stop(self) -> None:
        """End all environments."""
        with self._lock:
            self._closed = True
            environments = list(self._all)
        for environment in environments:
            environment.stop()


class Environment:
    """One execution environment. Python starts, and imports the handler's module, at the first invocation."""

    def __init__(
        self, name: str, handler: str, environ: dict[str, str], log: Path, python: Sequence[str] = (sys.executable,)
    ) -> None:
        emulator_port, runtime_port = free_ports(2)
        self._url = f"http://127.0.0.1:{emulator_port}/2015-03-31/functions/function/invocations"
        self._name = name
        self._process = Process(
            name,
            [
                str(_emulator()),
                *("--runtime-interface-emulator-address", f"127.0.0.1:{emulator_port}"),
                *("--runtime-api-address", f"127.0.0.1:{runtime_port}"),
                *(*python, "-m", "infra.local.lambda_bootstrap", handler),
            ],
            log,
            environ,
            ready=r"\(rapid\) exec",
        )
        try:
            self._process.wait_ready()
            _wait_for_port(emulator_port)
        except OSError as error:
            self._process.stop()
            raise StartError(f"{name} did not start: {error}") from error

    @property
    def pid(self) -> int:
        """The emulator's process; Python's is its child."""
        return self._process.pid

    def invoke(self, event: dict[str, Any], timeout_s: float) -> Any:
        """What the handler answers, or the runtime in its place. Raises InvocationError."""
        try:
            # The emulator keeps the function's own timeout; the rest is for a start.
            answer = requests.post(self._url, json=event, timeout=timeout_s + 30)
            return answer.json()
        except requests.JSONDecodeError:
            raise InvocationError(f"{self._name}: {answer.text.strip()}") from None
        except requests.RequestException as error:
            raise InvocationError(f"{self._name}: its environment ended unexpectedly ({error})") from error

    def stop(self) -> None:
        """End it."""
        self._process.stop()


def _emulator() -> Path:
    """The emulator inside the SAM CLI's wheel."""
    if platform.machine() not in _EMULATORS:
        raise StartError(f"there is no Lambda Runtime Interface Emulator for {platform.machine()}")
    path = Path(sysconfig.get_path("purelib"), "samcli", "local", "rapid", _EMULATORS[platform.machine()])
    path.chmod(path.stat().st_mode | 0o100)
    return path


def _wait_for_port(port: int, timeout_s: float = 10) -> None:
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
