"""The end of a TCP link that others connect to."""

from __future__ import annotations

import logging
import math
import socket

from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.address import bind_error, resolve
from txt2vid_ros.link.transport.base import ReceivedDatagram, Transport
from txt2vid_ros.link.transport.framing import LENGTH
from txt2vid_ros.link.transport.tcp_connection import tcp_overhead, TcpConnection

log = logging.getLogger(__name__)

_MAX_STRANGERS = 4
"""Connections besides the peer's."""
_MAX_REJECTED = 50
"""Useless datagrams from a stranger before it is disconnected."""
_KEPT_BACK = 8
"""Descriptors that strangers leave free: fewer than viewers, for one of them may be the peer."""
_ACCEPT_PAUSE = 0.2
"""Seconds until the next connection is taken where the system has no descriptor to give."""


class TcpServer(Transport):
    """The receiver's end: accepts a few connections and answers the one of the peer."""

    def __init__(self, text: str) -> None:
        """Listen on an address of this machine. Raises UserError."""
        address = resolve(text, socket.SOCK_STREAM, any_port=True)
        self.header_bytes = tcp_overhead(address.ip_header)
        self.loopback = address.loopback
        self._socket = socket.socket(address.family, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setblocking(False)
        try:
            self._socket.bind(address.sockaddr)
            self._socket.listen(_MAX_STRANGERS)
        except OSError as error:
            self._socket.close()
            raise bind_error(text, error) from error
        self.port: int = self._socket.getsockname()[1]
        self._connections: dict[int, TcpConnection] = {}
        self._peer: int | None = None
        self._budget = DescriptorBudget(_KEPT_BACK)
        self._now = self._accept_after = -math.inf

    def filenos(self) -> list[int]:
        """Return the listening socket and all connections."""
        return [*([self._socket.fileno()] if self._now >= self._accept_after else ()),
                *(connection.handle.fileno() for connection in self._connections.values())]

    def receive(self) -> list[ReceivedDatagram]:
        """Accept a connection, and return what came through all of them."""
        self._accept()
        arrivals: list[ReceivedDatagram] = []
        for key, connection in list(self._connections.items()):
            try:
                arrivals += connection.receive()
            except OSError:
                self._drop(key)
        return arrivals

    def maintain(self, now: float) -> float:
        """Return `now` where more has been read than was returned."""
        self._now = now
        if any(connection.ready for connection in self._connections.values()):
            return now
        return self._accept_after if now < self._accept_after else NEVER

    def _accept(self) -> None:
        try:
            handle, _ = self._socket.accept()
        except BlockingIOError:
            return
        except OSError as error:
            # Too many open files, or one that had left. The socket stays readable meanwhile.
            log.debug('a connection is not accepted: %s', error)
            self._accept_after = self._now + _ACCEPT_PAUSE
            return
        try:
            connection = TcpConnection(handle, LENGTH)
        except OSError:
            handle.close()      # it has left already
            return
        self._connections[id(connection)] = connection
        self._limit_strangers()

    def _limit_strangers(self) -> None:
        strangers = [key for key in self._connections if key != self._peer]
        short = not self._budget.allows()
        if short and strangers:
            self._budget.refuse()
        if len(strangers) > _MAX_STRANGERS or (short and strangers):
            self._drop(strangers[0])

    def _drop(self, key: int) -> None:
        self._connections.pop(key).handle.close()
        if self._peer == key:
            self._peer = None

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Answer the peer, or where a datagram came from."""
        key = to if isinstance(to, int) else self._peer
        if key is not None and key in self._connections:
            try:
                self._connections[key].send(datagram)
            except OSError:
                self._drop(key)

    def set_peer(self, source: Source) -> None:
        """Make `source` the peer."""
        if isinstance(source, int) and source in self._connections:
            self._peer = source

    def count_rejected(self, source: Source) -> None:
        """Disconnect a stranger that keeps sending useless datagrams."""
        if not isinstance(source, int) or source == self._peer:
            return
        connection = self._connections.get(source)
        if connection is not None:
            connection.rejected += 1
            if connection.rejected > _MAX_REJECTED:
                self._drop(source)

    @property
    def problem(self) -> str:
        """Return what keeps connections out."""
        return self._budget.shortage()

    def close(self) -> None:
        """Close everything."""
        self._socket.close()
        for key in list(self._connections):
            self._drop(key)
