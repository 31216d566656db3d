"""
The sending end: a state machine that takes utterances, datagrams and the time.

It never reads a clock or a socket, so that loss, delay and outages can be played to it exactly.
"""

from __future__ import annotations

import secrets

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.feedback import Feedback
from txt2vid_ros.link.delivery.rate_limiter import SendingLimits
from txt2vid_ros.link.delivery.retransmission_timer import RetransmissionTimer
from txt2vid_ros.link.delivery.send_queue import SendQueue
from txt2vid_ros.link.delivery.send_window import InFlightDatagram
from txt2vid_ros.link.delivery.sending_session import SendingSession
from txt2vid_ros.link.messages import (
    Connected,
    Instant,
    LinkEvent,
    Mismatch,
    NEVER,
    OutgoingDatagram,
    OutgoingText,
    Source,
)
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_offset import ClockOffset, OffsetEstimator
from txt2vid_ros.link.protocol.control import Control
from txt2vid_ros.link.protocol.handshake import Initiator, SessionGrant
from txt2vid_ros.link.protocol.offset_reporter import OffsetReporter
from txt2vid_ros.link.protocol.packer import SpeechContext
from txt2vid_ros.link.protocol.seal import ForgedError
from txt2vid_ros.link.protocol.wire import FrameType


class Sender:
    """Takes utterances and exchanges datagrams with a `Receiver`, which somebody has to carry."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant) -> None:
        """Begin a new stream. `key` is the 32 bytes shared with the receiver."""
        self.config = config
        self.counters = LinkCounters()
        self.clock = OffsetEstimator()
        self._codec = codec
        self._stream = secrets.randbits(32)
        self._queue = SendQueue(config, self.counters, now)
        self._next_index = 0
        self._initiator = Initiator(key, codec.digest, config, self._stream, now)
        self.limits = SendingLimits(config)
        self._timer = RetransmissionTimer(config)
        self._session: SendingSession | None = None
        self._offset_reporter = OffsetReporter(self.clock)
        self._feedback = Feedback(self.clock, self._offset_reporter, self._timer, self._queue)
        self._control_due = False

    def submit(self, utterance: OutgoingText, now: Instant) -> None:
        """Take an utterance to deliver. Raises UserError where no datagram can carry it."""
        self._queue.submit(utterance, now)

    def submit_partial(self, utterance: OutgoingText, now: Instant) -> None:
        """Take an interim text: only the newest is sent, and only where the rate leaves room."""
        self._queue.submit_partial(utterance)

    def receive(self, datagram: bytes, now: Instant, source: Source = None) -> bool:
        """Take whatever arrived; return whether it was useful."""
        self.counters.count_received(datagram, self.config)
        useless = self.counters.rejected + self.counters.duplicates
        try:
            frame_type, tag = wire.parse_header(datagram)
            if frame_type is FrameType.WELCOME:
                self._welcome(self._initiator.take_welcome(datagram, now), now)
            elif frame_type is FrameType.SOLICIT:
                self._initiator.take_solicit(datagram, now)
            elif frame_type is FrameType.ACK:
                self._acknowledged(datagram, tag, now)
            else:
                self.counters.garbage += 1
        except (wire.FrameError, ForgedError) as error:
            self.counters.count_rejected(error)
        return self.counters.rejected + self.counters.duplicates == useless

    def prepare(self, now: Instant) -> None:
        """Drop what is too old and code what comes next, so that poll() takes no time."""
        count = self._queue.expire(now)
        session = self._session
        if session is not None and not self._timer.no_loss_suspected:
            # On a clean link, what is old has arrived and will be acknowledged with its batch.
            count += len(session.window.abandon(now.mono - self.config.max_age))
        self._queue.drop(count, 'too old')
        if (session is not None and not self._initiator.in_progress and session.window.room > 0
                and self.limits.ready_at(now.mono) <= now.mono):
            self._pack(session, now)

    def poll(self, now: Instant) -> list[OutgoingDatagram]:
        """Return the datagrams to send now; call prepare() first."""
        out: list[OutgoingDatagram] = []
        while self.limits.ready_at(now.mono) <= now.mono:
            datagram = self._next(now)
            if datagram is None:
                break
            self.limits.spend(self.config.wire_bits(datagram), now.mono)
            self.counters.count_sent(datagram, self.config)
            out.append(OutgoingDatagram(datagram))
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when to call poll() at the latest, on the monotonic clock."""
        wakeups = [self._initiator.wakeup, self._queue.expires]
        session = self._session
        if session is not None and not self._initiator.in_progress:
            wakeups += [self._timer.wakeup, self._offset_reporter.wakeup]
            more = (self._queue.waiting or session.packed) and session.window.room > 0
            if (self._control_due or self._queue.drops_unannounced or more
                    or any(datagram.resend for datagram in session.window.missing)):
                wakeups.append(now.mono)
            if self._all_arrived(session):
                wakeups.append(self._queue.partial_wakeup(now))
        soonest = min(wakeups)
        return soonest if soonest == NEVER else max(soonest, self.limits.ready_at(now.mono))

    def take_event(self) -> LinkEvent | None:
        """Return the oldest event; None where there are no more."""
        return self._queue.take_event()

    def confirm_delivered(self) -> None:
        """Do nothing: unlike a receiver, a sender acknowledges nothing."""

    @property
    def connected(self) -> bool:
        """Whether a session has been agreed on."""
        return self._session is not None

    @property
    def backlog(self) -> int:
        """How many utterances have not been acknowledged."""
        return len(self._queue.waiting) + (
            len(self._session.unconfirmed) if self._session else 0)

    def offset(self, now: Instant) -> ClockOffset | None:
        """Return the receiver's clock minus this one's."""
        return self.clock.at(now.wall)

    def _next(self, now: Instant) -> bytes | None:
        """Return the most urgent datagram; None where there is nothing to send."""
        session = self._session
        if self._timer.peer_timed_out(now):
            self._initiator.start(now)
        if now.mono >= self._initiator.wakeup:
            return self._hello(now)
        if session is None or self._initiator.in_progress:
            return None
        if now.mono >= self._timer.wakeup:
            ask = self._timer.on_timeout(now)
            self._control_due |= ask or not session.window.resend_oldest()
        if (self._control_due or self._queue.drops_unannounced
                or now.mono >= self._offset_reporter.wakeup):
            return self._control(session, now)
        for datagram in session.window.missing:
            if datagram.resend:
                self.counters.retries += 1
                return self._send(session, datagram, now)
        if session.window.room > 0 and self._pack(session, now):
            self._timer.on_new_data(now)
            return self._send(session, session.number_next(now), now)
        if self._all_arrived(session) and self.limits.half_full:
            return session.partial(self._queue.take_partial(now))
        return None

    def _hello(self, now: Instant) -> bytes:
        unconfirmed = self._session.unconfirmed if self._session else []
        held = [*unconfirmed, *self._queue.waiting]
        first = next((text.index for text in held if text.index is not None), self._next_index)
        next_text = held[0].utterance if held else None
        names = ((next_text.speaker, next_text.locale) if next_text
                 else self._queue.last_names)
        return self._initiator.hello(first, *names, now)

    def _pack(self, session: SendingSession, now: Instant) -> bool:
        """Code the next utterances, unless that is done; return whether there are any."""
        if session.packed:
            return True
        queue = self._queue.waiting
        if not queue:
            return False
        report = self._offset_reporter.report(now)
        self.counters.text_bytes += session.pack(queue, self._next_index, report)
        last = session.unconfirmed[-1].index
        self._next_index = max(self._next_index, 0 if last is None else last + 1)
        return True

    def _send(self, session: SendingSession, datagram: InFlightDatagram, now: Instant) -> bytes:
        self._timer.on_sent(now, self.config.wire_bits(datagram.data))
        return session.mark_sent(datagram, now)

    def _control(self, session: SendingSession, now: Instant) -> bytes:
        self._control_due = self._queue.drops_unannounced = False
        floor, index = session.window.floor() or (None, 0)
        total = self.counters.dropped
        dropped = None if self._queue.all_drops_confirmed else total
        control = Control(session.window.next_sequence, floor, index, dropped,
                          self._offset_reporter.report(now, alone=True))
        data = session.control(control, total, now)
        self._timer.on_sent(now, self.config.wire_bits(data))
        return data

    def _all_arrived(self, session: SendingSession) -> bool:
        """Return whether everything sent so far has arrived, as far as can be known."""
        return not len(session.window) or self._timer.no_loss_suspected

    def _welcome(self, answer: SessionGrant | Mismatch, now: Instant) -> None:
        """Begin a session with what the receiver lacks of the session before."""
        if isinstance(answer, Mismatch):
            self._queue.events.append(answer)
            return
        welcome = answer.welcome
        self.clock.add(answer.sent, welcome.arrived * wire.STAMP_TICK,
                       welcome.arrived * wire.STAMP_TICK, now.wall)
        self._next_index = max(self._next_index, welcome.wanted)
        unconfirmed = self._session.unconfirmed if self._session else []
        self._queue.waiting.extendleft(reversed([text for text in unconfirmed if (
            text.index is not None and text.index >= welcome.wanted)]))
        self._session = SendingSession(
            self.config, answer.keys, self._codec,
            SpeechContext(speaker=answer.speaker, locale=answer.locale))
        self.counters.sessions += 1
        self._timer.reset(self.clock.smoothed_round_trip)
        self._offset_reporter.reset()
        self._offset_reporter.update(now)
        self._control_due = not self._queue.all_drops_confirmed
        self._queue.events.append(Connected(welcome.known))

    def _acknowledged(self, datagram: bytes, tag: int, now: Instant) -> None:
        session = self._session
        if session is None:
            raise ForgedError('there is no session')
        ack = session.open(datagram, tag)
        if ack is None:
            self.counters.duplicates += 1
            return  # It is older than the last one: replayed, or overtaken.
        self._control_due |= self._feedback.take(session, ack, now)
