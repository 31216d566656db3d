"""Reads an MPEG transport stream (ISO 13818-1) far enough to know where viewers can join."""

from __future__ import annotations

import dataclasses
import sys

PACKET_BYTES = 188
SYNC = 0x47
STARTS_UNIT = 0x40
"""The bit of a packet's second byte that says that a unit, such as a frame, begins in it."""
PAT_PID = 0
PMT_PID = 0x1000
VIDEO_PID = 0x100
AUDIO_PID = 0x101
"""The identifiers that ffmpeg's muxer gives the first programme, its video and its sound."""


PTS_CLOCK = 90_000
"""Hz of presentation times."""
PTS_SECONDS = 2 ** 33 / PTS_CLOCK
"""Seconds after which they begin at 0 again."""


def presentation_time(packet: bytes | bytearray) -> float | None:
    """Return the presentation time (seconds) of the PES packet that begins in a packet, if any."""
    if not packet[1] & STARTS_UNIT:
        return None
    start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    header = packet[start:start + 14]
    if len(header) < 14 or header[:3] != b'\0\0\1' or not header[7] & 0x80:
        return None
    ticks = ((header[9] >> 1 & 7) << 30 | header[10] << 22 | header[11] >> 1 << 15
             | header[12] << 7 | header[13] >> 1)
    return ticks / PTS_CLOCK


@dataclasses.dataclass(frozen=True)
class StreamChunk:
    """A part of a stream that is sent as a whole: here whole packets."""

    data: bytes
    key_frame: bool = False
    """Whether it begins with a key frame, so that a viewer can join here."""
    missed: bool = False
    """Whether its time had passed when it was made: it is for recordings alone."""


class TransportStreamParser:
    """Cuts a byte stream into chunks that begin at key frames, and remembers the tables."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._rest = b''
        self._tables: dict[int, bytes] = {}
        self._units = self._first_unit = 0
        """Units of sound (PES packets, one frame each) so far, and before the first one sent."""
        self._last_unit = sys.maxsize
        self._leaving_out = False
        self._counters: dict[int, int] = {}
        """The last continuity counter of each kind of packets."""
        self._shifts: dict[int, int] = {}
        """What is added to them since another encoder continues."""
        self._missed, self._missing = 0, False
        """The pictures that viewers do not get, and whether the packets now are of that time."""
        self._pictures = 0
        self.sent_units = 0
        """Units of sound that were sent of the present encoder."""
        self.last_picture: float | None = None
        """The presentation time of its last picture that was sent, seconds."""

    def restart(self, left_out: int = 0, missed: int = 0) -> None:
        """
        Drop an incomplete packet: another encoder continues from here.

        Of its sound the first `left_out` units are left out. Its first `missed` pictures, and all
        until the next key frame, are for recordings alone.
        """
        self._rest = b''
        self._first_unit, self._units, self._leaving_out = left_out, 0, False
        self._last_unit = sys.maxsize
        self._shifts = {}
        self._missed, self._missing = missed, missed > 0
        self._pictures = self.sent_units = 0
        self.last_picture = None

    def end_sound_after(self, units: int) -> None:
        """Leave out all sound of this encoder after so many units, from its first one on."""
        self._last_unit = units

    @property
    def tables(self) -> bytes:
        """Return the newest PAT and PMT, which a new viewer is sent first."""
        return b''.join(self._tables[pid] for pid in sorted(self._tables))

    def feed(self, data: bytes) -> list[StreamChunk]:
        """Return the whole packets so far, in order, cut before each key frame."""
        data = self._rest + data
        usable = len(data) // PACKET_BYTES * PACKET_BYTES
        self._rest = data[usable:]
        data, live = self._continued(data[:usable])
        usable = len(data)
        chunks: list[StreamChunk] = []
        begun, key = 0, False
        for at in range(0, usable, PACKET_BYTES):
            pid = _identifier(data, at)
            if pid in (PAT_PID, PMT_PID):
                self._tables[pid] = data[at:at + PACKET_BYTES]
            elif pid == VIDEO_PID and _random_access(data, at):
                if at > begun:
                    chunks.append(StreamChunk(data[begun:at], key, begun < live))
                begun, key = at, True
        if usable > begun:
            chunks.append(StreamChunk(data[begun:usable], key, begun < live))
        return chunks

    def _continued(self, data: bytes) -> tuple[bytes, int]:
        """
        Return whole packets counted on from those before, without what is left out.

        And the byte from which on they are for viewers, too.
        """
        packets, kept, live = bytearray(data), bytearray(), 0
        for at in range(0, len(packets), PACKET_BYTES):
            pid = _identifier(packets, at)
            starts = bool(packets[at + 1] & STARTS_UNIT)
            if pid == AUDIO_PID and starts:
                self._leaving_out = not self._first_unit <= self._units < self._last_unit
                self._units += 1
            if pid == AUDIO_PID and self._leaving_out:
                continue
            if (self._missing and pid == VIDEO_PID and self._pictures >= self._missed
                    and _random_access(packets, at)):
                # What viewers get is counted on from the last that they got.
                self._missing, self._shifts = False, {}
                live = len(kept)
            if starts and pid == VIDEO_PID:
                self._pictures += 1
                self.last_picture = presentation_time(packets[at:at + PACKET_BYTES])
            self.sent_units += starts and pid == AUDIO_PID
            flags, counter = packets[at + 3] & 0xF0, packets[at + 3] & 0xF
            if pid not in self._shifts:
                self._shifts[pid] = self._counters.get(pid, counter - 1) + 1 - counter
            packets[at + 3] = flags | (counter + self._shifts[pid]) & 0xF
            kept += packets[at:at + PACKET_BYTES]
            if not self._missing:
                self._counters[pid] = packets[at + 3] & 0xF
        return bytes(kept), len(kept) if self._missing else live


def _identifier(data: bytes | bytearray, at: int) -> int:
    """Return the kind of the packet that begins at a byte. Raises ValueError if none does."""
    if data[at] != SYNC:
        raise ValueError(f'byte {at} of the stream is no packet start')
    return (data[at + 1] & 0x1F) << 8 | data[at + 2]


def _random_access(data: bytes | bytearray, at: int) -> bool:
    """Return whether the packet starts a picture that can be decoded by itself."""
    starts = bool(data[at + 1] & STARTS_UNIT)
    has_adaptation = bool(data[at + 3] & 0x20)
    return starts and has_adaptation and data[at + 4] > 0 and bool(data[at + 5] & 0x40)
