"""
Datagrams in a stream of bytes: each after its length, or between zero bytes (COBS).

COBS is Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999.
"""

from __future__ import annotations

import abc
from collections.abc import Callable
from typing import NamedTuple

MAX_FRAME_BYTES = 70_000


class Deframer(abc.ABC):
    """
    Takes a stream in pieces of any size and returns the datagrams in it, one by one.

    Whoever reads takes out what is complete before reading on, so that memory is bounded.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._bytes = bytearray()
        self._next: bytes | None = None

    def feed(self, data: bytes) -> None:
        """Take bytes as they came."""
        self._bytes += data

    @property
    def ready(self) -> bool:
        """Whether a complete datagram waits."""
        if self._next is None:
            self._next = self._cut()
        return self._next is not None

    def take(self, most: int) -> list[bytes]:
        """Return the next datagrams, at most `most`."""
        taken: list[bytes] = []
        while len(taken) < most and self.ready:
            assert self._next is not None
            taken.append(self._next)
            self._next = None
        return taken

    def clear(self) -> None:
        """Discard what is there, for a stream that begins again."""
        self._bytes.clear()
        self._next = None

    @abc.abstractmethod
    def _cut(self) -> bytes | None:
        """Take a complete datagram from the front of the bytes, or None."""


class LengthDeframer(Deframer):
    """Datagrams after their length, two bytes in network order."""

    def _cut(self) -> bytes | None:
        stop = 2 + int.from_bytes(self._bytes[:2], 'big')
        if len(self._bytes) < max(2, stop):
            return None
        datagram = bytes(self._bytes[2:stop])
        del self._bytes[:stop]
        return datagram


def length_prefixed(datagram: bytes) -> bytes:
    """Return a datagram after its length."""
    return len(datagram).to_bytes(2, 'big') + datagram


class CobsDeframer(Deframer):
    """COBS frames between zero bytes; damaged ones come out undecoded, to be counted."""

    def _cut(self) -> bytes | None:
        while (stop := self._bytes.find(0)) >= 0 or len(self._bytes) > MAX_FRAME_BYTES:
            # What is longer than any frame is cut off and counts as one.
            frame = bytes(self._bytes[:stop] if stop >= 0 else self._bytes)
            del self._bytes[:len(frame) + 1]
            if frame:
                datagram = cobs_decode(frame)
                return frame if datagram is None else datagram
        return None


def cobs_encode(data: bytes) -> bytes:
    """Return `data` without zero bytes, longer by one byte for every 254 begun."""
    out = bytearray()
    for block in data.split(b'\0'):
        while len(block) >= 254:
            out += b'\xff' + block[:254]
            block = block[254:]
        out += bytes([len(block) + 1]) + block
    return bytes(out)


def cobs_decode(frame: bytes) -> bytes | None:
    """Return what was encoded, or None where the frame is damaged."""
    out = bytearray()
    at = 0
    while at < len(frame):
        count = frame[at]
        block = frame[at + 1:at + count]
        if count == 0 or len(block) < count - 1:
            return None
        out += block
        at += count
        if count < 255 and at < len(frame):
            out.append(0)
    return bytes(out)


class StreamFraming(NamedTuple):
    """How datagrams travel in a stream."""

    frame: Callable[[bytes], bytes]
    deframer: Callable[[], Deframer]


LENGTH = StreamFraming(length_prefixed, LengthDeframer)
COBS = StreamFraming(lambda datagram: cobs_encode(datagram) + b'\0', CobsDeframer)
