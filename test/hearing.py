"""Ears for the tests: what was said in a recording, by an offline transcriber."""

from __future__ import annotations

import functools
import re

from moonshine_voice import ModelArch, Transcriber
from moonshine_voice.utils import get_model_path
import numpy as np
from numpy.typing import NDArray
import soxr


@functools.cache
def _transcriber() -> Transcriber:
    return Transcriber(get_model_path('tiny-en'), ModelArch.TINY, options={'vad_threshold': '0'})


def words(text: str) -> list[str]:
    """Return the words of a text as they sound, without case and punctuation."""
    return re.findall(r"[a-z0-9']+", text.lower().replace('’', "'"))


def transcribed(samples: NDArray[np.float32], rate: int) -> list[str]:
    """Return the words that are heard in mono sound."""
    heard = soxr.resample(np.asarray(samples, np.float32), rate, 16000)
    transcript = _transcriber().transcribe_without_streaming(heard.tolist(), 16000)
    return words(' '.join(line.text for line in transcript.lines))
