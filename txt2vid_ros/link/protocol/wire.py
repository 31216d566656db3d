"""
The frames of the link, byte by byte.

Byte 0 holds the version (2 bits), whether an acknowledgement rides (1), the frame type (3) and the
session tag (2); byte 1 the low 8 bits of the counter, byte 2 of an AUDIO frame the next 8. The
rest is sealed. The handshake frames
HELLO, WELCOME and SOLICIT share a frame type, are told apart by the tag, and have no byte 1.

| type | counter | sealed |
|---|---|---|
| SINGLE | sequence | context distance (4 bits), start time (12 bits), coded text |
| BATCH | sequence | flags, records: start time, speaker, locale, length, coded text |
| | | or flags and a piece of one record |
| | | or an earlier datagram's body, then that of either type, see `repair` |
| CONTROL | its own | flags, next sequence; abandoned sequences, drops, clock offset |
| PARTIAL | its own | sequence it precedes, then as SINGLE |
| ACK | its own | next sequence wanted, clock stamps, bit map of later arrivals |
| DATA | its own | flags, number wanted of the other way, number and bytes of a message |
| AUDIO | its own, 16 bits | report on the sound of the other way, stamp, packets of sound |

Each type goes both ways, with a key for each. Where an acknowledgement rides, what an ACK seals
comes before the rest.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from txt2vid_ros.core.decoding.field_reader import FieldReader

VERSION = 2
START_TICK = 0.02
"""Seconds. Start times count in these, modulo START_TICKS: text that arrives within 40 s of its
start has it to 10 ms."""
START_TICKS = 1 << 12
LONG_START_TICKS = 1 << 20
"""Of a start time with a third byte, for speech that may be older: 5.8 h."""
STAMP_TICK = 1e-4
"""Seconds, of the clock stamps in ACK, HELLO and WELCOME."""
STAMPS = 1 << 20
"""The stamps of an ACK count modulo this: 104 s, where clocks are known to a few seconds."""
HOLD_TICK = 5e-4
"""Seconds, of the time that a datagram waited for its ACK."""
HOLD_UNKNOWN = 0xFFFF
MAX_DATAGRAM_BYTES = 65_000
"""Whatever the mtu of the end that sent it."""
MAX_DISTANCE = 15
"""The context of a text is that of a text at most this many sequence numbers back."""
MAX_NAME_BYTES = 64
"""Of a speaker's id or a locale, in UTF-8."""


class FrameType(enum.IntEnum):
    """What a datagram is."""

    SINGLE = 0
    BATCH = 1
    CONTROL = 2
    PARTIAL = 3
    ACK = 4
    DATA = 5
    AUDIO = 6
    HELLO = 7
    WELCOME = 8
    SOLICIT = 9


HANDSHAKE_FRAMES = (FrameType.HELLO, FrameType.WELCOME, FrameType.SOLICIT)
SPEECH_FRAMES = (FrameType.SINGLE, FrameType.BATCH)
_HANDSHAKE = 7
"""The number that the handshake frames share on the wire."""
_RIDES = 0x20


class Header(NamedTuple):
    """What travels in clear before the counter."""

    frame_type: FrameType
    tag: int
    """Of the session, 0 to 3; 0 for a handshake frame."""
    rides: bool
    """Whether the body begins with an acknowledgement."""


class FrameError(ValueError):
    """The bytes are no frame of this protocol."""


class OversizedError(FrameError):
    """Longer than any frame of this protocol."""


class VersionError(FrameError):
    """A frame of another version."""


def head(frame_type: FrameType, session: int, counter: int, rides: bool = False) -> bytes:
    """Return the bytes that travel in clear: two, three of sound, one of a handshake frame."""
    if frame_type in HANDSHAKE_FRAMES:
        return bytes([VERSION << 6 | _HANDSHAKE << 2 | frame_type - _HANDSHAKE])
    first = VERSION << 6 | (_RIDES if rides else 0) | frame_type << 2 | session
    low = [counter & 0xFF, counter >> 8 & 0xFF]
    return bytes([first, *low[:counter_bytes(frame_type)]])


def counter_bytes(frame_type: FrameType) -> int:
    """Return how many bytes of the counter travel, after the first byte of a datagram."""
    return 2 if frame_type is FrameType.AUDIO else 1


def low_counter(frame_type: FrameType, datagram: bytes) -> int:
    """Return the counter of a datagram of a session as it travels."""
    return int.from_bytes(datagram[1:1 + counter_bytes(frame_type)], 'little')


def parted(frame_type: FrameType, datagram: bytes) -> tuple[bytes, bytes]:
    """Return what of a datagram of a session travels in clear, and what is sealed."""
    head = 1 + counter_bytes(frame_type)
    return datagram[:head], datagram[head:]


def nonce_kind(frame_type: FrameType, rides: bool) -> int:
    """
    Return the part of a nonce that tells frames of one counter apart.

    Speech is sealed with an acknowledgement once, and again without when it is sent again: two
    plaintexts, so two nonces.
    """
    return (0x10 if rides else 0) | frame_type


def parse_header(datagram: bytes) -> Header:
    """
    Return what travels in clear before the counter.

    Raises FrameError. Cheap, because floods of garbage end here.
    """
    if not datagram:
        raise FrameError('empty')
    if len(datagram) > MAX_DATAGRAM_BYTES:
        raise OversizedError('too long')
    if datagram[0] >> 6 != VERSION:
        raise VersionError('another version')
    frame_type, tag = datagram[0] >> 2 & 7, datagram[0] & 3
    if frame_type == _HANDSHAKE:
        if tag >= len(HANDSHAKE_FRAMES) or datagram[0] & _RIDES:
            raise FrameError('no such handshake frame')
        return Header(HANDSHAKE_FRAMES[tag], 0, False)
    return Header(FrameType(frame_type), tag, bool(datagram[0] & _RIDES))


def nearest(low: int, size: int, expected: int) -> int:
    """Return the number nearest to `expected` whose remainder modulo `size` is `low`."""
    return expected + (low - expected + size // 2) % size - size // 2


def start_ticks(start: float, span: int = START_TICKS) -> int:
    """Return a start time (seconds) as it travels, modulo `span` ticks."""
    return round(start / START_TICK) % span


def start_time(low: int, expected: float, span: int = START_TICKS) -> float:
    """Return the start time (seconds) nearest to `expected` that travels as `low`."""
    return nearest(low, span, round(expected / START_TICK)) * START_TICK


def travelled_start(start: float) -> int:
    """Return the nanoseconds of a start time (seconds) as the other end gets to know it."""
    return round(start / START_TICK) * round(START_TICK * 1e9)


def varint(number: int) -> bytes:
    """Return a natural number in groups of seven bits, the low ones first."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def name(text: str) -> bytes:
    """Return a string as its length and its UTF-8, which is cut after MAX_NAME_BYTES."""
    cut = text.encode('utf-8', 'replace')[:MAX_NAME_BYTES].decode('utf-8', 'ignore')
    return bytes([len(cut.encode())]) + cut.encode()


class BodyReader(FieldReader):
    """Reads the fields of a body, from the front."""

    error = FrameError
