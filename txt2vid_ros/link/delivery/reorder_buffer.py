"""The receiver's view of one session: what has come, in which order, and what is missing."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.codec.text import CodecError, TextCodec
from txt2vid_ros.link.protocol import speech, wire
from txt2vid_ros.link.protocol.clock_note import ClockNote
from txt2vid_ros.link.protocol.packer import Contexts, Known
from txt2vid_ros.link.protocol.seal import SessionKeys
from txt2vid_ros.link.protocol.wire import FrameError, Kind

_SPAN = 65
"""Sequences from the next one on that may be held: the sender's window."""
_LONGEST = 400_000


@dataclasses.dataclass(frozen=True)
class Said:
    """A decoded utterance; the start time still as it travelled."""

    text: str
    speaker: str
    locale: str
    ticks: int
    arrived: float
    """On the receiver's wall clock."""


@dataclasses.dataclass(frozen=True)
class _Held:
    batch: speech.Batch
    said: tuple[Said, ...]
    """Decoded already, unless the datagram holds a part only."""
    arrived: float


@dataclasses.dataclass
class _Assembly:
    batch: speech.Batch
    sequence: int
    coded: bytearray


@dataclasses.dataclass(frozen=True)
class Delivery:
    """Utterances that came in order; `index` is the first one's where it was said."""

    said: tuple[Said, ...]
    index: int | None


class Inbox:
    """Puts a session's datagrams in order and decodes them, each against its own context."""

    def __init__(self, keys: SessionKeys, codec: TextCodec, start: Known) -> None:
        """Begin at sequence 0."""
        self.keys = keys
        self.next = 0
        self._codec = codec
        self._contexts = Contexts(start)
        self._held: dict[int, _Held] = {}
        self._assembly: _Assembly | None = None

    @property
    def beyond(self) -> int:
        """Bit n: sequence `next` + 1 + n is held."""
        return sum(1 << (s - self.next - 1) for s in self._held if s > self.next) & (1 << 64) - 1

    @property
    def gap(self) -> bool:
        """Whether something is held that waits for something missing."""
        return bool(self._held)

    def sequence(self, low: int) -> int:
        """Return the sequence whose low 8 bits these are."""
        return wire.nearest(low, 256, self.next)

    def is_new(self, sequence: int) -> bool:
        """Return whether the datagram has not come before. Raises FrameError beyond the window."""
        if sequence >= self.next + _SPAN:
            raise FrameError('beyond the window')
        return sequence >= self.next and sequence not in self._held

    def take(self, sequence: int, kind: Kind, body: bytes, arrived: float) -> ClockNote | None:
        """Hold a new datagram; return the clock offset that came with it.

        Raises FrameError or CodecError for what cannot be read.
        """
        batch = speech.unpack_said(body) if kind is Kind.SAID else speech.unpack_batch(body)
        said: tuple[Said, ...] = ()
        if batch.records and not batch.more:
            said = self._decode(batch, sequence, sequence, arrived)
        self._held[sequence] = _Held(batch, said, arrived)
        return batch.clock

    def refuse(self, sequence: int) -> None:
        """Hold nothing in the place of a datagram that is authentic but cannot be read."""
        self._held[sequence] = _Held(speech.Batch(0), (), 0.0)

    def partial(self, sequence: int, body: bytes, arrived: float) -> Said | None:
        """Decode text that may still change; None where it is not about what comes next."""
        if sequence != self.next:
            return None
        return self._decode(speech.unpack_said(body), sequence, None, arrived)[0]

    def deliver(self) -> tuple[list[Delivery], int]:
        """Return what is complete and next in order, and how many parts had to be thrown away."""
        deliveries: list[Delivery] = []
        broken = 0
        while (held := self._held.pop(self.next, None)) is not None:
            sequence, self.next = self.next, self.next + 1
            if held.batch.part:
                delivery, failed = self._part(held, sequence)
                broken += failed
                if delivery is not None:
                    deliveries.append(delivery)
                continue
            broken += self._assembly is not None
            self._assembly = None
            if held.batch.more and held.batch.records:
                coded = bytearray(held.batch.records[0].coded)
                self._assembly = _Assembly(held.batch, sequence, coded)
            elif held.said:
                deliveries.append(Delivery(held.said, held.batch.index))
        return deliveries, broken

    def skip_to(self, floor: int) -> list[Delivery]:
        """Give up what is missing before `floor`; return what was held there."""
        deliveries: list[Delivery] = []
        while self.next < floor:
            if self.next in self._held:
                deliveries += self.deliver()[0]
            else:
                self._assembly = None
                self.next += 1
        return deliveries

    def flush(self) -> list[Delivery]:
        """Return all that is held, in order, whatever is missing between."""
        return self.skip_to(max(self._held) + 1) if self._held else []

    def _part(self, held: _Held, sequence: int) -> tuple[Delivery | None, int]:
        assembly = self._assembly
        if assembly is None:
            return None, 1
        assembly.coded += held.batch.part
        if len(assembly.coded) > _LONGEST:
            self._assembly = None
            return None, 1
        if held.batch.more:
            return None, 0
        self._assembly = None
        record = dataclasses.replace(assembly.batch.records[0], coded=bytes(assembly.coded))
        batch = dataclasses.replace(assembly.batch, records=(record,))
        try:
            said = self._decode(batch, assembly.sequence, sequence, held.arrived)
        except (CodecError, FrameError):
            return None, 1
        return Delivery(said, batch.index), 0

    def _decode(self, batch: speech.Batch, sequence: int, known_as: int | None,
                arrived: float) -> tuple[Said, ...]:
        known = self._contexts.at(sequence, batch.distance)
        if known is None:
            raise FrameError('builds on what is not known')
        said = []
        for record in batch.records:
            text = self._codec.decode(record.coded, known.context)
            if record.speaker is not None:
                known = Known(known.context, record.speaker, record.locale or '')
            said.append(Said(text, known.speaker, known.locale, record.ticks, arrived))
            known = Known(known.context.after(text), known.speaker, known.locale)
        if known_as is not None:
            self._contexts.put(known_as, known)
        return tuple(said)
