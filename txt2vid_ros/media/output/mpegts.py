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

PTS_BITS = 33
PTS_RATE = 90_000
"""Hz of presentation times."""
PES_HEADER_BYTES = 9
"""Bytes of a PES header before its optional fields."""
_PES_START = b'\x00\x00\x01'


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
        self.sent_pictures = self.sent_units = 0
        """Pictures and units of sound that were sent of the present encoder."""
        self.times: dict[int, int] = {}
        """The presentation time of the last unit that began, by the kind of its packets."""

    def restart(self, left_out: int = 0, missed: int = 0) -> None:
        """
        Drop an incomplete packet: another encoder continues from here.

        Of its sound the first `left_out` units are left out. Its first `missed` pictures, and all
        until the next key frame, are for recordings alone.
        """
        self._missed, self._missing = missed, missed > 0
        self.sent_pictures = self.sent_units = 0
        self._rest = b''
        self._first_unit, self._units, self._leaving_out = left_out, 0, False
        self._last_unit = sys.maxsize
        self._shifts = {}

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
            if data[at + 1] & STARTS_UNIT and pid in (VIDEO_PID, AUDIO_PID):
                packet = data[at:at + PACKET_BYTES]
                if (time := presentation_time(packet[payload(packet)[0]:])) is not None:
                    self.times[pid] = time
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
            if (self._missing and pid == VIDEO_PID and self.sent_pictures >= self._missed
                    and _random_access(packets, at)):
                # What viewers get is counted on from the last that they got.
                self._missing, self._shifts = False, {}
                live = len(kept)
            self.sent_pictures += starts and pid == VIDEO_PID
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


def payload(packet: bytes) -> tuple[int, bool]:
    """Return where a packet's payload begins, and whether stuffing comes before it."""
    control = packet[3] >> 4 & 3
    if not control & 1:
        return PACKET_BYTES, False
    if not control & 2:
        return 4, False
    length = packet[4]
    if length == 0:
        return 5, True
    # A flag byte, and six bytes of clock reference where bit 4 says so. Without any flag it is
    # there for stuffing's sake alone.
    return (min(5 + length, PACKET_BYTES),
            not packet[5] or length > (7 if packet[5] & 0x10 else 1))


def presentation_time(unit: bytes) -> int | None:
    """Return a PES packet's presentation time; None where it has none."""
    if len(unit) < PES_HEADER_BYTES + 5 or unit[:3] != _PES_START or not unit[7] & 0x80:
        return None
    field = unit[PES_HEADER_BYTES:PES_HEADER_BYTES + 5]
    return ((field[0] >> 1 & 7) << 30 | field[1] << 22 | (field[2] >> 1) << 15
            | field[3] << 7 | field[4] >> 1)
