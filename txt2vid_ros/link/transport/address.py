"""Addresses of the link, resolved."""

from __future__ import annotations

import dataclasses
import ipaddress
import socket
from typing import Any

from txt2vid_ros.core.address import parse_address, why_not_bound
from txt2vid_ros.core.errors import UserError

REMEDY = 'Write for example 192.168.1.20:5710'
"""What to write for an address."""


@dataclasses.dataclass(frozen=True)
class ResolvedAddress:
    """A HOST:PORT, and what it stands for."""

    text: str
    family: socket.AddressFamily
    sockaddr: tuple[str, int]

    @property
    def loopback(self) -> bool:
        """Whether it is an address of this machine that no other can reach."""
        return ipaddress.ip_address(self.sockaddr[0].partition('%')[0]).is_loopback

    @property
    def ip_header(self) -> int:
        """Bytes of the IP header."""
        return 40 if self.family == socket.AF_INET6 else 20


def resolve(text: str, kind: socket.SocketKind, any_port: bool = False) -> ResolvedAddress:
    """Resolve HOST:PORT or [IPv6]:PORT; `any_port` accepts port 0. Raises UserError."""
    host, port = parse_address(text, 'address', REMEDY, any_port=any_port)
    try:
        found = socket.getaddrinfo(host, port, type=kind)
    except (OSError, UnicodeError) as error:
        raise UserError(f'address: the host {host!r} is unknown',
                        'Check its name, or give its IP address') from error
    return resolved(text, found[0])


def resolved(text: str, found: Any) -> ResolvedAddress:
    """Return the address in one entry of what socket.getaddrinfo() has found."""
    family, _, _, _, sockaddr = found
    return ResolvedAddress(text, family, (str(sockaddr[0]), int(sockaddr[1])))


def bind_error(text: str, error: OSError) -> UserError:
    """Return the error for an address that cannot be listened on."""
    return UserError(f'address: cannot listen on {text}: {why_not_bound(error)}',
                     'Choose another port, or stop what uses it')
