"""
A Meshtastic radio on a serial line or on TCP, driven by Meshtastic's own package on a thread.

The package (https://github.com/meshtastic/python, GPL-3) is imported only where this transport is
chosen. Its calls wait: for the radio's settings, for room in the radio, for a connection.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Mapping
import dataclasses
import logging
import re
import termios
import threading
import time
from typing import Any

from txt2vid_ros.core.address import parse_address
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.transport.tcp_connection import notice_dead_paths

log = logging.getLogger(__name__)

PRIVATE_APP = 256
"""The port for applications of one's own (Meshtastic's portnums.proto), which nobody displays."""
BROADCAST = 0xFFFFFFFF
MOST_CHANNEL = 7
_RECEIVED, _LOST = 'meshtastic.receive.data.PRIVATE_APP', 'meshtastic.connection.lost'
_DEFAULT_PORT = 4403
_MOST_WAITING = 8
"""Datagrams for a radio that takes none at the moment; what comes after them is lost."""
_SETTINGS_TIMEOUT = 30
"""Seconds that a radio may take to tell its settings."""
_BACKOFF = Backoff(first=0.5, largest=60.0)
_STEADY = 60.0
"""Seconds of a connection after which the next loss counts as the first."""
_LOOK_INTERVAL = 1.0
"""Seconds between looks at a radio that has no room, or is gone without a word."""
_ASK_INTERVAL = 5.0
"""Seconds between questions whether a radio has room again, which it does not tell by itself."""
_CLOSE_TIMEOUT = 3.0
_REMEDY = 'Write a device such as /dev/ttyUSB0, or HOST or HOST:PORT of the radio'


@dataclasses.dataclass(frozen=True)
class MeshRoute:
    """Whom the datagrams go to, and whose are taken: those of one node, or of a channel."""

    peer: int = BROADCAST
    """Number of the other end's node; BROADCAST for all on the channel."""
    channel: int = 0
    """Index of the channel in the radio, 0 to MOST_CHANNEL."""

    @classmethod
    def of(cls, peer: str, channel: int) -> MeshRoute:
        """Read a node's id such as '!a1b2c3d4', or '' for a broadcast. Raises UserError."""
        if not peer:
            return cls(BROADCAST, channel)
        if not re.fullmatch('!?[0-9A-Fa-f]{8}', peer):
            raise UserError(f'mesh_peer: {peer!r} is no id of a node',
                            'Write it as the radio shows it, for example !a1b2c3d4; or leave it '
                            'empty to broadcast on a channel')
        return cls(int(peer[-8:], 16), channel)

    def takes(self, packet: Mapping[str, Any], own: int) -> bool:
        """Return whether a packet, as the package hands it over, is for the node `own`."""
        source, to = packet.get('from'), packet.get('to')
        if self.peer != BROADCAST:
            return (source, to) == (self.peer, own)
        return source != own and to == BROADCAST and packet.get('channel', 0) == self.channel


class MeshtasticRadio:
    """
    Sends and receives on a thread of its own; connects again where the radio is lost.

    send() never waits. `on_datagram` is called on a thread of the package and must not wait.
    """

    def __init__(self, address: str, route: MeshRoute,
                 on_datagram: Callable[[bytes], None]) -> None:
        """Begin to connect. Raises UserError where the package or the address is none."""
        self._package = _Package(address)
        self._address, self._route, self._on_datagram = address, route, on_datagram
        self._waiting: collections.deque[bytes] = collections.deque()
        self._changed = threading.Condition()
        self._closing = False
        self._interface: Any = None
        self._socket: Any = None
        self._asked = 0.0
        self.problem = f'the radio at {address} is not connected yet'
        """Why it cannot be used at the moment; empty where it can."""
        # The package keeps no hard reference to these, so they end with this object.
        self._package.pub.subscribe(self._received, _RECEIVED)
        self._package.pub.subscribe(self._lost, _LOST)
        self._thread = threading.Thread(target=self._run, name='meshtastic', daemon=True)
        self._thread.start()

    def send(self, datagram: bytes) -> None:
        """Have a datagram sent; before there is a connection only the newest is kept."""
        with self._changed:
            if self._interface is None:
                self._waiting.clear()
            if len(self._waiting) < _MOST_WAITING:
                self._waiting.append(datagram)
                self._changed.notify()

    def close(self) -> None:
        """Let go of the radio; may be called twice."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._release(self._interface)
        self._package.pub.unsubscribe(self._received, _RECEIVED)
        self._package.pub.unsubscribe(self._lost, _LOST)
        # A connection that is being made cannot be ended from here; its thread then closes it.
        self._thread.join(_CLOSE_TIMEOUT)

    # Called by the package, on its thread; it goes by the names of the parameters ------------

    def _received(self, packet: Mapping[str, Any], interface: Any) -> None:
        if interface is not self._interface:
            return
        payload = packet.get('decoded', {}).get('payload')
        if payload and self._route.takes(packet, interface.myInfo.my_node_num):
            self._on_datagram(bytes(payload))

    def _lost(self, interface: Any) -> None:
        if interface is self._interface:
            self._release(interface)
            with self._changed:
                self._changed.notify()

    # On its own thread ------------------------------------------------------------------------

    def _run(self) -> None:
        failures = 0
        while not self._closing:
            began = time.monotonic()
            try:
                self._connect_and_serve()
            except self._package.errors as error:
                self.problem = f'the radio at {self._address} is not connected: {_reason(error)}'
            except Exception as error:
                # Of a package that is not ours; it must not end the link for good.
                log.exception('the radio at %s failed', self._address)
                self.problem = f'the radio at {self._address} failed: {error}'
            failures = 1 if time.monotonic() - began > _STEADY else failures + 1
            with self._changed:
                self._changed.wait_for(lambda: self._closing, _BACKOFF.after(failures))

    def _connect_and_serve(self) -> None:
        interface = self._package.connect()
        try:
            with self._changed:
                self._interface = interface
            self.problem = ''
            log.info('the radio at %s is connected', self._address)
            while not self._closing and interface.isConnected.is_set():
                self._serve(interface)
            self.problem = f'the radio at {self._address} is gone'
        finally:
            with self._changed:
                self._interface = None
            self._release(interface)
            interface.close()

    def _serve(self, interface: Any) -> None:
        """Send a datagram, or wait for one or for room."""
        self._watch_path(getattr(interface, 'socket', None))
        status = interface.queueStatus
        if status is not None and status.free <= 0:
            self._ask_for_room(interface)
            return
        with self._changed:
            self._changed.wait_for(
                lambda: self._waiting or self._closing or not interface.isConnected.is_set(),
                _LOOK_INTERVAL)
            datagram = self._waiting.popleft() if self._waiting and not self._closing else None
        if datagram is not None:
            # No acknowledgements of the mesh: the link has its own, and each is air time.
            interface.sendData(datagram, destinationId=self._route.peer, portNum=PRIVATE_APP,
                               wantAck=False, channelIndex=self._route.channel)

    def _ask_for_room(self, interface: Any) -> None:
        now = time.monotonic()
        if now >= self._asked + _ASK_INTERVAL:
            self._asked = now
            interface.sendHeartbeat()
        with self._changed:
            self._changed.wait_for(lambda: self._closing, _LOOK_INTERVAL)

    def _watch_path(self, socket: Any) -> None:
        if socket is not None and socket is not self._socket:
            notice_dead_paths(socket)
        self._socket = socket

    @staticmethod
    def _release(interface: Any) -> None:
        """Wake the package where it waits for room in a radio that may never tell of any."""
        if interface is not None:
            interface.queueStatus = None


class _Package:
    """Meshtastic's package: what of it is used, and how it connects with an address."""

    def __init__(self, address: str) -> None:
        """Import it. Raises UserError."""
        self._serial, self._tcp, self.pub, error = _import_meshtastic()
        self.errors: tuple[type[Exception], ...] = (OSError, termios.error, error)
        self._device = address if address.startswith('/') else ''
        if not self._device:
            where = address if ':' in address else f'{address}:{_DEFAULT_PORT}'
            self._host, self._port = parse_address(where, 'address', _REMEDY)

    def connect(self) -> Any:
        """Return an interface, connected; waits. Raises one of `errors`."""
        # Without the other nodes of the mesh, whose list may take a minute to load.
        if self._device:
            return self._serial(self._device, noNodes=True, timeout=_SETTINGS_TIMEOUT)
        return self._tcp(self._host, portNumber=self._port, noNodes=True,
                         timeout=_SETTINGS_TIMEOUT)


def _import_meshtastic() -> tuple[Any, Any, Any, type[Exception]]:
    try:
        from meshtastic.mesh_interface import MeshInterface
        from meshtastic.serial_interface import SerialInterface
        from meshtastic.tcp_interface import TCPInterface
        from pubsub import pub
    except ImportError as error:
        raise UserError('transport: meshtastic needs the package meshtastic, which is not '
                        'installed', 'Install it: pip install "txt2vid_ros[meshtastic]" (GPL-3)'
                        ) from error
    return SerialInterface, TCPInterface, pub, MeshInterface.MeshInterfaceError


def _reason(error: Exception) -> str:
    return str(getattr(error, 'strerror', None) or error)
