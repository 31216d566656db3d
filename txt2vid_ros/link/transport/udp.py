"""Datagrams over UDP."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from txt2vid_ros.link.messages import Source
from txt2vid_ros.link.transport.address import Address, bind_error, resolve
from txt2vid_ros.link.transport.base import Arrival, BATCH, Transport

_UDP_HEADER = 8
_BUFFER_BYTES = 4 << 20
_SO_RCVBUFFORCE = 33
_MAX_DATAGRAM = 65_536


def _open(address: Address) -> socket.socket:
    handle = socket.socket(address.family, socket.SOCK_DGRAM)
    handle.setblocking(False)
    # Room for a flood between two turns; beyond the system's limit only root may ask.
    try:
        handle.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    except OSError:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    return handle


class _Udp(Transport):
    def __init__(self, address: Address) -> None:
        self.header_bytes = address.ip_header + _UDP_HEADER
        self.loopback = address.loopback
        self._socket = _open(address)

    def filenos(self) -> list[int]:
        """Return the socket."""
        return [self._socket.fileno()]

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class UdpCaller(_Udp):
    """The sender's end: talks to one address and hears nobody else."""

    def __init__(self, text: str) -> None:
        """Resolve and connect. Raises UserError."""
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

    def receive(self) -> list[Arrival]:
        """Return what came from the receiver."""
        arrivals: list[Arrival] = []
        for _ in range(BATCH):
            try:
                arrivals.append(Arrival(self._socket.recv(_MAX_DATAGRAM), None))
            except BlockingIOError:
                break
            except OSError as error:  # What an earlier datagram met, such as a closed port.
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
        """What the network said last."""
        return self._error


class UdpListener(_Udp):
    """The receiver's end: hears everybody, answers whoever proved to hold the key."""

    def __init__(self, text: str) -> None:
        """Listen on an address of this machine. Raises UserError."""
        address = resolve(text, socket.SOCK_DGRAM, port_zero=True)
        super().__init__(address)
        try:
            self._socket.bind(address.sockaddr)
        except OSError as error:
            self._socket.close()
            raise bind_error(text, error) from error
        self.port: int = self._socket.getsockname()[1]
        self._peer: tuple[Any, ...] | None = None

    def receive(self) -> list[Arrival]:
        """Return what came, from whomever: a sender that starts again comes as a stranger."""
        arrivals: list[Arrival] = []
        for _ in range(BATCH):
            try:
                datagram, source = self._socket.recvfrom(_MAX_DATAGRAM)
            except BlockingIOError:
                break
            except OSError:  # What an earlier answer met: the peer is gone for now.
                continue
            arrivals.append(Arrival(datagram, source))
        return arrivals

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Answer the peer, or where a datagram came from."""
        target = to if isinstance(to, tuple) else self._peer
        if target is not None:
            with contextlib.suppress(OSError):  # Lost, as anything may be.
                self._socket.sendto(datagram, target)

    def trust(self, source: Source) -> None:
        """Take `source` for the peer."""
        self._peer = source if isinstance(source, tuple) else None
