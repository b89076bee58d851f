"""A proxy on the path to a store, which can be told to fail in the ways that networks and services fail."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Fault:
    """One way to fail."""

    # refuse   whoever connects, or is connected, is cut off at once
    # delay    every answer comes `seconds` late
    # cut      half of an answer comes, then the connection ends
    # lose     the request is done, its answer never comes
    # hold     the request is not done, and no answer comes
    # answer   the proxy answers `text` in the store's place (HTTP)
    kind: Literal["refuse", "delay", "cut", "lose", "hold", "answer"]
    seconds: float = 0
    text: bytes = b""
    times: int | None = None  # over by itself after so many answers


def http(status: int, reason: str, body: str, content_type: str = "text/html") -> Fault:
    """The fault of an HTTP server that answers this to everything."""
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return Fault("answer", text=f"{head}Connection: close\r\n\r\n{body}".encode())


@dataclass(eq=False)
class _Connection:
    client: socket.socket
    store: socket.socket
    request: bytes = b""  # what came while the proxy answers
    failed: bool = field(default=False)

    def close(self) -> None:
        for one in (self.client, self.store):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # which wakes whoever reads from it
            one.close()


class Proxy:
    """Forwards to a port of this machine; `marker` is in every request that counts as one."""

    def __init__(self, port: int, marker: bytes) -> None:
        self._store, self._marker = port, marker
        self._fault: Fault | None = None
        self._over = threading.Event()  # the fault is
        self._lock = threading.Lock()
        self._connections: set[_Connection] = set()
        self._hits = self._spoiled = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._start(self._accept)

    @property
    def hits(self) -> int:
        """How many requests, or connections refused, met the last fault."""
        return self._hits

    @property
    def spoiled(self) -> int:
        """How many answers met it, those to greetings included: without them there will be no request."""
        return self._spoiled

    @contextmanager
    def failing(self, fault: Fault) -> Iterator[None]:
        """Fail like this inside the `with`."""
        self.begin(fault)
        try:
            yield
        finally:
            self.end()

    def begin(self, fault: Fault) -> None:
        """Fail like this from now on."""
        with self._lock:
            self._fault, self._hits, self._spoiled = fault, 0, 0
            self._over.clear()
            connections = list(self._connections) if fault.kind == "refuse" else []
        for connection in connections:
            connection.close()

    def end(self) -> None:
        """Work again. Who still waits for an answer is cut off."""
        with self._lock:
            self._fault = None
            self._over.set()
            failed = [one for one in self._connections if one.failed]
        for connection in failed:
            connection.close()

    def close(self) -> None:
        """Stop."""
        self.end()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._connections):
            connection.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        threading.Thread(target=self._quietly, args=(work, *arguments), daemon=True).start()

    @staticmethod
    def _quietly(work: Callable[..., None], *arguments: object) -> None:
        with suppress(OSError):  # connections end; that is what this is for
            work(*arguments)

    def _accept(self) -> None:
        while True:
            client, _ = self._listener.accept()
            if self._fault and self._fault.kind == "refuse":
                self._hits += 1
                client.close()
                continue
            try:
                store = socket.create_connection(("127.0.0.1", self._store))
            except OSError:  # the store itself is away
                client.close()
                continue
            for one in (client, store):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(client, store)
            with self._lock:
                self._connections.add(connection)
            self._start(self._requests, connection)
            self._start(self._answers, connection)

    def _requests(self, connection: _Connection) -> None:
        try:
            while data := connection.client.recv(1 << 16):
                fault = self._fault
                if fault and self._marker in data:
                    self._hits += 1
                if fault is None or fault.kind in ("delay", "cut", "lose"):
                    connection.store.sendall(data)
                elif fault.kind == "refuse":
                    return
                elif fault.kind == "hold":
                    connection.failed = True
                else:
                    connection.failed = True
                    connection.request += data
                    if _is_whole(connection.request):
                        connection.client.sendall(fault.text)
                        self._count_down(fault)
                        return
        finally:
            self._forget(connection)

    def _answers(self, connection: _Connection) -> None:
        try:
            while data := connection.store.recv(1 << 16):
                fault = self._fault
                if fault and fault.kind == "delay":
                    self._over.wait(fault.seconds)
                elif fault and fault.kind == "cut":
                    self._spoiled += 1
                    connection.client.sendall(data[: len(data) // 2])
                    return
                elif fault and fault.kind in ("lose", "hold"):
                    self._spoiled += 1
                    connection.failed = True
                    continue
                connection.client.sendall(data)
        finally:
            self._forget(connection)

    def _count_down(self, fault: Fault) -> None:
        if fault.times is not None and self._hits >= fault.times:
            self.end()

    def _forget(self, connection: _Connection) -> None:
        connection.close()
        with self._lock:
            self._connections.discard(connection)


def _is_whole(request: bytes) -> bool:
    """Whether these bytes are an HTTP request to its end."""
    head, blank, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return bool(blank) and len(body) >= (int(length[1]) if length else 0)
