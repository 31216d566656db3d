"""A router that translates addresses: each who sends gets a port of its own, for a while."""

from __future__ import annotations

import contextlib
import math
import select
import socket
import threading
import time
from types import TracebackType


class NatRouter:
    """Passes UDP between those who send to `port` and a target; use as a context manager."""

    def __init__(self, target: tuple[str, int], timeout: float = math.inf) -> None:
        """Forget who has sent nothing for `timeout` seconds, as RFC 4787 has it."""
        self._target, self._timeout = target, timeout
        self._inside = self._socket()
        self.port: int = self._inside.getsockname()[1]
        self._lock = threading.Lock()
        self._outside: dict[tuple[str, int], tuple[socket.socket, float]] = {}
        """The port of each, and when it sent last."""
        self.lost = 0
        """Datagrams from outside to a port that is nobody's any more."""
        self._gone: list[socket.socket] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def rebind(self) -> None:
        """Forget everybody, as a router that starts again does."""
        with self._lock:
            self._gone += [handle for handle, _ in self._outside.values()]
            self._outside.clear()

    def __enter__(self) -> NatRouter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self.rebind()
        for handle in (self._inside, *self._gone):
            handle.close()

    @staticmethod
    def _socket() -> socket.socket:
        handle = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        handle.bind(('127.0.0.1', 0))
        handle.setblocking(False)
        return handle

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                held = {handle: client for client, (handle, _) in self._outside.items()}
                gone = [*self._gone]
            for handle in select.select([self._inside, *held, *gone], [], [], 0.02)[0]:
                with contextlib.suppress(OSError):
                    datagram, source = handle.recvfrom(65536)
                    self._pass(handle, datagram, source, held)

    def _pass(self, handle: socket.socket, datagram: bytes, source: tuple[str, int],
              held: dict[socket.socket, tuple[str, int]]) -> None:
        now = time.monotonic()
        with self._lock:
            for client, (outside, last) in [*self._outside.items()]:
                if now - last > self._timeout:
                    del self._outside[client]
                    self._gone.append(outside)
            if handle is self._inside:
                outside = self._outside.get(source, (None, 0.0))[0] or self._socket()
                self._outside[source] = outside, now
                outside.sendto(datagram, self._target)
            elif handle in self._gone:
                self.lost += 1
            else:
                self._inside.sendto(datagram, held[handle])
