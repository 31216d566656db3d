"""The bodies that carry no speech: acknowledgements, control and the handshake."""

from __future__ import annotations

import dataclasses
import struct
from typing import NamedTuple

from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.seal import TAG_SIZES
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, name, nearest, STAMPS, varint

ACK_COUNTERS = 128
"""Acknowledgements name sequences and counters modulo this."""
_STAMPED = 0x80
_TROUBLED = 15
_KNOWN, _TWO_WAY, _NAMES = 0x08, 0x10, 0x20
_TAG_SIZE = 0x07
_WALL_BYTES = 6
"""Of a clock in STAMP_TICK: enough for 400 years on either side of 1970."""


@dataclasses.dataclass(frozen=True)
class Control:
    """What an end tells the other about its speech besides the speech."""

    next_sequence: int
    """One past the last sent: shows the receiver whether the latest datagrams were lost."""
    floor: int | None = None
    """What has not arrived before this sequence is abandoned."""
    floor_index: int = 0
    """How many utterances of the stream come before `floor`."""
    dropped: int | None = None
    """Utterances of the stream that were abandoned so far, sent or not."""
    clock: OffsetReport | None = None
    """The offset that the sender has measured."""

    def pack(self) -> bytes:
        """Return the body."""
        flags = (self.floor is not None) | (self.dropped is not None) << 1
        flags |= (self.clock is not None) << 2
        body = bytearray([flags, self.next_sequence & 0xFF])
        if self.floor is not None:
            body += bytes([self.floor & 0xFF]) + varint(self.floor_index)
        if self.dropped is not None:
            body += varint(self.dropped)
        if self.clock is not None:
            body += self.clock.pack()
        return bytes(body)

    @classmethod
    def unpack(cls, body: bytes, expected: int) -> Control:
        """Read the body; sequences are completed near `expected`. Raises FrameError."""
        reader = BodyReader(body)
        flags = reader.byte()
        next_sequence = nearest(reader.byte(), 256, expected)
        floor, floor_index, dropped = None, 0, None
        if flags & 1:
            floor, floor_index = nearest(reader.byte(), 256, expected), reader.varint()
        if flags & 2:
            dropped = reader.varint()
        clock = OffsetReport.read(reader) if flags & 4 else None
        return cls(next_sequence, floor, floor_index, dropped, clock)


@dataclasses.dataclass(frozen=True)
class Ack:
    """What the receiver has."""

    wanted: int
    """Everything before has arrived or was abandoned."""
    control: bool = False
    """Whether the clock stamps are those of a CONTROL rather than of speech."""
    reference: int | None = None
    """Low 7 bits of the counter of the datagram that the stamps are about. None for an ACK
    without stamps, which is only sent where nothing is missing."""
    arrived: int = 0
    """When that datagram arrived: in STAMP_TICK on the receiver's clock, modulo STAMPS."""
    hold: int = 0
    """How long it waited for this answer, in HOLD_TICK, or HOLD_UNKNOWN."""
    selective: int = 0
    """Bit n: `wanted` + 1 + n has arrived as well."""
    troubled: bool = False
    """Whether it has a reference without stamps, and 4 bits of `selective`: it says that
    something was lost lately."""

    def pack(self) -> bytes:
        """Return the bytes on the wire; they tell where they end."""
        low = self.wanted % ACK_COUNTERS
        if self.reference is None:
            return bytes([low])
        if self.troubled:
            return bytes([_STAMPED | low, self.control << 7 | self.reference % ACK_COUNTERS,
                          _TROUBLED << 4 | self.selective])
        tail = self.selective.to_bytes(8, 'little').rstrip(b'\0')
        return (bytes([_STAMPED | low, self.control << 7 | self.reference % ACK_COUNTERS])
                + (len(tail) << 20 | self.arrived).to_bytes(3, 'big')
                + struct.pack('>H', self.hold) + tail)

    @classmethod
    def read(cls, reader: BodyReader, acknowledged: int) -> Ack:
        """Take it; `acknowledged` are the sequences acknowledged so far. Raises FrameError."""
        first = reader.byte()
        # The window ahead has 64, and what is acknowledged again is little.
        wanted = nearest(first % ACK_COUNTERS, ACK_COUNTERS, acknowledged + ACK_COUNTERS // 4)
        if not first & _STAMPED:
            return cls(wanted)
        reference = reader.byte()
        high = reader.byte()
        if high >> 4 == _TROUBLED:
            return cls(wanted, bool(reference >> 7), reference % ACK_COUNTERS,
                       selective=high & 15, troubled=True)
        stamp = high << 16 | reader.number(2)
        hold = reader.number(2)
        if stamp >> 20 > 8:
            raise FrameError('too long')
        tail = reader.take(stamp >> 20)
        return cls(wanted, bool(reference >> 7), reference % ACK_COUNTERS, stamp % STAMPS, hold,
                   int.from_bytes(tail, 'little'))


class KnownStream(NamedTuple):
    """What an end has of the other's speech from before."""

    stream: int
    wanted: int
    """Index of the first utterance that it lacks."""


@dataclasses.dataclass(frozen=True)
class Hello:
    """The initiator asks for a session."""

    stream: int
    """32 random bits, new whenever this end starts: utterances are counted within a stream."""
    model: bytes
    """The first 4 bytes of the language model's digest."""
    wall: int
    """The initiator's clock, in STAMP_TICK."""
    tag_bytes: int
    speaker: str = ''
    """Speaker and locale until a datagram names others."""
    locale: str = ''
    two_way: bool = False
    """Whether both ends speak."""
    known: KnownStream | None = None
    """What the initiator has of the responder's speech."""

    def pack(self) -> bytes:
        """Return the body."""
        named = bool(self.speaker or self.locale)
        flags = (TAG_SIZES.index(self.tag_bytes) | (_KNOWN if self.known else 0)
                 | (_TWO_WAY if self.two_way else 0) | (_NAMES if named else 0))
        body = struct.pack('>BI4s', flags, self.stream, self.model) + _wall(self.wall)
        if named:
            body += name(self.speaker) + name(self.locale)
        if self.known:
            body += struct.pack('>I', self.known.stream) + varint(self.known.wanted)
        return body

    @classmethod
    def unpack(cls, body: bytes) -> Hello:
        """Read the body. Raises FrameError."""
        reader = BodyReader(body)
        flags, stream, model = struct.unpack('>BI4s', reader.take(9))
        wall = _read_wall(reader)
        if flags & _TAG_SIZE >= len(TAG_SIZES):
            raise FrameError('no such length of tag')
        speaker, locale = (reader.text(), reader.text()) if flags & _NAMES else ('', '')
        known = None
        if flags & _KNOWN:
            known = KnownStream(reader.number(4), reader.varint())
        return cls(stream, model, wall, TAG_SIZES[flags & _TAG_SIZE], speaker, locale,
                   bool(flags & _TWO_WAY), known)


@dataclasses.dataclass(frozen=True)
class Welcome:
    """The responder grants a session."""

    known: bool
    """Whether the responder knows the initiator's stream and goes on with it."""
    wanted: int
    """Index in that stream of the utterance the responder wants first."""
    model: bytes
    arrived: int
    """When the HELLO came and was answered, on the responder's clock, in STAMP_TICK."""
    stream: int = 0
    """The responder's own."""
    two_way: bool = False

    def pack(self) -> bytes:
        """Return the body."""
        flags = (_KNOWN if self.known else 0) | (_TWO_WAY if self.two_way else 0)
        return (struct.pack('>BI4s', flags, self.stream, self.model) + _wall(self.arrived)
                + varint(self.wanted))

    @classmethod
    def unpack(cls, body: bytes) -> Welcome:
        """Read the body. Raises FrameError."""
        reader = BodyReader(body)
        flags, stream, model = struct.unpack('>BI4s', reader.take(9))
        arrived = _read_wall(reader)
        return cls(bool(flags & _KNOWN), reader.varint(), model, arrived, stream,
                   bool(flags & _TWO_WAY))


def _wall(ticks: int) -> bytes:
    return ticks.to_bytes(_WALL_BYTES, 'big', signed=True)


def _read_wall(reader: BodyReader) -> int:
    return reader.number(_WALL_BYTES, signed=True)
