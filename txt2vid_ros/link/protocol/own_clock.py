"""Whether this machine's clock was set, by more than what travels of a time leaves room for."""

from __future__ import annotations

from txt2vid_ros.link.messages import Instant, NEVER

_LEAST_STEP = 1.0
"""Seconds between two looks, about a second apart, beyond which a clock was set: one that goes
at another rate, as that of a bag that is played at half its rate, was not."""
_MOST_SHIFT = 15.0
"""Seconds; what travels as the rest of a division by 82 or 104 s is still read correctly."""
_LEAST_INTERVAL = 30.0
"""Seconds between two answers, for clocks that jump all the time."""


class OwnClock:
    """Compares the wall clock with the monotonic one, which nobody sets."""

    def __init__(self, now: Instant) -> None:
        """Begin with the clock as it is."""
        self._ahead = now.wall - now.mono
        self._shift = 0.0
        self._told = -NEVER

    def was_set(self, now: Instant) -> bool:
        """Return whether it was set far since the last time that this was so."""
        ahead = now.wall - now.mono
        step, self._ahead = ahead - self._ahead, ahead
        if abs(step) > _LEAST_STEP:
            self._shift += step
        if abs(self._shift) <= _MOST_SHIFT or now.mono < self._told + _LEAST_INTERVAL:
            return False
        self._shift, self._told = 0.0, now.mono
        return True
