"""What the sender keeps of a session, for as long as its keys are in use."""

from __future__ import annotations

import collections
import itertools
from typing import NamedTuple

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
from txt2vid_ros.link.protocol.control import Ack, Control
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.packer import ContextHistory, Packer, SpeechContext
from txt2vid_ros.link.protocol.seal import ForgedError, SessionKeys
from txt2vid_ros.link.protocol.wire import FrameType

_MAX_MERGED = 32
"""Utterances that share a datagram at most."""
_MAX_RECORDS = 128
"""Sent datagrams that are remembered for acknowledgements to refer to."""


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

    def __init__(self, config: LinkConfig, keys: SessionKeys, codec: TextCodec,
                 start: SpeechContext) -> None:
        """Begin at sequence 0, with the context that the handshake agreed on."""
        self.window = SendWindow()
        self._config = config
        self._keys = keys
        self._contexts = ContextHistory(start)
        self._packer = Packer(codec, self._contexts, config.long_starts)
        self._bodies: collections.deque[_PackedBody] = collections.deque()
        self._index: int | None = None
        self._controls = 0
        self._acks_seen = 0
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
        overhead = 2 + self._keys.forward.overhead
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

    def number_next(self, now: Instant) -> InFlightDatagram:
        """Give the next packed body its sequence, seal it and put it into the window."""
        frame_type, body, group, context, clock = self._bodies.popleft()
        sequence = self.window.next_sequence
        head = wire.head(frame_type, self._keys.tag, sequence)
        data = self._keys.forward.seal(frame_type, sequence, head, body)
        if context is not None:
            self._contexts.put(sequence, context)
            group.last = sequence
        self._remember(False, sequence, SendRecord(now, 0, clock))
        return self.window.add(data, group)

    def mark_sent(self, datagram: InFlightDatagram, now: Instant) -> bytes:
        """Return the bytes of a datagram that is sent now, perhaps not for the first time."""
        datagram.sent = now.mono
        datagram.tries += 1
        datagram.resend = False
        before = self._sent.get((False, datagram.sequence))
        clock = before.clock if before else None
        self._remember(False, datagram.sequence, SendRecord(now, datagram.tries, clock))
        return datagram.data

    def control(self, control: Control, dropped: int, now: Instant) -> bytes:
        """Return a CONTROL to send; `dropped` is how many drops the sender counts by now."""
        counter, self._controls = self._controls, self._controls + 1
        self._remember(True, counter, SendRecord(now, 1, control.clock, dropped))
        head = wire.head(FrameType.CONTROL, self._keys.tag, counter)
        return self._keys.forward.seal(FrameType.CONTROL, counter, head, control.pack())

    def partial(self, utterance: OutgoingText | None) -> bytes | None:
        """Return a PARTIAL to send, or None where there is no text or it does not fit."""
        if utterance is None:
            return None
        sequence = self.window.next_sequence
        max_bytes = self._config.mtu - 3 - self._keys.forward.overhead
        body = self._packer.partial(utterance, sequence, max_bytes)
        if body is None:
            return None
        counter, self._controls = self._controls, self._controls + 1
        head = wire.head(FrameType.PARTIAL, self._keys.tag, counter)
        return self._keys.forward.seal(FrameType.PARTIAL, counter, head,
                                       bytes([sequence & 0xFF]) + body)

    def open(self, datagram: bytes, tag: int) -> Ack | None:  # noqa: A003
        """Open an ACK; None for one older than the last. Raises ForgedError or FrameError."""
        if tag != self._keys.tag or len(datagram) < 2:
            raise ForgedError('of another session')
        counter = wire.nearest(datagram[1], 256, self._acks_seen)
        if counter < 0:
            raise ForgedError('no such counter')
        body = self._keys.back.open(FrameType.ACK, counter, datagram[:2], datagram[2:])
        if counter < self._acks_seen:
            return None
        self._acks_seen = counter + 1
        ack = Ack.unpack(body, self.window.acknowledged)
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
        near = self._controls if ack.control else self.window.acknowledged
        return self._sent.get((ack.control, wire.nearest(ack.reference, 256, near)))

    def lost(self, answered: SendRecord) -> list[InFlightDatagram]:
        """Return what the receiver lacks though it has answered to something sent later."""
        return [datagram for datagram in self.window.missing
                if datagram.tries and datagram.sent < answered.at.mono and not datagram.resend]

    def _remember(self, control: bool, counter: int, record: SendRecord) -> None:
        self._sent[control, counter] = record
        while len(self._sent) > _MAX_RECORDS:
            self._sent.popitem(last=False)
