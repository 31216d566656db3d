"""Resamples sound that comes chunk by chunk as if it had come at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
import soxr

HELD_SAMPLES = 128
"""Samples, at the lower of the two rates, that are held back until what follows is known: half the
length of the filter (soxr's HQ). It is 5.3 ms at 24 kHz."""
_PAST_SAMPLES = 256
"""Samples, at the lower rate, of what came before that the filter sees again."""


class Resampler:
    """
    Converts mono chunks to another rate; n samples become round(n * wanted / rate) in all.

    Each chunk is resampled with what came before and after it, so that chunks leave no trace.
    soxr.ResampleStream does the same, but works in blocks and holds 38 ms back at 24 kHz, by which
    a voice that streams would be heard later.
    """

    def __init__(self, rate: int, wanted: int) -> None:
        """Take the rate of what comes and the rate to return, Hz."""
        self.rate, self.wanted = rate, wanted
        step = math.gcd(rate, wanted)
        self._grid = rate // step
        """Samples after which both rates have a sample at the same time."""
        scale = max(1.0, rate / wanted)
        self._future = 0 if rate == wanted else math.ceil(HELD_SAMPLES * scale)
        self._past = math.ceil(_PAST_SAMPLES * scale)
        self._known: NDArray[np.float32] = np.zeros(0, np.float32)
        """The samples from number `_first` on, a multiple of `_grid`."""
        self._first = 0
        self._given = 0

    @property
    def held(self) -> float:
        """Return the seconds of sound that went in and have not come out yet."""
        return (self._first + len(self._known)) / self.rate - self._given / self.wanted

    def push(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take a chunk; return what is certain by now, perhaps nothing."""
        self._known = np.concatenate([self._known, np.asarray(samples, np.float32)])
        total = self._first + len(self._known)
        return self._take((total - self._future) * self.wanted // self.rate)

    def rest(self) -> NDArray[np.float32]:
        """Return what is held back, after the last chunk, and begin again."""
        total = self._first + len(self._known)
        rest = self._take((2 * total * self.wanted + self.rate) // (2 * self.rate))
        self._known, self._first, self._given = np.zeros(0, np.float32), 0, 0
        return rest

    def _take(self, end: int) -> NDArray[np.float32]:
        """Return the samples up to number `end` that have not been returned."""
        if end <= self._given:
            return np.zeros(0, np.float32)
        if self.rate == self.wanted:
            taken = self._known[self._given - self._first:end - self._first]
        else:
            # Beyond the end, silence.
            padded = np.pad(self._known, (0, self._future))
            offset = self._first * self.wanted // self.rate
            resampled = soxr.resample(padded, self.rate, self.wanted)
            taken = resampled[self._given - offset:end - offset]
        self._given = end
        forgotten = (end * self.rate // self.wanted - self._past) // self._grid * self._grid
        if forgotten > self._first:
            self._known = self._known[forgotten - self._first:]
            self._first = forgotten
        return np.ascontiguousarray(taken, np.float32)
