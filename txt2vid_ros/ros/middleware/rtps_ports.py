"""Where the participants of a ROS domain listen to each other: RTPS 2.3, 9.6.1."""

from __future__ import annotations

MULTICAST = '239.255.0.1'
PARTICIPANTS = 32
"""How many participants of a machine ROS lets find each other."""


def first_port(domain: int) -> int:
    """Return the UDP port of a domain's multicast; those of its participants follow it."""
    return 7400 + 250 * domain


def discovery_ports(domain: int) -> list[int]:
    """Return the UDP ports at which the participants of a machine hear of others."""
    return [first_port(domain) + 10 + 2 * each for each in range(PARTICIPANTS)]
