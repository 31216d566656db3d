"""The receiver's acknowledgements of one session: when they are sent, and what they say."""

from __future__ import annotations

from txt2vid_ros.link.delivery.ack_timing import AckTiming
from txt2vid_ros.link.delivery.reorder_buffer import ReorderBuffer
from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Ack
from txt2vid_ros.link.protocol.wire import FrameType

_STAMP_INTERVAL = 45.0
"""Seconds for which acknowledgements of a clean link go without clock stamps."""


class Acknowledger:
    """Numbers and seals acknowledgements, with clock stamps where the sender learns from them."""

    def __init__(self) -> None:
        """Begin with nothing to acknowledge."""
        self.timing = AckTiming()
        self._count = 0
        self._last: tuple[bool, int, Instant] | None = None
        self._stamped = -NEVER

    def note(self, control: bool, counter: int, now: Instant) -> None:
        """Note the datagram that the next acknowledgement's stamps are about."""
        self._last = (control, counter, now)

    def ack(self, buffer: ReorderBuffer, now: Instant) -> bytes:
        """Return an acknowledgement to send now."""
        ack = Ack(buffer.next)
        brief = (self.timing.batched and not buffer.has_gap
                 and now.mono < self._stamped + _STAMP_INTERVAL)
        if self._last is not None and not brief:
            control, reference, arrived = self._last
            hold = round((now.wall - arrived.wall) / wire.HOLD_TICK)
            ack = Ack(buffer.next, control, reference,
                      round(arrived.wall / wire.STAMP_TICK) % wire.STAMPS,
                      hold if 0 <= hold < wire.HOLD_UNKNOWN else wire.HOLD_UNKNOWN,
                      buffer.selective)
            self._stamped = now.mono
        counter, self._count = self._count, self._count + 1
        self.timing.sent(now)
        head = wire.head(FrameType.ACK, buffer.keys.tag, counter)
        return buffer.keys.back.seal(FrameType.ACK, counter, head, ack.pack())
