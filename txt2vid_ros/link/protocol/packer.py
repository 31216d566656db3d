"""Makes bodies of datagrams from utterances, each coded in a context that both ends hold."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from txt2vid_ros.link.codec.text import Context, NOTHING, TextCodec
from txt2vid_ros.link.messages import Utterance
from txt2vid_ros.link.protocol import speech
from txt2vid_ros.link.protocol.clock_note import ClockNote
from txt2vid_ros.link.protocol.wire import Kind, MAX_DISTANCE, ticks

_KEPT = 32
_LONGEST_NOTE = ClockNote(-(1 << 48), 0)
_LONGEST_INDEX = 1 << 42


@dataclasses.dataclass(frozen=True)
class Known:
    """What a text may build on: what was said before, by whom, in what language."""

    context: Context = NOTHING
    speaker: str = ''
    locale: str = ''


class Contexts:
    """What was known after each of the last datagrams of a session."""

    def __init__(self, start: Known) -> None:
        """Before anything is said, `start` is known."""
        self._start = start
        self._after: dict[int, Known] = {}
        self._shared: int | None = None

    def put(self, sequence: int, known: Known) -> None:
        """Remember what is known after datagram `sequence`."""
        self._after[sequence] = known
        for old in [s for s in self._after if s <= sequence - _KEPT]:
            del self._after[old]

    def share(self, sequence: int) -> None:
        """Note that the other end has datagram `sequence`."""
        if sequence in self._after and (self._shared is None or sequence > self._shared):
            self._shared = sequence

    def best(self, sequence: int) -> tuple[int, Known]:
        """Return the shortest distance back to what both ends know, 0 for nothing, and that."""
        if self._shared is not None and 1 <= sequence - self._shared <= MAX_DISTANCE:
            return sequence - self._shared, self._after[self._shared]
        return 0, self._start

    def at(self, sequence: int, distance: int) -> Known | None:
        """Return what the datagram `sequence` builds on; None where that is unknown here."""
        return self._after.get(sequence - distance) if distance else self._start


@dataclasses.dataclass(frozen=True)
class Packed:
    """One or more datagrams' bodies that carry `count` utterances together."""

    kind: Kind
    bodies: tuple[bytes, ...]
    count: int
    text_bytes: int
    known: Known
    """After the last of them."""


def least_room(speaker: str, locale: str) -> int:
    """Return how many bytes a body has to hold, so that these names fit and a text can begin."""
    record = speech.Record(0, b'', speaker, locale)
    return len(speech.pack_batch(speech.Batch(MAX_DISTANCE, (record,), index=_LONGEST_INDEX,
                                              clock=_LONGEST_NOTE)))


class Packer:
    """Fills datagrams of a session."""

    def __init__(self, codec: TextCodec, contexts: Contexts) -> None:
        """Code texts with `codec`."""
        self._codec = codec
        self._contexts = contexts

    def pack(self, waiting: Sequence[Utterance], sequence: int, room: int,
             merge_room: int, index: int | None, clock: ClockNote | None = None) -> Packed:
        """Return what to send as datagram `sequence`: as many of `waiting` as fit, at least one.

        A body holds at most `room` bytes; more than one utterance only within `merge_room`.
        `index` is the first one's where it does not count on from the datagram before; `clock`
        goes with it.
        """
        distance, known = self._contexts.best(sequence)
        records: list[speech.Record] = []
        size = len(speech.pack_batch(speech.Batch(distance, index=index, clock=clock)))
        for utterance in waiting:
            record, after = self._record(utterance, known)
            size += record.size
            if records and size > merge_room:
                break
            records.append(record)
            known = after
        text_bytes = sum(len(record.coded) for record in records)
        if len(records) == 1:
            kind, bodies = self._single(distance, records[0], room, index, clock)
        else:
            kind = Kind.BATCH
            batch = speech.Batch(distance, tuple(records), index=index, clock=clock)
            bodies = (speech.pack_batch(batch),)
        return Packed(kind, bodies, len(records), text_bytes, known)

    def partial(self, utterance: Utterance, sequence: int, room: int) -> bytes | None:
        """Return a short-form body for text that may change, or None where it does not fit."""
        distance, known = self._contexts.best(sequence)
        record, _ = self._record(utterance, known)
        body = speech.pack_said(distance, record)
        return body if record.speaker is None and len(body) <= room else None

    def _record(self, utterance: Utterance, known: Known) -> tuple[speech.Record, Known]:
        coded = self._codec.encode(utterance.text, known.context)
        same = (utterance.speaker, utterance.locale) == (known.speaker, known.locale)
        record = speech.Record(ticks(utterance.start), coded, None if same else utterance.speaker,
                               None if same else utterance.locale)
        return record, Known(known.context.after(utterance.text), utterance.speaker,
                             utterance.locale)

    @staticmethod
    def _single(distance: int, record: speech.Record, room: int,
                index: int | None, clock: ClockNote | None) -> tuple[Kind, tuple[bytes, ...]]:
        if record.speaker is None and index is None and clock is None:
            body = speech.pack_said(distance, record)
            if len(body) <= room:
                return Kind.SAID, (body,)
        whole = speech.Batch(distance, (record,), index=index, clock=clock)
        body = speech.pack_batch(whole)
        if len(body) <= room:
            return Kind.BATCH, (body,)
        # The first part goes as a record that is cut short; the others follow bare.
        first = len(record.coded) - (len(body) - room)
        if first < 0:
            raise ValueError('the mtu is too small for the names of speaker and locale')
        cut = range(first, len(record.coded), room - 1)
        parts = [record.coded[at:at + room - 1] for at in cut]
        head = dataclasses.replace(record, coded=record.coded[:first])
        bodies = [speech.pack_batch(dataclasses.replace(whole, records=(head,), more=True))]
        bodies += [speech.pack_batch(speech.Batch(0, part=part, more=part is not parts[-1]))
                   for part in parts]
        return Kind.BATCH, tuple(bodies)
