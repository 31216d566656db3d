"""Cuts the video of a transport stream (ISO 13818-1) into pictures, each as it is complete."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.media.output.mpegts import PACKET_BYTES, STARTS_UNIT, SYNC, VIDEO_PID

LARGEST_PICTURE_BYTES = 4_000_000
"""Bytes beyond which what was gathered cannot be a picture."""
PTS_BITS = 33
PTS_RATE = 90_000
"""Hz of presentation times."""
_PES_START = b'\x00\x00\x01'
_PES_HEADER = 9
"""Bytes of a PES header before its optional fields."""


@dataclasses.dataclass(frozen=True)
class TimedPicture:
    """The bytes of one coded picture (Annex B), and its presentation time."""

    data: bytes
    pts: int
    """Ticks of PTS_RATE, which wrap round after PTS_BITS: every 26.5 hours."""


class PictureParser:
    """
    Takes bytes as they come and returns the pictures that are complete.

    A picture is complete with its last byte where its length is stated. Pictures of more than
    65,535 bytes cannot state it; they end at a packet that is filled up with stuffing, or where
    the next one begins. Damaged bytes are skipped.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = b''
        self._unit = bytearray()
        self._wanted: int | None = None
        """Bytes of the unit in hand; None between units, 0 where they are not stated."""
        self.damaged = 0
        """Packets that were skipped and pictures that were dropped."""

    def feed(self, data: bytes) -> list[TimedPicture]:
        """Take bytes of the stream; return the pictures that are complete now."""
        data = self._rest + data
        pictures: list[TimedPicture] = []
        at = 0
        while len(data) - at >= PACKET_BYTES:
            if data[at] != SYNC:
                self.damaged += 1
                at = _next_sync(data, at + 1)
                continue
            packet = data[at:at + PACKET_BYTES]
            at += PACKET_BYTES
            if (packet[1] & 0x1F) << 8 | packet[2] == VIDEO_PID:
                self._take(packet, pictures)
        self._rest = data[at:]
        return pictures

    def _take(self, packet: bytes, pictures: list[TimedPicture]) -> None:
        starts = bool(packet[1] & STARTS_UNIT)
        begin, stuffed = _payload(packet)
        if starts:
            self._end(pictures)
            self._wanted = 0
        if self._wanted is None:
            return
        self._unit += packet[begin:]
        if starts and len(self._unit) >= 6:
            length = int.from_bytes(self._unit[4:6], 'big')
            self._wanted = length + 6 if length else 0
        complete = len(self._unit) >= self._wanted if self._wanted else stuffed
        if complete or len(self._unit) > LARGEST_PICTURE_BYTES:
            self._end(pictures)

    def _end(self, pictures: list[TimedPicture]) -> None:
        """Return the unit in hand as a picture, if it is one."""
        unit, wanted = bytes(self._unit), self._wanted
        self._unit.clear()
        self._wanted = None
        if wanted is None:
            return
        pts = _pts(unit)
        if (pts is None or (wanted and len(unit) < wanted)
                or len(unit) > LARGEST_PICTURE_BYTES):
            self.damaged += 1
            return
        pictures.append(TimedPicture(unit[_PES_HEADER + unit[8]:wanted or None], pts))


def _next_sync(data: bytes, at: int) -> int:
    found = data.find(SYNC, at)
    return len(data) if found < 0 else found


def _payload(packet: bytes) -> tuple[int, bool]:
    """Return where a packet's payload begins, and whether stuffing comes before it."""
    control = packet[3] >> 4 & 3
    if not control & 1:
        return PACKET_BYTES, False
    if not control & 2:
        return 4, False
    length = packet[4]
    if length == 0:
        return 5, True
    # A flag byte, and six bytes of clock reference where bit 4 says so.
    return min(5 + length, PACKET_BYTES), length > (7 if packet[5] & 0x10 else 1)


def _pts(unit: bytes) -> int | None:
    """Return a PES packet's presentation time; None where it has none."""
    if len(unit) < _PES_HEADER + 5 or unit[:3] != _PES_START or not unit[7] & 0x80:
        return None
    field = unit[_PES_HEADER:_PES_HEADER + 5]
    return ((field[0] >> 1 & 7) << 30 | field[1] << 22 | (field[2] >> 1) << 15
            | field[3] << 7 | field[4] >> 1)
