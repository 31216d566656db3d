"""Sound in, text out: finds the speech in it and has it recognized while it is still going on."""

from __future__ import annotations

import collections
from collections.abc import Callable
import logging
import threading
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.endpointing import Endpointer, EndpointingSettings, HYSTERESIS
from txt2vid_ros.listening.recognizer import SpeechToText, Transcript
from txt2vid_ros.listening.segment_recognition import SegmentRecognition
from txt2vid_ros.listening.segments import SpeechSegment, SpeechSegmenter, Window
from txt2vid_ros.listening.transcripts import (
    PipelineStatistics,
    TranscriptAssembler,
    TranscriptSink,
)
from txt2vid_ros.listening.turn_taking import Completeness, TurnPredictor
from txt2vid_ros.listening.voice_activity import VoiceActivity

log = logging.getLogger(__name__)

MAX_STAMP_ERROR = 0.1
"""Seconds by which a stamp may be early or late before its sound counts as not following."""
STALL_TIMEOUT = 3.0
"""Seconds without any sound after which what was being said is over: a machine that is busy for a
moment must not cut a sentence."""
MAX_WAITING_SEGMENTS = 32
"""Segments that may wait for the recognizer before the sound has to wait too."""
FIRST_PARTIAL_AFTER = 0.4
"""Seconds of speech before the first guess at what is being said."""
DRAFT_INTERVAL_FACTOR = 1.25
"""The least time from one guess to the next, as a multiple of the time that a guess takes."""
STREAMING_INTERVAL = 0.1
"""Seconds after which a recognizer that streams is asked again in a pause: its text comes late."""


class SpeechPipeline:
    """
    Takes sound as it comes on one thread and recognizes it on another.

    While somebody speaks, `partial` gets what has been said so far every `partial_every` seconds.
    In each pause the text is prepared in case that was the end, so that it is there when the
    endpoint is; and `turns`, where given, tells from it how long a silence that takes. Where the
    text comes later than `end_silence`, silence alone decides. With `send_clauses` every segment
    between two pauses becomes final at once.

    A recognizer is asked once for each text: retrying is up to the recognizer (the fall-back of
    providers does it). What fails before the end of a segment is recognized again at its end, from
    its beginning; a segment that fails then is lost, counted and logged.
    """

    def __init__(self, activity: VoiceActivity, recognizer: SpeechToText, sink: TranscriptSink,
                 settings: EndpointingSettings, *, partial_every: float = 0.4,
                 send_clauses: bool = False, turns: TurnPredictor | None = None,
                 heard: Callable[[int, float], None] = lambda stamp, probability: None,
                 over: Callable[[], None] = lambda: None) -> None:
        """
        Take a loaded detector, a loaded recognizer, and where the text goes.

        Without `turns` utterances end by silence alone. `heard` gets the stamp and the probability
        of speech of each window; `over` is called when an utterance has become text, or nothing.
        """
        self.statistics = PipelineStatistics()
        self._activity = activity
        self._recognizer = recognizer
        self._texts = TranscriptAssembler(sink, self.statistics, settings.threshold,
                                          send_clauses=send_clauses)
        self._settings = settings
        self._turns = turns
        self._partial_every = partial_every
        self._heard, self._over = heard, over
        self._step = activity.window / SPEECH_RATE
        self._endpointer = Endpointer(settings, self._step)
        self._segmenter = SpeechSegmenter(
            self._endpointer, round(settings.padding / self._step),
            round(settings.longest / self._step) + 1)
        self._rest: NDArray[np.float32] = np.zeros((2, 0), np.float32)
        self._number = 0
        self._expected: int | None = None
        self._heard_at = 0.0
        self._closed: collections.deque[SpeechSegment] = collections.deque()
        self._recognitions: dict[SpeechSegment, SegmentRecognition] = {}
        self._guessed_at = self._guess_took = 0.0
        self._predicted: Completeness | None = None
        """How complete the words before the present pause are."""
        self._ending = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='speech-pipeline', daemon=True)

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
            return (not self._closed and not self._recognitions
                    and self._segmenter.open is None)

    def push(self, stamp: int, samples: NDArray[np.float32],
             detect: NDArray[np.float32] | None = None) -> None:
        """
        Take mono sound at 16 kHz whose first sample was captured at `stamp`, nanoseconds.

        `detect` is the same sound as the detector of voices is to hear it, where that is another.
        Waits where the recognizer is far behind.
        """
        if (self._expected is not None
                and abs(stamp - self._expected) > MAX_STAMP_ERROR * SECOND):
            self.statistics.breaks += 1
            self.flush()
        self._expected = stamp + len(samples) * SECOND // SPEECH_RATE
        self._heard_at = time.monotonic()
        first = stamp - self._rest.shape[1] * SECOND // SPEECH_RATE
        sound = np.concatenate(
            [self._rest, np.stack([samples, samples if detect is None else detect])], axis=1)
        size = self._activity.window
        for at in range(0, sound.shape[1] - size + 1, size):
            self._window(first + at * SECOND // SPEECH_RATE, *sound[:, at:at + size])
        self._rest = sound[:, sound.shape[1] // size * size:]

    def flush(self) -> None:
        """End what is being said: no more of it comes."""
        with self._changed:
            self._close(list(self._segmenter.end()))
            self._activity.reset()
            self._rest = self._rest[:, :0]
            self._expected = None

    def close(self) -> None:
        """End what is being said, wait until it has become text, and stop."""
        self.flush()
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=10.0)

    def _window(self, stamp: int, samples: NDArray[np.float32], detect: NDArray[np.float32]
                ) -> None:
        begun = time.perf_counter()
        probability = self._activity.probability(np.ascontiguousarray(detect))
        self.statistics.voice_activity += time.perf_counter() - begun
        self._heard(stamp, probability)
        with self._changed:
            while len(self._closed) >= MAX_WAITING_SEGMENTS and not self._ending:
                self._changed.wait()
            paused = self._segmenter.open is not None and self._segmenter.open.paused
            window = Window(self._number, stamp, probability, samples)
            self._number += 1
            self._close(list(self._segmenter.push(window)))
            pauses = self._segmenter.open is not None and self._segmenter.open.paused
            if pauses != paused:
                self._changed.notify_all()
            if not pauses:
                self._predicted = None

    def _close(self, segments: list[SpeechSegment]) -> None:
        for segment in segments:
            segment.closed_at = time.monotonic()
            self._closed.append(segment)
        if segments:
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                segment = self._next()
                if segment is None:
                    return
                recognition = self._recognitions.setdefault(
                    segment, SegmentRecognition(self._recognizer, segment))
                recognition.take()
                final, going_on = segment.closed, not segment.closed and not segment.paused
            self._guessed_at = time.monotonic()
            # A recognizer that is given no speech makes some up.
            transcript: Transcript | None = Transcript('')
            if any(window.probability >= self._settings.threshold
                   for window in recognition.windows):
                transcript = self._recognize(recognition, final, going_on)
            if going_on:
                self._guess_took = time.monotonic() - self._guessed_at
            if final:
                with self._changed:
                    self._recognitions.pop(segment, None)
                    self._closed.popleft()
                    self._changed.notify_all()
                self._texts.final(segment, transcript)
                if segment.last:
                    self._over()
                else:
                    self._predict(segment, recognition, segment.utterance.text,
                                  segment.utterance.locale)
            elif transcript is not None and transcript.text:
                self._predict(segment, recognition,
                              segment.utterance.text_with(transcript.text), transcript.locale)
                if going_on or transcript.text != recognition.shown:
                    recognition.shown = transcript.text
                    self._texts.partial(segment, transcript)

    def _predict(self, segment: SpeechSegment, recognition: SegmentRecognition, text: str,
                 locale: str) -> None:
        """Let the pause take as long as the words before it want, if it still is that pause."""
        if self._turns is None:
            return
        completeness = self._turns.completeness(text, locale)
        with self._changed:
            current = self._segmenter.open
            if (current is None or current.utterance is not segment.utterance
                    or not current.paused
                    or len(current.windows) != (0 if segment.closed else recognition.taken)):
                return
            self._endpointer.wait(self._settings.silence_after(completeness))
            # Once a pause, however often its words are judged.
            counted, before = self.statistics, self._predicted
            self._predicted = completeness
            counted.complete += (completeness is Completeness.COMPLETE) - (
                before is Completeness.COMPLETE)
            counted.incomplete += (completeness is Completeness.INCOMPLETE) - (
                before is Completeness.INCOMPLETE)

    def _next(self) -> SpeechSegment | None:
        """Wait for something to recognize; None once the pipeline ends."""
        while not self._closed:
            if self._ending:
                return None
            segment = self._segmenter.open
            if segment is not None and self._due(segment):
                return segment
            self._changed.wait(0.05)
            if segment is not None and time.monotonic() - self._heard_at > STALL_TIMEOUT:
                self._close(list(self._segmenter.end()))
        return self._closed[0]

    def _due(self, segment: SpeechSegment) -> bool:
        """Return whether the text of an open segment is worth making, or making again, now."""
        known = self._recognitions[segment].taken if segment in self._recognitions else 0
        if len(segment.windows) * self._step < FIRST_PARTIAL_AFTER:
            return False
        if segment.paused and self._turns is not None and self._recognizer.capabilities.streaming:
            return time.monotonic() - self._guessed_at >= STREAMING_INTERVAL
        if len(segment.windows) <= known:
            return False
        if segment.paused:
            return True
        # A pause may be beginning: its text, which is needed, must not wait for one that is not.
        # And on a slow machine, guessing must not take all of the time.
        return (segment.windows[-1].probability >= self._settings.threshold - HYSTERESIS
                and time.monotonic() - self._guessed_at >= max(
                    self._partial_every, DRAFT_INTERVAL_FACTOR * self._guess_took))

    def _recognize(self, recognition: SegmentRecognition, final: bool, going_on: bool
                   ) -> Transcript | None:
        """Return the text of what was taken; None where the recognizer fails."""
        try:
            if going_on:
                return recognition.draft()
            return recognition.finish() if final else recognition.hypothesis()
        except (UserError, ProviderError) as error:
            log.error('%s', error)
        except Exception:
            # A recognizer is code of its own: its bug costs a segment, not the node.
            log.exception('the recognizer failed')
        recognition.restart()
        return None
