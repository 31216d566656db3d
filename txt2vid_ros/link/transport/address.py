"""Network addresses as people write them."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket

from txt2vid_ros.core.errors import UserError


@dataclasses.dataclass(frozen=True)
class Address:
    """A resolved HOST:PORT."""

    text: str
    family: socket.AddressFamily
    sockaddr: tuple[str, int]

    @property
    def loopback(self) -> bool:
        """Whether it lies on this machine."""
        return ipaddress.ip_address(self.sockaddr[0].partition('%')[0]).is_loopback

    @property
    def ip_header(self) -> int:
        """Bytes of the IP header."""
        return 40 if self.family == socket.AF_INET6 else 20


def resolve(text: str, kind: socket.SocketKind, port_zero: bool = False) -> Address:
    """Resolve HOST:PORT or [V6]:PORT. Raises UserError."""
    host, _, port_text = text.rpartition(':')
    host = host.removeprefix('[').removesuffix(']')
    port = int(port_text) if port_text.isascii() and port_text.isdigit() else -1
    if not host or not (0 if port_zero else 1) <= port <= 65535:
        raise UserError(f'address: {text!r} is no HOST:PORT', 'Say for example 192.168.1.20:5710')
    try:
        found = socket.getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError) as error:
        raise UserError(f'address: the host {host!r} is unknown',
                        'Check its name, or give its number') from error
    family, _, _, _, sockaddr = found[0]
    return Address(text, family, (str(sockaddr[0]), int(sockaddr[1])))


def bind_error(text: str, error: OSError) -> UserError:
    """Return what to tell the user when an address cannot be listened on."""
    return UserError(f'address: cannot listen on {text}: {error.strerror}',
                     'Choose another port, or stop what uses it')
