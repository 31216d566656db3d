"""The receiving end: a state machine fed with datagrams and the time."""

from __future__ import annotations

import collections

from txt2vid_ros.link import wire
from txt2vid_ros.link.acknowledging import Acknowledger
from txt2vid_ros.link.clock_note import ClockNote
from txt2vid_ros.link.codec.text import CodecError, TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.control import Control
from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.handshake import Answerer, Offer
from txt2vid_ros.link.inbox import Delivery, Inbox, Said
from txt2vid_ros.link.journal import Journal
from txt2vid_ros.link.messages import Connected, Dropped, Event, Heard, Instant, Mismatch, NEVER
from txt2vid_ros.link.pacing import Pacer
from txt2vid_ros.link.packer import Known
from txt2vid_ros.link.seal import ForgedError
from txt2vid_ros.link.wire import Kind, STAMP_TICK

_SOLICIT_EVERY, _SOLICIT_LIMIT = 1.0, 10.0
_MAX_EVENTS = 1000


class Receiver:
    """Takes datagrams of a `Sender` and gives utterances, each once and in order."""

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant,
                 journal: Journal | None = None) -> None:
        """Wait for a call. `key` is the 32 bytes shared with the sender."""
        self.config = config
        self.counters = Counters()
        self._codec = codec
        self._journal = journal or Journal()
        self._progress = self._journal.load()
        self._answerer = Answerer(key, codec.model.digest)
        self._pacer = Pacer(config.rate, 2 * config.rate)
        self._inbox: Inbox | None = None
        self._acknowledger = Acknowledger()
        self._controls = 0
        self._offset: float | None = None
        self._uncertainty: float | None = None
        self._stalled_since: float | None = None
        self._replies: collections.deque[bytes] = collections.deque(maxlen=8)
        self._solicit_at = now.mono
        self._solicit_pause = _SOLICIT_EVERY
        self._events: collections.deque[Event] = collections.deque()

    # What the caller does ---------------------------------------------------------------------

    def receive(self, datagram: bytes, now: Instant) -> bool:
        """Take whatever arrived; return whether it was an authentic and new datagram."""
        self.counters.datagrams_in += 1
        self.counters.bytes_in += len(datagram)
        self.counters.wire_bits_in += self.config.wire_bits(datagram)
        try:
            kind, tag = wire.kind_of(datagram)
            if kind is Kind.HELLO:
                return self._hello(datagram, now)
            if kind in (Kind.SAID, Kind.BATCH, Kind.CONTROL, Kind.PARTIAL):
                repeats = self.counters.duplicates
                self._session_datagram(kind, tag, datagram, now)
                return self.counters.duplicates == repeats
            self.counters.garbage += 1
        except wire.VersionError:
            self.counters.wrong_version += 1
        except wire.FrameError:
            self.counters.garbage += 1
        except ForgedError:
            self.counters.forged += 1
            self._maybe_solicit(now)
        return False

    def poll(self, now: Instant) -> list[bytes]:
        """Return the datagrams to send now."""
        self._unstall(now)
        out: list[bytes] = []
        while self._pacer.ready_at(now.mono) <= now.mono:
            if self._replies:
                datagram = self._replies.popleft()
            elif self._inbox is not None and now.mono >= self._acknowledger.timing.due:
                datagram = self._acknowledger.ack(self._inbox, now)
            else:
                break
            self._pacer.spend(self.config.wire_bits(datagram), now.mono)
            self.counters.datagrams_out += 1
            self.counters.bytes_out += len(datagram)
            self.counters.wire_bits_out += self.config.wire_bits(datagram)
            out.append(datagram)
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when `poll` is to be called at the latest, on the monotonic clock."""
        soonest = now.mono if self._replies else self._acknowledger.timing.due
        if soonest != NEVER:
            soonest = max(soonest, self._pacer.ready_at(now.mono))
        if self._stalled_since is not None:
            soonest = min(soonest, self._stalled_since + 2 * self.config.max_age + 1e-3)
        return soonest

    def take_events(self) -> list[Event]:
        """Return what was heard and what else happened since the last call."""
        events = list(self._events)
        self._events.clear()
        return events

    @property
    def connected(self) -> bool:
        """Whether a sender has called."""
        return self._inbox is not None or bool(self._answerer.offers)

    @property
    def offset(self) -> tuple[float, float] | None:
        """This clock minus the sender's, and its uncertainty, as the sender measured it."""
        if self._offset is None or self._uncertainty is None:
            return None
        return self._offset, self._uncertainty

    # What comes in ----------------------------------------------------------------------------

    def _hello(self, datagram: bytes, now: Instant) -> bool:
        opened = self._answerer.hello(datagram)
        if opened is None:
            self.counters.duplicates += 1
            return False
        hello, random = opened
        known = hello.stream == self._progress.stream
        wanted = max(self._progress.next_index, hello.first) if known else hello.first
        if hello.model != self._codec.model.digest[:4]:
            self._event(Mismatch('the sender has another text model: install the same version of '
                                 'txt2vid_ros on both machines'))
        self._replies.append(self._answerer.welcome(hello, random, known, wanted, now.wall, now))
        return True

    def _session_datagram(self, kind: Kind, tag: int, datagram: bytes, now: Instant) -> None:
        if len(datagram) < 2:
            raise wire.FrameError('too short')
        inbox = self._inbox
        if inbox is not None and tag == inbox.keys.tag:
            try:
                self._open(inbox, kind, datagram, now)
                return
            except ForgedError:
                pass  # It may belong to a session that begins with it.
        for offer in reversed(self._answerer.offers.values()):
            if offer.keys.tag != tag:
                continue
            hello = offer.hello
            fresh = Inbox(offer.keys, self._codec, Known(speaker=hello.speaker,
                                                         locale=hello.locale))
            if self._authentic(fresh, kind, datagram):
                self._begin(offer, fresh, now)
                self._open(fresh, kind, datagram, now)
                return
        raise ForgedError('sealed with no key known')

    @staticmethod
    def _authentic(inbox: Inbox, kind: Kind, datagram: bytes) -> bool:
        try:
            inbox.keys.forward.open(kind, datagram[1], datagram[:2], datagram[2:])
        except ForgedError:
            return False
        return True

    def _begin(self, offer: Offer, inbox: Inbox, now: Instant) -> None:
        resumed = offer.hello.stream == self._progress.stream
        if not resumed:
            if self._inbox is not None:
                # The sender has started anew: what is missing will not come any more.
                self._deliver(self._inbox.flush(), now)
            self._progress.stream = offer.hello.stream
            self._progress.next_index = offer.hello.first
            self._progress.dropped = 0
            self._journal.save(self._progress)
        self._inbox = inbox
        self._controls = 0
        self._acknowledger = Acknowledger()
        self._stalled_since = None
        self._answerer.offers.clear()
        self._offset = offer.arrived - offer.hello.wall * STAMP_TICK
        self._uncertainty = None
        self._solicit_pause = _SOLICIT_EVERY
        self.counters.sessions += 1
        self._event(Connected(resumed))

    def _open(self, inbox: Inbox, kind: Kind, datagram: bytes, now: Instant) -> None:
        speech = kind in (Kind.SAID, Kind.BATCH)
        low = datagram[1]
        counter = inbox.sequence(low) if speech else wire.nearest(low, 256, self._controls)
        if counter < 0:
            raise ForgedError('no such counter')
        body = inbox.keys.forward.open(kind, counter, datagram[:2], datagram[2:])
        if speech:
            self._speech(inbox, kind, counter, body, now)
        elif counter < self._controls:
            self.counters.duplicates += 1
        else:
            self._controls = counter + 1
            if kind is Kind.CONTROL:
                self._control(inbox, counter, Control.unpack(body, inbox.next), now)
            else:
                self._partial(inbox, body, now)

    def _speech(self, inbox: Inbox, kind: Kind, sequence: int, body: bytes, now: Instant) -> None:
        if not inbox.is_new(sequence):
            self.counters.duplicates += 1
            self._acknowledger.timing.repeated(now)
            return
        try:
            self._note_clock(inbox.take(sequence, kind, body, now.wall))
        except (wire.FrameError, CodecError):
            # Authentic, so it will not get better by being sent again.
            self.counters.undecodable += 1
            inbox.refuse(sequence)
        self._acknowledger.note(False, sequence, now)
        deliveries, broken = inbox.deliver()
        self.counters.undecodable += broken
        self._deliver(deliveries, now)
        self._acknowledger.timing.arrived(now, gap=inbox.gap)
        self._watch_gap(inbox, now)

    def _control(self, inbox: Inbox, counter: int, control: Control, now: Instant) -> None:
        self._acknowledger.note(True, counter, now)
        if control.floor is not None and inbox.next < control.floor <= inbox.next + 128:
            self._deliver(inbox.skip_to(control.floor), now)
            self._progress.next_index = max(self._progress.next_index, control.floor_index)
            deliveries, _ = inbox.deliver()
            self._deliver(deliveries, now)
            self._watch_gap(inbox, now)
        if control.dropped is not None and control.dropped > self._progress.dropped:
            lost = control.dropped - self._progress.dropped
            self._progress.dropped = control.dropped
            self.counters.dropped += lost
            self._event(Dropped(lost, 'given up by the sender'))
            self._journal.save(self._progress)
        self._note_clock(control.clock)
        self._acknowledger.timing.asked(now)

    def _note_clock(self, note: ClockNote | None) -> None:
        if note is not None:
            self._offset, self._uncertainty = note.seconds, note.uncertainty / 1000

    def _partial(self, inbox: Inbox, body: bytes, now: Instant) -> None:
        if not body:
            raise wire.FrameError('too short')
        try:
            said = inbox.partial(inbox.sequence(body[0]), body[1:], now.wall)
        except CodecError:
            self.counters.undecodable += 1
            return
        if said is not None:
            self._event(self._heard(said, partial=True))

    # What comes of it -------------------------------------------------------------------------

    def _deliver(self, deliveries: list[Delivery], now: Instant) -> None:
        for delivery in deliveries:
            index = self._progress.next_index if delivery.index is None else delivery.index
            for at, said in enumerate(delivery.said, index):
                if at < self._progress.next_index:
                    self.counters.duplicates += 1
                    continue
                self._progress.next_index = at + 1
                self.counters.utterances += 1
                self.counters.characters += len(said.text)
                self._event(self._heard(said))
        if deliveries:
            self._journal.save(self._progress)

    def _heard(self, said: Said, partial: bool = False) -> Heard:
        offset = self._offset or 0.0
        # Speech began before it arrived: look for its start in the minute before.
        start = wire.start_time(said.ticks, said.arrived - offset - 25.0) + offset
        return Heard(said.text, said.speaker, said.locale, start, said.arrived, partial)

    def _watch_gap(self, inbox: Inbox, now: Instant) -> None:
        if not inbox.gap:
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = now.mono

    def _unstall(self, now: Instant) -> None:
        """Go on without what a sender that has vanished will not send any more."""
        if (self._inbox is not None and self._stalled_since is not None
                and now.mono > self._stalled_since + 2 * self.config.max_age):
            self._stalled_since = None
            self._deliver(self._inbox.flush(), now)

    def _maybe_solicit(self, now: Instant) -> None:
        """Ask for a call where somebody seems to go on with a session from before a restart."""
        if self._inbox is not None or now.mono < self._solicit_at:
            return
        self._replies.append(self._answerer.solicit())
        self._solicit_at = now.mono + self._solicit_pause
        self._solicit_pause = min(2 * self._solicit_pause, _SOLICIT_LIMIT)

    def _event(self, event: Event) -> None:
        self._events.append(event)
        if len(self._events) > _MAX_EVENTS:
            self._events.popleft()
