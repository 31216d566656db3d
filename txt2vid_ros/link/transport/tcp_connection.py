"""A TCP connection that carries datagrams."""

from __future__ import annotations

import socket

from txt2vid_ros.link.transport.base import MAX_RECEIVED_AT_ONCE, ReceivedDatagram
from txt2vid_ros.link.transport.framing import StreamFraming

_MAX_UNSENT_BYTES = 1 << 16
"""Of datagrams for a peer that does not read; what comes after them is lost."""
_READ_BYTES = 1 << 14
_TCP_HEADER = 32
"""Bytes, with the time stamps that Linux sends."""
_SOCKET_OPTIONS = (
    (socket.TCP_NODELAY, 1),
    # Milliseconds without an answer to what was sent. The connection is then made again, long
    # before speech is too old. Without it, Linux waits for a quarter of an hour.
    (socket.TCP_USER_TIMEOUT, 10_000),
    # Seconds: a dead path is noticed in silence too, for about 15 bit/s.
    (socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3),
)


class TcpConnection:
    """A connected socket with datagrams in its stream."""

    def __init__(self, handle: socket.socket, framing: StreamFraming) -> None:
        """Take over a connected socket whose stream is framed so."""
        handle.setblocking(False)
        notice_dead_paths(handle)
        self.handle = handle
        self._frame, self._deframer = framing.frame, framing.deframer()
        self._unsent = bytearray()
        self.rejected = 0
        """Useless datagrams that came through it."""

    @property
    def ready(self) -> bool:
        """Whether complete datagrams wait that have been read already."""
        return self._deframer.ready

    def receive(self) -> list[ReceivedDatagram]:
        """Return complete datagrams. Raises OSError once the connection has ended."""
        if not self._deframer.ready:
            self._read()
        return [ReceivedDatagram(datagram, id(self))
                for datagram in self._deframer.take(MAX_RECEIVED_AT_ONCE)]

    def _read(self) -> None:
        try:
            data = self.handle.recv(_READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError('closed by the other end')
        self._deframer.feed(data)

    def send(self, datagram: bytes) -> None:
        """
        Queue a datagram, unless the peer has stopped reading, and send what the socket takes.

        Raises OSError.
        """
        if len(self._unsent) < _MAX_UNSENT_BYTES:
            self._unsent += self._frame(datagram)
        self.flush()

    def flush(self) -> bool:
        """Send what the socket takes; return whether that was all. Raises OSError."""
        while self._unsent:
            try:
                del self._unsent[:self.handle.send(self._unsent)]
            except BlockingIOError:
                return False
        return True


def notice_dead_paths(handle: socket.socket) -> None:
    """Have a connection end within some seconds where nothing answers, also in silence."""
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _SOCKET_OPTIONS:
        handle.setsockopt(socket.IPPROTO_TCP, option, value)


def tcp_overhead(ip_header: int) -> int:
    """Return what a datagram costs besides itself: length, headers and the other end's ACK."""
    return 2 + 2 * (ip_header + _TCP_HEADER)
