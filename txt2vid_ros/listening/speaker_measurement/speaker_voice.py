"""A speaker's pitch, melody and pace."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.listening.speaker_measurement.pace import vowel_rate
from txt2vid_ros.listening.speaker_measurement.pitch import pitch_track, STEP

LEAST_VOICE = 2.0
"""Seconds of voiced sound without which a median means little."""
STRAY = 10.0
"""Semitones from the median beyond which a frame is creak, or an octave wrong."""
DECILES = 2.563
"""Standard deviations of a normal distribution between its first and its last decile."""


@dataclasses.dataclass(frozen=True)
class SpeakerVoice:
    """What was measured of somebody's speech."""

    pitch: float
    """Hz, the median."""
    range: float  # noqa: A003
    """Semitones: the standard deviation of the melody, by its deciles."""
    pace: float
    """Vowels a second, without pauses."""
    voiced: float
    """Seconds of voiced sound that it rests upon."""


def measured(samples: NDArray[np.float32], rate: int) -> SpeakerVoice:
    """Measure mono speech of one speaker. Raises UserError where there is too little of it."""
    f0 = pitch_track(samples, rate)
    voiced = f0[f0 > 0]
    if len(voiced) * STEP < LEAST_VOICE:
        raise UserError(
            f'the sound holds {len(voiced) * STEP:.1f} s of voice, and {LEAST_VOICE:g} s are '
            'needed', 'Speak on for about ten seconds, near the microphone, without music.')
    median = float(np.median(voiced))
    melody = 12 * np.log2(voiced / median)
    melody = melody[np.abs(melody) < STRAY]
    low, high = np.quantile(melody, (0.1, 0.9))
    return SpeakerVoice(median, float(high - low) / DECILES, vowel_rate(samples, rate, f0),
                        len(voiced) * STEP)
