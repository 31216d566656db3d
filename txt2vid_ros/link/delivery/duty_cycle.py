"""
Keeps the time that an end is on the air below a share of any hour, as licence-free bands demand.

A window and not a token bucket: a full bucket and what flows into it would allow twice the share
within an hour (ETSI EN 300 220-1, duty cycle over an observation time of one hour).
"""

from __future__ import annotations

import collections

_WINDOW = 3600.0
"""Seconds that the share is of."""
_SLOT = 30.0
"""Seconds whose air time is counted together; it is remembered until the latest of it is an hour
old."""


class DutyCycle:
    """Counts air time. Share 0 means no limit."""

    def __init__(self, share: float, rate: float, largest_bits: float) -> None:
        """Allow `share` (0 to 1) at `rate` bit/s; no datagram has more than `largest_bits`."""
        self._budget = share * _WINDOW
        self._rate = rate
        self._reserve = largest_bits / rate if share else 0.0
        self._slots: collections.deque[tuple[int, float]] = collections.deque()
        self._used = 0.0

    def ready_at(self, now: float, part: float = 1.0) -> float:
        """
        Return when even the largest datagram may be sent: now, or later.

        `part` is the part of the share that may be used up then.
        """
        if not self._budget:
            return now
        self._forget(now)
        excess = self._used + self._reserve - part * self._budget
        for slot, seconds in self._slots:
            if excess <= 1e-9:
                break
            excess -= seconds
            now = max(now, (slot + 1) * _SLOT + _WINDOW + 1e-3)
        return now

    def spend(self, bits: float, now: float) -> None:
        """Account for `bits` sent."""
        if not self._budget:
            return
        slot, seconds = int(now // _SLOT), bits / self._rate
        if self._slots and self._slots[-1][0] >= slot:
            last, before = self._slots.pop()
            self._slots.append((last, before + seconds))
        else:
            self._slots.append((slot, seconds))
        self._used += seconds

    def used_share(self, now: float) -> float:
        """Return the share of the last hour that this end was on the air."""
        self._forget(now)
        return self._used / _WINDOW

    def _forget(self, now: float) -> None:
        while self._slots and (self._slots[0][0] + 1) * _SLOT + _WINDOW <= now:
            self._used -= self._slots.popleft()[1]
        if not self._slots:
            self._used = 0.0
