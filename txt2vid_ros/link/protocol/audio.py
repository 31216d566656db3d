"""The body of an AUDIO frame: packets of sound, a report on those of the other end, or padding."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, varint

STAMP_TICK = 1e-3
"""Seconds, of the capture times of sound."""
STAMPS = 1 << 16
"""Capture times count modulo this: 65 s."""
COUNTERS = 1 << 16
"""The counters of AUDIO travel modulo this: those of the other types would be ambiguous after
an outage of 15 s, in which sound goes on and nothing of it is sent again."""
QUEUE_TICK = 0.01
"""Seconds, of the delay that a report states."""
MAX_PACKETS = 15
PACKET_SECONDS = (0.02, 0.04, 0.06)
"""The lengths that packets of sound may have."""
FIELD_BYTES = 3
"""Of a body with one packet besides the packet; each further one adds its length."""
REPORT_BYTES = 5
_COUNT, _LENGTH, _REPORT, _PADDED = 0x0F, 0x30, 0x40, 0x80


class SoundReport(NamedTuple):
    """What an end says of the sound that came from the other one."""

    highest: int
    """Counter of the last datagram of sound, modulo COUNTERS."""
    received: int
    """How many have come in this session, modulo COUNTERS."""
    queue: float
    """Seconds for which they wait on the way, beyond the least."""

    def pack(self) -> bytes:
        """Return the bytes."""
        ticks = min(max(round(self.queue / QUEUE_TICK), 0), 255)
        return ((self.highest % COUNTERS).to_bytes(2, 'big')
                + (self.received % COUNTERS).to_bytes(2, 'big') + bytes([ticks]))

    @classmethod
    def read(cls, reader: BodyReader) -> SoundReport:
        """Take it. Raises FrameError."""
        highest, received = (int.from_bytes(reader.take(2), 'big') for _ in range(2))
        return cls(highest, received, reader.byte() * QUEUE_TICK)


@dataclasses.dataclass(frozen=True)
class AudioBody:
    """Sound without a gap in it, a report, padding that only measures the path, or some of it."""

    packets: tuple[bytes, ...] = ()
    stamp: int = 0
    """When the first sample was captured, or padding was sent: in STAMP_TICK, modulo STAMPS."""
    length: int = len(PACKET_SECONDS) - 1
    """Index of the packets' length in PACKET_SECONDS."""
    report: SoundReport | None = None
    padding: int = 0
    """Bytes."""

    @property
    def seconds(self) -> float:
        """Return the length of a packet."""
        return PACKET_SECONDS[self.length]

    @property
    def measures(self) -> bool:
        """Whether it has a stamp, and so tells how long the way takes."""
        return bool(self.packets or self.padding)

    def pack(self) -> bytes:
        """Return the body."""
        flags = len(self.packets) | self.length << 4
        flags |= (_REPORT if self.report else 0) | (_PADDED if self.padding else 0)
        body = bytes([flags]) + (self.report.pack() if self.report else b'')
        if self.measures:
            body += (self.stamp % STAMPS).to_bytes(2, 'big')
        for packet in self.packets[:-1]:
            body += varint(len(packet)) + packet
        return body + b''.join(self.packets[-1:]) + bytes(self.padding)

    @classmethod
    def unpack(cls, body: bytes) -> AudioBody:
        """Read the body. Raises FrameError."""
        reader = BodyReader(body)
        flags = reader.byte()
        count, length, padded = flags & _COUNT, (flags & _LENGTH) >> 4, bool(flags & _PADDED)
        if length >= len(PACKET_SECONDS) or (count and padded):
            raise FrameError('no such sound')
        report = SoundReport.read(reader) if flags & _REPORT else None
        stamp = int.from_bytes(reader.take(2), 'big') if count or padded else 0
        packets = [reader.take(reader.varint()) for _ in range(count - 1)]
        rest = reader.rest()
        if count:
            packets.append(rest)
        if not all(packets) or (padded and not rest) or (rest and not (count or padded)):
            raise FrameError('sound without bytes, or bytes without sound')
        return cls(tuple(packets), stamp, length, report, len(rest) if padded else 0)
