"""What the sender learns from an acknowledgement: arrivals, losses, timeouts, the clock."""

from __future__ import annotations

from txt2vid_ros.link.delivery.retransmission_timer import RetransmissionTimer
from txt2vid_ros.link.delivery.send_queue import SendQueue
from txt2vid_ros.link.delivery.send_window import InFlightDatagram
from txt2vid_ros.link.delivery.sending_session import SendingSession, SendRecord
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.control import Ack
from txt2vid_ros.link.protocol.offset_reporter import OffsetReporter


class Feedback:
    """Passes acknowledgements of a session to everything that learns from them."""

    def __init__(self, clock: OffsetEstimator, reporter: OffsetReporter,
                 timer: RetransmissionTimer, queue: SendQueue) -> None:
        """Update these."""
        self._clock = clock
        self._reporter = reporter
        self._timer = timer
        self._queue = queue

    def take(self, session: SendingSession, ack: Ack, now: Instant,
             offset: float | None) -> bool:
        """
        Learn from `ack`; return whether the other end needs a CONTROL.

        `offset` is the other clock minus this one, as far as is known.
        """
        fresh = session.acknowledge(ack)
        answered = session.answered(ack)
        reports = [report for _, report in fresh]
        lost: list[InFlightDatagram] = []
        if answered is not None:
            self._measure(ack, answered, now, offset)
            lost = session.lost(answered)
            for datagram in lost:
                datagram.resend = True
            if ack.control:
                self._queue.confirm_drops(answered.dropped)
                reports.append(answered.clock)
        for report in reports:
            if report is not None:
                self._reporter.confirm(report, now)
        needs_control = session.window.floor() is not None or not self._queue.all_drops_confirmed
        self._timer.on_ack(now, clean=sum(d.tries == 1 for d, _ in fresh), lost=len(lost),
                           unanswered=len(session.window.missing) + needs_control,
                           round_trip=self._clock.smoothed_round_trip)
        self._reporter.update(now)
        return needs_control

    def _measure(self, ack: Ack, answered: SendRecord, now: Instant,
                 offset: float | None) -> None:
        """Learn from the clock stamps of an acknowledgement."""
        # Of a datagram sent several times, nobody knows which copy the stamps are about.
        if answered.tries != 1 or offset is None or ack.hold == wire.HOLD_UNKNOWN:
            return
        sent = answered.at.wall
        expected = round((sent + offset) / wire.STAMP_TICK)
        arrived = wire.nearest(ack.arrived, wire.STAMPS, expected) * wire.STAMP_TICK
        self._clock.add(sent, arrived, arrived + ack.hold * wire.HOLD_TICK, now.wall)
