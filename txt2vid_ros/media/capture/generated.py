"""Silence and a tone, for trying the graph without a microphone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.paced_source import PacedSource


class SilenceSource(PacedSource):
    """Endless silence."""

    name = 'silence'

    def _next(self, count: int) -> NDArray[np.float32]:
        return np.zeros(count, np.float32)


class ToneSource(PacedSource):
    """An endless sine wave."""

    name = 'tone'

    def __init__(self, clock: Clock, speed: float = 1.0, frequency: float = 440.0,
                 level: float = -20.0) -> None:
        """Take the frequency in Hz and the peak level in dB below full scale."""
        super().__init__(clock, speed)
        self._frequency = frequency
        self._amplitude = 10 ** (level / 20)

    def _next(self, count: int) -> NDArray[np.float32]:
        at = np.arange(self._count, self._count + count, dtype=np.float64)
        # Whole cycles are subtracted first, so that the phase stays exact over days.
        phase = (at * self._frequency / SPEECH_RATE) % 1.0
        return (self._amplitude * np.sin(2 * np.pi * phase)).astype(np.float32)
