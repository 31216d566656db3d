"""Time and chance as the circuit breakers see them, so that tests can replace both."""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
import random
import time


@dataclasses.dataclass(frozen=True)
class TimeSource:
    """A monotonic clock in seconds, a way to sleep, and random numbers."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random
    """Return a number from 0 to 1."""

    def jittered(self, seconds: float) -> float:
        """Return half to one and a half times `seconds`: what failed together retries apart."""
        return seconds * (0.5 + self.random())


REAL_TIME = TimeSource()
