"""Turns the sound of any device into mono at one rate, without DC offset or NaN."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.source import SourceStatistics
from txt2vid_ros.media.downmix import Downmixer

DC_SETTLING_SECONDS = 0.2
"""Seconds over which the DC offset of the converter is learned."""
CLIPPED_LEVEL = 0.999
_FULL_SCALES = {'int16': 2.0 ** 15, 'int32': 2.0 ** 31, 'int8': 2.0 ** 7}


class Conditioner:
    """
    Turns blocks of any rate, width and number of channels into mono float32 at SPEECH_RATE.

    Output sample m was captured m / SPEECH_RATE seconds after the first input sample. The
    resampler holds back some 20 milliseconds until more sound arrives.
    """

    def __init__(self, rate: int, statistics: SourceStatistics) -> None:
        """Take blocks at `rate` Hz; faults in the sound are counted in `statistics`."""
        self._statistics = statistics
        self._rate = rate
        self._taken = self._given = 0
        self._resampler = None if rate == SPEECH_RATE else soxr.ResampleStream(
            rate, SPEECH_RATE, 1, dtype='float32', quality='MQ')
        self._dc_blocker = _DcBlocker(rate)
        self._downmixer = Downmixer(rate)

    @property
    def pending(self) -> float:
        """Return the seconds of sound that went in and have not come out yet."""
        return self._taken / self._rate - self._given / SPEECH_RATE

    def process(self, block: NDArray[Any]) -> NDArray[np.float32]:
        """Take (n,) or (n, channels) samples, integers or floats; return what is ready."""
        scale = _FULL_SCALES.get(block.dtype.name, 1.0)
        samples = block.astype(np.float32) / np.float32(scale)
        valid = np.isfinite(samples)
        if not valid.all():
            self._statistics.invalid += int(samples.size - valid.sum())
            samples = np.where(valid, samples, np.float32(0))
        self._statistics.clipped += int((np.abs(samples) >= CLIPPED_LEVEL).sum())
        # Of each channel: an offset is no sound by which to choose among them.
        mono = self._downmixer.process(self._dc_blocker.process(np.clip(samples, -1, 1)))
        if self._resampler is not None:
            mono = self._resampler.resample_chunk(mono)
        self._taken += len(block)
        self._given += len(mono)
        return np.clip(mono, -1, 1).astype(np.float32)


class _DcBlocker:
    """Subtracts the slowly varying mean of each channel, without steps between blocks."""

    def __init__(self, rate: int) -> None:
        self._settling = DC_SETTLING_SECONDS * rate
        self._mean: NDArray[np.float32] | None = None

    def process(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(samples) == 0:
            return samples
        now = samples.mean(axis=0)
        before = now if self._mean is None or self._mean.shape != now.shape else self._mean
        weight = 1.0 - float(np.exp(-len(samples) / self._settling))
        self._mean = np.asarray(before + weight * (now - before), np.float32)
        ramp = np.linspace(before, self._mean, len(samples), dtype=np.float32)
        return samples - ramp
