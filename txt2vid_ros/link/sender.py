"""The sending end: a state machine fed with utterances, datagrams and the time.

It never reads a clock or a socket, so that loss, delay and outages can be played to it exactly.
"""

from __future__ import annotations

import secrets

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.delivery.feedback import Feedback
from txt2vid_ros.link.delivery.rate_limiter import Pacer
from txt2vid_ros.link.delivery.retransmission_timer import Patience
from txt2vid_ros.link.delivery.send_queue import Outbox
from txt2vid_ros.link.delivery.send_window import Datagram
from txt2vid_ros.link.delivery.sending_session import SendingSession
from txt2vid_ros.link.messages import (
    Connected,
    Event,
    Instant,
    Mismatch,
    NEVER,
    Outgoing,
    Source,
    Utterance,
)
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock import ClockOffset, OffsetEstimator
from txt2vid_ros.link.protocol.control import Control
from txt2vid_ros.link.protocol.handshake import Caller, Granted
from txt2vid_ros.link.protocol.offset_report import ClockTeller
from txt2vid_ros.link.protocol.packer import Known
from txt2vid_ros.link.protocol.seal import ForgedError
from txt2vid_ros.link.protocol.wire import Kind


class Sender:
    """Takes utterances; wants its datagrams carried to a `Receiver`, and that one's back."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant) -> None:
        """Begin a new stream. `key` is the 32 bytes shared with the receiver."""
        self.config = config
        self.counters = Counters()
        self.clock = OffsetEstimator()
        self._codec = codec
        self._stream = secrets.randbits(32)
        self._outbox = Outbox(config, self.counters, now)
        self._next_index = 0
        self._caller = Caller(key, codec.model.digest, config, self._stream, now)
        self._pacer = Pacer(config.rate, 2 * config.rate)
        self._patience = Patience(config)
        self._session: SendingSession | None = None
        self._clock_teller = ClockTeller(self.clock)
        self._feedback = Feedback(self.clock, self._clock_teller, self._patience, self._outbox)
        self._tell = False

    def submit(self, utterance: Utterance, now: Instant) -> None:
        """Take an utterance to deliver. Raises UserError for what no datagram can carry."""
        self._outbox.submit(utterance, now)

    def submit_partial(self, utterance: Utterance, now: Instant) -> None:
        """Take text that may still change; only the newest counts, and only if there is room."""
        self._outbox.submit_partial(utterance)

    def receive(self, datagram: bytes, now: Instant, source: Source = None) -> bool:
        """Take a datagram from the receiver, or whatever arrived; return whether it was of use."""
        self.counters.came(datagram, self.config)
        useless = self.counters.rejected + self.counters.duplicates
        try:
            kind, tag = wire.kind_of(datagram)
            if kind is Kind.WELCOME:
                self._welcome(self._caller.welcome(datagram, now), now)
            elif kind is Kind.SOLICIT:
                self._caller.solicited(datagram, now)
            elif kind is Kind.ACK:
                self._acknowledged(datagram, tag, now)
            else:
                self.counters.garbage += 1
        except (wire.FrameError, ForgedError) as error:
            self.counters.reject(error)
        return self.counters.rejected + self.counters.duplicates == useless

    def prepare(self, now: Instant) -> None:
        """Give up what is too old, and code what comes next: poll() then takes no time."""
        count = self._outbox.expire(now)
        session = self._session
        if session is not None and not self._patience.content:
            # On a clean link what is old has arrived, and will be acknowledged with its batch.
            count += len(session.flight.give_up(now.mono - self.config.max_age))
        self._outbox.drop(count, 'too old')
        if (session is not None and not self._caller.calling and session.flight.room > 0
                and self._pacer.ready_at(now.mono) <= now.mono):
            self._pack(session, now)

    def poll(self, now: Instant) -> list[Outgoing]:
        """Return the datagrams to send now; prepare() comes first."""
        out: list[Outgoing] = []
        while self._pacer.ready_at(now.mono) <= now.mono:
            datagram = self._next(now)
            if datagram is None:
                break
            self._pacer.spend(self.config.wire_bits(datagram), now.mono)
            self.counters.went(datagram, self.config)
            out.append(Outgoing(datagram))
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when `poll` is to be called at the latest, on the monotonic clock."""
        wakeups = [self._caller.wakeup, self._outbox.expires]
        session = self._session
        if session is not None and not self._caller.calling:
            wakeups += [self._patience.wakeup, self._clock_teller.wakeup]
            more = (self._outbox.waiting or session.packed) and session.flight.room > 0
            if (self._tell or self._outbox.untold or more
                    or any(d.resend for d in session.flight.missing)):
                wakeups.append(now.mono)
            if self._all_well(session):
                wakeups.append(self._outbox.partial_wakeup(now))
        soonest = min(wakeups)
        return soonest if soonest == NEVER else max(soonest, self._pacer.ready_at(now.mono))

    def take_event(self) -> Event | None:
        """Return what happened; None where there is nothing more."""
        return self._outbox.take_event()

    def handed_over(self) -> None:
        """Do nothing: what becomes of a sender's events is nothing to the receiver."""

    @property
    def connected(self) -> bool:
        """Whether a session has been agreed on."""
        return self._session is not None

    @property
    def backlog(self) -> int:
        """How many utterances have not been acknowledged."""
        return len(self._outbox.waiting) + (len(self._session.held) if self._session else 0)

    def offset(self, now: Instant) -> ClockOffset | None:
        """Return the receiver's clock minus this one's."""
        return self.clock.at(now.wall)

    def _next(self, now: Instant) -> bytes | None:
        session = self._session
        if self._patience.receiver_gone(now):
            self._caller.call(now)
        if now.mono >= self._caller.wakeup:
            return self._hello(now)
        if session is None or self._caller.calling:
            return None
        if now.mono >= self._patience.wakeup:
            asks = self._patience.run_out(now)
            self._tell |= asks or not session.flight.resend_oldest()
        if self._tell or self._outbox.untold or now.mono >= self._clock_teller.wakeup:
            return self._control(session, now)
        for under_way in session.flight.missing:
            if under_way.resend:
                self.counters.retries += 1
                return self._send(session, under_way, now)
        if session.flight.room > 0:
            datagram = self._new(session, now)
            if datagram is not None:
                return datagram
        if self._all_well(session) and self._pacer.rested:
            return session.partial(self._outbox.take_partial(now))
        return None

    def _hello(self, now: Instant) -> bytes:
        held = [*(self._session.held if self._session else []), *self._outbox.waiting]
        first = next((w.index for w in held if w.index is not None), self._next_index)
        said = held[0].utterance if held else None
        names = (said.speaker, said.locale) if said else self._outbox.names
        return self._caller.hello(first, *names, now)

    def _new(self, session: SendingSession, now: Instant) -> bytes | None:
        if not self._pack(session, now):
            return None
        self._patience.said(now)
        return self._send(session, session.launch(now), now)

    def _pack(self, session: SendingSession, now: Instant) -> bool:
        """Code the next utterances, unless that is done; return whether there is something."""
        if session.packed:
            return True
        queue = self._outbox.waiting
        if not queue:
            return False
        note = self._clock_teller.note(now)
        self.counters.text_bytes += session.pack(queue, self._next_index, note)
        last = session.held[-1].index
        self._next_index = max(self._next_index, 0 if last is None else last + 1)
        return True

    def _send(self, session: SendingSession, datagram: Datagram, now: Instant) -> bytes:
        self._patience.sent(now, self.config.wire_bits(datagram.data))
        return session.send(datagram, now)

    def _control(self, session: SendingSession, now: Instant) -> bytes:
        self._tell = self._outbox.untold = False
        floor, index = session.flight.floor() or (None, 0)
        total = self.counters.dropped
        dropped = None if self._outbox.all_told else total
        control = Control(session.flight.next_sequence, floor, index, dropped,
                          self._clock_teller.note(now, alone=True))
        data = session.control(control, total, now)
        self._patience.sent(now, self.config.wire_bits(data))
        return data

    def _all_well(self, session: SendingSession) -> bool:
        """Return whether everything sent so far has arrived, as far as can be known."""
        return not len(session.flight) or self._patience.content

    def _welcome(self, answer: Granted | Mismatch, now: Instant) -> None:
        if isinstance(answer, Mismatch):
            self._outbox.events.append(answer)
            return
        welcome = answer.welcome
        self.clock.add(answer.sent, welcome.arrived * wire.STAMP_TICK,
                       welcome.answered * wire.STAMP_TICK, now.wall)
        self._next_index = max(self._next_index, welcome.wanted)
        held = self._session.held if self._session else []
        self._outbox.waiting.extendleft(reversed([waiting for waiting in held if (
            waiting.index is not None and waiting.index >= welcome.wanted)]))
        self._session = SendingSession(
            self.config, answer.keys, self._codec,
            Known(speaker=answer.speaker, locale=answer.locale))
        self.counters.sessions += 1
        self._patience.reset()
        self._clock_teller.reset()
        self._tell = not self._outbox.all_told
        self._outbox.events.append(Connected(welcome.known))

    def _acknowledged(self, datagram: bytes, tag: int, now: Instant) -> None:
        session = self._session
        if session is None:
            raise ForgedError('there is no session')
        ack = session.open(datagram, tag)
        if ack is None:
            self.counters.duplicates += 1
            return  # Older than what is known: replayed, or overtaken.
        self._tell |= self._feedback.take(session, ack, now)
