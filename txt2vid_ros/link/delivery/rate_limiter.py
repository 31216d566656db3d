"""Keeps an end of the link below its rate."""

from __future__ import annotations


class RateLimiter:
    """A token bucket in bits that one datagram may overdraw. Rate 0 means no limit."""

    def __init__(self, rate: float, burst: float = 0.0) -> None:
        """Allow `rate` bit/s on average, and `burst` bits at once after a pause."""
        self.rate = rate
        self._burst = burst
        self._level = burst
        self._at: float | None = None

    def ready_at(self, now: float) -> float:
        """Return when the next datagram may be sent, on the clock of `now`: now, or later."""
        if not self.rate:
            return now
        self._fill(now)
        # A little later than exact, so that rounding never wakes a waiter just too early.
        return now if self._level >= 0 else now - self._level / self.rate + 1e-6

    def spend(self, bits: float, now: float) -> None:
        """Account for `bits` sent."""
        if self.rate:
            self._fill(now)
            self._level -= bits

    @property
    def half_full(self) -> bool:
        """Whether at least half of the burst was left at the last look."""
        return not self.rate or self._level * 2 >= self._burst

    def _fill(self, now: float) -> None:
        earned = 0.0 if self._at is None else max(0.0, now - self._at) * self.rate
        self._level = min(self._burst, self._level + earned)
        self._at = now if self._at is None else max(now, self._at)
