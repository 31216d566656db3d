"""What serial and TCP have in common."""

from __future__ import annotations

import threading
import types
from typing import Any

from meshtastic import air, BROADCAST_NUM


class MeshInterface:
    """A connection with a radio."""

    class MeshInterfaceError(Exception):
        """What the package raises where a radio does not do what it should."""

        def __init__(self, message):
            self.message = message
            super().__init__(message)

    def __init__(self, debugOut=None, noProto=False, noNodes=False, timeout=300) -> None:
        self.isConnected = threading.Event()
        self.queueStatus: Any = None
        self.closed = False

    def _open(self, address: str, **options: Any) -> None:
        air.opened.append((address, options))
        radio = air.radios.get(address)
        if radio is None or not radio.plugged:
            raise FileNotFoundError(2, 'No such file or directory', address)
        self._radio, radio.interface = radio, self
        self.myInfo = types.SimpleNamespace(my_node_num=radio.number)
        self._tell_room()
        self.isConnected.set()
        air.publish('meshtastic.connection.established', interface=self)

    def _tell_room(self) -> None:
        if self._radio.room is not None:
            self.queueStatus = types.SimpleNamespace(free=self._radio.room)

    def sendHeartbeat(self):
        self._radio.room = self._radio.room_when_asked
        self._tell_room()

    def sendData(self, data, destinationId='^all', portNum=256, wantAck=False, wantResponse=False,
                 onResponse=None, onResponseAckPermitted=False, channelIndex=0, hopLimit=None,
                 pkiEncrypted=False, publicKey=None, priority=70, replyId=None):
        if len(data) > 233:
            raise MeshInterface.MeshInterfaceError('Data payload too big')
        if self._radio.stuck is not None:
            self._radio.stuck.wait(60)
        if self.queueStatus is not None:
            assert self.queueStatus.free > 0, 'the real package waits here for ever'
            self._radio.room -= 1
            self._tell_room()
        if not self.isConnected.is_set():
            raise OSError(5, 'Input/output error')
        to = BROADCAST_NUM if destinationId == '^all' else destinationId
        packet = {'from': self._radio.number, 'to': to, 'id': 1, 'wantAck': wantAck,
                  'decoded': {'portnum': {256: 'PRIVATE_APP'}[portNum], 'payload': bytes(data)}}
        if channelIndex:
            packet['channel'] = channelIndex    # as in protobuf, where 0 is left out
        air.put(packet)

    def close(self):
        self.closed = True
        if getattr(self, '_radio', None) is not None and self._radio.interface is self:
            self._radio.interface = None
