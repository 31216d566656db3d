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

_LATE = 0.3
"""Seconds beyond the round trip after which the other end should have acknowledged."""
_MAX_EXCHANGE = 0.4 * wire.STAMPS * wire.STAMP_TICK
"""Seconds that half an exchange and the uncertainty of the offset may have together: beyond, its
stamps may have gone round."""


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
        """Learn from `ack`; return whether the other end needs a CONTROL."""
        fresh = session.acknowledge(ack)
        answered = session.answered(ack)
        reports = [report for _, report in fresh]
        lost: list[InFlightDatagram] = []
        if answered is not None:
            self._measure(ack, answered, now)
            lost = session.lost(answered)
            if ack.control:
                self._queue.confirm_drops(answered.dropped)
                reports.append(answered.clock)
        round_trip = self._clock.smoothed_round_trip
        if round_trip is not None:
            # Whatever it refers to: it is hardly older than half a round trip.
            lost += session.window.overdue(now.mono - 1.25 * round_trip - _LATE)
        for datagram in lost:
            datagram.resend = True
        for report in reports:
            if report is not None:
                self._reporter.confirm(report, now)
        needs_control = session.window.floor() is not None or not self._queue.all_drops_confirmed
        self._timer.on_ack(now, clean=sum(d.tries == 1 and not d.repeated for d, _ in fresh),
                           lost=bool(lost) or ack.troubled,
                           unanswered=len(session.window.missing) + needs_control,
                           round_trip=round_trip)
        self._reporter.update(now)
        return needs_control

    def _measure(self, ack: Ack, answered: SendRecord, now: Instant) -> None:
        """Learn from the clock stamps of an acknowledgement."""
        # Of a datagram sent several times, nobody knows which copy the stamps are about.
        if ack.troubled or answered.tries != 1 or ack.hold == wire.HOLD_UNKNOWN:
            return
        hold = ack.hold * wire.HOLD_TICK
        sent = answered.at.wall
        half = (now.wall - hold - sent) / 2
        estimate = self._clock.at(now.wall)
        # An end that responds knows the offset from the other one's reports alone.
        if estimate is None or abs(half) + estimate.uncertainty > _MAX_EXCHANGE:
            self._clock.add_round_trip(max(0.0, now.mono - answered.at.mono - hold))
            return
        expected = round((sent + half + estimate.seconds) / wire.STAMP_TICK)
        arrived = wire.nearest(ack.arrived, wire.STAMPS, expected) * wire.STAMP_TICK
        self._clock.add(sent, arrived, arrived + hold, now.wall)
