"""Tells whether a clock runs as fast as real time; a simulated one need not."""

from __future__ import annotations

import collections
from collections.abc import Callable
import time

from txt2vid_ros.core.clock import SECOND

WINDOW_SECONDS = 1.0
LEAST_SECONDS = 0.3
"""Seconds of observations before anything is said: a simulated clock moves in steps."""
SPACING_SECONDS = 0.05
TOLERANCE = 0.1


class Pace:
    """Compares a clock with the machine's monotonic one over the last second."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Begin; a clock counts as real time until it has been seen not to be."""
        self._monotonic = monotonic
        self._seen: collections.deque[tuple[float, int]] = collections.deque()
        self.rate = 1.0
        """Seconds of the clock in a second."""

    @property
    def real(self) -> bool:
        """Return whether the clock runs as real time does."""
        return abs(self.rate - 1) <= TOLERANCE

    def observe(self, now: int) -> None:
        """Note what the clock says, nanoseconds."""
        at = self._monotonic()
        if self._seen and at - self._seen[-1][0] < SPACING_SECONDS:
            return
        self._seen.append((at, now))
        while at - self._seen[0][0] > WINDOW_SECONDS + SPACING_SECONDS:
            self._seen.popleft()
        first, then = self._seen[0]
        if at - first >= LEAST_SECONDS:
            self.rate = (now - then) / SECOND / (at - first)
