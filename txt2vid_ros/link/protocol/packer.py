"""Makes bodies of datagrams from utterances, each coded in a context that both ends hold."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

from txt2vid_ros.link.codec.context import EMPTY_CONTEXT, TextContext
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.messages import OutgoingText
from txt2vid_ros.link.protocol import speech
from txt2vid_ros.link.protocol.offset_report import OffsetReport
from txt2vid_ros.link.protocol.wire import (
    FrameType,
    LONG_START_TICKS,
    MAX_DISTANCE,
    START_TICKS,
    start_ticks,
)

_MAX_CONTEXTS = 96
"""Sequences for which contexts are kept: more than a window and MAX_DISTANCE, for a long text is
decoded once its last piece has come, after all others."""


@dataclasses.dataclass(frozen=True)
class SpeechContext:
    """What an utterance may refer to: the texts before it, their speaker and locale."""

    texts: TextContext = EMPTY_CONTEXT
    speaker: str = ''
    locale: str = ''


class ContextHistory:
    """The context after each of the latest datagrams of a session."""

    def __init__(self, start: SpeechContext) -> None:
        """Begin with `start`, which both ends agreed on in the handshake."""
        self._start = start
        self._after: dict[int, SpeechContext] = {}
        self._acknowledged: int | None = None

    def put(self, sequence: int, context: SpeechContext) -> None:
        """Remember the context after datagram `sequence`."""
        self._after[sequence] = context
        for old in [s for s in self._after if s <= sequence - _MAX_CONTEXTS]:
            del self._after[old]

    def acknowledge(self, sequence: int) -> None:
        """Note that the other end has datagram `sequence`, and so its context."""
        if sequence in self._after and (self._acknowledged is None
                                        or sequence > self._acknowledged):
            self._acknowledged = sequence

    def best(self, sequence: int) -> tuple[int, SpeechContext]:
        """
        Return the latest context that both ends hold, after how far back it is; 0 for `start`.

        The distance is in sequence numbers before `sequence`.
        """
        if (self._acknowledged is not None
                and 1 <= sequence - self._acknowledged <= MAX_DISTANCE):
            return sequence - self._acknowledged, self._after[self._acknowledged]
        return 0, self._start

    def at(self, sequence: int, distance: int) -> SpeechContext | None:
        """Return the context of datagram `sequence`; None where it is not known here."""
        return self._after.get(sequence - distance) if distance else self._start


@dataclasses.dataclass(frozen=True)
class PackedTexts:
    """The bodies of one or more datagrams that carry `count` utterances together."""

    frame_type: FrameType
    bodies: tuple[bytes, ...]
    count: int
    text_bytes: int
    """Of the coded texts alone."""
    context: SpeechContext
    """After the last of the utterances."""


class Packer:
    """Fills the datagrams of a session."""

    def __init__(self, codec: TextCodec, contexts: ContextHistory,
                 long_starts: bool = False) -> None:
        """Code texts with `codec`; `long_starts` is for speech that may arrive very late."""
        self._codec = codec
        self._contexts = contexts
        self._long_starts = long_starts

    def pack(self, waiting: Sequence[OutgoingText], sequence: int, max_bytes: int,
             merge_bytes: int, index: int | None, clock: OffsetReport | None = None
             ) -> PackedTexts:
        """
        Return what to send as datagram `sequence`: as many of `waiting` as fit, at least one.

        A body holds at most `max_bytes`; several utterances share one up to `merge_bytes`.
        `index` is that of the first utterance where it does not continue the count; `clock`
        travels with it. A body holds at least 22 bytes, so that both fit into the first.
        """
        distance, context = self._contexts.best(sequence)
        records: list[speech.Record] = []
        size = len(speech.pack_batch(speech.Batch(distance, index=index, clock=clock)))
        for utterance in waiting:
            record, after = self._record(utterance, context)
            size += record.size
            if records and size > merge_bytes:
                break
            records.append(record)
            context = after
        text_bytes = sum(len(record.coded) for record in records)
        if len(records) == 1:
            frame_type, bodies = self._single(distance, records[0], max_bytes, index, clock)
        else:
            frame_type = FrameType.BATCH
            batch = speech.Batch(distance, tuple(records), index=index, clock=clock)
            bodies = (speech.pack_batch(batch),)
        return PackedTexts(frame_type, bodies, len(records), text_bytes, context)

    def partial(self, utterance: OutgoingText, sequence: int, max_bytes: int) -> bytes | None:
        """Return a short-form body for an interim text, or None where it does not fit."""
        distance, context = self._contexts.best(sequence)
        # It is sent once or never, so its start is of late.
        record = dataclasses.replace(self._record(utterance, context)[0], long_start=False,
                                     ticks=start_ticks(utterance.start))
        body = speech.pack_single(distance, record)
        return body if not record.names and len(body) <= max_bytes else None

    def _record(self, utterance: OutgoingText,
                context: SpeechContext) -> tuple[speech.Record, SpeechContext]:
        coded = self._codec.encode(utterance.text, context.texts, utterance.locale)
        span = LONG_START_TICKS if self._long_starts else START_TICKS
        record = speech.Record(
            start_ticks(utterance.start, span), coded,
            None if utterance.speaker == context.speaker else utterance.speaker,
            None if utterance.locale == context.locale else utterance.locale, self._long_starts)
        texts = self._codec.after(context.texts, utterance.text, coded)
        return record, SpeechContext(texts, utterance.speaker, utterance.locale)

    @staticmethod
    def _single(distance: int, record: speech.Record, max_bytes: int, index: int | None,
                clock: OffsetReport | None) -> tuple[FrameType, tuple[bytes, ...]]:
        if not record.names and not record.long_start and index is None and clock is None:
            body = speech.pack_single(distance, record)
            if len(body) <= max_bytes:
                return FrameType.SINGLE, (body,)
        whole = speech.Batch(distance, (record,), index=index, clock=clock)
        body = speech.pack_batch(whole)
        if len(body) <= max_bytes:
            return FrameType.BATCH, (body,)
        # The record is cut wherever a datagram ends, in its names or in its text.
        packed = speech.pack_records((record,))
        first = len(packed) - (len(body) - max_bytes)
        assert first >= 0, 'no room for what comes before the record'
        cuts = range(first, len(packed), max_bytes - 1)
        parts = [packed[at:at + max_bytes - 1] for at in cuts]
        bodies = [speech.pack_batch(dataclasses.replace(
            whole, records=(), part=packed[:first], more=True))]
        bodies += [speech.pack_batch(speech.Batch(0, part=part, continues=True,
                                                  more=part is not parts[-1]))
                   for part in parts]
        return FrameType.BATCH, tuple(bodies)
