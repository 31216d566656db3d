"""
Whether a request was meant for this server, and by a page that may use it.

The Host header tells of DNS rebinding: a page whose own name has been pointed at this address.
The Origin header (RFC 6454) tells of other pages' scripts; browsers send it with whatever changes
something and with WebSockets, and programs that are no browser need not send it.
"""

from __future__ import annotations

from collections.abc import Collection
import ipaddress
from urllib.parse import urlsplit

from txt2vid_ros.web.server.settings import is_loopback


def host_name(header: str) -> str:
    """Return the host of a Host header without its port and brackets, '' where it is none."""
    try:
        parts = urlsplit(f'//{header}')
        bad = parts.path or parts.query or parts.fragment or '@' in header or (
            parts.port is not None and parts.port < 1)
        return '' if bad else (parts.hostname or '')
    except ValueError:
        return ''


class HostPolicy:
    """Knows the names of this server."""

    def __init__(self, ip: str, written: str, allowed: Collection[str]) -> None:
        """Take the IP address that is served on, how the user wrote it, and further names."""
        self._loopback = is_loopback(ip)
        # Of all addresses of this machine, the one counts that the connection came to.
        own = set() if ipaddress.ip_address(ip.partition('%')[0]).is_unspecified else {
            written.lower().strip('[]')}
        self._names = frozenset({*own, 'localhost', *allowed})

    def allows(self, header: str, local_ip: str) -> bool:
        """Return whether a Host header names this server; `local_ip` is the connection's own."""
        name = host_name(header)
        if name in self._names:
            return bool(name)
        try:
            address = ipaddress.ip_address(name)
            local = ipaddress.ip_address(local_ip.partition('%')[0])
        except ValueError:
            return False
        return address == (getattr(local, 'ipv4_mapped', None) or local) or (
            self._loopback and address.is_loopback)


class OriginPolicy:
    """Knows the pages that may use this server."""

    def __init__(self, allowed: Collection[str], encrypted: bool) -> None:
        """Take the origins of other pages that may, and whether connections are encrypted."""
        self.allowed = frozenset(allowed)
        # Without TLS of its own, there may be a proxy before it that has.
        self._schemes = ('https',) if encrypted else ('http', 'https')

    def own(self, origin: str, host: str) -> bool:
        """Return whether an origin is that of this server's own page, addressed as `host`."""
        return origin.lower() in {f'{scheme}://{host.lower()}' for scheme in self._schemes}

    def allows(self, origin: str | None, host: str) -> bool:
        """Return whether a page of this origin may use the server that it addressed as `host`."""
        return origin is None or origin.lower() in self.allowed or self.own(origin, host)
