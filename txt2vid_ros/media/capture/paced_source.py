"""Sources that are made, not captured: their samples are counted out at the clock's pace."""

from __future__ import annotations

import abc
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.source import SoundBlock, SoundSource

BLOCK_SAMPLES = 512
"""Samples, 32 ms."""
LONGEST_STALL_SECONDS = 1.0
"""Seconds that are made up for by going faster; a longer stall leaves a gap in the stamps."""
POLL_SECONDS = 0.05


class PacedSource(SoundSource):
    """Hands out each block when its last sample would have been captured."""

    def __init__(self, clock: Clock, speed: float = 1.0) -> None:
        """
        `speed` times real time; 0 as fast as they are taken. Stamps count at real time.

        At any speed but 1 stamps say nothing about the present, so a stall leaves no gap in them.
        """
        super().__init__()
        self._clock = clock
        self._speed = speed
        self._start = 0
        self._began = 0
        self._count = 0

    def open(self) -> None:  # noqa: A003
        """Count from now on."""
        self._start = self._began = self._clock.now()
        self._count = 0

    def read(self, stop: threading.Event) -> SoundBlock | None:
        """Wait until the next block is due and return it."""
        samples = self._next(BLOCK_SAMPLES)
        stamp = self._start + self._count * SECOND // SPEECH_RATE
        self._count += len(samples)
        if self._speed > 0:
            due = self._began + int(self._count * SECOND / (SPEECH_RATE * self._speed))
            while (left := due - self._clock.now()) > 0:
                if stop.wait(min(left / SECOND, POLL_SECONDS)):
                    return None
            if -left > LONGEST_STALL_SECONDS * SECOND:
                self._began -= left
                if self._speed == 1:
                    self._start -= left
        return None if stop.is_set() else SoundBlock(stamp, samples)

    @abc.abstractmethod
    def _next(self, count: int) -> NDArray[np.float32]:
        """Return the next `count` samples."""
