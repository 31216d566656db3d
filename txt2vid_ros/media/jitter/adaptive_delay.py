"""How long sound is held back, so that nearly all of it is there when it is to be played."""

from __future__ import annotations

import bisect
import collections

from txt2vid_ros.core.clock import SECOND

MARGIN_SECONDS = 0.01
"""Seconds added to the jitter that was measured."""
BACKLOG_BLOCKS = 64
"""Blocks that a middleware may have kept while the network was down."""
LEARNING_BLOCKS = 100
"""Blocks after which the measured jitter replaces the initial guess."""
FALL_RATE = 0.05
"""Seconds per second by which the delay shrinks once the network has improved."""


class AdaptiveDelay:
    """The delay that covers the jitter of the arrivals: grows at once, shrinks slowly."""

    def __init__(self, first: float, least: float, most: float) -> None:
        """Start from `first` seconds until jitter is known; stay from `least` to `most`."""
        self.most = most
        self._least = least
        self._wanted = first
        self._usual = JitterMeter()
        self._lately = JitterMeter(share=0.98, window=50)
        self._blocks = 0
        self._arrival = 0
        """When the newest block came."""
        self._stuck = 0
        """How many of the blocks that an outage held up may still arrive late."""

    @property
    def seconds(self) -> float:
        """Return the wanted delay."""
        return min(max(self._wanted, self._least), self.most)

    @property
    def jitter(self) -> float:
        """Return the delay that 99 % of the last 1000 blocks, and 98 % of 50, keep within."""
        return max(self._usual.jitter, self._lately.jitter)

    def observe(self, delay: float, arrival: int, length: float) -> None:
        """Note that a block of `length` seconds came at `arrival` (ns), `delay` seconds late."""
        if not self._was_stuck(delay, arrival):
            self._usual.observe(delay)
            self._lately.observe(delay)
        self._blocks += 1
        wanted = self.jitter + MARGIN_SECONDS
        if wanted > self._wanted or self._blocks > LEARNING_BLOCKS:
            self._wanted = max(wanted, self._wanted - FALL_RATE * length)

    def _was_stuck(self, delay: float, arrival: int) -> bool:
        """Return whether a network outage, which no delay can absorb, made a block late."""
        if arrival - self._arrival > self.most * SECOND:
            self._stuck = BACKLOG_BLOCKS
        self._arrival = arrival
        self._stuck = max(self._stuck - 1, 0) if delay > self._wanted else 0
        return self._stuck > 0


class JitterMeter:
    """The delay that nearly all recent blocks keep within."""

    def __init__(self, share: float = 0.99, window: int = 1000) -> None:
        """Measure the delay that `share` of the last `window` blocks keep within."""
        self._share = share
        self._recent: collections.deque[float] = collections.deque()
        self._ordered: list[float] = []
        self._window = window

    def observe(self, delay: float) -> None:
        """Note the delay of one block in seconds."""
        if len(self._recent) == self._window:
            del self._ordered[bisect.bisect_left(self._ordered, self._recent.popleft())]
        self._recent.append(delay)
        bisect.insort(self._ordered, delay)

    @property
    def jitter(self) -> float:
        """Return that delay in seconds; 0 before the first block."""
        if not self._ordered:
            return 0.0
        return self._ordered[int(self._share * (len(self._ordered) - 1) + 0.5)]
