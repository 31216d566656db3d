"""What the sender learns from an acknowledgement: arrivals, losses, patience, the clock."""

from __future__ import annotations

from txt2vid_ros.link.delivery.retransmission_timer import Patience
from txt2vid_ros.link.delivery.send_queue import Outbox
from txt2vid_ros.link.delivery.send_window import Datagram
from txt2vid_ros.link.delivery.sending_session import SendingSession, Sent
from txt2vid_ros.link.messages import Instant
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock import OffsetEstimator
from txt2vid_ros.link.protocol.control import Ack
from txt2vid_ros.link.protocol.offset_report import ClockTeller


class Feedback:
    """Takes acknowledgements of a session to all who learn from them."""

    def __init__(self, clock: OffsetEstimator, clock_teller: ClockTeller, patience: Patience,
                 outbox: Outbox) -> None:
        """Teach these."""
        self._clock = clock
        self._clock_teller = clock_teller
        self._patience = patience
        self._outbox = outbox

    def take(self, session: SendingSession, ack: Ack, now: Instant) -> bool:
        """Learn from `ack`; return whether the receiver is to be told something."""
        outbox = self._outbox
        fresh = session.acknowledge(ack)
        answered = session.answered(ack)
        notes = [note for _, note in fresh]
        lost: list[Datagram] = []
        if answered is not None:
            self._measure(ack, answered, now)
            lost = session.lost(answered)
            for under_way in lost:
                under_way.resend = True
            if ack.control:
                outbox.dropped_told = max(outbox.dropped_told, answered.dropped)
                notes.append(answered.clock)
        for note in notes:
            if note is not None:
                self._clock_teller.confirm(note, now)
        untold = session.flight.floor() is not None or not outbox.all_told
        self._patience.heard(now, clean=sum(d.tries == 1 for d, _ in fresh), lost=len(lost),
                             open_ends=len(session.flight.missing) + untold,
                             round_trip=self._clock.smoothed_round_trip)
        self._clock_teller.consider(now)
        return untold

    def _measure(self, ack: Ack, answered: Sent, now: Instant) -> None:
        """Learn from the clock stamps of an acknowledgement."""
        estimate = self._clock.at(now.wall)
        # Of several tries, nobody knows which arrived.
        if answered.tries != 1 or estimate is None or ack.hold == wire.HOLD_UNKNOWN:
            return
        sent = answered.at.wall
        expected = round((sent + estimate.seconds) / wire.STAMP_TICK)
        arrived = wire.nearest(ack.arrived, wire.STAMPS, expected) * wire.STAMP_TICK
        self._clock.add(sent, arrived, arrived + ack.hold * wire.HOLD_TICK, now.wall)
