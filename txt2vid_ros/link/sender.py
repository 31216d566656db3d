"""The sending end: a state machine fed with utterances, datagrams and the time.

It never reads a clock or a socket, so that loss, delay and outages can be played to it exactly.
"""

from __future__ import annotations

import collections
import secrets

from txt2vid_ros.errors import UserError
from txt2vid_ros.link import wire
from txt2vid_ros.link.clock import ClockOffset, OffsetEstimator
from txt2vid_ros.link.clock_telling import ClockTeller
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.control import Ack, Control
from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.flight import Datagram, Waiting
from txt2vid_ros.link.handshake import Caller, Granted
from txt2vid_ros.link.messages import (
    Connected,
    Dropped,
    Event,
    Instant,
    Mismatch,
    NEVER,
    Utterance,
)
from txt2vid_ros.link.pacing import Pacer
from txt2vid_ros.link.packer import Known
from txt2vid_ros.link.patience import Patience
from txt2vid_ros.link.seal import ForgedError
from txt2vid_ros.link.sending import SendingSession, Sent
from txt2vid_ros.link.wire import Kind

_PARTIAL_EVERY = 0.5
_NAME_BYTES = 64
_MAX_EVENTS = 1000
_RESENT = 3


class Sender:
    """Takes utterances; wants its datagrams carried to a `Receiver`, and that one's back."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant) -> None:
        """Begin a new stream. `key` is the 32 bytes shared with the receiver."""
        self.config = config
        self.counters = Counters()
        self.clock = OffsetEstimator()
        self._codec = codec
        self._stream = secrets.randbits(32)
        self._queue: collections.deque[Waiting] = collections.deque()
        self._partial: Utterance | None = None
        self._partial_at = now.mono
        self._next_index = 0
        self._names = ('', '')
        self._caller = Caller(key, codec.model.digest, config, self._stream, now)
        self._pacer = Pacer(config.rate, 2 * config.rate)
        self._patience = Patience(config)
        self._session: SendingSession | None = None
        self._clock_teller = ClockTeller(self.clock)
        self._dropped_told = 0
        self._tell = False
        self._events: collections.deque[Event] = collections.deque(maxlen=_MAX_EVENTS)

    # What the caller does ---------------------------------------------------------------------

    def submit(self, utterance: Utterance, now: Instant) -> None:
        """Take an utterance to deliver. Raises UserError for what no datagram can carry."""
        names = (utterance.speaker, utterance.locale)
        if any(len(name.encode('utf-8', 'replace')) > _NAME_BYTES for name in names):
            raise UserError(f'a speaker id or locale is longer than {_NAME_BYTES} bytes',
                            'Give the speaker a shorter id')
        if len(utterance.text) > self.config.max_characters:
            raise UserError(f'a text of {len(utterance.text)} characters is too long for the link',
                            f'Send at most {self.config.max_characters} at a time')
        self._partial = None
        self._names = names
        self._queue.append(Waiting(utterance, now.mono))
        self.counters.utterances += 1
        self.counters.characters += len(utterance.text)
        if len(self._queue) > self.config.queue:
            self._queue.popleft()
            self._drop(1, 'the queue is full')

    def submit_partial(self, utterance: Utterance, now: Instant) -> None:
        """Take text that may still change; only the newest counts, and only if there is room."""
        if self.config.incremental:
            self._partial = utterance

    def receive(self, datagram: bytes, now: Instant) -> bool:
        """Take a datagram from the receiver, or whatever arrived; return whether it was of use."""
        useless = self.counters.rejected + self.counters.duplicates
        self._receive(datagram, now)
        return self.counters.rejected + self.counters.duplicates == useless

    def _receive(self, datagram: bytes, now: Instant) -> None:
        self.counters.datagrams_in += 1
        self.counters.bytes_in += len(datagram)
        self.counters.wire_bits_in += self.config.wire_bits(datagram)
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
        except wire.VersionError:
            self.counters.wrong_version += 1
        except wire.FrameError:
            self.counters.garbage += 1
        except ForgedError:
            self.counters.forged += 1

    def poll(self, now: Instant) -> list[bytes]:
        """Return the datagrams to send now."""
        self._expire(now)
        out: list[bytes] = []
        while self._pacer.ready_at(now.mono) <= now.mono:
            datagram = self._next(now)
            if datagram is None:
                break
            self._pacer.spend(self.config.wire_bits(datagram), now.mono)
            self.counters.datagrams_out += 1
            self.counters.bytes_out += len(datagram)
            self.counters.wire_bits_out += self.config.wire_bits(datagram)
            out.append(datagram)
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when `poll` is to be called at the latest, on the monotonic clock."""
        wakeups = [self._caller.wakeup]
        session = self._session
        if self._queue:
            wakeups.append(self._queue[0].submitted + self.config.max_age + 1e-3)
        if session is not None and not self._caller.calling:
            wakeups += [self._patience.wakeup, self._clock_teller.wakeup]
            if (self._tell or ((self._queue or session.packed) and session.flight.room > 0)
                    or any(d.resend for d in session.flight.missing)):
                wakeups.append(now.mono)
            if self._partial is not None and self._all_well(session):
                # Without room at that time, it is looked for again as long after.
                due = self._partial_at + _PARTIAL_EVERY
                wakeups.append(due if due > now.mono else now.mono + _PARTIAL_EVERY)
        soonest = min(wakeups)
        return soonest if soonest == NEVER else max(soonest, self._pacer.ready_at(now.mono))

    def take_events(self) -> list[Event]:
        """Return what happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    @property
    def connected(self) -> bool:
        """Whether a session has been agreed on."""
        return self._session is not None

    @property
    def backlog(self) -> int:
        """How many utterances have not been acknowledged."""
        return len(self._queue) + (len(self._session.held) if self._session else 0)

    def offset(self, now: Instant) -> ClockOffset | None:
        """Return the receiver's clock minus this one's."""
        return self.clock.at(now.wall)

    # What goes out ----------------------------------------------------------------------------

    def _next(self, now: Instant) -> bytes | None:
        session = self._session
        if self._patience.receiver_gone(now):
            self._caller.call(now)
        if now.mono >= self._caller.wakeup:
            return self._hello(now)
        if session is None or self._caller.calling:
            return None
        self._check_patience(session, now)
        if self._tell or now.mono >= self._clock_teller.wakeup:
            return self._control(session, now)
        for under_way in session.flight.missing:
            if under_way.resend:
                self.counters.retries += 1
                return self._send(session, under_way, now)
        if session.flight.room > 0:
            datagram = self._new(session, now)
            if datagram is not None:
                return datagram
        return self._next_partial(session, now)

    def _hello(self, now: Instant) -> bytes:
        held = [*(self._session.held if self._session else []), *self._queue]
        first = next((w.index for w in held if w.index is not None), self._next_index)
        names = (held[0].utterance.speaker, held[0].utterance.locale) if held else self._names
        return self._caller.hello(first, *names, now)

    def _check_patience(self, session: SendingSession, now: Instant) -> None:
        if now.mono < self._patience.wakeup:
            return
        missing = session.flight.missing
        probe = self._patience.run_out(now)
        if missing and not probe:
            for datagram in missing[:_RESENT]:
                datagram.resend = True
        else:
            self._tell = True

    def _new(self, session: SendingSession, now: Instant) -> bytes | None:
        if not session.packed:
            if not self._queue:
                return None
            note = self._clock_teller.note(now)
            self.counters.text_bytes += session.pack(self._queue, self._next_index, note)
            last = session.held[-1].index
            self._next_index = max(self._next_index, 0 if last is None else last + 1)
        self._patience.said(now)
        return self._send(session, session.launch(now), now)

    def _send(self, session: SendingSession, datagram: Datagram, now: Instant) -> bytes:
        self._patience.sent(now, self.config.wire_bits(datagram.data))
        return session.send(datagram, now)

    def _control(self, session: SendingSession, now: Instant) -> bytes:
        self._tell = False
        floor, index = session.flight.floor() or (None, 0)
        dropped = self.counters.dropped if self.counters.dropped != self._dropped_told else None
        control = Control(session.flight.next_sequence, floor, index, dropped,
                          self._clock_teller.note(now, alone=True))
        data = session.control(control, self.counters.dropped, now)
        self._patience.sent(now, self.config.wire_bits(data))
        return data

    def _all_well(self, session: SendingSession) -> bool:
        """Return whether everything sent so far has arrived, as far as can be known."""
        return not len(session.flight) or self._patience.content

    def _next_partial(self, session: SendingSession, now: Instant) -> bytes | None:
        partial = self._partial
        if (partial is None or now.mono < self._partial_at + _PARTIAL_EVERY
                or not self._all_well(session) or not self._pacer.rested):
            return None
        self._partial, self._partial_at = None, now.mono
        return session.partial(partial)

    # What comes in ----------------------------------------------------------------------------

    def _welcome(self, answer: Granted | Mismatch, now: Instant) -> None:
        if isinstance(answer, Mismatch):
            self._events.append(answer)
            return
        welcome = answer.welcome
        self.clock.add(answer.sent, welcome.arrived * wire.STAMP_TICK,
                       welcome.answered * wire.STAMP_TICK, now.wall)
        self._next_index = max(self._next_index, welcome.wanted)
        held = self._session.held if self._session else []
        self._queue.extendleft(reversed([waiting for waiting in held if (
            waiting.index is not None and waiting.index >= welcome.wanted)]))
        self._session = SendingSession(
            self.config, answer.keys, self._codec,
            Known(speaker=answer.speaker, locale=answer.locale))
        self.counters.sessions += 1
        self._patience.reset()
        self._clock_teller.reset()
        self._tell = self.counters.dropped != self._dropped_told
        self._events.append(Connected(welcome.known))

    def _acknowledged(self, datagram: bytes, tag: int, now: Instant) -> None:
        session = self._session
        if session is None:
            raise ForgedError('there is no session')
        ack = session.open(datagram, tag)
        if ack is None:
            self.counters.duplicates += 1
            return  # Older than what is known: replayed, or overtaken.
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
                self._dropped_told = max(self._dropped_told, answered.dropped)
                notes.append(answered.clock)
        for note in notes:
            if note is not None:
                self._clock_teller.confirm(note, now)
        untold = (session.flight.floor() is not None
                  or self._dropped_told != self.counters.dropped)
        self._tell = self._tell or untold
        self._patience.heard(now, clean=sum(d.tries == 1 for d, _ in fresh), lost=len(lost),
                             open_ends=len(session.flight.missing) + untold,
                             round_trip=self.clock.smoothed_round_trip)
        self._clock_teller.consider(now)

    def _measure(self, ack: Ack, answered: Sent, now: Instant) -> None:
        """Learn from the clock stamps of an acknowledgement."""
        estimate = self.clock.at(now.wall)
        # Of several tries, nobody knows which arrived.
        if answered.tries != 1 or estimate is None or ack.hold == wire.HOLD_UNKNOWN:
            return
        sent = answered.at.wall
        expected = round((sent + estimate.seconds) / wire.STAMP_TICK)
        arrived = wire.nearest(ack.arrived, wire.STAMPS, expected) * wire.STAMP_TICK
        self.clock.add(sent, arrived, arrived + ack.hold * wire.HOLD_TICK, now.wall)

    # Bookkeeping ------------------------------------------------------------------------------

    def _expire(self, now: Instant) -> None:
        before = now.mono - self.config.max_age
        count = 0
        while self._queue and self._queue[0].submitted < before:
            self._queue.popleft()
            count += 1
        if self._session is not None and not self._patience.content:
            # On a clean link what is old has arrived, and will be acknowledged with its batch.
            count += len(self._session.flight.give_up(before))
        if count:
            self._drop(count, 'too old')

    def _drop(self, count: int, reason: str) -> None:
        self.counters.dropped += count
        self._events.append(Dropped(count, reason))
        self._tell = True
