"""
Silences what is left of an echo after it was cancelled.

However quiet it is, a detector of voices takes it for one, above all in the first seconds, while
the canceller still learns the room. What is left is told from a person by its level against that
of the echo.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

WIDEST = 0.1
"""Power that may be left of an echo, as a share of it, as long as nothing is known."""
NARROWEST = 0.01
LEFT_MARGIN = 12.0
"""How many times the mean of what is left counts as being left."""
OPEN_FRAMES = 25
"""Frames that pass after one that is louder: the ends of words are quiet."""
ECHO_FRAMES = 30
"""Frames after what is played for which its echo may be heard."""
SMOOTHING = 0.1
"""Of the echo's power, from frame to frame; it falls by DECAY."""
DECAY = 0.98
ATTACK = 0.5
"""Of a single frame's power, which counts at once: what is played has a beginning."""
LEARNING = 0.005
"""Of the share that is left, from frame to frame."""
ASSUMED = 0.01
"""Power of an echo of which WIDEST may be left until it is learned; rather loud, to learn slowly:
in the first second less is left than later, when it dies away in the room."""


class ResidualGate:
    """Tells frames of 10 ms that are louder than an echo may have left them."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._smooth = self._echo = self._clean = 0.0
        self._heard, self._left = ASSUMED, ASSUMED * WIDEST / LEFT_MARGIN
        self._open = 0
        self._tail = 0

    @property
    def attenuation(self) -> float:
        """Return by how many dB the echo was lowered lately."""
        return 10 * math.log10((self._heard + 1e-12) / (self._left + 1e-12))

    def passes(self, played: NDArray[np.float32], heard: NDArray[np.float32],
               left: NDArray[np.float32]) -> bool:
        """
        Take a frame of what is played, of what is heard and what is left of that.

        Return whether there is more in it than an echo.
        """
        before, after = (float(np.square(sound).mean()) for sound in (heard, left))
        self._smooth += SMOOTHING * (before - self._smooth)
        self._clean += 0.5 * (after - self._clean)
        self._echo = max(self._smooth, ATTACK * before, self._echo * DECAY)
        self._tail = ECHO_FRAMES if played.any() else max(0, self._tail - 1)
        if not self._tail:
            return True
        self._heard += LEARNING * (before - self._heard)
        self._left += LEARNING * (after - self._left)
        share = min(max(LEFT_MARGIN * self._left / self._heard, NARROWEST), WIDEST)
        if self._clean > share * self._echo:
            self._open = OPEN_FRAMES
            return True
        if self._open:
            self._open -= 1
            return True
        return False
