"""Puts repeated pictures into a transport stream (ISO 13818-1), each behind the one it repeats."""

from __future__ import annotations

import collections

from txt2vid_ros.media.output.mpegts import (
    PACKET_BYTES,
    payload,
    PES_HEADER_BYTES,
    presentation_time,
    PTS_BITS,
    STARTS_UNIT,
    SYNC,
    VIDEO_PID,
)
from txt2vid_ros.media.output.repeats.repeated_picture import RepeatParameters

_WRAP = 1 << PTS_BITS


class PictureRepeater:
    """
    Passes on what comes from one encoder's muxer, whose pictures have a slice each.

    Belongs to one thread at a time. A repeated picture that comes too late for its place is left
    out.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._parameters: RepeatParameters | None = None
        self._rest = b''
        self._put_in = 0
        """Pictures put in since the last key frame."""
        self._packets_put_in = 0
        self._number = 0
        """frame_num of the last picture."""
        self._counter = 0
        """Continuity counter of the last packet of the video."""
        self._pts: int | None = None
        """Of the picture in hand, or of the last one."""
        self._left = 0
        """Bytes of the picture in hand that have yet to come; below 0 where that is not known."""
        self._waiting: collections.deque[tuple[int, int]] = collections.deque()

    @property
    def able(self) -> bool:
        """Return whether pictures of this stream can be repeated in this way."""
        return self._parameters is not None

    def repeat(self, after: int, pts: int) -> bytes:
        """
        Have the picture of time `after` shown again at `pts`; return the packets that can be sent.

        Times are presentation times, in ticks, to a few ticks.
        """
        self._waiting.append((after % _WRAP, pts % _WRAP))
        return self._due()

    def feed(self, data: bytes) -> bytes:
        """Take bytes of the muxer; return whole packets, with those that are put in."""
        data = self._rest + data
        usable = len(data) // PACKET_BYTES * PACKET_BYTES
        self._rest = data[usable:]
        passed = bytearray()
        for at in range(0, usable, PACKET_BYTES):
            if (data[at + 1] & 0x1F) << 8 | data[at + 2] != VIDEO_PID or data[at] != SYNC:
                passed += data[at:at + PACKET_BYTES]
                continue
            packet = bytearray(data[at:at + PACKET_BYTES])
            self._take(packet)
            passed += packet
            if self._left == 0:
                passed += self._due()
        return bytes(passed)

    def _take(self, packet: bytearray) -> None:
        """Count on from what was put in, in place."""
        self._counter = (packet[3] + self._packets_put_in) & 0xF
        packet[3] = packet[3] & 0xF0 | self._counter
        begin, stuffed = payload(bytes(packet))
        size = PACKET_BYTES - begin
        if packet[1] & STARTS_UNIT:
            self._begin(packet, begin)
        if self._left > 0:
            self._left = max(0, self._left - size)
        elif stuffed:
            # One that is too long to say how long it is ends where a packet is filled up.
            self._left = 0

    def _begin(self, packet: bytearray, begin: int) -> None:
        self._pts = presentation_time(bytes(packet[begin:begin + PES_HEADER_BYTES + 5]))
        length = int.from_bytes(packet[begin + 4:begin + 6], 'big')
        self._left = length + 6 if length else -1
        content = begin + PES_HEADER_BYTES + packet[begin + 8]
        if packet[4] and packet[3] & 0x20 and packet[5] & 0x40:     # a key frame
            self._parameters = RepeatParameters.read(bytes(packet[content:]))
            self._number = self._put_in = 0
        elif self._parameters is not None:
            number = self._parameters.moved_on(packet, content, self._put_in)
            if number is None:
                self._parameters = None
            else:
                self._number = number

    def _due(self) -> bytes:
        """Return the packets of what waits for nothing any more."""
        packets = b''
        while self._waiting and self._left == 0 and self._pts is not None:
            after, pts = self._waiting[0]
            if _before(self._pts, after):
                break
            self._waiting.popleft()
            if self._parameters is not None and _before(self._pts, pts):
                packets += self._packet(self._parameters, pts)
        return packets

    def _packet(self, parameters: RepeatParameters, pts: int) -> bytes:
        self._pts = pts
        self._number += 1
        self._put_in += 1
        self._packets_put_in += 1
        self._counter = (self._counter + 1) & 0xF
        coded = parameters.picture(self._number)
        time = bytes((0x21 | pts >> 29 & 0xE, pts >> 22 & 0xFF, pts >> 14 & 0xFE | 1,
                      pts >> 7 & 0xFF, pts << 1 & 0xFE | 1))
        unit = (b'\0\0\1\xe0' + (8 + len(coded)).to_bytes(2, 'big') + b'\x80\x80\x05' + time
                + coded)
        clock = (pts << 15 | 0x7E00).to_bytes(6, 'big')     # the muxer's is that time as well
        room = PACKET_BYTES - 4 - len(unit)
        return (bytes((SYNC, STARTS_UNIT | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x30 | self._counter))
                + bytes((room - 1, 0x10)) + clock + b'\xff' * (room - 8) + unit)


def _before(one: int, other: int) -> bool:
    """Return whether a presentation time is before another one, by more than rounding."""
    return 8 < (other - one) % _WRAP < _WRAP // 2
