"""What a speech pipeline makes of a sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from rig import until
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.pipeline import SpeechPipeline
from txt2vid_ros.listening.recognizer import SpeechToText
from txt2vid_ros.providers.vad.silero import SileroActivity

BEGIN = 1_000 * SECOND
"""The stamp of the first sample."""


class TranscriptRecorder:
    """Keeps all texts: stamp, text, confidence."""

    def __init__(self) -> None:
        self.partials: list[tuple[int, str, float]] = []
        self.finals: list[tuple[int, str, float]] = []

    def partial(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        self.partials.append((stamp, text, confidence))

    def final(self, stamp: int, text: str, confidence: float, locale: str) -> None:
        self.finals.append((stamp, text, confidence))

    @property
    def said(self) -> str:
        return ' '.join(text for _, text, _ in self.finals)


def silence(seconds: float) -> NDArray[np.float32]:
    """Return silence at 16 kHz."""
    return np.zeros(int(seconds * SPEECH_RATE), np.float32)


def detector() -> SileroActivity:
    """Return a loaded voice activity detector."""
    loaded = SileroActivity()
    loaded.load()
    return loaded


def hear(recognizer: SpeechToText, sound: NDArray[np.float32], chunk: int = 512,
         settings: EndpointingSettings | None = None, **options: object
         ) -> tuple[TranscriptRecorder, SpeechPipeline]:
    """Have a pipeline hear a sound as fast as it can; return what it wrote."""
    texts, activity = TranscriptRecorder(), detector()
    pipeline = SpeechPipeline(activity, recognizer, texts, settings or EndpointingSettings(),
                              **options)
    pipeline.start()
    for at in range(0, len(sound), chunk):
        pipeline.push(BEGIN + at * SECOND // SPEECH_RATE, sound[at:at + chunk])
    pipeline.flush()
    until(lambda: pipeline.idle, 'the text of what was heard')
    pipeline.close()
    activity.close()
    return texts, pipeline


def listen_to(recognizer: SpeechToText, *sounds: NDArray[np.float32]
              ) -> tuple[TranscriptRecorder, SpeechPipeline]:
    """Have a pipeline hear sounds with a second of silence before, between and after them."""
    pause = silence(1)
    return hear(recognizer, np.concatenate(
        [pause, *(np.concatenate([sound, pause]) for sound in sounds)]))
