"""Estimates when sound would arrive if nothing delayed it: the line under all arrivals."""

from __future__ import annotations

import collections
import itertools

from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE

WINDOW_SECONDS = 90
"""Seconds of arrivals that the line is fitted under."""
LARGEST_DRIFT = 5e-4
"""No clock drifts more: quartz stays within 1e-4, with aging and heat within 2e-4."""
DRIFT_SETTLING_SECONDS = 15.0
"""Seconds of arrivals after which the measured slope gets half its weight."""
CLOCK_STEP_SECONDS = 0.1
"""Seconds off a settled line that only a clock step or a change of route can explain."""
SETTLED_SECONDS = 3
"""Seconds of arrivals after which the line counts as settled."""
ABANDONED_SECONDS = 3
"""Seconds without an arrival near the line after which it no longer holds."""

Point = tuple[float, float]


class SkewEstimator:
    """
    Maps the sender's samples to the local clock, from arrivals alone.

    A block can be delayed but cannot come early. So the line that touches the arrivals from below
    is that of the undelayed ones, its slope is the drift between the clocks, and its height is
    their offset plus the shortest transit time (S. Moon, P. Skelly, D. Towsley: "Estimation and
    removal of clock skew from network delay measurements", INFOCOM 1999).
    """

    def __init__(self, arrival: int) -> None:
        """Count local time from the first `arrival`, nanoseconds."""
        self._origin = arrival
        self._least: collections.deque[Point] = collections.deque(maxlen=WINDOW_SECONDS)
        """For each second of sound, position (seconds) and delay of its least delayed block."""
        self._slope = 0.0
        self._height = 0.0

    @property
    def drift(self) -> float:
        """Return by how much the sender's clock is slow, as a fraction; negative if fast."""
        return self._slope

    def observe(self, end: int, arrival: int) -> float | None:
        """
        Note when the block that ends at sample `end` came; return its delay in seconds.

        None where a clock must have been set: blocks come too early, or all of them late.
        """
        at = end / SPEECH_RATE
        raw = (arrival - self._origin) / SECOND - at
        delay = raw - self._slope * at - self._height if self._least else 0.0
        if delay < -CLOCK_STEP_SECONDS and len(self._least) >= SETTLED_SECONDS:
            return None
        if not self._least or int(at) > int(self._least[-1][0]):
            if self._was_left():
                return None
            self._least.append((at, raw))
            self._fit()
        elif raw < self._least[-1][1] and int(at) == int(self._least[-1][0]):
            self._least[-1] = (at, raw)
        self._height = min(self._height, raw - self._slope * at)
        return max(delay, 0.0)

    def undelayed(self, position: float) -> float:
        """Return when a sample arrives at the earliest, in local seconds since the origin."""
        at = position / SPEECH_RATE
        return at * (1 + self._slope) + self._height

    def position(self, local: int) -> float:
        """Return the newest sample that can have arrived by `local` (nanoseconds)."""
        return ((local - self._origin) / SECOND - self._height) / (1 + self._slope) * SPEECH_RATE

    def behind(self, local: int, position: float) -> float:
        """Return the seconds from a sample's earliest arrival to `local` (nanoseconds)."""
        return (local - self._origin) / SECOND - self.undelayed(position)

    def _was_left(self) -> bool:
        if len(self._least) < ABANDONED_SECONDS + SETTLED_SECONDS:
            return False
        latest = itertools.islice(reversed(self._least), ABANDONED_SECONDS)
        return all(raw - self._slope * at - self._height > CLOCK_STEP_SECONDS
                   for at, raw in latest)

    def _fit(self) -> None:
        hull: list[Point] = []
        for point in self._least:
            while len(hull) > 1 and not _turns_left(hull[-2], hull[-1], point):
                hull.pop()
            hull.append(point)
        middle = sum(at for at, _ in self._least) / len(self._least)
        slope = next(((after[1] - before[1]) / (after[0] - before[0])
                      for before, after in itertools.pairwise(hull)
                      if after[0] >= middle), 0.0)
        span = self._least[-1][0] - self._least[0][0]
        # A short stretch shows jitter rather than drift.
        slope *= span * span / (span * span + DRIFT_SETTLING_SECONDS * DRIFT_SETTLING_SECONDS)
        self._slope = min(max(slope, -LARGEST_DRIFT), LARGEST_DRIFT)
        self._height = min(raw - self._slope * at for at, raw in self._least)


def _turns_left(first: Point, second: Point, third: Point) -> bool:
    return ((second[0] - first[0]) * (third[1] - first[1])
            > (second[1] - first[1]) * (third[0] - first[0]))
