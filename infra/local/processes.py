"""Child processes that say when they are ready and never outlive the local cloud, however it ends."""

import ctypes
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

_LIFELINE = "PHOTO_LIBRARY_LIFELINE"
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
# The write end of the lifeline stays open in this process alone; children that hold the read end see it close.
_lifeline_read, _lifeline_write = os.pipe()
# The kernel kills a child when the THREAD that started it ends, so one that lasts starts them all.
_starter = ThreadPoolExecutor(1, thread_name_prefix="starter")


class StartError(Exception):
    """A part of the local cloud did not start; the message says which, and what it printed last."""


class Process:
    """One child process, its output written to a log file."""

    def __init__(self, name: str, command: Sequence[str], log: Path, environ: Mapping[str, str], ready: str) -> None:
        """Start it; `ready` is a pattern of the line that it prints once it can be used."""
        self.name = name
        self._log = log
        self._ready = re.compile(ready)
        self._match: re.Match[str] | None = None
        self._ready_or_ended = threading.Event()
        self._process = _starter.submit(self._start, command, environ).result()
        self.pid = self._process.pid
        self._pumping = threading.Thread(target=self._pump, daemon=True)
        self._pumping.start()

    @staticmethod
    def _start(command: Sequence[str], environ: Mapping[str, str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**environ, _LIFELINE: str(_lifeline_read)},
            pass_fds=[_lifeline_read],
            start_new_session=True,  # Ctrl-C in a terminal reaches the local cloud, which stops them in order
            preexec_fn=die_with_parent,  # noqa: PLW1509 # one system call, prepared before the fork
        )

    def _pump(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 # asked for above
        with self._process.stdout as lines, self._log.open("a") as log:
            for line in lines:
                log.write(line)
                log.flush()
                if self._match is None and (found := self._ready.search(line)):
                    self._match = found
                    self._ready_or_ended.set()
        self._ready_or_ended.set()

    def wait_ready(self, timeout_s: float = 180) -> re.Match[str]:
        """Wait until it is ready. Raises StartError if it ends instead or takes too long."""
        if not self._ready_or_ended.wait(timeout_s) or self._match is None:
            self.stop()
            lines = self._log.read_text().splitlines()[-5:] if self._log.exists() else []
            raise StartError(f"{self.name} did not start; it printed: {' / '.join(lines) or 'nothing'}")
        return self._match

    @property
    def running(self) -> bool:
        """Whether the process is still running."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process and its children, and wait until they have ended and the log is complete."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._signal(signal.SIGKILL)  # whatever did not end
        self._process.wait()
        self._pumping.join(5)  # no writer is left, unless a process left the group

    def _signal(self, kind: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, kind)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def terminate_with_parent() -> None:
    """Ask the kernel to send SIGTERM to this process when its parent ends (Linux)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def hold_lifeline() -> None:
    """In a child, at any depth: end when the local cloud has ended, even if it could not signal this process."""
    if _LIFELINE not in os.environ:
        return
    read_end = int(os.environ[_LIFELINE])

    def wait_for_end() -> None:
        os.read(read_end, 1)
        os._exit(1)

    threading.Thread(target=wait_for_end, daemon=True).start()


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
