"""The bodies that carry no speech: acknowledgements, control and the handshake."""

from __future__ import annotations

import dataclasses
import struct

from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, name, nearest, STAMPS, varint

_WALL_BYTES = 6
"""Of a clock in STAMP_TICK: enough for 400 years on either side of 1970."""


@dataclasses.dataclass(frozen=True)
class Control:
    """What the sender tells the receiver besides speech."""

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
    """Low 8 bits of the counter of the datagram that the stamps are about. None for an ACK
    without stamps, which is only sent where nothing is missing."""
    arrived: int = 0
    """When that datagram arrived: in STAMP_TICK on the receiver's clock, modulo STAMPS."""
    hold: int = 0
    """How long it waited for this answer, in HOLD_TICK, or HOLD_UNKNOWN."""
    selective: int = 0
    """Bit n: `wanted` + 1 + n has arrived as well."""

    def pack(self) -> bytes:
        """Return the body."""
        if self.reference is None:
            return bytes([self.wanted & 0xFF])
        stamp = (self.control << 23 | self.arrived).to_bytes(3, 'big')
        tail = self.selective.to_bytes(8, 'little').rstrip(b'\0')
        return (bytes([self.wanted & 0xFF, self.reference & 0xFF]) + stamp
                + struct.pack('>H', self.hold) + tail)

    @classmethod
    def unpack(cls, body: bytes, expected: int) -> Ack:
        """Read the body; `wanted` is completed near `expected`. Raises FrameError."""
        reader = BodyReader(body)
        wanted = nearest(reader.byte(), 256, expected)
        if len(body) == 1:
            return cls(wanted)
        reference = reader.byte()
        stamp = int.from_bytes(reader.take(3), 'big')
        (hold,) = struct.unpack('>H', reader.take(2))
        tail = reader.rest()
        if len(tail) > 8:
            raise FrameError('too long')
        return cls(wanted, bool(stamp >> 23), reference, stamp & STAMPS - 1, hold,
                   int.from_bytes(tail, 'little'))


@dataclasses.dataclass(frozen=True)
class Hello:
    """The sender asks for a session."""

    stream: int
    """32 random bits, new whenever the sender starts: utterances are counted within a stream."""
    first: int
    """Index in the stream of the first utterance that the sender still holds."""
    model: bytes
    """The first 4 bytes of the language model's digest."""
    wall: int
    """The sender's clock, in STAMP_TICK."""
    tag_bytes: int
    speaker: str = ''
    """Speaker and locale until a datagram names others."""
    locale: str = ''

    def pack(self) -> bytes:
        """Return the body."""
        names = name(self.speaker) + name(self.locale) if self.speaker or self.locale else b''
        return (struct.pack('>I4sB', self.stream, self.model, self.tag_bytes)
                + _wall(self.wall) + varint(self.first) + names)

    @classmethod
    def unpack(cls, body: bytes) -> Hello:
        """Read the body. Raises FrameError."""
        reader = BodyReader(body)
        stream, model, tag_bytes = struct.unpack('>I4sB', reader.take(9))
        wall, first = _read_wall(reader), reader.varint()
        speaker, locale = (reader.name(), reader.name()) if reader.left else ('', '')
        return cls(stream, first, model, wall, tag_bytes, speaker, locale)


@dataclasses.dataclass(frozen=True)
class Welcome:
    """The receiver grants a session."""

    known: bool
    """Whether the receiver knows the stream and goes on with it."""
    wanted: int
    """Index in the stream of the utterance the receiver wants first."""
    model: bytes
    arrived: int
    """When the HELLO came and was answered, on the receiver's clock, in STAMP_TICK."""

    def pack(self) -> bytes:
        """Return the body."""
        return (struct.pack('>?4s', self.known, self.model) + _wall(self.arrived)
                + varint(self.wanted))

    @classmethod
    def unpack(cls, body: bytes) -> Welcome:
        """Read the body. Raises FrameError."""
        reader = BodyReader(body)
        known, model = struct.unpack('>?4s', reader.take(5))
        arrived = _read_wall(reader)
        return cls(known, reader.varint(), model, arrived)


def _wall(ticks: int) -> bytes:
    return ticks.to_bytes(_WALL_BYTES, 'big', signed=True)


def _read_wall(reader: BodyReader) -> int:
    return int.from_bytes(reader.take(_WALL_BYTES), 'big', signed=True)
