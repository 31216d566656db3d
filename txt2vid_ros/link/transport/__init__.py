"""Ways to carry datagrams: UDP, TCP and serial lines, chosen by name."""

from __future__ import annotations

from collections.abc import Callable

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.transport.base import Transport
from txt2vid_ros.link.transport.serial import SerialTransport
from txt2vid_ros.link.transport.tcp import TcpClient
from txt2vid_ros.link.transport.tcp_server import TcpServer
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

ROLES = ('sender', 'receiver')
TRANSPORTS = ('udp', 'tcp', 'serial')


def open_transport(name: str, role: str, address: str, baud: int = 0) -> Transport:
    """
    Open the transport `name` for `role`. Raises UserError.

    `address` is HOST:PORT of the receiver, at both ends, or the device of a serial line.
    """
    if role not in ROLES:
        raise UserError(f'role: {role!r} does not exist', f'Choose one of {", ".join(ROLES)}')
    if name == 'serial':
        return SerialTransport(address, baud)
    transports: dict[tuple[str, str], Callable[[str], Transport]] = {
        ('udp', 'sender'): UdpClient, ('udp', 'receiver'): UdpServer,
        ('tcp', 'sender'): TcpClient, ('tcp', 'receiver'): TcpServer,
    }
    make = transports.get((name, role))
    if make is None:
        raise UserError(f'transport: {name!r} does not exist',
                        f'Choose one of {", ".join(TRANSPORTS)}')
    return make(address)
