"""The receiving end: a state machine that takes datagrams and the time."""

from __future__ import annotations

import collections

from txt2vid_ros.link.codec.symbols import CodecError
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.acknowledging import Acknowledger
from txt2vid_ros.link.delivery.delivery_log import DeliveryLog
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.delivery.rate_limiter import SendingLimits
from txt2vid_ros.link.delivery.reorder_buffer import ReorderBuffer
from txt2vid_ros.link.messages import (
    Connected,
    Instant,
    LinkEvent,
    NEVER,
    OutgoingDatagram,
    Source,
)
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Control
from txt2vid_ros.link.protocol.handshake import Responder, SessionOffer
from txt2vid_ros.link.protocol.packer import SpeechContext
from txt2vid_ros.link.protocol.seal import ForgedError
from txt2vid_ros.link.protocol.wire import FrameType, STAMP_TICK

_MAX_FLOOR_STEP = 128
"""Sequences that a CONTROL may skip; a larger step is a mistaken one."""


class Receiver:
    """
    Takes datagrams of a `Sender` and returns its utterances, each once and in order.

    Nothing is acknowledged before the consumer has it: whoever takes events calls
    confirm_delivered() once what take_event() returned has been passed on.
    """

    def __init__(self, config: LinkConfig, key: bytes, codec: TextCodec, now: Instant,
                 store: ProgressStore | None = None) -> None:
        """Wait for a sender. `key` is the 32 bytes shared with it."""
        self.config = config
        self.counters = LinkCounters()
        self._codec = codec
        self._log = DeliveryLog(store or ProgressStore(), self.counters)
        self._responder = Responder(key, codec.digest, now)
        self.limits = SendingLimits(config)
        self._buffer: ReorderBuffer | None = None
        self._acknowledger = Acknowledger()
        self._controls = 0
        self._gap_since: float | None = None
        self._replies: collections.deque[OutgoingDatagram] = collections.deque(maxlen=8)

    def receive(self, datagram: bytes, now: Instant, source: Source = None) -> bool:
        """
        Take whatever arrived; return whether it was new and sealed with a session's keys.

        A HELLO is answered to `source` and proves nothing: it may be replayed.
        """
        self.counters.count_received(datagram, self.config)
        try:
            frame_type, tag = wire.parse_header(datagram)
            if frame_type is FrameType.HELLO:
                self._hello(datagram, now, source)
            elif frame_type in (FrameType.SINGLE, FrameType.BATCH, FrameType.CONTROL,
                                FrameType.PARTIAL):
                if self._log.full:
                    return False  # As if lost: it is not acknowledged, and will come again.
                repeats = self.counters.duplicates
                self._session_datagram(frame_type, tag, datagram, now)
                return self.counters.duplicates == repeats
            else:
                self.counters.garbage += 1
        except (wire.FrameError, ForgedError) as error:
            self.counters.count_rejected(error)
            # The sender may continue a session from before a restart of this receiver.
            if (isinstance(error, ForgedError) and self._buffer is None
                    and (solicit := self._responder.solicit(now)) is not None):
                self._replies.append(OutgoingDatagram(solicit, source))
        return False

    def prepare(self, now: Instant) -> None:
        """Deliver what waits behind a gap that a vanished sender will not close any more."""
        if (self._buffer is not None and self._gap_since is not None
                and now.mono > self._gap_since + 2 * self.config.max_age):
            self._gap_since = None
            self._log.add_texts(self._buffer.flush())

    def poll(self, now: Instant) -> list[OutgoingDatagram]:
        """Return the datagrams to send now; call prepare() first, and deliver the events."""
        out: list[OutgoingDatagram] = []
        while self.limits.ready_at(now.mono) <= now.mono:
            if self._replies:
                reply = self._replies.popleft()
            elif (self._buffer is not None and now.mono >= self._acknowledger.timing.due
                    and self._log.all_confirmed):
                reply = OutgoingDatagram(self._acknowledger.ack(self._buffer, now))
            else:
                break
            self.limits.spend(self.config.wire_bits(reply.datagram), now.mono)
            self.counters.count_sent(reply.datagram, self.config)
            out.append(reply)
        return out

    def next_wakeup(self, now: Instant) -> float:
        """Return when to call poll() at the latest, on the monotonic clock."""
        soonest = now.mono if self._replies else self._acknowledger.timing.due
        if soonest != NEVER:
            soonest = max(soonest, self.limits.ready_at(now.mono))
        if self._gap_since is not None:
            soonest = min(soonest, self._gap_since + 2 * self.config.max_age + 1e-3)
        return soonest

    def take_event(self) -> LinkEvent | None:
        """Return the oldest event; None where there are no more."""
        return self._log.take_event()

    def confirm_delivered(self) -> None:
        """Note that the consumer has everything that take_event() has returned."""
        self._log.confirm()

    @property
    def connected(self) -> bool:
        """Whether a sender has begun a session, or asked for one."""
        return self._buffer is not None or bool(self._responder.offers)

    @property
    def offset(self) -> tuple[float, float] | None:
        """Return this clock minus the sender's, and its uncertainty, as the sender measured."""
        log = self._log
        if log.offset is None or log.uncertainty is None:
            return None
        return log.offset, log.uncertainty

    def _hello(self, datagram: bytes, now: Instant, source: Source) -> None:
        opened = self._responder.open_hello(datagram)
        if opened is None:
            self.counters.duplicates += 1
            return
        hello, random = opened
        confirmed = self._log.confirmed
        known = hello.stream == confirmed.stream
        wanted = max(confirmed.next_index, hello.first) if known else hello.first
        if (mismatch := self._responder.mismatch(hello)) is not None:
            self._log.add_event(mismatch)
        welcome = self._responder.welcome(hello, random, known, wanted, now)
        self._replies.append(OutgoingDatagram(welcome, source))

    def _session_datagram(self, frame_type: FrameType, tag: int, datagram: bytes,
                          now: Instant) -> None:
        if len(datagram) < 2:
            raise wire.FrameError('too short')
        buffer = self._buffer
        if buffer is not None and tag == buffer.keys.tag:
            try:
                self._open(buffer, frame_type, datagram, now)
                return
            except ForgedError:
                pass  # It may be the first of a new session.
        offer = self._responder.match(frame_type, tag, datagram)
        names = SpeechContext(speaker=offer.hello.speaker, locale=offer.hello.locale)
        buffer = ReorderBuffer(offer.keys, self._codec, names)
        self._begin(offer, buffer)
        self._open(buffer, frame_type, datagram, now)

    def _begin(self, offer: SessionOffer, buffer: ReorderBuffer) -> None:
        """Change over to a new session."""
        log = self._log
        resumed = offer.hello.stream == log.progress.stream
        if not resumed:
            if self._buffer is not None:
                # The sender has restarted: what is missing will not come any more.
                log.add_texts(self._buffer.flush())
            log.begin_stream(offer.hello.stream, offer.hello.first)
        self._buffer = buffer
        self._controls = 0
        self._acknowledger = Acknowledger()
        self._gap_since = None
        self._responder.accepted()
        log.offset = offer.arrived - offer.hello.wall * STAMP_TICK
        log.uncertainty = None
        self.counters.sessions += 1
        log.add_event(Connected(resumed))

    def _open(self, buffer: ReorderBuffer, frame_type: FrameType, datagram: bytes,
              now: Instant) -> None:
        speech = frame_type in (FrameType.SINGLE, FrameType.BATCH)
        low = datagram[1]
        counter = buffer.sequence(low) if speech else wire.nearest(low, 256, self._controls)
        if counter < 0:
            raise ForgedError('no such counter')
        body = buffer.keys.forward.open(frame_type, counter, datagram[:2], datagram[2:])
        if speech:
            self._speech(buffer, frame_type, counter, body, now)
        elif counter < self._controls:
            self.counters.duplicates += 1
        else:
            self._controls = counter + 1
            if frame_type is FrameType.CONTROL:
                self._control(buffer, counter, Control.unpack(body, buffer.next), now)
            else:
                self._partial(buffer, body, now)

    def _speech(self, buffer: ReorderBuffer, frame_type: FrameType, sequence: int, body: bytes,
                now: Instant) -> None:
        if not buffer.is_new(sequence):
            self.counters.duplicates += 1
            self._acknowledger.timing.repeated(now)
            return
        try:
            self._log.take_offset(buffer.take(sequence, frame_type, body, now.wall))
        except (wire.FrameError, CodecError):
            # It is authentic, so sending it again would not help.
            self.counters.undecodable += 1
            buffer.skip(sequence)
        self._acknowledger.note(False, sequence, now)
        deliveries, discarded = buffer.deliver()
        self.counters.undecodable += discarded
        self._log.add_texts(deliveries)
        self._acknowledger.timing.arrived(now, gap=buffer.has_gap)
        self._watch_gap(buffer, now)

    def _control(self, buffer: ReorderBuffer, counter: int, control: Control,
                 now: Instant) -> None:
        log = self._log
        self._acknowledger.note(True, counter, now)
        if (control.floor is not None
                and buffer.next < control.floor <= buffer.next + _MAX_FLOOR_STEP):
            log.add_texts(buffer.skip_to(control.floor))
            log.progress.next_index = max(log.progress.next_index, control.floor_index)
            log.add_texts(buffer.deliver()[0])
            self._watch_gap(buffer, now)
        if control.dropped is not None:
            log.add_drops(control.dropped)
        log.take_offset(control.clock)
        self._acknowledger.timing.asked(now)

    def _partial(self, buffer: ReorderBuffer, body: bytes, now: Instant) -> None:
        if not body:
            raise wire.FrameError('too short')
        try:
            decoded = buffer.partial(buffer.sequence(body[0]), body[1:], now.wall)
        except CodecError:
            self.counters.undecodable += 1
            return
        if decoded is not None:
            self._log.add_partial(decoded)

    def _watch_gap(self, buffer: ReorderBuffer, now: Instant) -> None:
        if not buffer.has_gap:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = now.mono
