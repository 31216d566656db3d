"""Where peers reach this machine: its addresses, and the servers that help behind a NAT."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from typing import Any

from aioice import ice
from aiortc import RTCIceServer
from aiortc.rtcicetransport import connection_kwargs, parse_stun_turn_uri
from txt2vid_ros.core.errors import UserError

_ELSEWHERE = ('192.0.2.1', 9)
"""An address that is nobody's (RFC 5737)."""


@dataclasses.dataclass(frozen=True)
class IceServer:
    """A STUN or TURN server (RFC 7064, RFC 7065), such as stun:HOST:PORT or turn:HOST:PORT."""

    url: str
    username: str = ''
    credential: str = ''


@dataclasses.dataclass(frozen=True)
class Network:
    """The addresses of this machine that peers are told, and who else they may ask."""

    addresses: tuple[str, ...] = ('127.0.0.1',)
    """IP addresses to open a socket on for each peer."""
    public: str = ''
    """The address at which the first of them is seen from outside, behind a 1:1 NAT."""
    ice_servers: tuple[IceServer, ...] = ()
    own: tuple[str, ...] = ()
    """Further IP addresses, on which only programs of this machine are answered."""

    def reaches(self, address: str, chosen: bool) -> bool:
        """
        Return whether a peer's address is to be tried; whether this end has `chosen` the peer.

        Names, which browsers hide their addresses behind, are not: such peers are found by what
        they send. Nor is anything tried that a stranger names where only this machine is served.
        """
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return not (parsed.is_multicast or parsed.is_unspecified
                    or (self.loopback and not chosen))

    @property
    def loopback(self) -> bool:
        """Return whether only this machine is served."""
        return all(ipaddress.ip_address(each).is_loopback for each in self.addresses)

    def answers(self, address: str) -> bool:
        """
        Return whether a datagram that came from an address is to be read.

        Where only this machine is served, its senders have its own addresses. The kernel lets
        nobody else use them: from outside they are martians (RFC 1812, 5.3.7).
        """
        return not self.own or address in self.own or ipaddress.ip_address(
            address.partition('%')[0]).is_loopback

    @property
    def sockets(self) -> int:
        """Return how many sockets a peer takes."""
        return len(self.addresses) + len(self.own)

    def servers(self) -> dict[str, Any]:
        """Return aioice's arguments for the servers."""
        return connection_kwargs([
            RTCIceServer(urls=each.url, username=each.username or None,
                         credential=each.credential or None) for each in self.ice_servers])


def ice_server(text: str, parameter: str) -> IceServer:
    """
    Parse 'stun:HOST:PORT' or 'USER:PASSWORD@turn:HOST:PORT'.

    Raises UserError that names `parameter`.
    """
    credentials, _, url = text.rpartition('@')
    username, _, credential = credentials.partition(':')
    try:
        parse_stun_turn_uri(url)
    except ValueError as error:
        raise UserError(f'{parameter}: {url.partition("?")[0]!r} is no STUN or TURN server',
                        'Write stun:HOST:PORT or USER:PASSWORD@turn:HOST:PORT.') from error
    return IceServer(url, username, credential)


def local_addresses(host: str, parameter: str) -> tuple[str, ...]:
    """
    Return the IP addresses to serve peers on where HTTP is served on `host`.

    Of 0.0.0.0 and :: those of all interfaces. Raises UserError that names `parameter`.
    """
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(
            host, None, type=socket.SOCK_DGRAM)}
    except (OSError, UnicodeError) as error:
        raise UserError(f'{parameter}: {host!r} is no address of this machine',
                        'Use 127.0.0.1, 0.0.0.0 or an address of this machine.') from error
    named = tuple(sorted(found))
    if not any(ipaddress.ip_address(each).is_unspecified for each in named):
        return named
    return tuple(ice.get_host_addresses(use_ipv4=True, use_ipv6='::' in named)) or ('127.0.0.1',)


def own_address() -> tuple[str, ...]:
    """
    Return the address that this machine has on its way to others; without a network, none.

    Firefox tries none of its addresses with one of the loopback interface, not even on the same
    machine; this one it tries. Nothing is sent to find it out.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(_ELSEWHERE)
        except OSError:
            return ()
        return (str(asking.getsockname()[0]),)
