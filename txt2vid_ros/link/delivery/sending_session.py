"""What the sender keeps of a session: as long as its keys, and no longer."""

from __future__ import annotations

import collections
import itertools
from typing import NamedTuple

from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.config import LinkConfig
from txt2vid_ros.link.delivery.send_window import Datagram, Flight, Group, Waiting
from txt2vid_ros.link.messages import Instant, Utterance
from txt2vid_ros.link.protocol import wire
from txt2vid_ros.link.protocol.clock_note import ClockNote
from txt2vid_ros.link.protocol.control import Ack, Control
from txt2vid_ros.link.protocol.packer import Contexts, Known, Packer
from txt2vid_ros.link.protocol.seal import ForgedError, SessionKeys
from txt2vid_ros.link.protocol.wire import Kind

_MERGED = 32
_REMEMBERED = 128


class Sent(NamedTuple):
    """A datagram that an acknowledgement may refer to."""

    at: Instant
    tries: int
    clock: ClockNote | None
    dropped: int = 0
    """What a CONTROL said of drops."""


class _Body(NamedTuple):
    """A body that has no sequence yet; `known` with the last of its group."""

    kind: Kind
    body: bytes
    group: Group
    known: Known | None
    clock: ClockNote | None


class SendingSession:
    """Seals and numbers datagrams, and knows which are under way."""

    def __init__(self, config: LinkConfig, keys: SessionKeys, codec: TextCodec,
                 known: Known) -> None:
        """Begin at sequence 0; `known` is what both ends agreed on when greeting."""
        self.flight = Flight()
        self._config = config
        self._keys = keys
        self._contexts = Contexts(known)
        self._packer = Packer(codec, self._contexts)
        self._bodies: collections.deque[_Body] = collections.deque()
        self._index: int | None = None
        self._controls = 0
        self._acks_seen = 0
        self._sent: collections.OrderedDict[tuple[bool, int], Sent] = collections.OrderedDict()

    @property
    def held(self) -> list[Waiting]:
        """What is under way, or packed to be, and not given up; oldest first."""
        groups = {id(group): group for group in
                  itertools.chain(self.flight.groups(), (body.group for body in self._bodies))}
        return [waiting for group in groups.values() if not group.dead
                for waiting in group.waiting]

    @property
    def packed(self) -> bool:
        """Whether parts of a text wait for the rest of it to be sent."""
        while self._bodies and self._bodies[0].group.dead:
            self._bodies.popleft()
        return bool(self._bodies)

    def pack(self, queue: collections.deque[Waiting], next_index: int,
             clock: ClockNote | None) -> int:
        """Pack the head of `queue`, and what may share its datagram; return the texts' bytes."""
        index = next_index if queue[0].index is None else queue[0].index
        # Only what counts on from the first can share its datagram.
        run = [waiting for at, waiting in enumerate(itertools.islice(queue, _MERGED))
               if waiting.index == (None if queue[0].index is None else index + at)]
        overhead = 2 + self._keys.forward.overhead
        packed = self._packer.pack(
            [waiting.utterance for waiting in run], self.flight.next_sequence,
            self._config.mtu - overhead, self._config.merge_bytes - overhead,
            None if index == self._index else index, clock)
        group = Group([queue.popleft() for _ in range(packed.count)])
        for at, waiting in enumerate(group.waiting):
            waiting.index = index + at
        self._index = group.stop
        last = len(packed.bodies) - 1
        self._bodies.extend(
            _Body(packed.kind, body, group, packed.known if at == last else None,
                  clock if at == 0 else None)
            for at, body in enumerate(packed.bodies))
        return packed.text_bytes

    def launch(self, now: Instant) -> Datagram:
        """Put the next packed body under way."""
        kind, body, group, known, clock = self._bodies.popleft()
        sequence = self.flight.next_sequence
        head = wire.head(kind, self._keys.tag, sequence)
        data = self._keys.forward.seal(kind, sequence, head, body)
        if known is not None:
            self._contexts.put(sequence, known)
        self._remember(False, sequence, Sent(now, 0, clock))
        return self.flight.add(data, group)

    def send(self, datagram: Datagram, now: Instant) -> bytes:
        """Note that a datagram is sent, perhaps not for the first time."""
        datagram.sent = now.mono
        datagram.tries += 1
        datagram.resend = False
        before = self._sent.get((False, datagram.sequence))
        clock = before.clock if before else None
        self._remember(False, datagram.sequence, Sent(now, datagram.tries, clock))
        return datagram.data

    def control(self, control: Control, dropped: int, now: Instant) -> bytes:
        """Return a CONTROL to send."""
        counter, self._controls = self._controls, self._controls + 1
        self._remember(True, counter, Sent(now, 1, control.clock, dropped))
        head = wire.head(Kind.CONTROL, self._keys.tag, counter)
        return self._keys.forward.seal(Kind.CONTROL, counter, head, control.pack())

    def partial(self, utterance: Utterance | None) -> bytes | None:
        """Return a PARTIAL to send, or None where there is no text or it does not fit."""
        if utterance is None:
            return None
        sequence = self.flight.next_sequence
        room = self._config.mtu - 3 - self._keys.forward.overhead
        body = self._packer.partial(utterance, sequence, room)
        if body is None:
            return None
        counter, self._controls = self._controls, self._controls + 1
        head = wire.head(Kind.PARTIAL, self._keys.tag, counter)
        return self._keys.forward.seal(Kind.PARTIAL, counter, head,
                                       bytes([sequence & 0xFF]) + body)

    def open(self, datagram: bytes, tag: int) -> Ack | None:  # noqa: A003
        """Open an ACK; None for one older than the last. Raises ForgedError or FrameError."""
        if tag != self._keys.tag or len(datagram) < 2:
            raise ForgedError('of another session')
        counter = wire.nearest(datagram[1], 256, self._acks_seen)
        if counter < 0:
            raise ForgedError('no such counter')
        body = self._keys.back.open(Kind.ACK, counter, datagram[:2], datagram[2:])
        if counter < self._acks_seen:
            return None
        self._acks_seen = counter + 1
        ack = Ack.unpack(body, self.flight.acknowledged)
        if not 0 <= ack.wanted <= self.flight.next_sequence:
            raise wire.FrameError('acknowledges what was never sent')
        return ack

    def acknowledge(self, ack: Ack) -> list[tuple[Datagram, ClockNote | None]]:
        """Take in an ACK; return what it newly confirms, and the offset that went with it."""
        fresh = self.flight.acknowledge(ack.wanted, ack.beyond)
        for datagram in fresh:
            self._contexts.share(datagram.sequence)
        sent = [self._sent.get((False, datagram.sequence)) for datagram in fresh]
        return [(datagram, known.clock if known else None)
                for datagram, known in zip(fresh, sent, strict=True)]

    def answered(self, ack: Ack) -> Sent | None:
        """Return what the clock stamps of an ACK are about, where it has any."""
        if ack.reference is None:
            return None
        near = self._controls if ack.control else self.flight.acknowledged
        return self._sent.get((ack.control, wire.nearest(ack.reference, 256, near)))

    def lost(self, answered: Sent) -> list[Datagram]:
        """Return what the receiver lacks though it has answered to something sent later."""
        return [datagram for datagram in self.flight.missing
                if datagram.tries and datagram.sent < answered.at.mono and not datagram.resend]

    def _remember(self, control: bool, counter: int, sent: Sent) -> None:
        self._sent[control, counter] = sent
        while len(self._sent) > _REMEMBERED:
            self._sent.popitem(last=False)
