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

_MAX_EXCHANGE = wire.STAMPS * wire.STAMP_TICK / 2
"""Seconds. The stamps of a longer exchange may have gone round, and say little of the clocks."""


class Feedback:
    """Passes acknowledgements of a session to everything that learns from them."""

    def __init__(self, clock: OffsetEstimator, reporter: OffsetReporter,
                 timer: RetransmissionTimer, queue: SendQueue) -> None:
        """Update these."""
        self._clock = clock
        self._reporter = reporter
        self._timer = timer
        self._queue = queue

    def take(self, session: SendingSession, ack: Ack, now: Instant) -> bool:
        """Learn from `ack`; return whether the receiver needs a CONTROL."""
        fresh = session.acknowledge(ack)
        answered = session.answered(ack)
        reports = [report for _, report in fresh]
        lost: list[InFlightDatagram] = []
        if answered is not None:
            self._measure(ack, answered, now)
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

    def _measure(self, ack: Ack, answered: SendRecord, now: Instant) -> None:
        """Learn from the clock stamps of an acknowledgement."""
        estimate = self._clock.at(now.wall)
        # Of a datagram sent several times, nobody knows which copy the stamps are about.
        if answered.tries != 1 or estimate is None or ack.hold == wire.HOLD_UNKNOWN:
            return
        sent = answered.at.wall
        if now.wall - sent > _MAX_EXCHANGE:
            return
        expected = round((sent + estimate.seconds) / wire.STAMP_TICK)
        arrived = wire.nearest(ack.arrived, wire.STAMPS, expected) * wire.STAMP_TICK
        self._clock.add(sent, arrived, arrived + ack.hold * wire.HOLD_TICK, now.wall)
