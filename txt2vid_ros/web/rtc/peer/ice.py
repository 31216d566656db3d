"""ICE on chosen addresses of this machine, on which anybody may send anything."""

from __future__ import annotations

import asyncio
import logging
import struct
import time
from typing import Any

from aioice import Candidate, Connection
from aioice.ice import StunProtocol
from txt2vid_ros.web.rtc.peer.network import Network

log = logging.getLogger(__name__)

GATHER_SECONDS = 1
"""Seconds that STUN and TURN servers have: a viewer waits for them."""
QUEUED_DATAGRAMS = 512
"""Datagrams that may wait to be read."""
UNSENT_BYTES = 256_000
"""Bytes that the socket may hold before packets are dropped."""
_LARGEST_STUN_BYTE = 3
"""The first byte of a STUN message is at most this (RFC 7983)."""


class IceConnection(Connection):
    """ICE on chosen addresses of this machine; notes when the peer was last heard."""

    def __init__(self, network: Network, controlling: bool) -> None:
        """Take where this machine is reached; the end that makes the offer is `controlling`."""
        super().__init__(ice_controlling=controlling, **network.servers())
        self._network = network
        self.heard = time.monotonic()
        """When the peer was last heard, on the monotonic clock."""
        self.invalid = 0

    async def get_component_candidates(self, component: int, addresses: list[str],
                                       timeout: int = GATHER_SECONDS) -> list[Candidate]:
        """Open sockets on the addresses of the network."""
        # aioice would bind every interface except the loopback one.
        found = await super().get_component_candidates(
            component, [*self._network.addresses, *self._network.own], GATHER_SECONDS)
        for protocol in self._protocols:
            # Of a relay, aioice's own connection to it is in between.
            if isinstance(protocol.transport, asyncio.BaseTransport):
                protocol.transport.set_protocol(_Guard(protocol, self))
        return found

    def data_received(self, data: Any, component: Any) -> None:
        """Note that the peer was heard; without data, the socket is closed."""
        if data:
            self.heard = time.monotonic()
        super().data_received(data, component)

    def request_received(self, *check: Any) -> None:
        """Note that the peer was heard."""
        self.heard = time.monotonic()
        super().request_received(*check)

    def admits(self, data: bytes, address: tuple[str, int]) -> bool:
        """Return whether a datagram is to be read."""
        # Of nobody else, except STUN messages, which prove who sent them; and never an empty one:
        # both would end aiortc's reader. And what nobody reads must not pile up.
        return bool(data) and self._network.answers(address[0]) and (
            data[0] <= _LARGEST_STUN_BYTE or (
                self._queue.qsize() < QUEUED_DATAGRAMS
                and any(each.remote_addr == address for each in self._check_list)))

    def send_now(self, data: bytes) -> bool:
        """Send a datagram; False where there is no path yet, or the socket takes no more."""
        pair = self._nominated.get(1)
        if pair is None:
            return False
        socket: Any = pair.protocol.transport
        size = getattr(socket, 'get_write_buffer_size', None)
        if size is not None and size() > UNSENT_BYTES:
            return False
        socket.sendto(data, pair.remote_addr)
        return True


class _Guard(asyncio.DatagramProtocol):
    """Stands before aioice's reader, which raises where a message cannot be read."""

    def __init__(self, protocol: StunProtocol, connection: IceConnection) -> None:
        self._protocol = protocol
        self._connection = connection

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        if not self._connection.admits(data, (addr[0], addr[1])):
            self._connection.invalid += 1
            return
        try:
            self._protocol.datagram_received(data, addr)
        except (struct.error, KeyError, ValueError, AssertionError) as error:
            self._connection.invalid += 1
            log.debug('an unreadable STUN message from %s: %r', addr[0], error)

    def error_received(self, exc: Exception) -> None:
        self._protocol.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
