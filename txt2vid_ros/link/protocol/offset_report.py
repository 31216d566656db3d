"""The clock offset as the sender reports it to the receiver."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.protocol.clock_offset import ClockOffset
from txt2vid_ros.link.protocol.wire import BodyReader, STAMP_TICK, varint

_MAX_UNCERTAINTY_MS = 255


@dataclasses.dataclass(frozen=True)
class OffsetReport:
    """A measured offset, rounded for the wire."""

    offset: int
    """The receiver's clock minus the sender's, in STAMP_TICK."""
    uncertainty: int
    """Of the offset, in milliseconds, at most 255."""

    @classmethod
    def of(cls, offset: ClockOffset) -> OffsetReport:
        """Round an offset, and its uncertainty upwards."""
        return cls(round(offset.seconds / STAMP_TICK),
                   min(_MAX_UNCERTAINTY_MS, int(offset.uncertainty * 1000) + 1))

    @property
    def seconds(self) -> float:
        """Return the offset in seconds."""
        return self.offset * STAMP_TICK

    def pack(self) -> bytes:
        """Return the bytes on the wire."""
        folded = self.offset * 2 if self.offset >= 0 else -self.offset * 2 - 1
        return varint(folded) + bytes([self.uncertainty])

    @classmethod
    def read(cls, reader: BodyReader) -> OffsetReport:
        """Take a report from a body. Raises FrameError."""
        folded = reader.varint()
        return cls(folded // 2 if folded % 2 == 0 else -(folded + 1) // 2, reader.byte())
