"""Estimates when a device takes or plays samples, despite late callbacks and its own rate."""

from __future__ import annotations

import collections
import math

from txt2vid_ros.core.clock import SECOND

DISCONTINUITY_SECONDS = 0.1
"""Seconds by which an observation may be off before it is taken as a break in the sound."""
STEP_SECONDS = 0.008
"""Seconds by which all of the last STEP_BLOCKS observations have to be off, to the same side, for
the line to move there at once: sound was lost, and nobody said so."""
STEP_BLOCKS = 30
SETTLED_BANDWIDTH_HZ, INITIAL_BANDWIDTH_HZ = 0.02, 0.5
"""Bandwidth of the loop in Hz, once settled and at the start."""
SETTLING_SECONDS = 10.0
"""Seconds from the initial bandwidth to the settled one."""


class SampleClock:
    """
    Filters the observed times of sample counts into a smooth line that does not drift.

    A delay-locked loop of second order (F. Adriaensen, "Using a DLL to filter time", Linux Audio
    Conference 2005): it follows the device's true rate, which is a few ten-thousandths off the
    nominal one, and averages out the jitter of the callbacks.
    """

    def __init__(self, rate: int, discontinuity: float = DISCONTINUITY_SECONDS) -> None:
        """Take the device's nominal `rate` in Hz; start over where `discontinuity` seconds off."""
        self._discontinuity = discontinuity
        self._nominal = 1.0 / rate
        self._period = self._nominal
        self._origin = 0
        """Nanoseconds of the first observation; all else is counted in seconds from it."""
        self._expected = 0.0
        self._age = 0.0
        self._running = False
        self._errors: collections.deque[float] = collections.deque(maxlen=STEP_BLOCKS)
        self.breaks = 0
        """How often the observations did not continue from those before."""

    @property
    def rate(self) -> float:
        """Return the device's measured rate in Hz, on the clock of the observations."""
        return 1.0 / self._period

    def reset(self) -> None:
        """Start over with the next block."""
        self._running = False

    def block(self, observed: int, count: int) -> int:
        """
        Return when a block's first sample was captured or will be heard (nanoseconds).

        `observed` is that time as reported by the device or the callback, `count` the number of
        samples in the block.
        """
        if not self._running:
            self._begin(observed)
        seconds = (observed - self._origin) / SECOND
        error = seconds - self._expected
        if abs(error) > self._discontinuity:
            self.breaks += 1
            self._begin(observed)
            error = 0.0
        error -= self._step(error)
        # More than that is not the device's doing: the machine was busy, or sound was lost.
        error = min(max(error, -STEP_SECONDS), STEP_SECONDS)
        length = count * self._period
        share = min(self._age / SETTLING_SECONDS, 1.0)
        bandwidth = INITIAL_BANDWIDTH_HZ ** (1 - share) * SETTLED_BANDWIDTH_HZ ** share
        omega = min(2 * math.pi * length * bandwidth, 0.5)
        stamp: int = self._origin + round((self._expected + math.sqrt(2) * omega * error) * SECOND)
        self._expected += length + math.sqrt(2) * omega * error
        self._period += omega * omega * error / max(count, 1)
        # No device is off its rate by more than a thousandth: beyond that, the clock stepped.
        self._period = min(max(self._period, 0.999 * self._nominal), 1.001 * self._nominal)
        self._age += length
        return stamp

    def _step(self, error: float) -> float:
        """Move the line by what all recent observations are off; return by how many seconds."""
        self._errors.append(error)
        least = min(self._errors, key=abs)
        same = all(each * least > 0 for each in self._errors)
        if abs(least) < STEP_SECONDS or not same or len(self._errors) < STEP_BLOCKS:
            return 0.0
        self._errors.clear()
        self._expected += least
        return least

    def _begin(self, observed: int) -> None:
        self._origin = observed
        self._expected = 0.0
        self._age = 0.0
        self._period = self._nominal
        self._errors.clear()
        self._running = True
