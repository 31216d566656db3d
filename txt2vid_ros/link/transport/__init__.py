"""Ways to carry datagrams: UDP, TCP, serial lines and radios, chosen by name."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from typing import TypeAlias

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.transport.ax25 import ui_header
from txt2vid_ros.link.transport.base import Transport
from txt2vid_ros.link.transport.kiss_transport import KissSerial, KissTcp
from txt2vid_ros.link.transport.meshtastic import MeshtasticTransport
from txt2vid_ros.link.transport.meshtastic_radio import MeshRoute
from txt2vid_ros.link.transport.serial import SerialTransport
from txt2vid_ros.link.transport.tcp import TcpClient
from txt2vid_ros.link.transport.tcp_server import TcpServer
from txt2vid_ros.link.transport.udp import UdpClient, UdpServer

ROLES = ('sender', 'receiver')


@dataclasses.dataclass(frozen=True)
class TransportOptions:
    """What some transports need besides an address."""

    baud: int = 0
    """Of a serial line; 0 keeps the speed that it has."""
    kiss_port: int = 0
    """Of a TNC with several radios."""
    callsign: str = ''
    """Of this station, for AX.25; empty, with `peer_callsign`, for frames without its header."""
    peer_callsign: str = ''
    mesh_peer: str = ''
    """Id of the other end's node in a Meshtastic mesh; empty to broadcast."""
    mesh_channel: int = 0
    """Index of the channel in the Meshtastic radio."""


_Opener: TypeAlias = Callable[[str, TransportOptions], Transport]


def _kiss_tcp(address: str, options: TransportOptions) -> Transport:
    return KissTcp(address, options.kiss_port, ui_header(options.callsign, options.peer_callsign))


def _kiss_serial(address: str, options: TransportOptions) -> Transport:
    return KissSerial(address, options.baud, options.kiss_port,
                      ui_header(options.callsign, options.peer_callsign))


def _meshtastic(address: str, options: TransportOptions) -> Transport:
    return MeshtasticTransport(address, MeshRoute.of(options.mesh_peer, options.mesh_channel))


_ONE_WAY: dict[tuple[str, str], _Opener] = {
    ('udp', 'sender'): lambda address, _: UdpClient(address),
    ('udp', 'receiver'): lambda address, _: UdpServer(address),
    ('tcp', 'sender'): lambda address, _: TcpClient(address),
    ('tcp', 'receiver'): lambda address, _: TcpServer(address),
}
_ALIKE: dict[str, _Opener] = {
    'serial': lambda address, options: SerialTransport(address, options.baud),
    'kiss-tcp': _kiss_tcp,
    'kiss-serial': _kiss_serial,
    'meshtastic': _meshtastic,
}
"""Transports whose ends are alike."""
TRANSPORTS = ('udp', 'tcp', *_ALIKE)


def open_transport(name: str, role: str, address: str,
                   options: TransportOptions | None = None) -> Transport:
    """
    Open the transport `name` for `role`. Raises UserError.

    `address` is HOST:PORT of the receiver, at both ends; that of this end's TNC or radio; or a
    device.
    """
    if role not in ROLES:
        raise UserError(f'role: {role!r} does not exist', f'Choose one of {", ".join(ROLES)}')
    opener = _ALIKE.get(name) or _ONE_WAY.get((name, role))
    if opener is None:
        raise UserError(f'transport: {name!r} does not exist',
                        f'Choose one of {", ".join(TRANSPORTS)}')
    return opener(address, options or TransportOptions())
