"""Datagrams over TCP, for networks that let nothing else through: the end that connects."""

from __future__ import annotations

import errno
import os
import socket

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.address import ResolvedAddress
from txt2vid_ros.link.transport.base import ReceivedDatagram, Transport
from txt2vid_ros.link.transport.framing import LENGTH, StreamFraming
from txt2vid_ros.link.transport.peer_address import Lookup, PeerAddress
from txt2vid_ros.link.transport.tcp_connection import tcp_overhead, TcpConnection

_RECONNECT_BACKOFF = Backoff(first=0.25, largest=5.0)
_CONNECT_TIMEOUT = 5.0
"""Seconds for a connection to be made, besides the pause before the next one."""
_CONNECT_POLL_INTERVAL = 0.02
"""Seconds between looks at a connection that is being made."""
_FLUSH_INTERVAL = 0.05
"""Seconds between attempts to send the rest."""


class TcpClient(Transport):
    """The end that connects, and connects again where the connection or the address is lost."""

    def __init__(self, text: str, lookup: Lookup = socket.getaddrinfo,
                 framing: StreamFraming = LENGTH) -> None:
        """Begin to look for the address; `framing` is how datagrams travel. Raises UserError."""
        self._peer = PeerAddress(text, socket.SOCK_STREAM, lookup)
        self.header_bytes = tcp_overhead(self._peer.ip_header)
        self.loopback = self._peer.loopback
        self._framing = framing
        self._address = self._peer.current
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
        self._peer.sent()
        if self._connection is None:
            self._unsent = datagram
        else:
            try:
                self._connection.send(datagram)
            except OSError as error:
                self._lost(error)

    def set_peer(self, source: Source) -> None:
        """Note that the receiver has answered."""
        self._peer.answered()

    def maintain(self, now: float) -> float:
        """Follow the name, and connect where there is no connection, less and less often."""
        again = self._peer.maintain(now)
        if self._peer.current is not self._address:
            self._address = self._peer.current
            self._abandon()
            self._disconnect()
            self._attempts, self._next_try = 0, now
        return again if self._address is None else min(again, self._maintain(self._address, now))

    def _maintain(self, address: ResolvedAddress, now: float) -> float:
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
                self._connecting = socket.socket(address.family, socket.SOCK_STREAM)
            except OSError as error:
                self._problem = f'{self._peer.text} cannot be connected: {error.strerror}'
                return self._next_try
            self._connecting.setblocking(False)
        if self._connecting is not None:
            return self._try_connecting(address, now)
        return self._next_try

    def _try_connecting(self, address: ResolvedAddress, now: float) -> float:
        handle = self._connecting
        code = handle.connect_ex(address.sockaddr) if handle else errno.EBADF
        if handle is not None and code in (0, errno.EISCONN):
            self._connecting, self._connection = None, TcpConnection(
                handle, self._framing)
            self._problem = ''
            unsent, self._unsent = self._unsent, b''
            if unsent:
                self.send(unsent)
            return NEVER
        if code in (errno.EINPROGRESS, errno.EALREADY) and now < self._next_try + _CONNECT_TIMEOUT:
            return now + _CONNECT_POLL_INTERVAL
        self._abandon()
        self._peer.sent()
        self._problem = f'{self._peer.text} does not answer: {os.strerror(code)}'
        return max(now, self._next_try)

    def _abandon(self) -> None:
        if self._connecting is not None:
            self._connecting.close()
        self._connecting = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.handle.close()
        self._connection = None

    def _lost(self, error: OSError) -> None:
        self._disconnect()
        self._problem = f'{self._peer.text} is not connected: {error.strerror or error}'

    @property
    def problem(self) -> str:
        """Why there is no connection."""
        return self._peer.problem or self._problem

    def close(self) -> None:
        """Close the connection."""
        self._abandon()
        self._disconnect()
