"""The receiver's view of one session: what has arrived, in which order, and what is missing."""

from __future__ import annotations

import dataclasses

from txt2vid_ros.link.codec.symbols import CodecError
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.protocol import speech, wire
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.packer import ContextHistory, SpeechContext
from txt2vid_ros.link.protocol.wire import FrameError, FrameType

_RECEIVE_WINDOW = 65
"""Sequences from the next one on that may be held: the sender's window, and one."""
_MAX_REASSEMBLED_BYTES = 400_000


@dataclasses.dataclass(frozen=True)
class DecodedText:
    """A decoded utterance; its start time is still in ticks, as it travelled."""

    text: str
    speaker: str
    locale: str
    ticks: int
    arrived: float
    """On the receiver's wall clock."""
    coded_bytes: int
    long_start: bool = False
    """Whether the ticks count modulo LONG_START_TICKS."""


@dataclasses.dataclass(frozen=True)
class _BufferedDatagram:
    batch: speech.Batch
    texts: tuple[DecodedText, ...]
    """Decoded already, unless the datagram holds only a piece of one."""
    arrived: float


@dataclasses.dataclass
class _Reassembly:
    batch: speech.Batch
    sequence: int
    packed: bytearray


@dataclasses.dataclass(frozen=True)
class Delivery:
    """Utterances in order; `index` is the first one's where the datagram states it."""

    texts: tuple[DecodedText, ...]
    index: int | None


class ReorderBuffer:
    """Puts a session's datagrams in order and decodes them, each against its own context."""

    def __init__(self, codec: TextCodec, start: SpeechContext) -> None:
        """Begin at sequence 0."""
        self.next = 0
        """The sequence that is delivered next."""
        self._codec = codec
        self._contexts = ContextHistory(start)
        self._held: dict[int, _BufferedDatagram] = {}
        self._reassembly: _Reassembly | None = None

    @property
    def selective(self) -> int:
        """Bit n: sequence `next` + 1 + n is held."""
        return sum(1 << (s - self.next - 1) for s in self._held if s > self.next) & (1 << 64) - 1

    @property
    def has_gap(self) -> bool:
        """Whether something is held because a datagram before it is missing."""
        return bool(self._held)

    def sequence(self, low: int) -> int:
        """Return the sequence with these low 8 bits."""
        return wire.nearest(low, 256, self.next)

    def is_new(self, sequence: int) -> bool:
        """Return whether the datagram has not come before. Raises FrameError beyond the window."""
        if sequence >= self.next + _RECEIVE_WINDOW:
            raise FrameError('beyond the window')
        return sequence >= self.next and sequence not in self._held

    def take(self, sequence: int, frame_type: FrameType, body: bytes,
             arrived: float) -> OffsetReport | None:
        """
        Hold a new datagram; return the clock offset that came with it.

        Raises FrameError or CodecError for what cannot be read.
        """
        batch = (speech.unpack_single(body) if frame_type is FrameType.SINGLE
                 else speech.unpack_batch(body))
        texts: tuple[DecodedText, ...] = ()
        if batch.records:
            texts = self._decode(batch, sequence, sequence, arrived)
        self._held[sequence] = _BufferedDatagram(batch, texts, arrived)
        return batch.clock

    def skip(self, sequence: int) -> None:
        """Count a datagram that is authentic but cannot be read as one without texts."""
        self._held[sequence] = _BufferedDatagram(speech.Batch(0), (), 0.0)

    def partial(self, sequence: int, body: bytes, arrived: float) -> DecodedText | None:
        """Decode an interim text; None where it is not about what comes next."""
        if sequence != self.next:
            return None
        return self._decode(speech.unpack_single(body), sequence, None, arrived)[0]

    def deliver(self) -> tuple[list[Delivery], int]:
        """Return what is complete and next in order, and how many parts had to be discarded."""
        deliveries: list[Delivery] = []
        discarded = 0
        while (held := self._held.pop(self.next, None)) is not None:
            sequence, self.next = self.next, self.next + 1
            if held.batch.continues:
                delivery, failed = self._part(held, sequence)
                discarded += failed
                if delivery is not None:
                    deliveries.append(delivery)
                continue
            discarded += self._reassembly is not None
            self._reassembly = None
            if held.batch.more:
                packed = bytearray(held.batch.part)
                self._reassembly = _Reassembly(held.batch, sequence, packed)
            elif held.texts:
                deliveries.append(Delivery(held.texts, held.batch.index))
        return deliveries, discarded

    def skip_to(self, floor: int) -> list[Delivery]:
        """Abandon what is missing before `floor`; return what was held there."""
        deliveries: list[Delivery] = []
        while self.next < floor:
            if self.next in self._held:
                deliveries += self.deliver()[0]
            else:
                self._reassembly = None
                self.next += 1
        return deliveries

    def flush(self) -> list[Delivery]:
        """Return all that is held, in order, whatever is missing between."""
        return self.skip_to(max(self._held) + 1) if self._held else []

    def _part(self, held: _BufferedDatagram, sequence: int) -> tuple[Delivery | None, int]:
        """Take a part; return the whole text once it is complete, and how many were discarded."""
        reassembly = self._reassembly
        if reassembly is None:
            return None, 1
        reassembly.packed += held.batch.part
        if len(reassembly.packed) > _MAX_REASSEMBLED_BYTES:
            self._reassembly = None
            return None, 1
        if held.batch.more:
            return None, 0
        self._reassembly = None
        try:
            records = speech.unpack_records(bytes(reassembly.packed))
            batch = dataclasses.replace(reassembly.batch, records=records)
            texts = self._decode(batch, reassembly.sequence, sequence, held.arrived)
        except (CodecError, FrameError):
            return None, 1
        return Delivery(texts, batch.index), 0

    def _decode(self, batch: speech.Batch, sequence: int, store_as: int | None,
                arrived: float) -> tuple[DecodedText, ...]:
        """Decode the texts of datagram `sequence`; keep their context as that of `store_as`."""
        context = self._contexts.at(sequence, batch.distance)
        if context is None:
            raise FrameError('its context is not known')
        texts = []
        for record in batch.records:
            text = self._codec.decode(record.coded, context.texts)
            if record.speaker is not None:
                context = dataclasses.replace(context, speaker=record.speaker)
            if record.locale is not None:
                context = dataclasses.replace(context, locale=record.locale)
            texts.append(DecodedText(text, context.speaker, context.locale, record.ticks, arrived,
                                     len(record.coded), record.long_start))
            after = self._codec.after(context.texts, text, record.coded)
            context = SpeechContext(after, context.speaker, context.locale)
        if store_as is not None:
            self._contexts.put(store_as, context)
        return tuple(texts)
