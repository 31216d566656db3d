"""What reports of the other end say of the path: how much is lost, how long sound waits there."""

from __future__ import annotations

import collections
from typing import NamedTuple

from txt2vid_ros.link.messages import NEVER

SECONDS = 10.0
"""Over which reports are kept."""
_DRAINS = 0.03
"""Seconds by which a queue gets shorter between reports where the path bears what is sent."""


class Arrivals(NamedTuple):
    """What a report says of the datagrams since the one before."""

    sent: int
    received: int
    queue: float
    """Seconds for which they wait on the way."""


class ReportedPath:
    """The reports of the last SECONDS; the time is that of the monotonic clock."""

    def __init__(self) -> None:
        """Begin without any."""
        self.grows = False
        """Whether the queue does. One that runs dry is no complaint about what is sent now."""
        self.growth = 0.0
        """Of the queue, in seconds a second, as last reported."""
        self._reports: collections.deque[tuple[float, Arrivals]] = collections.deque()
        self._queue, self._reported = 0.0, -NEVER

    def report(self, arrivals: Arrivals, now: float) -> None:
        """Take a report."""
        self._reports.append((now, arrivals))
        while self._reports[0][0] < now - SECONDS:
            self._reports.popleft()
        self.grows = arrivals.queue > self._queue - _DRAINS
        growth = (arrivals.queue - self._queue) / max(now - self._reported, 0.1)
        self.growth = max(growth, 0.0)
        self._queue, self._reported = arrivals.queue, now

    def forget_losses(self) -> None:
        """Count losses from now on: something else is sent."""
        self._reports.clear()

    def lost(self, datagrams: int, seconds: float, now: float) -> float:
        """Return the share lost in the last `seconds`; 0 where fewer `datagrams` were sent."""
        return self._share([each for at, each in self._reports if at >= now - seconds], datagrams)

    def lost_of_last(self, datagrams: int) -> float:
        """Return the share lost in the latest reports about so many `datagrams`."""
        latest: list[Arrivals] = []
        for _, each in reversed(self._reports):
            if sum(known.sent for known in latest) >= datagrams:
                break
            latest.append(each)
        return self._share(latest, datagrams)

    @staticmethod
    def _share(reports: list[Arrivals], datagrams: int) -> float:
        sent = sum(each.sent for each in reports)
        return 1 - sum(each.received for each in reports) / sent if sent >= datagrams else 0.0
