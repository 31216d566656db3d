"""A TCP connection that carries datagrams."""

from __future__ import annotations

import socket

from txt2vid_ros.link.transport.base import Arrival, BATCH
from txt2vid_ros.link.transport.framing import LengthDeframer, with_length

_BACKLOG_BYTES = 1 << 16
_READ_BYTES = 1 << 14
_SOCKET_OPTIONS = (
    (socket.TCP_NODELAY, 1),
    # Milliseconds without an answer to what was sent: then the path is dead, and is tried anew
    # long before what is said would be too old. Without it, Linux waits for a quarter of an hour.
    (socket.TCP_USER_TIMEOUT, 10_000),
    # Seconds: in silence a dead path is noticed too, for about 15 bit/s.
    (socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 3),
)


class Connection:
    """A stream with datagrams in it."""

    def __init__(self, handle: socket.socket) -> None:
        """Take over a connected socket."""
        handle.setblocking(False)
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _SOCKET_OPTIONS:
            handle.setsockopt(socket.IPPROTO_TCP, option, value)
        self.handle = handle
        self._in = LengthDeframer()
        self._out = bytearray()
        self.rubbish = 0
        """Datagrams from it that were of no use."""

    @property
    def ready(self) -> bool:
        """Whether whole datagrams wait that have been read already."""
        return self._in.ready

    def receive(self) -> list[Arrival]:
        """Return whole datagrams. Raises OSError once the connection has ended."""
        if not self._in.ready:
            self._read()
        return [Arrival(datagram, id(self)) for datagram in self._in.take(BATCH)]

    def _read(self) -> None:
        try:
            data = self.handle.recv(_READ_BYTES)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionResetError('closed by the other end')
        self._in.feed(data)

    def send(self, datagram: bytes) -> None:
        """Queue a datagram, unless the other end has stopped reading, and send what goes."""
        if len(self._out) < _BACKLOG_BYTES:
            self._out += with_length(datagram)
        self.flush()

    def flush(self) -> bool:
        """Send what goes; return whether all went. Raises OSError."""
        while self._out:
            try:
                del self._out[:self.handle.send(self._out)]
            except BlockingIOError:
                return False
        return True
