"""Where speech begins and ends within a sound."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import ONSET_MARGIN, Phoneme
from txt2vid_ros.speaking.voice import SpeechChunk

AUDIBLE_PEAK = 0.003
"""About 50 dB below full scale; a voice that stays under it is not heard."""


def audible_range(samples: NDArray[np.float32], rate: int) -> tuple[int, int] | None:
    """
    Return the (first, last+1) sample to keep, or None where all of it is silence.

    `samples` are mono float32 in -1..1 at `rate` Hz.
    """
    block = max(1, rate // 200)
    usable = len(samples) // block * block
    peaks = np.abs(samples[:usable].reshape(-1, block)).max(axis=1)
    loud = np.flatnonzero(peaks > AUDIBLE_PEAK)
    if len(loud) == 0:
        return None
    margin = int(ONSET_MARGIN * rate)
    return max(0, int(loud[0]) * block - margin), min(
        len(samples), (int(loud[-1]) + 1) * block + margin)


def trim_silence(samples: NDArray[np.float32], sounds: tuple[Phoneme, ...] | None, rate: int
                 ) -> SpeechChunk | None:
    """Cut the silence off both ends, and shift the phonemes; None if nothing is audible."""
    audible = audible_range(samples, rate)
    if audible is None:
        return None
    first, last = audible
    if sounds is None:
        return SpeechChunk(samples[first:last])
    offset, length = first / rate, (last - first) / rate
    moved = []
    for sound in sounds:
        start = min(max(sound.start - offset, 0.0), length)
        end = min(max(sound.end - offset, 0.0), length)
        if end > start:
            moved.append(dataclasses.replace(sound, start=start, duration=end - start))
    return SpeechChunk(samples[first:last], tuple(moved))
