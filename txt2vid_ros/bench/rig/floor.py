"""What of a delay cannot be avoided there and then, measured alone in the same run."""

from __future__ import annotations

from collections.abc import Sequence
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import ANTICIPATION
from txt2vid_ros.core.pcm import STREAM_RATE
from txt2vid_ros.listening.endpointing import EndpointingSettings
from txt2vid_ros.listening.recognizer import WholeRecognizer
from txt2vid_ros.media.output.stream_format import StreamFormat
from txt2vid_ros.speaking.synthesis import synthesize_text
from txt2vid_ros.speaking.voice import TextToSpeech

AAC_SAMPLES = 1024
"""Of a coded frame of sound (ISO 14496-3)."""
SHOWN_MS = 1000 * (ANTICIPATION + float(1 / StreamFormat().fps) + AAC_SAMPLES / STREAM_RATE)
"""The mouth opens before the sound; then a frame of the grid, and a frame of the encoder."""


def first_chunk_ms(voice: TextToSpeech, text: str) -> float:
    """Return how long a voice that is loaded takes to its first sound of a text."""
    begun = time.monotonic()
    next(synthesize_text(text, voice, lambda: False))
    return (time.monotonic() - begun) * 1000


def recognition_ms(recognizer: WholeRecognizer, sound: NDArray[np.float32]) -> float:
    """Return how long a recognizer that is loaded takes for a whole utterance."""
    begun = time.monotonic()
    recognizer.transcribe(sound)
    return (time.monotonic() - begun) * 1000


def endpoint_ms(turn_taking: str) -> float:
    """Return the shortest silence that ends an utterance."""
    settings = EndpointingSettings()
    return 1000 * (settings.end_silence_complete if turn_taking == 'words'
                   else settings.end_silence)


def over_floor(delays_ms: Sequence[float], own_ms: Sequence[float], fixed_ms: float) -> float:
    """
    Return the median of delays over what was unavoidable of them; NaN where there are none.

    That is the median of `own_ms`, which the model alone takes, and `fixed_ms`.
    """
    if not len(delays_ms) or not len(own_ms):
        return float('nan')
    return float(np.median(delays_ms)) / (float(np.median(own_ms)) + fixed_ms)
