"""Speech on its way to the other end: what waits, what is in flight, and what it knows of that."""

from __future__ import annotations

import secrets

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.feedback import Feedback
from txt2vid_ros.link.delivery.retransmission_timer import RetransmissionTimer
from txt2vid_ros.link.delivery.send_queue import SendQueue
from txt2vid_ros.link.delivery.sending_session import Ride, SendingSession
from txt2vid_ros.link.exchange import Exchange
from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.control import Ack, Control
from txt2vid_ros.link.protocol.offset_reporter import OffsetReporter
from txt2vid_ros.link.protocol.packer import SpeechContext
from txt2vid_ros.link.protocol.session import Session
from txt2vid_ros.link.protocol.wire import BodyReader


class Outbound:
    """What an end says, across all sessions."""

    def __init__(self, config: LinkConfig, counters: LinkCounters, codec: TextCodec,
                 clock: OffsetEstimator, exchange: Exchange, now: Instant,
                 reports_clock: bool) -> None:
        """Begin a new stream; `reports_clock` is whether the other end is told the offset."""
        self.stream = secrets.randbits(32)
        self.queue = SendQueue(config, counters, now)
        self.session: SendingSession | None = None
        self.timer = RetransmissionTimer(config)
        self._config, self._counters, self._codec = config, counters, codec
        self._clock, self._exchange = clock, exchange
        self._next_index = 0
        self._reporter = OffsetReporter(clock, reports_clock)
        self._feedback = Feedback(clock, self._reporter, self.timer, self.queue)
        self._control_due = False

    def begin(self, session: Session, start: SpeechContext, wanted: int, now: Instant) -> None:
        """Begin a session with what the other end lacks of the session before."""
        self._next_index = max(self._next_index, wanted)
        unconfirmed = self.session.unconfirmed if self.session else []
        self.queue.waiting.extendleft(reversed([text for text in unconfirmed if (
            text.index is not None and text.index >= wanted)]))
        self.session = SendingSession(self._config, session, self._codec, start)
        self.timer.reset(self._clock.smoothed_round_trip)
        self._reporter.reset()
        self._reporter.update(now)
        self._control_due = not self.queue.all_drops_confirmed

    def ask(self) -> None:
        """Have the other end answer, with the next datagram."""
        self._control_due = True

    def prepare(self, now: Instant, may_pack: bool) -> None:
        """Drop what is too old, and code what comes next where `may_pack`."""
        count = self.queue.expire(now)
        session = self.session
        if session is not None and not self.timer.no_loss_suspected:
            # On a clean link, what is old has arrived and will be acknowledged with its batch.
            # A little less than the timer's, which would else send it again just before.
            answer = 0.99 * self.timer.response_time
            count += len(session.window.abandon(now.mono - self._config.max_age,
                                                now.mono - answer))
        self.queue.drop(count, 'too old')
        if session is not None and may_pack and session.window.room > 0:
            self._pack(session, now)

    def next(self, now: Instant, ride: Ride, idle: bool) -> bytes | None:  # noqa: A003
        """
        Return the most urgent datagram of a session; None where there is nothing to send.

        `idle` is whether the rate leaves room for interim texts.
        """
        session = self.session
        assert session is not None
        if now.mono >= self.timer.wakeup:
            ask = self.timer.on_timeout(now)
            self._control_due |= ask or not session.window.resend_oldest()
        if (self._control_due or self.queue.drops_unannounced
                or now.mono >= self._reporter.wakeup):
            return self._control(session, now, ride)
        for datagram in session.window.to_resend:
            self._counters.retries += 1
            self.timer.on_sent(now, self._config.wire_bits(datagram.data),
                               session.window.only_by(datagram))
            return session.mark_sent(datagram, now)
        if session.window.room > 0 and self._pack(session, now):
            self.timer.on_new_data(now, self._exchange.said(now))
            datagram, data = session.send_next(now, ride, self.timer.lossy)
            self._counters.repair_bytes += sum(len(d.body) + 2 for d in datagram.repairs)
            self.timer.on_sent(now, self._config.wire_bits(data), session.window.only_by(datagram))
            return data
        if self._all_arrived(session) and idle:
            return session.partial(self.queue.take_partial(now))
        return None

    def speaks_next(self, now: Instant) -> bool:
        """Return whether next() returns what an acknowledgement may ride on."""
        session = self.session
        if session is None or now.mono >= self.timer.wakeup:
            return False
        if self._control_due or self.queue.drops_unannounced or now.mono >= self._reporter.wakeup:
            return True
        more = bool(self.queue.waiting) or session.packed
        return more and session.window.room > 0 and not session.window.to_resend

    def wakeup(self, now: Instant) -> float:
        """Return when to call next() at the latest, on the monotonic clock."""
        session = self.session
        assert session is not None
        more = (self.queue.waiting or session.packed) and session.window.room > 0
        if (self._control_due or self.queue.drops_unannounced or more
                or session.window.to_resend):
            return now.mono
        wakeup = min(self.timer.wakeup, self._reporter.wakeup)
        return min(wakeup, self.queue.partial_wakeup(now) if self._all_arrived(session) else NEVER)

    def read_ack(self, reader: BodyReader) -> Ack:
        """Take an acknowledgement from a body. Raises FrameError."""
        assert self.session is not None
        return self.session.read_ack(reader)

    def acknowledged(self, ack: Ack, now: Instant) -> None:
        """Learn from `ack`."""
        assert self.session is not None
        self._control_due |= self._feedback.take(self.session, ack, now)

    @property
    def first_names(self) -> tuple[str, str]:
        """Speaker and locale of the first utterance of a session that begins now."""
        held = [*(self.session.unconfirmed if self.session else []), *self.queue.waiting]
        if not held:
            return self.queue.last_names
        return held[0].utterance.speaker, held[0].utterance.locale

    @property
    def backlog(self) -> int:
        """How many utterances have not been acknowledged."""
        return len(self.queue.waiting) + (len(self.session.unconfirmed) if self.session else 0)

    @property
    def all_sent(self) -> bool:
        """Whether no utterance waits to be sent for the first time."""
        return not self.queue.waiting and (self.session is None or not self.session.packed)

    def _pack(self, session: SendingSession, now: Instant) -> bool:
        """Code the next utterances, unless that is done; return whether there are any."""
        if session.packed:
            return True
        queue = self.queue.waiting
        if not queue:
            return False
        report = self._reporter.report(now)
        self._counters.text_bytes += session.pack(queue, self._next_index, report)
        last = session.unconfirmed[-1].index
        self._next_index = max(self._next_index, 0 if last is None else last + 1)
        return True

    def _control(self, session: SendingSession, now: Instant, ride: Ride) -> bytes:
        self._control_due = self.queue.drops_unannounced = False
        floor, index = session.window.floor() or (None, 0)
        dropped = None if self.queue.all_drops_confirmed else self.queue.dropped
        control = Control(session.window.next_sequence, floor, index, dropped,
                          self._reporter.report(now, alone=True))
        data = session.control(control, self.queue.dropped, now, ride)
        self.timer.on_sent(now, self._config.wire_bits(data))
        return data

    def _all_arrived(self, session: SendingSession) -> bool:
        """Return whether everything sent so far has arrived, as far as can be known."""
        return not len(session.window) or self.timer.no_loss_suspected
