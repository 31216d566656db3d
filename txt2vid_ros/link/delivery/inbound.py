"""Speech that comes from the other end: put in order, delivered, and acknowledged after that."""

from __future__ import annotations

from txt2vid_ros.link.codec.symbols import CodecError
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.counters import LinkCounters
from txt2vid_ros.link.delivery.acknowledging import Acknowledger
from txt2vid_ros.link.delivery.delivery_log import DeliveryLog
from txt2vid_ros.link.delivery.progress_store import ProgressStore
from txt2vid_ros.link.delivery.reorder_buffer import ReorderBuffer
from txt2vid_ros.link.exchange import Exchange
from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Control, KnownStream
from txt2vid_ros.link.protocol.packer import SpeechContext
from txt2vid_ros.link.protocol.repair import Repair, without_repairs
from txt2vid_ros.link.protocol.wire import FrameType

_MAX_FLOOR_STEP = 128
"""Sequences that a CONTROL may skip; a larger step is a mistaken one."""


class Inbound:
    """What an end hears, across all sessions."""

    def __init__(self, config: LinkConfig, counters: LinkCounters, codec: TextCodec,
                 exchange: Exchange, store: ProgressStore) -> None:
        """Continue from the progress in `store`."""
        self.log = DeliveryLog(store, counters)
        self.buffer: ReorderBuffer | None = None
        self._config, self._counters, self._codec = config, counters, codec
        self._exchange = exchange
        self._acknowledger = Acknowledger()
        self._gap_since: float | None = None

    @property
    def known(self) -> KnownStream | None:
        """Return what of the other end's speech the consumer has; None before the first."""
        confirmed = self.log.confirmed
        if confirmed.stream is None:
            return None
        return KnownStream(confirmed.stream, confirmed.next_index)

    def begin(self, stream: int, start: SpeechContext) -> bool:
        """Change over to a new session; return whether it continues the speech of before."""
        resumed = stream == self.log.progress.stream
        if not resumed:
            if self.buffer is not None:
                # The other end has restarted: what is missing will not come any more.
                self.log.add_texts(self.buffer.flush())
            self.log.begin_stream(stream)
        self.buffer = ReorderBuffer(self._codec, start)
        self._acknowledger = Acknowledger()
        self._gap_since = None
        return resumed

    def prepare(self, now: Instant) -> None:
        """Deliver what waits behind a gap that a vanished end will not close any more."""
        if self.buffer is not None and now.mono > self.gap_ends:
            self._gap_since = None
            self.log.add_texts(self.buffer.flush())

    @property
    def gap_ends(self) -> float:
        """When prepare() delivers what waits behind a gap, on the monotonic clock."""
        return NEVER if self._gap_since is None else self._gap_since + 2 * self._config.max_age

    @property
    def ack_due(self) -> float:
        """When to acknowledge, even without anything to ride on."""
        return self._acknowledger.timing.due

    def acknowledge(self, now: Instant, free: int | None = None) -> bytes:
        """Return an acknowledgement of at most `free` bytes; b'' where there is nothing new."""
        if (self.buffer is None or not self._acknowledger.timing.pending
                or not self.log.all_confirmed):
            return b''
        return self._acknowledger.ack(self.buffer, now, free)

    def speech(self, frame_type: FrameType, sequence: int, body: bytes, now: Instant) -> bool:
        """
        Take speech, and what it repeats; return whether it is new.

        Raises FrameError beyond the window.
        """
        buffer = self.buffer
        assert buffer is not None
        if not buffer.is_new(sequence):
            self._acknowledger.timing.repeated(now)
            return False
        repairs: list[Repair] = []
        try:
            frame_type, body, repairs = without_repairs(frame_type, body)
        except wire.FrameError:
            frame_type, body = FrameType.SINGLE, b''  # Nothing of it can be read.
        for repair in reversed(repairs):
            if buffer.is_new(sequence - repair.distance):
                self._take(buffer, sequence - repair.distance, repair.frame_type, repair.body, now)
                self._acknowledger.timing.repaired()
        self._take(buffer, sequence, frame_type, body, now)
        self._acknowledger.note(False, sequence, now)
        deliveries, discarded = buffer.deliver()
        self._counters.undecodable += discarded
        self.log.add_texts(deliveries)
        self._acknowledger.timing.arrived(now, gap=buffer.has_gap,
                                          answer=self._exchange.heard(now))
        self._watch_gap(buffer, now)
        return True

    def _take(self, buffer: ReorderBuffer, sequence: int, frame_type: FrameType, body: bytes,
              now: Instant) -> None:
        try:
            self.log.take_offset(buffer.take(sequence, frame_type, body, now.wall))
        except (wire.FrameError, CodecError):
            # It is authentic, so sending it again would not help.
            self._counters.undecodable += 1
            buffer.skip(sequence)

    def control(self, counter: int, body: bytes, now: Instant) -> None:
        """Take a CONTROL. Raises FrameError."""
        buffer, log = self.buffer, self.log
        assert buffer is not None
        control = Control.unpack(body, buffer.next)
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

    def partial(self, body: bytes, now: Instant) -> None:
        """Take an interim text. Raises FrameError."""
        buffer = self.buffer
        assert buffer is not None
        if not body:
            raise wire.FrameError('too short')
        try:
            decoded = buffer.partial(buffer.sequence(body[0]), body[1:], now.wall)
        except CodecError:
            self._counters.undecodable += 1
            return
        if decoded is not None:
            self.log.add_partial(decoded)

    def _watch_gap(self, buffer: ReorderBuffer, now: Instant) -> None:
        if not buffer.has_gap:
            self._gap_since = None
        elif self._gap_since is None:
            self._gap_since = now.mono
