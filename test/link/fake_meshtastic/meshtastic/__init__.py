"""
Stands for Meshtastic's package in tests: the same names, and radios that hear each other.

test_meshtastic.py compares it with the real one where that is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import dataclasses
import queue
import threading
from typing import Any

from pubsub import pub

BROADCAST_NUM = 0xFFFFFFFF


@dataclasses.dataclass
class Radio:
    """A radio on the air, at a device or HOST:PORT."""

    number: int
    plugged: bool = True
    room: int | None = None
    """Packets that it takes until it is asked, with `room_when_asked`; None for any number."""
    room_when_asked: int = 0
    stuck: threading.Event | None = None
    """Where set, a packet is written only once this is."""
    interface: Any = None


class Air:
    """All radios of a test, and the thread on which the package publishes."""

    def __init__(self) -> None:
        self.radios: dict[str, Radio] = {}
        self.packets: list[dict[str, Any]] = []
        """All that were sent."""
        self.opened: list[tuple[str, dict[str, Any]]] = []
        self._work: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def _publish(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def publish(self, topic: str, **message: Any) -> None:
        self._work.put(lambda: pub.sendMessage(topic, **message))

    def put(self, packet: dict[str, Any]) -> None:
        """Have all radios but the sender's hear a packet."""
        self.packets.append(packet)
        for radio in self.radios.values():
            if radio.interface is not None and radio.number != packet['from']:
                self.hand_over(radio, packet)

    def hand_over(self, radio: Radio, packet: Mapping[str, Any]) -> None:
        self.publish(f'meshtastic.receive.data.{packet["decoded"]["portnum"]}',
                     packet=dict(packet), interface=radio.interface)

    def unplug(self, address: str) -> None:
        radio = self.radios[address]
        radio.plugged, interface, radio.interface = False, radio.interface, None
        interface.isConnected.clear()
        self.publish('meshtastic.connection.lost', interface=interface)

    def close(self) -> None:
        self._work.put(None)
        self._thread.join(5)


air = Air()
