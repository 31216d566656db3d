"""Measures how far ahead of its stamp a consumer has to get each item."""

from __future__ import annotations

from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles

LOOK_EVERY = 10
"""Delays after which the lead may fall: to order all for each frame takes as long as a message."""


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
        self._usual: float | None = 0.0
        """What nearly all delays are at most; None where that is to be looked up again."""
        self._since = 0
        """Delays since it was."""

    def observe(self, delay: float) -> None:
        """Note one delay in seconds."""
        self.delays.observe(delay)
        self._since += 1
        if self._usual is not None and (delay > self._usual or self._since >= LOOK_EVERY):
            self._usual = None

    @property
    def lead_time(self) -> float:
        """Return the lead in seconds that 98 % of the observed delays would have been met by."""
        usual = self._usual
        if usual is None:
            usual = self._usual = self.delays.at(0.98)
            self._since = 0
        return min(max(self._need + usual + self._margin, self._smallest), self._largest)
