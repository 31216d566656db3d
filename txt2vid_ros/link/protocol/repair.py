"""
Speech that travels again inside later speech, which so brings what was lost before it.

A body of BATCH whose first byte has both bits of _REPAIR holds the body of an earlier datagram,
its length before it, and then what the datagram would have held without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, FrameType, MAX_DISTANCE, varint

MAX_REPAIRS = 3
"""Earlier datagrams that one may hold."""
_REPAIR = 0x30
"""No other body has both bits, see `speech`."""
_OF_BATCH, _LAST_IS_SINGLE = 0x40, 0x80


class Repair(NamedTuple):
    """An earlier datagram."""

    distance: int
    """How many sequence numbers back, 1 to MAX_DISTANCE."""
    frame_type: FrameType
    body: bytes

    def pack(self, before: FrameType) -> bytes:
        """Return the bytes on the wire in front of a body of type `before`."""
        flags = _REPAIR | self.distance
        flags |= _OF_BATCH if self.frame_type is FrameType.BATCH else 0
        flags |= _LAST_IS_SINGLE if before is FrameType.SINGLE else 0
        return bytes([flags]) + varint(len(self.body)) + self.body


def with_repairs(frame_type: FrameType, body: bytes,
                 repairs: Iterable[Repair]) -> tuple[FrameType, bytes]:
    """Return frame type and body of a datagram of speech that holds `repairs` as well."""
    for repair in repairs:
        frame_type, body = FrameType.BATCH, repair.pack(frame_type) + body
    return frame_type, body


def without_repairs(frame_type: FrameType,
                    body: bytes) -> tuple[FrameType, bytes, list[Repair]]:
    """Return a datagram's own frame type and body, and its repairs. Raises FrameError."""
    repairs: list[Repair] = []
    while frame_type is FrameType.BATCH and body and body[0] & _REPAIR == _REPAIR:
        if len(repairs) == MAX_REPAIRS:
            raise FrameError('too many repairs')
        reader = BodyReader(body)
        flags = reader.byte()
        repaired = reader.take(reader.varint())
        of = FrameType.BATCH if flags & _OF_BATCH else FrameType.SINGLE
        if not flags & MAX_DISTANCE or (of is FrameType.BATCH and repaired
                                        and repaired[0] & _REPAIR == _REPAIR):
            raise FrameError('no such repair')
        repairs.append(Repair(flags & MAX_DISTANCE, of, repaired))
        frame_type = FrameType.SINGLE if flags & _LAST_IS_SINGLE else FrameType.BATCH
        body = reader.rest()
    return frame_type, body, repairs
