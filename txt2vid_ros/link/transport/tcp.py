"""Datagrams over TCP, for networks that let nothing else through: each after its length."""

from __future__ import annotations

import errno
import logging
import math
import os
import socket

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.process.descriptors import DescriptorBudget
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.address import bind_error, resolve
from txt2vid_ros.link.transport.base import ReceivedDatagram, Transport
from txt2vid_ros.link.transport.tcp_connection import TcpConnection

log = logging.getLogger(__name__)

_TCP_HEADER = 32
"""Bytes, with the time stamps that Linux sends."""
_MAX_STRANGERS = 4
"""Connections besides the peer's."""
_MAX_REJECTED = 50
"""Useless datagrams from a stranger before it is disconnected."""
_RECONNECT_BACKOFF = Backoff(first=0.25, largest=5.0)
_CONNECT_TIMEOUT = 5.0
"""Seconds for a connection to be made, besides the pause before the next one."""
_CONNECT_POLL_INTERVAL = 0.02
"""Seconds between looks at a connection that is being made."""
_KEPT_BACK = 8
"""Descriptors that strangers leave free: fewer than viewers, for one of them may be the peer."""
_ACCEPT_PAUSE = 0.2
"""Seconds until the next connection is taken where the system has no descriptor to give."""
_FLUSH_INTERVAL = 0.05
"""Seconds between attempts to send the rest."""


class TcpClient(Transport):
    """The sender's end: connects, and connects again where the connection is lost."""

    def __init__(self, text: str) -> None:
        """Resolve the address. Raises UserError."""
        self._address = resolve(text, socket.SOCK_STREAM)
        self.header_bytes = _overhead(self._address.ip_header)
        self.loopback = self._address.loopback
        self._connection: TcpConnection | None = None
        self._connecting: socket.socket | None = None
        self._unsent = b''
        self._next_try = 0.0
        self._attempts = 0
        self._problem = f'{text} is not connected yet'

    def filenos(self) -> list[int]:
        """Return the connection's socket, once there is one."""
        return [self._connection.handle.fileno()] if self._connection else []

    def receive(self) -> list[ReceivedDatagram]:
        """Return what came from the receiver."""
        if self._connection is None:
            return []
        try:
            arrivals = self._connection.receive()
        except OSError as error:
            self._lost(error)
            return []
        if arrivals:
            self._attempts = 0
        return arrivals

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Send to the receiver; before there is a connection only the newest is kept."""
        if self._connection is None:
            self._unsent = datagram
        else:
            try:
                self._connection.send(datagram)
            except OSError as error:
                self._lost(error)

    def maintain(self, now: float) -> float:
        """Connect where there is no connection, less and less often."""
        if self._connection is not None:
            try:
                flushed = self._connection.flush()
                if self._connection.ready:
                    return now
                return NEVER if flushed else now + _FLUSH_INTERVAL
            except OSError as error:
                self._lost(error)
        if self._connecting is None and now >= self._next_try:
            self._attempts += 1
            self._next_try = now + _RECONNECT_BACKOFF.after(self._attempts)
            try:
                self._connecting = socket.socket(self._address.family, socket.SOCK_STREAM)
            except OSError as error:
                self._problem = f'{self._address.text} cannot be connected: {error.strerror}'
                return self._next_try
            self._connecting.setblocking(False)
        if self._connecting is not None:
            return self._try_connecting(now)
        return self._next_try

    def _try_connecting(self, now: float) -> float:
        handle = self._connecting
        code = handle.connect_ex(self._address.sockaddr) if handle else errno.EBADF
        if handle is not None and code in (0, errno.EISCONN):
            self._connecting, self._connection = None, TcpConnection(handle)
            self._problem = ''
            if self._unsent:
                self.send(self._unsent)
            return NEVER
        if code in (errno.EINPROGRESS, errno.EALREADY) and now < self._next_try + _CONNECT_TIMEOUT:
            return now + _CONNECT_POLL_INTERVAL
        self._abandon()
        self._problem = f'{self._address.text} does not answer: {os.strerror(code)}'
        return max(now, self._next_try)

    def _abandon(self) -> None:
        if self._connecting is not None:
            self._connecting.close()
        self._connecting = None

    def _lost(self, error: OSError) -> None:
        if self._connection is not None:
            self._connection.handle.close()
        self._connection = None
        self._problem = f'{self._address.text} is not connected: {error.strerror or error}'

    @property
    def problem(self) -> str:
        """Why there is no connection."""
        return self._problem

    def close(self) -> None:
        """Close the connection."""
        self._abandon()
        if self._connection is not None:
            self._connection.handle.close()
        self._connection = None


class TcpServer(Transport):
    """The receiver's end: accepts a few connections and answers the one of the peer."""

    def __init__(self, text: str) -> None:
        """Listen on an address of this machine. Raises UserError."""
        address = resolve(text, socket.SOCK_STREAM, any_port=True)
        self.header_bytes = _overhead(address.ip_header)
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
            connection = TcpConnection(handle)
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


def _overhead(ip_header: int) -> int:
    """Return what a datagram costs besides itself: length, headers and the other end's ACK."""
    return 2 + 2 * (ip_header + _TCP_HEADER)
