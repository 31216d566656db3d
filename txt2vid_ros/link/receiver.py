"""The receiving end: a state machine fed with datagrams and the time."""

from __future__ import annotations

import collections

from txt2vid_ros.link.codec.text import CodecError, TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import Counters
from txt2vid_ros.link.delivery.acknowledging import Acknowledger
from txt2vid_ros.link.delivery.delivery_log import Handover
from txt2vid_ros.link.delivery.progress_store import Journal
from txt2vid_ros.link.delivery.rate_limiter import Pacer
from txt2vid_ros.link.delivery.reorder_buffer import Inbox
from txt2vid_ros.link.messages import Connected, Event, Instant, Mismatch, NEVER, Outgoing, Source
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Control
from txt2vid_ros.link.protocol.handshake import Answerer, Offer
from txt2vid_ros.link.protocol.packer import Known
from txt2vid_ros.link.protocol.seal import ForgedError
from txt2vid_ros.link.protocol.wire import Kind, STAMP_TICK


class Receiver:
    """Takes datagrams of a `Sender` and gives utterances, each once and in order.

    What take_event() returns is to be handed to the consumer, and that to be said by
    handed_over(): until then nothing is acknowledged.
    """

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant,
                 journal: Journal | None = None) -> None:
        """Wait for a call. `key` is the 32 bytes shared with the sender."""
        self.config = config
        self.counters = Counters()
        self._codec = codec
        self._handover = Handover(journal or Journal(), self.counters)
        self._answerer = Answerer(key, codec.model.digest, now)
        self._pacer = Pacer(config.rate, 2 * config.rate)
        self._inbox: Inbox | None = None
        self._acknowledger = Acknowledger()
        self._controls = 0
        self._stalled_since: float | None = None
        self._replies: collections.deque[Outgoing] = collections.deque(maxlen=8)

    def receive(self, datagram: bytes, now: Instant, source: Source = None) -> bool:
        """Take whatever arrived; return whether it was new and sealed with a session's keys.

        Greetings are answered to `source` and prove nothing: they may be replayed.
        """
        self.counters.came(datagram, self.config)
        try:
            kind, tag = wire.kind_of(datagram)
            if kind is Kind.HELLO:
                self._hello(datagram, now, source)
            elif kind in (Kind.SAID, Kind.BATCH, Kind.CONTROL, Kind.PARTIAL):
                if self._handover.full:
                    return False  # As if lost: it is not acknowledged, and will come again.
                repeats = self.counters.duplicates
                self._session_datagram(kind, tag, datagram, now)
                return self.counters.duplicates == repeats
            else:
                self.counters.garbage += 1
        except (wire.FrameError, ForgedError) as error:
            self.counters.reject(error)
            # Somebody may go on with a session from before a restart of ours.
            if (isinstance(error, ForgedError) and self._inbox is None
                    and (call := self._answerer.solicit(now)) is not None):
                self._replies.append(Outgoing(call, source))
        return False

    def poll(self, now: Instant) -> list[Outgoing]:
        """Return the datagrams to send now; prepare() comes first, and handing over."""
        out: list[Outgoing] = []
        while self._pacer.ready_at(now.mono) <= now.mono:
            if self._replies:
                reply = self._replies.popleft()
            elif (self._inbox is not None and now.mono >= self._acknowledger.timing.due
                    and self._handover.complete):
                reply = Outgoing(self._acknowledger.ack(self._inbox, now))
            else:
                break
            self._pacer.spend(self.config.wire_bits(reply.datagram), now.mono)
            self.counters.went(reply.datagram, self.config)
            out.append(reply)
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when `poll` is to be called at the latest, on the monotonic clock."""
        soonest = now.mono if self._replies else self._acknowledger.timing.due
        if soonest != NEVER:
            soonest = max(soonest, self._pacer.ready_at(now.mono))
        if self._stalled_since is not None:
            soonest = min(soonest, self._stalled_since + 2 * self.config.max_age + 1e-3)
        return soonest

    def take_event(self) -> Event | None:
        """Return what was heard, or what else happened; None where there is nothing more."""
        return self._handover.take()

    def prepare(self, now: Instant) -> None:
        """Go on without what a sender that has vanished will not send any more."""
        if (self._inbox is not None and self._stalled_since is not None
                and now.mono > self._stalled_since + 2 * self.config.max_age):
            self._stalled_since = None
            self._handover.deliver(self._inbox.flush())

    def handed_over(self) -> None:
        """Note that the consumer has all that take_event() has returned."""
        self._handover.done()

    @property
    def connected(self) -> bool:
        """Whether a sender has called."""
        return self._inbox is not None or bool(self._answerer.offers)

    @property
    def offset(self) -> tuple[float, float] | None:
        """This clock minus the sender's, and its uncertainty, as the sender measured it."""
        known = self._handover
        if known.offset is None or known.uncertainty is None:
            return None
        return known.offset, known.uncertainty

    def _hello(self, datagram: bytes, now: Instant, source: Source) -> None:
        opened = self._answerer.hello(datagram)
        if opened is None:
            self.counters.duplicates += 1
            return
        hello, random = opened
        settled = self._handover.settled
        known = hello.stream == settled.stream
        wanted = max(settled.next_index, hello.first) if known else hello.first
        if hello.model != self._codec.model.digest[:4]:
            self._handover.event(Mismatch('the sender has another text model: install the same '
                                          'version of txt2vid_ros on both machines'))
        welcome = self._answerer.welcome(hello, random, known, wanted, now.wall, now)
        self._replies.append(Outgoing(welcome, source))

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
        offer = self._answerer.match(kind, tag, datagram)
        hello = offer.hello
        fresh = Inbox(offer.keys, self._codec, Known(speaker=hello.speaker, locale=hello.locale))
        self._begin(offer, fresh, now)
        self._open(fresh, kind, datagram, now)

    def _begin(self, offer: Offer, inbox: Inbox, now: Instant) -> None:
        handover = self._handover
        resumed = offer.hello.stream == handover.progress.stream
        if not resumed:
            if self._inbox is not None:
                # The sender has started anew: what is missing will not come any more.
                handover.deliver(self._inbox.flush())
            handover.begin(offer.hello.stream, offer.hello.first)
        self._inbox = inbox
        self._controls = 0
        self._acknowledger = Acknowledger()
        self._stalled_since = None
        self._answerer.taken()
        handover.offset = offer.arrived - offer.hello.wall * STAMP_TICK
        handover.uncertainty = None
        self.counters.sessions += 1
        handover.event(Connected(resumed))

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
            self._handover.note_clock(inbox.take(sequence, kind, body, now.wall))
        except (wire.FrameError, CodecError):
            # Authentic, so it will not get better by being sent again.
            self.counters.undecodable += 1
            inbox.refuse(sequence)
        self._acknowledger.note(False, sequence, now)
        deliveries, broken = inbox.deliver()
        self.counters.undecodable += broken
        self._handover.deliver(deliveries)
        self._acknowledger.timing.arrived(now, gap=inbox.gap)
        self._watch_gap(inbox, now)

    def _control(self, inbox: Inbox, counter: int, control: Control, now: Instant) -> None:
        handover = self._handover
        self._acknowledger.note(True, counter, now)
        if control.floor is not None and inbox.next < control.floor <= inbox.next + 128:
            handover.deliver(inbox.skip_to(control.floor))
            progress = handover.progress
            progress.next_index = max(progress.next_index, control.floor_index)
            handover.deliver(inbox.deliver()[0])
            self._watch_gap(inbox, now)
        if control.dropped is not None:
            handover.dropped(control.dropped)
        handover.note_clock(control.clock)
        self._acknowledger.timing.asked(now)

    def _partial(self, inbox: Inbox, body: bytes, now: Instant) -> None:
        if not body:
            raise wire.FrameError('too short')
        try:
            said = inbox.partial(inbox.sequence(body[0]), body[1:], now.wall)
        except CodecError:
            self.counters.undecodable += 1
            return
        if said is not None:
            self._handover.partial(said)

    def _watch_gap(self, inbox: Inbox, now: Instant) -> None:
        if not inbox.gap:
            self._stalled_since = None
        elif self._stalled_since is None:
            self._stalled_since = now.mono
