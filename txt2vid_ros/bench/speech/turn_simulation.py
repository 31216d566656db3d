"""
Turn taking in simulated time: which pauses end an utterance, and when its text is there.

The detector, the segmenter, the recognizer and the predictor are those of the product. The text of
a pause comes as late as the processor time of the calling thread, so other programs do not count.
Guesses while speech goes on are left out, so nothing waits for one.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.endpointing import Endpointer, EndpointingSettings
from txt2vid_ros.listening.recognizer import WholeRecognizer
from txt2vid_ros.listening.segments import samples_of, SpeechSegment, SpeechSegmenter, Window
from txt2vid_ros.listening.turn_taking import TurnPredictor
from txt2vid_ros.listening.voice_activity import VoiceActivity


@dataclasses.dataclass(frozen=True)
class Turn:
    """An utterance: when its end was known and when its text was there, seconds; the text."""

    ended: float
    final: float
    text: str


class TimedRecognizer:
    """Remembers the text of every sound and the processor time, in seconds."""

    def __init__(self, recognizer: WholeRecognizer) -> None:
        """Take a loaded recognizer."""
        self._recognizer = recognizer
        self._known: dict[bytes, tuple[str, float]] = {}

    def recognize(self, samples: NDArray[np.float32]) -> tuple[str, float]:
        """Return the text of mono samples in -1..1, and the seconds of processor time."""
        key = samples.tobytes()
        if key not in self._known:
            begun = time.thread_time()
            text = self._recognizer.transcribe(samples).text
            self._known[key] = text, time.thread_time() - begun
        return self._known[key]


def windows_of(sound: NDArray[np.float32], activity: VoiceActivity) -> list[Window]:
    """Return the windows of mono sound at SPEECH_RATE."""
    activity.reset()
    size = activity.window
    parts = [sound[at:at + size] for at in range(0, len(sound) - size + 1, size)]
    return [Window(number, 0, activity.probability(part), part)
            for number, part in enumerate(parts)]


def turns_of(windows: Sequence[Window], recognizer: TimedRecognizer,
             settings: EndpointingSettings, predictor: TurnPredictor | None) -> list[Turn]:
    """Return the utterances that end in these windows; without a predictor by silence alone."""
    step = len(windows[0].samples) / SPEECH_RATE
    endpointer = Endpointer(settings, step)
    segmenter = SpeechSegmenter(endpointer, round(settings.padding / step),
                                round(settings.longest / step) + 1)
    turns: list[Turn] = []
    pause: SpeechSegment | None = None
    text, ready, heard = '', 0.0, 0
    for window in windows:
        now = (window.number + 1) * step
        for segment in segmenter.push(window):
            # As in the pipeline: a recognizer that is given no speech makes some up.
            said, took = recognizer.recognize(samples_of(segment.windows)) if any(
                each.probability >= settings.threshold for each in segment.windows) else ('', 0.0)
            if said != text or segment is not pause:
                ready = now + took
            segment.utterance.texts.append(said)
            if segment.last:
                turns.append(Turn(now, max(now, ready), segment.utterance.text))
        current = segmenter.open
        if current is None or not current.paused:
            pause = None
            continue
        if current.windows and (current is not pause or len(current.windows) != heard):
            pause, heard = current, len(current.windows)
            text, took = recognizer.recognize(samples_of(current.windows))
            ready = now + took
        if predictor is not None and now >= ready:
            said = current.utterance.text_with(text if current.windows else '')
            endpointer.wait(settings.silence_after(predictor.completeness(said)))
    return turns
