"""Which addresses of this machine lead to the discovery servers."""

from __future__ import annotations

import socket

_ANY_PORT = 9


def ways_to(servers: str) -> list[str]:
    """
    Return the addresses of this machine that lead to `servers`, as ROS_DISCOVERY_SERVER has them.

    None where that cannot be told: one is on this machine only, has no UDP address of IPv4, or no
    route leads there yet.
    """
    found: list[str] = []
    for server in filter(None, (each.strip() for each in servers.split(';'))):
        if '[' in server:
            return []
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect((server.partition(':')[0], _ANY_PORT))  # Which sends nothing.
                found.append(str(probe.getsockname()[0]))
        except (OSError, UnicodeError):
            return []
    return [] if any(each.startswith('127.') for each in found) else [*dict.fromkeys(found)]
