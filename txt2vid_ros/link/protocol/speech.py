"""The bodies that carry speech: one utterance in short form, or several, or a part of one."""

from __future__ import annotations

import dataclasses
import struct

from txt2vid_ros.link.protocol.locale_code import pack_locale, read_locale
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.wire import BodyReader, FrameError, name, START_TICKS, varint


@dataclasses.dataclass(frozen=True)
class Record:
    """
    One utterance, its text coded.

    Speaker and locale are None where they do not change.
    """

    ticks: int
    """Its start time, in START_TICK modulo START_TICKS; LONG_START_TICKS where `long_start`."""
    coded: bytes
    speaker: str | None = None
    locale: str | None = None
    long_start: bool = False

    @property
    def size(self) -> int:
        """Bytes that it takes in a batch, at most."""
        coded = len(varint(len(self.coded))) + len(self.coded)
        return 2 + self.long_start + len(self.names) + coded

    @property
    def names(self) -> bytes:
        """Return speaker and locale as they travel; a change of the locale alone is a byte."""
        locale = b'' if self.locale is None else pack_locale(self.locale)
        return locale if self.speaker is None else name(self.speaker) + locale


@dataclasses.dataclass(frozen=True)
class Batch:
    """The utterances of one datagram, or a piece of one utterance that is too long for one."""

    distance: int
    """How many sequence numbers back the context of the first record ends; 0 for none."""
    records: tuple[Record, ...] = ()
    part: bytes = b''
    """A piece of a record, as it travels: the first where `more` and not `continues`."""
    continues: bool = False
    """Whether `part` continues that of the datagram before."""
    more: bool = False
    """Whether the next datagram continues this one."""
    index: int | None = None
    """Of the first record within the stream, where it does not continue the count."""
    clock: OffsetReport | None = None
    """The offset that the sender has measured."""


_INDEX, _NEXT_PART, _MORE, _CLOCK = 0x10, 0x20, 0x40, 0x80
_NAMED, _LAST, _LOCALE, _LONG = 0x8, 0x4, 0x2, 0x1


def pack_single(distance: int, record: Record) -> bytes:
    """Return the body of SINGLE: the common case, two bytes and the text."""
    return struct.pack('>H', distance << 12 | record.ticks) + record.coded


def unpack_single(body: bytes) -> Batch:
    """Read the body of SINGLE. Raises FrameError."""
    if len(body) < 2:
        raise FrameError('too short')
    (word,) = struct.unpack_from('>H', body)
    return Batch(word >> 12, (Record(word & START_TICKS - 1, body[2:]),))


def pack_batch(batch: Batch) -> bytes:
    """Return the body of BATCH."""
    flags = batch.distance | (_MORE if batch.more else 0)
    if batch.continues:
        return bytes([flags | _NEXT_PART]) + batch.part
    flags |= (_INDEX if batch.index is not None else 0) | (_CLOCK if batch.clock else 0)
    body = bytearray([flags])
    if batch.index is not None:
        body += varint(batch.index)
    if batch.clock is not None:
        body += batch.clock.pack()
    return bytes(body) + batch.part + pack_records(batch.records)


def pack_records(records: tuple[Record, ...]) -> bytes:
    """Return utterances as they travel."""
    body = bytearray()
    for record in records:
        last = record is records[-1]
        bits = ((_NAMED if record.speaker is not None else 0) | (_LAST if last else 0)
                | (_LOCALE if record.locale is not None else 0)
                | (_LONG if record.long_start else 0))
        body += struct.pack('>H', bits << 12 | record.ticks % START_TICKS)
        if record.long_start:
            body.append(record.ticks // START_TICKS)
        body += record.names
        if not last:
            body += varint(len(record.coded))
        body += record.coded
    return bytes(body)


def unpack_batch(body: bytes) -> Batch:
    """Read the body of BATCH. Raises FrameError."""
    reader = BodyReader(body)
    flags = reader.byte()
    distance, more = flags & 15, bool(flags & _MORE)
    if flags & _NEXT_PART:
        return Batch(distance, part=reader.rest(), continues=True, more=more)
    index = reader.varint() if flags & _INDEX else None
    clock = OffsetReport.read(reader) if flags & _CLOCK else None
    if more:
        return Batch(distance, part=reader.rest(), more=True, index=index, clock=clock)
    return Batch(distance, unpack_records(reader.rest()), index=index, clock=clock)


def unpack_records(body: bytes) -> tuple[Record, ...]:
    """Read utterances. Raises FrameError."""
    reader = BodyReader(body)
    records: list[Record] = []
    last = False
    while not last:
        word = reader.number(2)
        bits, ticks = word >> 12, word % START_TICKS
        last, long_start = bool(bits & _LAST), bool(bits & _LONG)
        if long_start:
            ticks += reader.byte() * START_TICKS
        speaker = reader.text() if bits & _NAMED else None
        locale = read_locale(reader) if bits & _LOCALE else None
        coded = reader.rest() if last else reader.take(reader.varint())
        records.append(Record(ticks, coded, speaker, locale, long_start))
    return tuple(records)
