"""Ears for the tests: what was said in a recording, by an offline transcriber."""

from __future__ import annotations

import functools
import re

from moonshine_voice import ModelArch, Transcriber
from moonshine_voice.utils import get_model_path
import numpy as np
from numpy.typing import NDArray
import soxr

SILENCE = 1e-3
"""The amplitude up to which sound is silence, with what an encoder makes of it."""


@functools.cache
def _transcriber() -> Transcriber:
    return Transcriber(get_model_path('tiny-en'), ModelArch.TINY, options={'vad_threshold': '0'})


def words(text: str) -> list[str]:
    """Return the words of a text as they sound, without case and punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower().replace('’', "'"))


def heard_text(samples: NDArray[np.float32], rate: int) -> str:
    """
    Return what is heard in mono sound, as it is written down.

    Silence before and after is left out: in a long one the recognizer makes words up.
    """
    sound = np.asarray(samples, np.float32)
    loud, = np.nonzero(np.abs(sound) > SILENCE)
    if not len(loud):
        return ''
    margin = rate // 2
    sound = sound[max(0, loud[0] - margin):loud[-1] + margin]
    heard = soxr.resample(sound, rate, 16000)
    transcript = _transcriber().transcribe_without_streaming(heard.tolist(), 16000)
    return ' '.join(line.text for line in transcript.lines)


def transcribed(samples: NDArray[np.float32], rate: int) -> list[str]:
    """Return the words that are heard in mono sound."""
    return words(heard_text(samples, rate))
