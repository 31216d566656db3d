"""Cuts the video of a transport stream (ISO 13818-1) into pictures, each as it is complete."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.media.output.mpegts import (
    PACKET_BYTES,
    payload,
    PES_HEADER_BYTES,
    presentation_time,
    STARTS_UNIT,
    SYNC,
    VIDEO_PID,
)

LARGEST_PICTURE_BYTES = 4_000_000
"""Bytes beyond which what was gathered cannot be a picture."""


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
        begin, stuffed = payload(packet)
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
        pts = presentation_time(unit)
        if (pts is None or (wanted and len(unit) < wanted)
                or len(unit) > LARGEST_PICTURE_BYTES):
            self.damaged += 1
            return
        pictures.append(TimedPicture(unit[PES_HEADER_BYTES + unit[8]:wanted or None], pts))


def _next_sync(data: bytes, at: int) -> int:
    found = data.find(SYNC, at)
    return len(data) if found < 0 else found
