"""Tells sound from the noise of a room, so that a mouth can rest while nothing is heard."""

from __future__ import annotations

import collections
import math

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE

OPEN_ABOVE_NOISE_DB = 9.0
"""dB above the noise above which there is sound."""
LOWEST_THRESHOLD_DB, HIGHEST_THRESHOLD_DB = -56.0, -38.0
"""dB of full scale (RMS): below the lowest there is never sound, above the highest always."""
BLOCK_SAMPLES = SPEECH_RATE // 100
"""Samples over which a level is measured."""
NOISE_WINDOW_SECONDS = 6
"""Seconds whose lowest level is taken as the noise: nobody speaks that long without a pause."""
PAUSE_SECONDS = 0.15
"""Seconds without sound after which it is a pause rather than a part of a word."""


class NoiseGate:
    """Is open while there is sound, and for `hold` seconds after it."""

    def __init__(self, hold: float) -> None:
        """Begin closed."""
        self._hold = hold
        self._left = 0.0
        self._least: collections.deque[float] = collections.deque(maxlen=NOISE_WINDOW_SECONDS)
        self._second = 1.0
        """How much of the newest entry's second has passed."""

    @property
    def threshold(self) -> float:
        """Return the level in dB of full scale above which there is sound."""
        noise = min(self._least, default=LOWEST_THRESHOLD_DB)
        return min(max(noise + OPEN_ABOVE_NOISE_DB, LOWEST_THRESHOLD_DB), HIGHEST_THRESHOLD_DB)

    @property
    def pausing(self) -> bool:
        """Return whether it is open though there is no sound just now."""
        return 0 < self._left < self._hold - PAUSE_SECONDS

    def hears(self, samples: NDArray[np.float32]) -> bool:
        """Return whether the next samples, at least one BLOCK_SAMPLES of them, are to be heard."""
        blocks = samples[:len(samples) // BLOCK_SAMPLES * BLOCK_SAMPLES].reshape(-1, BLOCK_SAMPLES)
        powers = np.einsum('ij,ij->i', blocks, blocks) / BLOCK_SAMPLES
        self._learn(_decibels(float(powers.sum()) / len(powers)), len(samples) / SPEECH_RATE)
        if _decibels(float(powers.max())) > self.threshold:
            self._left = self._hold
            return True
        self._left -= len(samples) / SPEECH_RATE
        return self._left > 0

    def close(self) -> None:
        """Close it now; what is known of the noise stays."""
        self._left = 0.0

    def _learn(self, level: float, seconds: float) -> None:
        if self._second >= 1.0:
            self._least.append(level)
            self._second = 0.0
        self._least[-1] = min(self._least[-1], level)
        self._second += seconds


def _decibels(power: float) -> float:
    return 10 * math.log10(power + 1e-10)
