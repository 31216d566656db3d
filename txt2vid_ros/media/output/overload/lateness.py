"""Whether what is late is caught up, or skipped: the clock was set, or too much is missing."""

from __future__ import annotations

import time

from txt2vid_ros.core.clock import Clock, SECOND

LONGEST_STALL_SECONDS = 6.0
"""Seconds that a busy machine may be late, for which all sound is still written, the pictures left
out. More is skipped, and presentation times continue as if nothing had happened."""
LONGEST_STEP_SECONDS = 2.0
"""The same where the clock was set, or another encoder has to be started."""
STEP_SECONDS = 0.5
"""Seconds by which the clock and the machine's own one part where it was set."""


class Lateness:
    """Tells a machine that is slow from a clock that was set. Belongs to one thread."""

    def __init__(self, clock: Clock) -> None:
        """`clock` is the one that is followed."""
        self._clock = clock
        self._parted = 0
        """How far it is from the machine's own one, nanoseconds."""

    def to_skip(self, due: int) -> float:
        """
        Return how many seconds ago `due` (nanoseconds) was, if that is not caught up; else 0.

        Below 0 where it is so far ahead that nobody is to wait for it.
        """
        now = self._clock.now()
        parted, self._parted = self._parted, now - time.monotonic_ns()
        was_set = abs(self._parted - parted) > STEP_SECONDS * SECOND
        away = (now - due) / SECOND
        most = LONGEST_STALL_SECONDS if away > 0 and not was_set else LONGEST_STEP_SECONDS
        return away if abs(away) > most else 0.0
