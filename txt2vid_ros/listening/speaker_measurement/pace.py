"""
How fast somebody speaks: vowels counted in the sound.

N. H. de Jong and T. Wempe, "Praat script to detect syllable nuclei and measure speech rate
automatically", Behavior Research Methods 41(2), 2009: a nucleus is a peak of the level, in a
voiced frame, with a dip before it.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.listening.speaker_measurement.pitch import STEP

BAND = (250.0, 3500.0)
"""Hz of the formants that a vowel has and a voiced consonant has less of."""
SMOOTHING = 0.06
"""Seconds over which the level is a mean; a syllable takes three times as long."""
FLOOR = 25.0
"""dB under the loudest vowels at which nothing is a vowel and what lasts is a pause."""
DIP = 2.0
"""dB that the level falls between two vowels, at the least."""
PAUSE = 0.25
"""Seconds of silence that are a pause, and no part of a word."""


def vowel_rate(samples: NDArray[np.float32], rate: int, f0: NDArray[np.float64]) -> float:
    """
    Return vowels a second, pauses left out; 0 where there is no speech.

    `f0` is pitch_track() of the same mono sound at `rate` Hz.
    """
    level = _level(samples, rate, len(f0))
    floor = float(np.quantile(level, 0.99)) - FLOOR
    spoken = _without_pauses(level > floor)
    if not spoken.any():
        return 0.0
    return len(_nuclei(level, floor, f0 > 0)) / (int(spoken.sum()) * STEP)


def _level(samples: NDArray[np.float32], rate: int, frames: int) -> NDArray[np.float64]:
    """Return the smoothed level in BAND of each frame, dB."""
    spectrum = np.fft.rfft(samples)
    frequency = np.fft.rfftfreq(len(samples), 1 / rate)
    spectrum[(frequency < BAND[0]) | (frequency > BAND[1])] = 0
    sums = np.cumsum(np.pad(np.fft.irfft(spectrum, len(samples)) ** 2, (1, 0)))
    half = int(SMOOTHING * rate / 2)
    centres = np.arange(frames) * int(STEP * rate)
    begin = np.clip(centres - half, 0, len(samples))
    end = np.clip(centres + half, 0, len(samples))
    power = (sums[end] - sums[begin]) / np.maximum(end - begin, 1)
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def _nuclei(level: NDArray[np.float64], floor: float, voiced: NDArray[np.bool_]) -> list[int]:
    """Return the frames of the vowels: each a peak that a dip divides from the one before."""
    found: list[int] = []
    peak, lowest = -1, floor - DIP
    for frame, now in enumerate(level):
        if peak >= 0 and now < level[peak] - DIP:
            found.append(peak)
            peak, lowest = -1, now
        elif peak >= 0:
            peak = frame if now > level[peak] else peak
        else:
            lowest = min(lowest, now)
            if now > max(lowest + DIP, floor):
                peak = frame
    if peak >= 0:
        found.append(peak)
    return [frame for frame in found if voiced[max(0, frame - 2):frame + 3].any()]


def _without_pauses(loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which frames belong to words: those that are loud, and short gaps between them."""
    spoken = loud.copy()
    at = np.flatnonzero(loud)
    for before, after in itertools.pairwise(at):
        if after - before <= PAUSE / STEP:
            spoken[before:after] = True
    return spoken
