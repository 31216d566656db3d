"""
The offset between two machines' clocks, from the link's own exchanges.

Four stamps an exchange, as in NTP (RFC 5905). A datagram cannot arrive before it was sent, so each
direction bounds the offset from one side; the tightest bounds come from the exchanges with the
least delay, and the offset is midway between them (Marzullo's intersection). Older bounds are
corrected by the measured drift, a straight line through the best exchange of each eighth of the
time, and widened by what the clocks may have wandered beyond it.
"""

from __future__ import annotations

import collections
import dataclasses

from txt2vid_ros.link.messages import NEVER

_MAX_SAMPLES = 64
_MIN_DRIFT_SPAN = 60.0
"""Seconds that have to be observed before a drift is fitted."""
_WANDER = 20e-6
"""Seconds a second by which cheap quartz clocks may move apart beyond the measured drift."""


@dataclasses.dataclass(frozen=True)
class ClockOffset:
    """Seconds to add to this machine's clock to get the other's, with an error bound."""

    seconds: float
    uncertainty: float
    drift: float
    """Seconds a second; 0 until a minute has been observed."""
    round_trip: float
    """The least of the remembered exchanges, in seconds."""


@dataclasses.dataclass(frozen=True)
class _Sample:
    at: float
    offset: float
    round_trip: float


class OffsetEstimator:
    """Estimates the offset at any time from the exchanges so far."""

    def __init__(self) -> None:
        """Begin without any exchange."""
        self._samples: collections.deque[_Sample] = collections.deque(maxlen=_MAX_SAMPLES)
        self.smoothed_round_trip: float | None = None

    @property
    def count(self) -> int:
        """How many exchanges are remembered."""
        return len(self._samples)

    def add(self, sent: float, arrived: float, answered: float, returned: float) -> None:
        """Take an exchange: `sent` and `returned` on this clock, the others on the other's."""
        round_trip = (returned - sent) - (answered - arrived)
        if round_trip < -1e-3:
            return  # A clock was set during the exchange, which makes it useless.
        round_trip = max(0.0, round_trip)
        offset = ((arrived - sent) + (answered - returned)) / 2
        expected = self.at(returned)
        if expected and abs(offset - expected.seconds) > 0.1 + round_trip + expected.uncertainty:
            self._samples.clear()  # A clock was set: earlier exchanges no longer count.
        self._samples.append(_Sample(returned, offset, round_trip))
        self.add_round_trip(round_trip)

    def add_round_trip(self, round_trip: float) -> None:
        """Take an exchange that says nothing of the offset; seconds."""
        old = self.smoothed_round_trip
        self.smoothed_round_trip = round_trip if old is None else old + (round_trip - old) / 8

    def at(self, now: float) -> ClockOffset | None:
        """Return the offset at `now` (this clock), or None before the first exchange."""
        if not self._samples:
            return None
        drift = self._drift()
        low, high = -NEVER, NEVER
        for sample in self._samples:
            age = abs(now - sample.at)
            center = sample.offset + drift * (now - sample.at)
            reach = sample.round_trip / 2 + age * _WANDER
            low, high = max(low, center - reach), min(high, center + reach)
        least = min(sample.round_trip for sample in self._samples)
        return ClockOffset((low + high) / 2, abs(high - low) / 2 + 1e-4, drift, least)

    def _drift(self) -> float:
        first, last = self._samples[0].at, self._samples[-1].at
        if last - first < _MIN_DRIFT_SPAN or len(self._samples) < 8:
            return 0.0
        # The best sample of each eighth of the time: the others carry queueing, not drift.
        stretch = (last - first) / 8
        best: dict[int, _Sample] = {}
        for sample in self._samples:
            part = min(7, int((sample.at - first) / stretch))
            if part not in best or sample.round_trip < best[part].round_trip:
                best[part] = sample
        points = list(best.values())
        if len(points) < 4:
            return 0.0
        mean_at = sum(p.at for p in points) / len(points)
        mean_offset = sum(p.offset for p in points) / len(points)
        spread = sum((p.at - mean_at) ** 2 for p in points)
        slope = sum((p.at - mean_at) * (p.offset - mean_offset) for p in points) / spread
        # Beyond what quartz does, or within what queueing explains, the slope is jitter.
        jitter = max(p.round_trip for p in points) / 2
        return slope if abs(slope) < 500e-6 and abs(slope) * (last - first) > jitter else 0.0
