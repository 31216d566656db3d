"""Whether a signal has stopped a process, and nobody lets it go on soon."""

from __future__ import annotations

from collections.abc import Callable
import time

from txt2vid_ros.core.process.activity import Activity, activity, main_state

STOPPED_SECONDS = 0.15
"""Seconds for which a process is stopped before it counts as that: nobody knows for how long."""
LONGEST_LOOK = 0.25
"""Seconds between two looks from which on who looks was held up, or stopped with the process."""
BY_SIGNAL = frozenset('T')
"""The states of a process that a signal has stopped; a debugger's is t (proc(5))."""


class StopWatch:
    """Belongs to one thread, which looks several times in STOPPED_SECONDS."""

    def __init__(self, look_at: Callable[[], Activity],
                 clock: Callable[[], float] = time.monotonic) -> None:
        """`look_at` tells what the process does; `clock` returns seconds."""
        self._look_at = look_at
        self._clock = clock
        self._looked = clock()
        self._ran = -1.0
        self._stopped = 0.0

    @classmethod
    def of(cls, pid: int) -> StopWatch:
        """Watch a process of this machine."""
        def look() -> Activity:
            # Most looks are at a process that runs, which may have dozens of threads.
            state = main_state(pid)
            return activity(pid) if state in BY_SIGNAL else Activity(frozenset(state), 0.0)

        return cls(look)

    def stopped(self) -> bool:
        """Return whether it has been stopped for so long."""
        now, here = self._clock(), self._look_at()
        passed, self._looked = now - self._looked, now
        # Who stops a process and lets it go on in turn only slows it down: cpulimit(1).
        still = here.states == BY_SIGNAL and here.seconds == self._ran
        self._ran = here.seconds
        self._stopped = self._stopped + passed if still and passed < LONGEST_LOOK else 0.0
        return self._stopped >= STOPPED_SECONDS
