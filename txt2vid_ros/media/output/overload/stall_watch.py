"""
Whether an encoder that takes no input is dead, or only kept from the processor.

To start another one where the machine is busy would cost more than it gave.
"""

from __future__ import annotations

from collections.abc import Callable
import time

from txt2vid_ros.core.process.activity import Activity, activity
from txt2vid_ros.core.process.stop_watch import StopWatch

DEAD_SECONDS = 2.0
"""Seconds without progress, in which it could have run, after which a process counts as dead."""
LONGEST_SECONDS = 30.0
"""Seconds without progress after which it counts as dead though it never could run."""
LOOK_SECONDS = 0.25
"""Seconds between looks at the process."""
BUSY_SHARE = 0.5
"""The share of a processor that a process gets at least which wants one and is not starved."""


class StallWatch:
    """Belongs to one thread, which looks now and then."""

    def __init__(self, look_at: Callable[[], Activity],
                 clock: Callable[[], float] = time.monotonic) -> None:
        """`look_at` tells what the process does; `clock` returns seconds."""
        self._look_at = look_at
        self._clock = clock
        self._progress = -1
        self._looked = clock()
        self._before = Activity(frozenset(), 0.0)
        self._since = self._looked
        self._stalled = 0.0
        self._stop = StopWatch(look_at, clock)

    @classmethod
    def of(cls, pid: int) -> StallWatch:
        """Watch a process of this machine."""
        return cls(lambda: activity(pid))

    def dead(self, progress: int, waiting: bool) -> bool:
        """
        Return whether the process is to be given up.

        `progress` is any count that grows as it takes input; `waiting` is whether there is some.
        """
        now = self._clock()
        if progress != self._progress or not waiting:
            self._progress, self._looked, self._since = progress, now, now
            self._before = Activity(frozenset(), -1.0)
            self._stalled = 0.0
            return False
        if self._stop.stopped():
            return True
        passed = now - self._looked
        if passed < LOOK_SECONDS:
            return False
        self._looked = now
        here, before = self._look_at(), self._before
        self._before = here
        if before.seconds < 0:
            return False
        # Where it was this process that had to wait, the other one may not have been seen at work.
        passed = min(passed, 2 * LOOK_SECONDS)
        ran = here.seconds - before.seconds
        # Stopped and let go on in turn.
        held_back = here.stopped and ran > 0
        starved = (here.wants_to_run or held_back) and ran < BUSY_SHARE * passed
        self._stalled += 0.0 if starved else passed
        return (self._stalled >= DEAD_SECONDS or now - self._since >= LONGEST_SECONDS)
