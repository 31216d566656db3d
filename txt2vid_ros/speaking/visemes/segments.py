"""Visemes with their times, and how well those times fit the sound."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.speaking.visemes.loudness import level_db
from txt2vid_ros.speaking.visemes.table import Viseme

_STEP = 0.005
_LARGEST_LAG = 0.12
_CLOSED = frozenset({'pause', 'p_b_m', 't_d_n', 'k_g', 'f_v', 'th', 's_z', 'sh_ch', 'h'})


@dataclasses.dataclass(frozen=True)
class VisemeSegment:
    """One viseme from `start` to `stop`, seconds; `stress` as in Phoneme."""

    viseme: Viseme
    start: float
    stop: float
    stress: int = 0


def timing_lag(segments: Sequence[VisemeSegment], samples: NDArray[np.float32], rate: int
               ) -> float:
    """
    Return by how many seconds the times of `segments` are later than their sound.

    The timings of a voice are often shifted by a constant, some 60 ms. Vowels are loud and
    obstruents are not: the lag is the shift at which the level fits that best. 0 where the sound
    does not tell.
    """
    begin, end = segments[0].start, segments[-1].stop
    times = np.arange(begin - 0.15, end + 0.15, _STEP).astype(np.float64)
    if len(times) < 40 or not np.any(samples):
        return 0.0
    level = np.clip(level_db(samples, rate, times), -50, -10)
    expected = np.full(len(times), -1.0)
    for one in segments:
        inside = (times >= one.start) & (times < one.stop)
        expected[inside] = 1.0 if one.viseme.vowel else -0.6 if one.viseme.name in _CLOSED else 0.2
    level = level - level.mean()
    expected = expected - expected.mean()
    reach = round(_LARGEST_LAG / _STEP)
    scores = {
        steps: float((np.roll(level, steps) * expected).sum())
        for steps in range(-reach, reach + 1)
    }
    best = max(scores, key=scores.__getitem__)
    return best * _STEP if scores[best] > 0 and abs(best) < reach else 0.0
