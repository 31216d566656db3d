"""Time for circuit breakers that a test moves: nobody has to wait for one."""

from __future__ import annotations

from txt2vid_ros.providers.resilience.time_source import TimeSource


class SteppedTime:
    """A clock that stands still but for the test, and for whoever sleeps."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.sleeps: list[float] = []
        self.source = TimeSource(lambda: self.seconds, self._sleep, lambda: 0.5)

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.seconds += seconds
