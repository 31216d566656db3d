"""Measures how far ahead of its stamp a consumer has to get each item."""

from __future__ import annotations

from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles


class LeadTimeEstimator:
    """
    The lead that covers nearly all recent delays, plus a fixed need and a margin.

    A consumer observes how long each item took from when its producer was due to send it to when
    it could be used. The estimate rises at once and falls when the delays have left the window.
    """

    def __init__(self, need: float, margin: float = 0.01, smallest: float = 0.0,
                 largest: float = 0.5, window: int = 250) -> None:
        """Take the fixed `need` in seconds, to which the delays are added."""
        self._need = need
        self._margin = margin
        self._smallest = smallest
        self._largest = largest
        self.delays = RollingPercentiles(window)
        """Seconds."""

    def observe(self, delay: float) -> None:
        """Note one delay in seconds."""
        self.delays.observe(delay)

    @property
    def lead_time(self) -> float:
        """Return the lead in seconds that 98 % of the observed delays would have been met by."""
        usual = self.delays.at(0.98)
        return min(max(self._need + usual + self._margin, self._smallest), self._largest)
