"""
The AX.25 header of a UI frame: which station sends, which one is meant.

"AX.25 Link Access Protocol for Amateur Packet Radio", version 2.2, 1998, 3.12 and 4.3.3.6.
TNCs such as Direwolf take nothing else over KISS; they add the flags and the check sum.
"""

from __future__ import annotations

import dataclasses
import re
from typing import NamedTuple

from txt2vid_ros.core.errors import UserError

HEADER_BYTES = 16
"""Two addresses of seven, control, protocol."""
AIR_BYTES = HEADER_BYTES + 4
"""With the check sum and two flags; stuffed bits, and what a transmitter sends before, not."""
_UI, _POLL, _NO_LAYER_3 = 0x03, 0x10, 0xF0
_ADDRESS_BYTES = 7
_MAX_ADDRESSES = 10
"""Destination, source and eight repeaters."""
_LAST, _COMMAND, _RESERVED = 0x01, 0x80, 0x60
_CALL = re.compile(r'([A-Z0-9]{1,6})(?:-(\d|1[0-5]))?')


class Callsign(NamedTuple):
    """A station: its call sign, and which of its stations, 0 to 15."""

    call: str
    ssid: int = 0

    @classmethod
    def parse(cls, text: str, parameter: str) -> Callsign:
        """Read DL1ABC or DL1ABC-7. Raises UserError."""
        found = _CALL.fullmatch(text.strip().upper())
        if found is None:
            raise UserError(f'{parameter}: {text!r} is no call sign',
                            'Write up to six letters and digits, and perhaps -0 to -15: DL1ABC-7')
        return cls(found[1], int(found[2] or 0))

    def pack(self, bits: int) -> bytes:
        """Return the seven bytes of an address; `bits` are the flags in its last."""
        call = bytes(ord(letter) << 1 for letter in self.call.ljust(6))
        return call + bytes([_RESERVED | self.ssid << 1 | bits])

    @classmethod
    def unpack(cls, address: bytes) -> Callsign:
        """Read seven bytes, whatever they are."""
        call = ''.join(chr(byte >> 1) for byte in address[:6]).rstrip(' ')
        return cls(call, address[6] >> 1 & 15)


@dataclasses.dataclass(frozen=True)
class UiHeader:
    """Puts datagrams into UI frames from `own` to `peer`, and takes them out of those back."""

    own: Callsign
    peer: Callsign

    def wrap(self, datagram: bytes) -> bytes:
        """Return a UI frame to the peer, without flags and check sum."""
        return (self.peer.pack(_COMMAND) + self.own.pack(_LAST)
                + bytes([_UI, _NO_LAYER_3]) + datagram)

    def unwrap(self, frame: bytes) -> bytes | None:
        """Return what a UI frame of the peer holds for us, perhaps repeated; None for others."""
        addresses: list[bytes] = []
        at = 0
        while not addresses or not addresses[-1][6] & _LAST:
            address, at = frame[at:at + _ADDRESS_BYTES], at + _ADDRESS_BYTES
            if len(address) < _ADDRESS_BYTES or len(addresses) == _MAX_ADDRESSES:
                return None
            addresses.append(address)
        if len(addresses) < 2 or len(frame) < at + 2:
            return None
        for_us = (Callsign.unpack(addresses[0]) == self.own
                  and Callsign.unpack(addresses[1]) == self.peer)
        control, protocol = frame[at] & ~_POLL, frame[at + 1]
        return frame[at + 2:] if for_us and (control, protocol) == (_UI, _NO_LAYER_3) else None


def ui_header(own: str, peer: str) -> UiHeader | None:
    """Return the header for two call signs; None where neither is given. Raises UserError."""
    if not own and not peer:
        return None
    return UiHeader(Callsign.parse(own, 'callsign'), Callsign.parse(peer, 'peer_callsign'))
