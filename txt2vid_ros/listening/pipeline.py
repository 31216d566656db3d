"""Sound in, text out: finds the speech in it and has it recognized while it is still going on."""

from __future__ import annotations

import collections
import dataclasses
import logging
import threading
import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.listening.endpointing import Endpointer, EndpointingSettings, STAY
from txt2vid_ros.listening.recognizer import SpeechToText, Transcript
from txt2vid_ros.listening.segment_recognition import SegmentRecognition
from txt2vid_ros.listening.segments import SpeechSegment, SpeechSegmenter, Window
from txt2vid_ros.listening.voice_activity import VoiceActivity

log = logging.getLogger(__name__)

RATE = 16000
BREAK = 0.1
"""Seconds by which sound may be early or late before it counts as not following."""
STALL = 3.0
"""Seconds without any sound after which what was being said is over: a machine that is busy for a
moment must not cut a sentence."""
WAITING = 32
"""Pieces that may wait for the recognizer before the sound has to wait too."""
FIRST = 0.4
"""Seconds of speech before a first guess at what it says."""


SHARE = 1.25
"""Times the work of a guess that pass from one to the next."""


class TranscriptSink(Protocol):
    """Where the text goes; called on the listener's own thread. Stamps are nanoseconds."""

    def partial(self, stamp: int, text: str, confidence: float) -> None:
        """Take what has been said so far of what began at `stamp`; it may change."""
        ...

    def final(self, stamp: int, text: str, confidence: float) -> None:
        """Take what was said; it does not change any more and is not said again."""
        ...


@dataclasses.dataclass
class PipelineStatistics:
    """Counts since the start, for diagnostics."""

    utterances: int = 0
    empty: int = 0
    """Pieces of speech in which the recognizer found no words."""
    failed: int = 0
    breaks: int = 0
    """Gaps in the sound."""
    voice_activity: float = 0.0
    """Seconds of work spent on it."""
    endpoint_to_final: collections.deque[float] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=100))
    """Seconds from the moment the end of a piece was known to its final text."""


class SpeechPipeline:
    """Takes sound as it comes on one thread and recognizes it on another.

    While somebody speaks, `partial` is told what has been said so far every `partial_every`
    seconds. In each pause the text is prepared in case that was the end, so that it is there when
    the endpoint is. With `send_clauses` every piece between two pauses becomes final at once.
    """

    def __init__(self, activity: VoiceActivity, recognizer: SpeechToText, output: TranscriptSink,
                 settings: EndpointingSettings, *, partial_every: float = 0.4,
                 send_clauses: bool = False) -> None:
        """Take loaded detectors and where the text goes."""
        self.statistics = PipelineStatistics()
        self._activity = activity
        self._recognizer = recognizer
        self._output = output
        self._settings = settings
        self._partial_every = partial_every
        self._send_clauses = send_clauses
        self._step = activity.window / RATE
        self._endpointer = Endpointer(settings, self._step)
        self._cutter = SpeechSegmenter(
            self._endpointer, round(settings.padding / self._step),
            round(settings.longest / self._step) + 1)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)
        self._number = 0
        self._expected: int | None = None
        self._heard_at = 0.0
        self._closed: collections.deque[SpeechSegment] = collections.deque()
        self._works: dict[SpeechSegment, SegmentRecognition] = {}
        self._tried_at = self._took = 0.0
        self._ending = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='listener', daemon=True)

    def start(self) -> None:
        """Begin to recognize."""
        self._thread.start()

    @property
    def speaking(self) -> bool:
        """Return whether somebody is speaking."""
        return self._endpointer.speaking

    @property
    def idle(self) -> bool:
        """Return whether nothing is being said and nothing waits to become text."""
        with self._changed:
            return not self._closed and not self._works and self._cutter.open is None

    def push(self, stamp: int, samples: NDArray[np.float32]) -> None:
        """Take mono sound at 16 kHz whose first sample was captured at `stamp`, nanoseconds.

        Waits where the recognizer is far behind.
        """
        if self._expected is not None and abs(stamp - self._expected) > BREAK * SECOND:
            self.statistics.breaks += 1
            self.flush()
        self._expected = stamp + len(samples) * SECOND // RATE
        self._heard_at = time.monotonic()
        first = stamp - len(self._rest) * SECOND // RATE
        sound = np.concatenate([self._rest, samples])
        size = self._activity.window
        for at in range(0, len(sound) - size + 1, size):
            self._window(first + at * SECOND // RATE, sound[at:at + size])
        self._rest = sound[len(sound) // size * size:]

    def flush(self) -> None:
        """End what is being said: no more of it comes."""
        with self._changed:
            self._close(list(self._cutter.end()))
            self._activity.reset()
            self._rest = self._rest[:0]
            self._expected = None

    def close(self) -> None:
        """End what is being said, wait until it has become text, and stop."""
        self.flush()
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _window(self, stamp: int, samples: NDArray[np.float32]) -> None:
        begun = time.perf_counter()
        probability = self._activity.probability(samples)
        self.statistics.voice_activity += time.perf_counter() - begun
        with self._changed:
            while len(self._closed) >= WAITING and not self._ending:
                self._changed.wait()
            paused = self._cutter.open is not None and self._cutter.open.paused
            window = Window(self._number, stamp, probability, samples)
            self._number += 1
            self._close(list(self._cutter.push(window)))
            if self._cutter.open is not None and self._cutter.open.paused != paused:
                self._changed.notify_all()

    def _close(self, pieces: list[SpeechSegment]) -> None:
        for piece in pieces:
            piece.closed_at = time.monotonic()
            self._closed.append(piece)
        if pieces:
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                piece = self._next()
                if piece is None:
                    return
                work = self._works.setdefault(piece, SegmentRecognition(self._recognizer, piece))
                work.take()
                final, going_on = piece.closed, not piece.closed and not piece.paused
            self._tried_at = time.monotonic()
            # A recognizer that is given no speech makes some up.
            transcript: Transcript | None = Transcript('')
            if any(window.probability >= self._settings.threshold for window in work.windows):
                transcript = self._recognize(work, final, going_on)
            if going_on:
                self._took = time.monotonic() - self._tried_at
            if final:
                with self._changed:
                    self._works.pop(piece, None)
                    self._closed.popleft()
                    self._changed.notify_all()
                self._finish(piece, transcript)
            elif transcript is not None and transcript.text:
                self._partial(piece, transcript)

    def _next(self) -> SpeechSegment | None:
        """Wait for something to recognize; None when there is nothing any more."""
        while not self._closed:
            if self._ending:
                return None
            piece = self._cutter.open
            if piece is not None and self._due(piece):
                return piece
            self._changed.wait(0.05)
            if piece is not None and time.monotonic() - self._heard_at > STALL:
                self._close(list(self._cutter.end()))
        return self._closed[0]

    def _due(self, piece: SpeechSegment) -> bool:
        """Return whether the text of an open piece is worth making (anew) now."""
        known = self._works[piece].taken if piece in self._works else 0
        if len(piece.windows) <= known or len(piece.windows) * self._step < FIRST:
            return False
        if piece.paused:
            return True
        # A pause may be beginning: the text that it needs is not to wait for one nobody needs.
        # And on a machine that is slow, guessing must not take all there is.
        return (piece.windows[-1].probability >= self._settings.threshold - STAY
                and time.monotonic() - self._tried_at >= max(self._partial_every,
                                                             SHARE * self._took))

    def _recognize(self, work: SegmentRecognition, final: bool, going_on: bool
                   ) -> Transcript | None:
        """Return the text of what was taken; None where the recognizer fails for good."""
        for attempt in (1, 2):
            try:
                if going_on:
                    return work.draft()
                return work.finish() if final else work.hypothesis()
            except (UserError, ProviderError) as error:
                log.error('%s', error)
                work.restart()
                if isinstance(error, ProviderError) and not error.retriable:
                    break
            except Exception:
                # A recognizer is somebody else's code: its fault costs a piece, not the node.
                log.exception('the recognizer failed (attempt %d of 2)', attempt)
                work.restart()
        self.statistics.failed += 1
        return None

    def _partial(self, piece: SpeechSegment, transcript: Transcript) -> None:
        utterance = piece.utterance
        stamp, text = (piece.stamp, transcript.text) if self._send_clauses else (
            utterance.stamp, ' '.join(filter(None, (utterance.text, transcript.text))))
        self._output.partial(stamp, text, self._confidence(piece, transcript))

    def _finish(self, piece: SpeechSegment, transcript: Transcript | None) -> None:
        utterance = piece.utterance
        text = transcript.text if transcript is not None else ''
        if transcript is not None and text:
            confidence = self._confidence(piece, transcript)
            utterance.texts.append(text)
            utterance.confidences.append(confidence)
            if self._send_clauses:
                self._final(piece, piece.stamp, text, confidence)
        elif piece.windows:
            self.statistics.empty += 1
        if piece.last and utterance.text:
            self.statistics.utterances += 1
            if not self._send_clauses:
                self._final(piece, utterance.stamp, utterance.text, utterance.confidence)

    def _final(self, piece: SpeechSegment, stamp: int, text: str, confidence: float) -> None:
        self.statistics.endpoint_to_final.append(time.monotonic() - piece.closed_at)
        self._output.final(stamp, text, confidence)

    def _confidence(self, piece: SpeechSegment, transcript: Transcript) -> float:
        """Return the recognizer's own, else how sure the detector is that this was speech."""
        if transcript.confidence is not None:
            return transcript.confidence
        return piece.certainty(self._settings.threshold)
