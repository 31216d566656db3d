"""The acknowledgements of one session: when they are sent, and what they say."""

from __future__ import annotations

from txt2vid_ros.link.delivery.ack_timing import AckTiming
from txt2vid_ros.link.delivery.reorder_buffer import ReorderBuffer
from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Ack

_STAMP_INTERVAL, _LOSSY_STAMP_INTERVAL = 90.0, 30.0
"""Seconds for which acknowledgements go without clock stamps, where nothing is lost and where
something is."""
_TROUBLED_SELECTIVE = 1 << 4


class Acknowledger:
    """Makes acknowledgements, with clock stamps where the other end learns from them."""

    def __init__(self) -> None:
        """Begin with nothing to acknowledge."""
        self.timing = AckTiming()
        self._last: tuple[bool, int, Instant] | None = None
        self._stamped = -NEVER

    def note(self, control: bool, counter: int, now: Instant) -> None:
        """Note the datagram that the next acknowledgement's stamps are about."""
        self._last = (control, counter, now)

    def ack(self, buffer: ReorderBuffer, now: Instant, free: int | None = None) -> bytes:
        """Return an acknowledgement to send now; b'' where it has more than `free` bytes."""
        ack = Ack(buffer.next)
        interval = _STAMP_INTERVAL if self.timing.batched else _LOSSY_STAMP_INTERVAL
        brief = self.timing.brief and now.mono < self._stamped + interval
        troubled = buffer.has_gap or self.timing.loss_seen
        if self._last is None or (brief and not troubled):
            pass
        elif brief and not self._last[0] and buffer.selective < _TROUBLED_SELECTIVE:
            ack = Ack(buffer.next, False, self._last[1], selective=buffer.selective,
                      troubled=True)
        else:
            control, reference, arrived = self._last
            hold = round((now.wall - arrived.wall) / wire.HOLD_TICK)
            ack = Ack(buffer.next, control, reference,
                      round(arrived.wall / wire.STAMP_TICK) % wire.STAMPS,
                      hold if 0 <= hold < wire.HOLD_UNKNOWN else wire.HOLD_UNKNOWN,
                      buffer.selective)
        packed = ack.pack()
        if free is not None and len(packed) > free:
            return b''
        if ack.reference is not None and not ack.troubled:
            self._stamped = now.mono
        self.timing.sent(now)
        if buffer.has_gap:
            self.timing.gap_persists(now)
        return packed
