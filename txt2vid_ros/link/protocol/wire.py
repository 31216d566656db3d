"""The frames of the link, byte by byte.

Byte 0 holds the version (2 bits), the kind (3) and the low bits of the session (3); byte 1 the low
8 bits of the counter. The rest is sealed. The greetings HELLO, WELCOME and SOLICIT have no byte 1.

| kind | way | counter | sealed |
|---|---|---|---|
| SAID | forward | sequence | context distance (4 bits), start time (12 bits), coded text |
| BATCH | forward | sequence | flags, records: speaker, locale, start time, length, coded text |
| CONTROL | forward | its own | flags, next sequence; given-up sequences, drops, clock offset |
| PARTIAL | forward | its own | sequence it precedes, then as SAID |
| ACK | back | its own | next sequence wanted, clock stamps, bit map of what came beyond |
"""

from __future__ import annotations

import enum

VERSION = 1
TICK = 0.02
"""Start times count in these, modulo TICKS; within 40 s of arrival they are exact to 10 ms."""
TICKS = 1 << 12
STAMP_TICK = 1e-4
STAMPS = 1 << 23
HOLD_TICK = 5e-4
HOLD_UNKNOWN = 0xFFFF
LONGEST = 65_000
"""Bytes of a datagram at most, whatever the mtu of the end that sent it."""
MAX_DISTANCE = 15
"""A text's context is that of a text at most this many sequence numbers back."""


class Kind(enum.IntEnum):
    """What a datagram is."""

    SAID = 0
    BATCH = 1
    CONTROL = 2
    PARTIAL = 3
    ACK = 4
    HELLO = 5
    WELCOME = 6
    SOLICIT = 7


GREETINGS = (Kind.HELLO, Kind.WELCOME, Kind.SOLICIT)


class FrameError(ValueError):
    """The bytes are no frame of this protocol."""


class OversizedError(FrameError):
    """Longer than any frame of this protocol."""


class VersionError(FrameError):
    """A frame of another version."""


def head(kind: Kind, session: int, counter: int) -> bytes:
    """Return the two bytes that travel in clear, or the one of a greeting."""
    first = VERSION << 6 | kind << 3 | session
    return bytes([first]) if kind in GREETINGS else bytes([first, counter & 0xFF])


def kind_of(datagram: bytes) -> tuple[Kind, int]:
    """Return kind and session tag. Raises FrameError, cheaply: floods of garbage come here."""
    if not datagram:
        raise FrameError('empty')
    if len(datagram) > LONGEST:
        raise OversizedError('too long')
    if datagram[0] >> 6 != VERSION:
        raise VersionError('another version')
    return Kind(datagram[0] >> 3 & 7), datagram[0] & 7


def nearest(low: int, size: int, expected: int) -> int:
    """Return the number nearest to `expected` whose remainder modulo `size` is `low`."""
    return expected + (low - expected + size // 2) % size - size // 2


def ticks(start: float) -> int:
    """Return a start time (seconds) as it travels."""
    return round(start / TICK) % TICKS


def start_time(low: int, expected: float) -> float:
    """Return the start time (seconds) nearest to `expected`."""
    return nearest(low, TICKS, round(expected / TICK)) * TICK


def varint(number: int) -> bytes:
    """Return a natural number, seven bits a byte, the low ones first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def name(text: str) -> bytes:
    """Return a string of at most 64 bytes of UTF-8, its length before it; longer ones are cut."""
    cut = text.encode('utf-8', 'replace')[:64].decode('utf-8', 'ignore').encode('utf-8')
    return bytes([len(cut)]) + cut


class Reader:
    """Takes a body apart from the front."""

    def __init__(self, body: bytes) -> None:
        """Begin at the first byte."""
        self._body = body
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next `count` bytes. Raises FrameError where there are fewer."""
        taken = self._body[self._at:self._at + count]
        if len(taken) < count:
            raise FrameError('too short')
        self._at += count
        return taken

    def byte(self) -> int:
        """Return the next byte."""
        return self.take(1)[0]

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(len(self._body) - self._at)

    def varint(self) -> int:
        """Return the next number. Raises FrameError beyond 56 bits."""
        number = 0
        for shift in range(0, 56, 7):
            byte = self.byte()
            number |= (byte & 127) << shift
            if byte < 128:
                return number
        raise FrameError('a number too long')

    def name(self) -> str:
        """Return the next string."""
        try:
            return self.take(self.byte()).decode('utf-8')
        except UnicodeDecodeError as error:
            raise FrameError('no UTF-8') from error
