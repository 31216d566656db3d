"""Datagrams over a Meshtastic mesh: each the payload of one packet, sealed like any other."""

from __future__ import annotations

import collections
import os
import threading

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.messages import Source
from txt2vid_ros.link.transport.base import MAX_RECEIVED_AT_ONCE, ReceivedDatagram, Transport
from txt2vid_ros.link.transport.meshtastic_radio import BROADCAST, MeshRoute, MeshtasticRadio

_LORA_BYTES = 255
_HEADER_BYTES = 16
_FIELD_BYTES = 8
"""Of the message around a payload: number of the port 3, length 3, flags that the radio adds 2."""
_DIRECT_BYTES = 12
"""That the radio adds to a packet for one node: tag and nonce of its own encryption."""
_MOST_ARRIVALS = 256
"""Datagrams that wait for the link; what comes after them is lost."""


class MeshtasticTransport(Transport):
    """One end; both are alike. A radio that goes away is connected again once it is back."""

    def __init__(self, address: str, route: MeshRoute) -> None:
        """Use the radio at `address`, a device or HOST[:PORT]. Raises UserError."""
        if address.startswith('/') and not os.path.exists(address):  # noqa: PTH110
            raise UserError(f'address: there is no device {address}',
                            'Name the device of the radio, for example /dev/ttyUSB0, or its HOST')
        self.header_bytes = _HEADER_BYTES + _FIELD_BYTES + (
            0 if route.peer == BROADCAST else _DIRECT_BYTES)
        self.largest = _LORA_BYTES - self.header_bytes
        self._arrived: collections.deque[bytes] = collections.deque()
        self._lock = threading.Lock()
        self._wake_read, self._wake_write = os.pipe()
        self._closed = False
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        try:
            self._radio = MeshtasticRadio(address, route, self._on_datagram)
        except UserError:
            self._close_pipe()
            raise

    def _on_datagram(self, datagram: bytes) -> None:
        with self._lock:
            if self._closed or len(self._arrived) >= _MOST_ARRIVALS:
                return
            self._arrived.append(datagram)
            if len(self._arrived) == 1:
                os.write(self._wake_write, b'w')

    def filenos(self) -> list[int]:
        """Return the pipe by which the radio's thread tells of arrivals."""
        return [self._wake_read]

    def receive(self) -> list[ReceivedDatagram]:
        """Return what has come. The source is not told: whoever sends may write any number."""
        with self._lock:
            count = min(len(self._arrived), MAX_RECEIVED_AT_ONCE)
            taken = [ReceivedDatagram(self._arrived.popleft(), None) for _ in range(count)]
            if taken and not self._arrived:
                os.read(self._wake_read, 1)
        return taken

    def send(self, datagram: bytes, to: Source = None) -> None:
        """Hand a datagram to the radio's thread; what is too long for a packet is lost."""
        if len(datagram) <= self.largest:
            self._radio.send(datagram)

    @property
    def problem(self) -> str:
        """Why the radio cannot be used."""
        return self._radio.problem

    def close(self) -> None:
        """Let go of the radio."""
        if not self._closed:
            self._radio.close()
            self._close_pipe()

    def _close_pipe(self) -> None:
        with self._lock:
            self._closed = True
            os.close(self._wake_read)
            os.close(self._wake_write)
