"""What the sender keeps of a session, for as long as its keys are in use."""

from __future__ import annotations

import collections
from collections.abc import Callable
import itertools
from typing import NamedTuple, TypeAlias

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.send_window import (
    DatagramGroup,
    InFlightDatagram,
    QueuedText,
    SendWindow,
)
from txt2vid_ros.link.messages import Instant, OutgoingText
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.control import Ack, ACK_COUNTERS, Control
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.packer import ContextHistory, Packer, SpeechContext
from txt2vid_ros.link.protocol.repair import with_repairs
from txt2vid_ros.link.protocol.session import Session
from txt2vid_ros.link.protocol.wire import BodyReader, FrameType

_MAX_MERGED = 32
"""Utterances that share a datagram at most."""
MAX_REPAIR_BYTES = 64
"""Of what a datagram repeats: longer texts are sent again alone."""
_MAX_RECORDS = 128
"""Sent datagrams that are remembered for acknowledgements to refer to."""


Ride: TypeAlias = Callable[[int], bytes]
"""Returns an acknowledgement of at most so many bytes that rides on what is sent now, or b''."""


class SendRecord(NamedTuple):
    """A sent datagram that an acknowledgement may refer to."""

    at: Instant
    """When it was last sent."""
    tries: int
    clock: OffsetReport | None
    dropped: int = 0
    """How many drops a CONTROL reported."""


class _PackedBody(NamedTuple):
    """A body without a sequence yet; the last of its group has the context after it."""

    frame_type: FrameType
    body: bytes
    group: DatagramGroup
    context: SpeechContext | None
    clock: OffsetReport | None


class SendingSession:
    """Numbers and seals datagrams, and knows which are in flight."""

    def __init__(self, config: LinkConfig, session: Session, codec: TextCodec,
                 start: SpeechContext) -> None:
        """Begin at sequence 0, with the context that the handshake agreed on."""
        self.window = SendWindow()
        self._config = config
        self._session = session
        self._contexts = ContextHistory(start)
        self._packer = Packer(codec, self._contexts, config.long_starts)
        self._bodies: collections.deque[_PackedBody] = collections.deque()
        self._index: int | None = None
        self._sent: collections.OrderedDict[tuple[bool, int], SendRecord] = (
            collections.OrderedDict())

    @property
    def unconfirmed(self) -> list[QueuedText]:
        """Utterances that are packed or in flight and not abandoned, oldest first."""
        groups = {id(group): group for group in
                  itertools.chain(self.window.groups(), (body.group for body in self._bodies))}
        return [text for group in groups.values() if not group.abandoned for text in group.texts]

    @property
    def packed(self) -> bool:
        """Whether a packed body waits to be sent."""
        while self._bodies and self._bodies[0].group.abandoned:
            self._bodies.popleft()
        return bool(self._bodies)

    def pack(self, queue: collections.deque[QueuedText], next_index: int,
             clock: OffsetReport | None) -> int:
        """Pack the head of `queue`, and what may share its datagram; return the texts' bytes."""
        index = next_index if queue[0].index is None else queue[0].index
        # Only utterances whose indices follow the first one's can share its datagram.
        run = [text for at, text in enumerate(itertools.islice(queue, _MAX_MERGED))
               if text.index == (None if queue[0].index is None else index + at)]
        overhead = self._session.overhead
        packed = self._packer.pack(
            [text.utterance for text in run], self.window.next_sequence,
            self._config.mtu - overhead, self._config.merge_bytes - overhead,
            None if index == self._index else index, clock)
        group = DatagramGroup([queue.popleft() for _ in range(packed.count)])
        for at, text in enumerate(group.texts):
            text.index = index + at
        self._index = group.stop
        last = len(packed.bodies) - 1
        self._bodies.extend(
            _PackedBody(packed.frame_type, body, group, packed.context if at == last else None,
                        clock if at == 0 else None)
            for at, body in enumerate(packed.bodies))
        return packed.text_bytes

    def send_next(self, now: Instant, ride: Ride,
                  repeat: bool) -> tuple[InFlightDatagram, bytes]:
        """
        Give the next packed body its sequence, put it into the window, and return it sealed.

        Where `repeat`, it holds what is missing of what was sent before it.
        """
        own_type, own, group, context, clock = self._bodies.popleft()
        sequence = self.window.next_sequence
        room = min(MAX_REPAIR_BYTES, self._config.mtu - self._session.overhead - len(own))
        repairs = self.window.repairs(room) if repeat else []
        frame_type, body = with_repairs(own_type, own, map(self.window.repair, repairs))
        data = self._session.seal(frame_type, sequence, body)
        if context is not None:
            self._contexts.put(sequence, context)
            group.last = sequence
        self._remember(False, sequence, SendRecord(now, 0, clock))
        datagram = self.window.add(data, group, own_type, own, repairs)
        self.mark_sent(datagram, now)
        # An acknowledgement rides on the first copy alone: later, it would be an old one.
        ack = ride(self._config.mtu - len(data))
        return datagram, self._session.seal(frame_type, sequence, body, ack) if ack else data

    def mark_sent(self, datagram: InFlightDatagram, now: Instant) -> bytes:
        """Return the bytes of a datagram that is sent now, perhaps not for the first time."""
        datagram.sent = now.mono
        datagram.tries += 1
        datagram.resend = False
        before = self._sent.get((False, datagram.sequence))
        clock = before.clock if before else None
        self._remember(False, datagram.sequence, SendRecord(now, datagram.tries, clock))
        return datagram.data

    def control(self, control: Control, dropped: int, now: Instant, ride: Ride) -> bytes:
        """Return a CONTROL to send; `dropped` is how many drops this end counts by now."""
        counter = self._session.sent(FrameType.CONTROL)
        self._remember(True, counter, SendRecord(now, 1, control.clock, dropped))
        body = control.pack()
        return self._session.seal_next(FrameType.CONTROL, body,
                                       ride(self._config.mtu - self._session.overhead - len(body)))

    def partial(self, utterance: OutgoingText | None) -> bytes | None:
        """Return a PARTIAL to send, or None where there is no text or it does not fit."""
        if utterance is None:
            return None
        sequence = self.window.next_sequence
        max_bytes = self._config.mtu - 1 - self._session.overhead
        body = self._packer.partial(utterance, sequence, max_bytes)
        if body is None:
            return None
        return self._session.seal_next(FrameType.PARTIAL, bytes([sequence & 0xFF]) + body)

    def read_ack(self, reader: BodyReader) -> Ack:
        """Take an acknowledgement from a body. Raises FrameError."""
        ack = Ack.read(reader, self.window.acknowledged)
        if not 0 <= ack.wanted <= self.window.next_sequence:
            raise wire.FrameError('acknowledges what was never sent')
        return ack

    def acknowledge(self, ack: Ack) -> list[tuple[InFlightDatagram, OffsetReport | None]]:
        """Take in an ACK; return what it newly confirms, each with its offset report."""
        fresh = self.window.acknowledge(ack.wanted, ack.selective)
        for datagram in fresh:
            last = datagram.group.last
            if last is not None and self.window.complete(datagram.group):
                self._contexts.acknowledge(last)
        records = [self._sent.get((False, datagram.sequence)) for datagram in fresh]
        return [(datagram, record.clock if record else None)
                for datagram, record in zip(fresh, records, strict=True)]

    def answered(self, ack: Ack) -> SendRecord | None:
        """Return the datagram that the clock stamps of an ACK are about, where it has any."""
        if ack.reference is None:
            return None
        near = (self._session.sent(FrameType.CONTROL) - ACK_COUNTERS // 4 if ack.control
                else self.window.acknowledged + ACK_COUNTERS // 4)
        return self._sent.get((ack.control, wire.nearest(ack.reference, ACK_COUNTERS, near)))

    def lost(self, answered: SendRecord) -> list[InFlightDatagram]:
        """Return what the receiver lacks though it has answered to something sent later."""
        return [datagram for datagram in self.window.missing
                if datagram.tries and datagram.sent < answered.at.mono and not datagram.resend]

    def _remember(self, control: bool, counter: int, record: SendRecord) -> None:
        self._sent[control, counter] = record
        while len(self._sent) > _MAX_RECORDS:
            self._sent.popitem(last=False)
