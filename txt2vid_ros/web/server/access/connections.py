"""
Takes connections and bounds them: in all, by address, and in the time to send a request.

aiohttp limits what is sent, not how long that takes (slow loris), nor how many connect. Here the
connection that has waited for longest without a request makes room for a new one, so that idle
connections, however many, keep nobody out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
import contextlib
import dataclasses
import logging
import socket
import ssl
import time

from aiohttp import web
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.media.output.http_address import TOO_MANY_CONNECTIONS
from txt2vid_ros.web.server.settings import is_loopback

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
"""Seconds from one request, or from connecting, until the head of the next has been sent."""
ANSWER_SECONDS = 30.0
"""Seconds for the rest: the body, the work and the answer, but for what goes on for long."""
HANDSHAKE_SECONDS = 5.0
SWEEP_SECONDS = 0.5
BACKLOG = 512
PAUSE_SECONDS = 0.2
"""Seconds until the next connection is taken where the system has no more files to give."""


@dataclasses.dataclass(eq=False)
class Connection:
    """One that is open."""

    address: str
    abort: Callable[[], None]
    since: float
    """When it was opened, or began or ended a request, by the monotonic clock."""
    transport: asyncio.Transport | None = None
    handling: bool = False
    """Whether a request is being handled."""
    held: bool = False
    """Whether the answer goes on for as long as the other end wants it: a stream, a WebSocket."""

    @property
    def busy(self) -> bool:
        """Return whether a request is being answered, or its answer has not been taken yet."""
        return self.handling or (
            self.transport is not None and self.transport.get_write_buffer_size() > 0)

    def becomes(self, *, handling: bool) -> None:
        """Begin or end to handle a request."""
        self.handling, self.held, self.since = handling, False, time.monotonic()


class ConnectionGuard:
    """Knows the open connections, and ends those that are too many or too slow."""

    def __init__(self, most: int, count: Callable[[str], None],
                 budget: DescriptorBudget) -> None:
        """
        Allow `most` connections, and half as many of one address that is another machine's.

        They take descriptors from `budget`.
        """
        self._most = most
        self._most_by_address = max(1, most // 2)
        self._count = count
        self._budget = budget
        self._open: set[Connection] = set()
        self._by_transport: dict[int, Connection] = {}

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._open)

    def admit(self, address: str, abort: Callable[[], None]) -> Connection | None:
        """Note a new connection; return None where there is no room for it."""
        if not self._budget.allows():
            self._budget.refuse()
            if not self._make_room(self._open):
                self._count('refused_connections')
                return None
        bounds = [(self._open, self._most)]
        if not is_loopback(address):
            bounds.append(({each for each in self._open if each.address == address},
                           self._most_by_address))
        for among, most in bounds:
            if len(among) >= most and not self._make_room(among):
                self._count('refused_connections')
                return None
        connection = Connection(address, abort, time.monotonic())
        self._open.add(connection)
        return connection

    def connected(self, connection: Connection, transport: asyncio.Transport) -> None:
        """Learn the transport of a connection, by which its requests are told."""
        connection.transport, connection.abort = transport, transport.abort
        connection.since = time.monotonic()
        self._by_transport[id(transport)] = connection

    @property
    def crowded(self) -> bool:
        """Return whether a connection has to go before another can come."""
        return len(self._open) >= self._most or not self._budget.allows(1)

    def closed(self, connection: Connection) -> None:
        """Forget a connection."""
        self._open.discard(connection)
        if connection.transport is not None:
            self._by_transport.pop(id(connection.transport), None)
            connection.transport = None

    @contextlib.contextmanager
    def answering(self, request: web.BaseRequest) -> Iterator[None]:
        """Be told that a request is being answered."""
        connection = self._by_transport.get(id(request.transport))
        if connection is not None:
            connection.becomes(handling=True)
        try:
            yield
        finally:
            if connection is not None:
                connection.becomes(handling=False)

    def hold(self, request: web.BaseRequest) -> None:
        """Let the answer to a request go on for as long as the other end wants it."""
        connection = self._by_transport.get(id(request.transport))
        if connection is not None:
            connection.held = True

    def close(self) -> None:
        """End all connections at once."""
        for each in list(self._open):
            each.abort()

    async def sweep(self) -> None:
        """End what is too slow, until cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            for each in list(self._open):
                if each.held:
                    continue
                if now - each.since > (ANSWER_SECONDS if each.busy else REQUEST_SECONDS):
                    self._end(each, 'slow_answers' if each.busy else 'slow_requests')

    def _make_room(self, among: set[Connection]) -> bool:
        idle = [each for each in among if not each.busy]
        if not idle:
            return False
        self._end(min(idle, key=lambda each: each.since), 'evicted_connections')
        return True

    def _end(self, connection: Connection, why: str) -> None:
        self._count(why)
        self._open.discard(connection)
        connection.abort()


class _GuardedProtocol(asyncio.Protocol):
    """Passes everything on to aiohttp's protocol, and the beginning and end to the guard."""

    def __init__(self, guard: ConnectionGuard, connection: Connection,
                 inner: asyncio.Protocol) -> None:
        self._guard = guard
        self._connection = connection
        self._inner = inner
        self.data_received = inner.data_received  # type: ignore[method-assign]
        self.eof_received = inner.eof_received  # type: ignore[method-assign]
        self.pause_writing = inner.pause_writing  # type: ignore[method-assign]
        self.resume_writing = inner.resume_writing  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._guard.connected(self._connection, transport)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._guard.closed(self._connection)
        self._inner.connection_lost(exc)


class Listener:
    """Accepts connections on a socket and gives each a protocol."""

    def __init__(self, listening: socket.socket, guard: ConnectionGuard,
                 protocol: Callable[[], asyncio.Protocol], tls: ssl.SSLContext | None) -> None:
        """Take over a socket that is bound; `tls` encrypts what comes in."""
        self._socket = listening
        self._guard = guard
        self._protocol = protocol
        self._tls = tls
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to accept, in the running loop."""
        self._socket.setblocking(False)
        self._socket.listen(BACKLOG)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._accept)

    def close(self) -> None:
        """Accept no more; those that are accepted stay."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
        self._socket.close()
        for task in self._tasks:
            task.cancel()

    def _accept(self) -> None:
        for _ in range(BACKLOG):
            try:
                accepted, address = self._socket.accept()
            except BlockingIOError:
                return
            except OSError as error:
                # Too many open files, or one that had left before it was accepted.
                log.debug('a connection is not accepted: %s', error)
                self._pause()
                return
            accepted.setblocking(False)
            self._take(accepted, str(address[0]))
            if self._guard.crowded:
                # Those that made room are closed before the next one is accepted.
                return

    def _pause(self) -> None:
        """Accept nothing for a moment: the socket stays readable meanwhile."""
        loop = self._loop
        assert loop is not None
        loop.remove_reader(self._socket)

        def resume() -> None:
            if self._socket.fileno() >= 0:
                loop.add_reader(self._socket, self._accept)

        loop.call_later(PAUSE_SECONDS, resume)

    def _take(self, accepted: socket.socket, address: str) -> None:
        connection = self._guard.admit(address, lambda: None)
        if connection is None:
            if self._tls is None:
                with contextlib.suppress(OSError):
                    accepted.send(TOO_MANY_CONNECTIONS)
            accepted.close()
            return
        task = asyncio.get_running_loop().create_task(self._connect(accepted, connection))
        connection.abort = task.cancel  # type: ignore[assignment]
        self._tasks.add(task)

        def ended(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if connection.transport is None:
                # Also where it was cancelled before its first step.
                accepted.close()
                self._guard.closed(connection)

        task.add_done_callback(ended)

    async def _connect(self, accepted: socket.socket, connection: Connection) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: _GuardedProtocol(self._guard, connection, self._protocol()), accepted,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls is not None else None)
        except (OSError, ssl.SSLError, asyncio.TimeoutError) as error:
            log.debug('a connection was not made: %s', error)
