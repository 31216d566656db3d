"""Speech to measure with: recordings of the user's, or sentences of the default voice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.sound_file import read_sound
from txt2vid_ros.providers.tts.hibari import HibariVoice

LEVEL = 0.6
"""What the voice's samples are multiplied by: nobody speaks at full scale."""

Spoken = tuple[NDArray[np.float32], str]
"""Mono sound at SPEECH_RATE, and what is said in it."""


def recordings(files: Sequence[Path], texts: Sequence[str]) -> list[Spoken]:
    """Return each file's sound and its transcript. Raises UserError where one is missing."""
    if len(files) != len(texts):
        raise UserError(f'there are {len(files)} --wav and {len(texts)} --text',
                        'Give a transcript for each recording.')
    return [(np.concatenate(list(read_sound(file, SPEECH_RATE, name='--wav'))), text)
            for file, text in zip(files, texts, strict=True)]


def synthesized(texts: Sequence[str], speed: float = 1.0) -> list[Spoken]:
    """Return texts spoken by the default voice."""
    voice = HibariVoice(speed=speed)
    voice.load()
    try:
        return [(soxr.resample(np.concatenate([chunk.samples for chunk in voice.synthesize(
            text, lambda: False)]), voice.capabilities.sample_rate, SPEECH_RATE) * LEVEL, text)
            for text in texts]
    finally:
        voice.close()
