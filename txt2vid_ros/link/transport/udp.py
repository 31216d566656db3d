"""Datagrams over UDP."""

from __future__ import annotations

import contextlib
import errno
import socket
from typing import Any

from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.link.messages import NEVER, Source
from txt2vid_ros.link.transport.address import bind_error, resolve, ResolvedAddress
from txt2vid_ros.link.transport.base import MAX_RECEIVED_AT_ONCE, ReceivedDatagram, Transport
from txt2vid_ros.link.transport.peer_address import Lookup, PeerAddress

_UDP_HEADER = 8
_RECEIVE_BUFFER_BYTES = 4 << 20
_SO_RCVBUFFORCE = 33  # Of Linux; Python has no name for it.
_MAX_UDP_BYTES = 65_536
_RENEWAL_BACKOFF = Backoff(first=15.0, largest=300.0)
"""Seconds for which nobody answers a socket until it is replaced again."""


def _open(address: ResolvedAddress) -> socket.socket:
    handle = socket.socket(address.family, socket.SOCK_DGRAM)
    handle.setblocking(False)
    # Room for a flood between two steps; only root may go beyond the system's limit.
    try:
        handle.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER_BYTES)
    except OSError:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
    return handle


class UdpClient(Transport):
    """The sender's end: exchanges datagrams with one peer only, wherever its name leads."""

    def __init__(self, text: str, lookup: Lookup = socket.getaddrinfo) -> None:
        """Begin to look for the address, and connect to it. Raises UserError."""
        self._peer = PeerAddress(text, socket.SOCK_DGRAM, lookup)
        self.header_bytes = self._peer.ip_header + _UDP_HEADER
        self.loopback = self._peer.loopback
        self._socket: socket.socket | None = None
        self._address: ResolvedAddress | None = None
        self._unsent = b''
        self._error = ''
        self._renewals, self._renewal_due = 0, NEVER
        self._follow()

    def _follow(self) -> None:
        """Move to the address that the name stands for now."""
        address = self._peer.current
        if address is None or address is self._address:
            return
        self._address = address
        self._renew()
        unsent, self._unsent = self._unsent, b''
        if unsent:
            self.send(unsent)

    def _renew(self) -> None:
        """
        Replace the socket: one that was connected keeps this machine's address of that time.

        So it leads nowhere once that has changed or another network carries the default route,
        and a router that translates addresses may hold its port to a way that is gone.
        """
        self.close()
        if self._address is None:
            return
        self._socket = _open(self._address)
        try:
            self._socket.connect(self._address.sockaddr)
            self._error = ''
        except OSError as error:
            self._unreachable(error)

    def _unreachable(self, error: OSError) -> None:
        self._error = f'{self._peer.text} cannot be reached: {error.strerror}'

    def filenos(self) -> list[int]:
        """Return the socket, once there is an address."""
        return [self._socket.fileno()] if self._socket is not None else []

    def receive(self) -> list[ReceivedDatagram]:
        """Return what came from the receiver."""
        arrivals: list[ReceivedDatagram] = []
        if self._socket is None:
            return arrivals
        for _ in range(MAX_RECEIVED_AT_ONCE):
            try:
                arrivals.append(ReceivedDatagram(self._socket.recv(_MAX_UDP_BYTES), None))
            except BlockingIOError:
                break
            except OSError as error:  # The answer to an earlier datagram, such as a closed port.
                self._unreachable(error)
                break
        if arrivals:
            self._error = ''
        return arrivals

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Send to the receiver; before there is an address only the newest is kept."""
        self._peer.sent()
        if self._socket is None:
            self._unsent = datagram
            return
        try:
            self._socket.send(datagram)
        except BlockingIOError:
            return
        except OSError as error:
            self._unreachable(error)
            if error.errno != errno.ECONNREFUSED:
                self._renew()
                with contextlib.suppress(OSError):
                    self._socket.send(datagram)

    def set_peer(self, source: Source) -> None:
        """Note that the receiver has answered."""
        self._peer.answered()
        self._renewals, self._renewal_due = 0, -NEVER

    def seek(self, now: float) -> None:
        """Try another socket where one that worked is not answered any more, then now and then."""
        if self._renewal_due == NEVER:
            self._renewal_due = now + _RENEWAL_BACKOFF.after(1)
        elif now >= self._renewal_due:
            self._renew()
            self._renewals += 1
            self._renewal_due = now + _RENEWAL_BACKOFF.after(self._renewals)

    def maintain(self, now: float) -> float:
        """Look the name up where that is due, and follow it."""
        again = self._peer.maintain(now)
        self._follow()
        return again

    @property
    def problem(self) -> str:
        """Return why the name leads nowhere, or the latest error of the network."""
        return self._peer.problem or self._error

    def close(self) -> None:
        """Close the socket."""
        handle, self._socket = self._socket, None
        if handle is not None:
            handle.close()


class UdpServer(Transport):
    """The receiver's end: takes datagrams from everywhere, and answers whoever holds the key."""

    def __init__(self, text: str) -> None:
        """Listen on an address of this machine. Raises UserError."""
        address = resolve(text, socket.SOCK_DGRAM, any_port=True)
        self.header_bytes = address.ip_header + _UDP_HEADER
        self.loopback = address.loopback
        self._socket = _open(address)
        try:
            self._socket.bind(address.sockaddr)
        except OSError as error:
            self._socket.close()
            raise bind_error(text, error) from error
        self.port: int = self._socket.getsockname()[1]
        self._peer: tuple[Any, ...] | None = None

    def filenos(self) -> list[int]:
        """Return the socket."""
        return [self._socket.fileno()]

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

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
