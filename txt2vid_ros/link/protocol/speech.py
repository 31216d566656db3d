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
    """Its start time, in START_TICK modulo START_TICKS."""
    coded: bytes
    speaker: str | None = None
    locale: str | None = None

    @property
    def size(self) -> int:
        """Bytes that it takes in a batch, at most."""
        return 2 + len(self.names) + len(varint(len(self.coded))) + len(self.coded)

    @property
    def names(self) -> bytes:
        """Return speaker and locale as they travel; a change of the locale alone is a byte."""
        locale = b'' if self.locale is None else pack_locale(self.locale)
        return locale if self.speaker is None else name(self.speaker) + locale


@dataclasses.dataclass(frozen=True)
class Batch:
    """The utterances of one datagram, or a part of one that is too long for it."""

    distance: int
    """How many sequence numbers back the context of the first record ends; 0 for none."""
    records: tuple[Record, ...] = ()
    part: bytes = b''
    """Coded text that continues the datagram before."""
    more: bool = False
    """Whether the next datagram continues this one."""
    index: int | None = None
    """Of the first record within the stream, where it does not continue the count."""
    clock: OffsetReport | None = None
    """The offset that the sender has measured."""


_INDEX, _NEXT_PART, _MORE, _CLOCK = 0x10, 0x20, 0x40, 0x80
_NAMED, _LAST, _LOCALE = 0x8, 0x4, 0x2


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
    if batch.part:
        return bytes([flags | _NEXT_PART]) + batch.part
    flags |= (_INDEX if batch.index is not None else 0) | (_CLOCK if batch.clock else 0)
    body = bytearray([flags])
    if batch.index is not None:
        body += varint(batch.index)
    if batch.clock is not None:
        body += batch.clock.pack()
    for record in batch.records:
        last = record is batch.records[-1]
        bits = ((_NAMED if record.speaker is not None else 0) | (_LAST if last else 0)
                | (_LOCALE if record.locale is not None else 0))
        body += struct.pack('>H', bits << 12 | record.ticks)
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
        return Batch(distance, part=reader.rest(), more=more)
    index = reader.varint() if flags & _INDEX else None
    clock = OffsetReport.read(reader) if flags & _CLOCK else None
    records: list[Record] = []
    last = False
    while not last:
        (word,) = struct.unpack('>H', reader.take(2))
        last = bool(word >> 12 & _LAST)
        speaker = locale = None
        if word >> 12 & _NAMED:
            speaker = reader.name()
        if word >> 12 & _LOCALE:
            locale = read_locale(reader)
        coded = reader.rest() if last else reader.take(reader.varint())
        records.append(Record(word & START_TICKS - 1, coded, speaker, locale))
    return Batch(distance, tuple(records), more=more, index=index, clock=clock)
