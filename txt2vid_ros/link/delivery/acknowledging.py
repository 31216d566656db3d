"""The receiver's acknowledgements of one session: when, and what they say."""

from __future__ import annotations

from txt2vid_ros.link.delivery.ack_timing import AckTiming
from txt2vid_ros.link.delivery.reorder_buffer import Inbox
from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Ack
from txt2vid_ros.link.protocol.wire import Kind

_STAMP_EVERY = 45.0


class Acknowledger:
    """Numbers and seals acknowledgements, with clock stamps where something can be learnt."""

    def __init__(self) -> None:
        """Owe nothing."""
        self.timing = AckTiming()
        self._count = 0
        self._last: tuple[bool, int, Instant] | None = None
        self._stamped = -NEVER

    def note(self, control: bool, counter: int, now: Instant) -> None:
        """Note the datagram that the next acknowledgement's stamps are about."""
        self._last = (control, counter, now)

    def ack(self, inbox: Inbox, now: Instant) -> bytes:
        """Return an acknowledgement to send now."""
        ack = Ack(inbox.next)
        brief = (self.timing.batched and not inbox.gap
                 and now.mono < self._stamped + _STAMP_EVERY)
        if self._last is not None and not brief:
            control, reference, arrived = self._last
            hold = round((now.wall - arrived.wall) / wire.HOLD_TICK)
            ack = Ack(inbox.next, control, reference,
                      round(arrived.wall / wire.STAMP_TICK) % wire.STAMPS,
                      hold if 0 <= hold < wire.HOLD_UNKNOWN else wire.HOLD_UNKNOWN, inbox.beyond)
            self._stamped = now.mono
        counter, self._count = self._count, self._count + 1
        self.timing.sent(now)
        head = wire.head(Kind.ACK, inbox.keys.tag, counter)
        return inbox.keys.back.seal(Kind.ACK, counter, head, ack.pack())
