"""From the texts of segments to those of utterances, and out to whoever wants them."""

from __future__ import annotations

import dataclasses
import time
from typing import Protocol

from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.listening.recognizer import Transcript
from txt2vid_ros.listening.segments import SpeechSegment


class TranscriptSink(Protocol):
    """Where the text goes; called on the pipeline's own thread. Stamps are nanoseconds."""

    def partial(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        """
        Take what has been said so far of what began at `stamp`; it may change.

        `locale` is the BCP 47 tag of its language; '' where the recognizer does not tell.
        """
        ...

    def final(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        """Take what was said; it does not change any more and is not said again."""
        ...


@dataclasses.dataclass
class PipelineStatistics:
    """Counts since the start, for diagnostics."""

    utterances: int = 0
    empty: int = 0
    """Segments of speech in which the recognizer found no words."""
    failed: int = 0
    """Segments that could not be recognized."""
    breaks: int = 0
    """Gaps in the sound."""
    complete: int = 0
    """Pauses after words that were probably the last."""
    incomplete: int = 0
    """Pauses after words that need others."""
    voice_activity: float = 0.0
    """Seconds of work spent on it."""
    endpoint_to_final: RollingPercentiles = dataclasses.field(
        default_factory=RollingPercentiles.of_sentences)
    """Seconds from the moment the end of a segment was known to its final text."""


class TranscriptAssembler:
    """Puts the texts of segments together, and counts them."""

    def __init__(self, sink: TranscriptSink, statistics: PipelineStatistics, threshold: float, *,
                 send_clauses: bool) -> None:
        """
        With `send_clauses` the text of every segment is final; else that of an utterance.

        `threshold` is the probability from which on a window counts as speech.
        """
        self._sink = sink
        self._statistics = statistics
        self._threshold = threshold
        self._send_clauses = send_clauses

    def partial(self, segment: SpeechSegment, transcript: Transcript) -> None:
        """Send what has been said so far."""
        utterance = segment.utterance
        stamp, text = (segment.stamp, transcript.text) if self._send_clauses else (
            utterance.stamp, utterance.text_with(transcript.text, transcript.locale))
        self._sink.partial(stamp, text, self._confidence(segment, transcript),
                           utterance.locale or transcript.locale)

    def final(self, segment: SpeechSegment, transcript: Transcript | None) -> None:
        """Take the final text of a segment, None where it could not be recognized."""
        utterance = segment.utterance
        if transcript is None:
            self._statistics.failed += 1
        text = transcript.text if transcript is not None else ''
        if transcript is not None and text:
            confidence = self._confidence(segment, transcript)
            utterance.texts.append(text)
            utterance.confidences.append(confidence)
            utterance.locales.append(transcript.locale)
            if self._send_clauses:
                self._send(segment, segment.stamp, text, confidence, transcript.locale)
        elif segment.windows:
            self._statistics.empty += 1
        if segment.last and utterance.text:
            self._statistics.utterances += 1
            if not self._send_clauses:
                self._send(segment, utterance.stamp, utterance.text, utterance.confidence,
                           utterance.locale)

    def _send(self, segment: SpeechSegment, stamp: int, text: str, confidence: float,
              locale: str) -> None:
        self._statistics.endpoint_to_final.observe(time.monotonic() - segment.closed_at)
        self._sink.final(stamp, text, confidence, locale)

    def _confidence(self, segment: SpeechSegment, transcript: Transcript) -> float:
        """Return the recognizer's own, else how sure the detector is that this was speech."""
        if transcript.confidence is not None:
            return transcript.confidence
        return segment.certainty(self._threshold)
