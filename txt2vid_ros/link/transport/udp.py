"""Datagrams over UDP."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from txt2vid_ros.link.messages import Source
from txt2vid_ros.link.transport.address import bind_error, resolve, ResolvedAddress
from txt2vid_ros.link.transport.base import MAX_RECEIVED_AT_ONCE, ReceivedDatagram, Transport

_UDP_HEADER = 8
_RECEIVE_BUFFER_BYTES = 4 << 20
_SO_RCVBUFFORCE = 33  # Of Linux; Python has no name for it.
_MAX_UDP_BYTES = 65_536


def _open(address: ResolvedAddress) -> socket.socket:
    handle = socket.socket(address.family, socket.SOCK_DGRAM)
    handle.setblocking(False)
    # Room for a flood between two steps; only root may go beyond the system's limit.
    try:
        handle.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
    except OSError:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    return handle


class _UdpTransport(Transport):
    def __init__(self, address: ResolvedAddress) -> None:
        self.header_bytes = address.ip_header + _UDP_HEADER
        self.loopback = address.loopback
        self._socket = _open(address)

    def filenos(self) -> list[int]:
        """Return the socket."""
        return [self._socket.fileno()]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class UdpClient(_UdpTransport):
    """The sender's end: exchanges datagrams with one address only."""

    def __init__(self, text: str) -> None:
        """Resolve the address and connect to it. Raises UserError."""
        address = resolve(text, socket.SOCK_DGRAM)
        super().__init__(address)
        self._text = text
        self._error = ''
        self._sockaddr = address.sockaddr
        self._connect()

    def _connect(self) -> None:
        try:
            self._socket.connect(self._sockaddr)
            self._error = ''
        except OSError as error:
            self._error = f'{self._text} cannot be reached: {error.strerror}'

    def receive(self) -> list[ReceivedDatagram]:
        """Return what came from the receiver."""
        arrivals: list[ReceivedDatagram] = []
        for _ in range(MAX_RECEIVED_AT_ONCE):
            try:
                arrivals.append(ReceivedDatagram(self._socket.recv(_MAX_UDP_BYTES), None))
            except BlockingIOError:
                break
            except OSError as error:  # The answer to an earlier datagram, such as a closed port.
                self._error = f'{self._text} cannot be reached: {error.strerror}'
                break
        if arrivals:
            self._error = ''
        return arrivals

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Send to the receiver."""
        try:
            self._socket.send(datagram)
        except BlockingIOError:
            return
        except OSError as error:
            self._error = f'{self._text} cannot be reached: {error.strerror}'
            self._connect()

    @property
    def problem(self) -> str:
        """Return the latest error of the network."""
        return self._error


class UdpServer(_UdpTransport):
    """The receiver's end: takes datagrams from everywhere, and answers whoever holds the key."""

    def __init__(self, text: str) -> None:
        """Listen on an address of this machine. Raises UserError."""
        address = resolve(text, socket.SOCK_DGRAM, any_port=True)
        super().__init__(address)
        try:
            self._socket.bind(address.sockaddr)
        except OSError as error:
            self._socket.close()
            raise bind_error(text, error) from error
        self.port: int = self._socket.getsockname()[1]
        self._peer: tuple[Any, ...] | None = None

    def receive(self) -> list[ReceivedDatagram]:
        """Return what came, from anywhere: a sender that restarts has a new address."""
        arrivals: list[ReceivedDatagram] = []
        for _ in range(MAX_RECEIVED_AT_ONCE):
            try:
                datagram, source = self._socket.recvfrom(_MAX_UDP_BYTES)
            except BlockingIOError:
                break
            except OSError:  # The answer to an earlier datagram: the peer is gone for now.
                continue
            arrivals.append(ReceivedDatagram(datagram, source))
        return arrivals

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Answer the peer, or whoever a datagram came from."""
        target = to if isinstance(to, tuple) else self._peer
        if target is not None:
            with contextlib.suppress(OSError):  # It is lost, as any datagram may be.
                self._socket.sendto(datagram, target)

    def set_peer(self, source: Source) -> None:
        """Make `source` the peer."""
        self._peer = source if isinstance(source, tuple) else None
