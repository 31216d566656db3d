"""Ways to carry datagrams: UDP, TCP and serial lines, chosen by name."""

from __future__ import annotations

from collections.abc import Callable

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.transport.base import Transport
from txt2vid_ros.link.transport.serial import SerialLine
from txt2vid_ros.link.transport.tcp import TcpCaller, TcpListener
from txt2vid_ros.link.transport.udp import UdpCaller, UdpListener

ROLES = ('sender', 'receiver')
TRANSPORTS = ('udp', 'tcp', 'serial')


def open_transport(name: str, role: str, address: str, baud: int = 0) -> Transport:
    """Open the transport `name` for `role`. Raises UserError.

    `address` is HOST:PORT, of the receiver at both ends, or the serial line's device.
    """
    if role not in ROLES:
        raise UserError(f'role: {role!r} is none', f'Say one of {", ".join(ROLES)}')
    if name == 'serial':
        return SerialLine(address, baud)
    kinds: dict[tuple[str, str], Callable[[str], Transport]] = {
        ('udp', 'sender'): UdpCaller, ('udp', 'receiver'): UdpListener,
        ('tcp', 'sender'): TcpCaller, ('tcp', 'receiver'): TcpListener,
    }
    kind = kinds.get((name, role))
    if kind is None:
        raise UserError(f'transport: {name!r} is none', f'Say one of {", ".join(TRANSPORTS)}')
    return kind(address)
