"""Limits on how often something may happen (token buckets), for one and for each address."""

from __future__ import annotations

import collections
import time

MOST_ADDRESSES = 4096
"""Addresses that are remembered; the one that was quiet for longest is forgotten first."""


class RateLimit:
    """A token bucket: `burst` at once, then `rate` a second."""

    def __init__(self, rate: float, burst: float) -> None:
        """Begin full."""
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at = time.monotonic()

    @property
    def left(self) -> float:
        """Return how often it may happen now."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        return self._left

    @property
    def wait(self) -> float:
        """Return the seconds until it may happen again."""
        return max(0.0, (1.0 - self.left) / self._rate)

    def take(self) -> bool:
        """Count one; return False, and count nothing, where it is too often."""
        if self.left < 1.0:
            return False
        self._left -= 1.0
        return True


class AddressRateLimits:
    """A RateLimit for each address that has been seen lately."""

    def __init__(self, rate: float, burst: float) -> None:
        """Take the limit of each."""
        self._rate = rate
        self._burst = burst
        self._limits: collections.OrderedDict[str, RateLimit] = collections.OrderedDict()

    def of(self, address: str) -> RateLimit:
        """Return the limit of an address."""
        held = self._limits.setdefault(address, RateLimit(self._rate, self._burst))
        self._limits.move_to_end(address)
        while len(self._limits) > MOST_ADDRESSES:
            self._limits.popitem(last=False)
        return held
