"""When the sender reports the clock offset that it has measured."""

from __future__ import annotations

from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol.clock_offset import OffsetEstimator
from txt2vid_ros.link.protocol.offset_report import OffsetReport

_MIN_EXCHANGES = 2
"""Measured before the first report, on a path that is not slow."""
_SLOW = 1.0
"""Seconds of round trip. What the receiver takes from the HELLO alone is wrong by its delay."""
_MIN_CHANGE = 0.004
"""Seconds by which the offset has to change to be reported before its time."""
_INTERVAL = 300.0
"""Seconds between reports of an offset that does not change."""
_MIN_INTERVAL = 15.0
"""Seconds between reports at least."""
_MAX_WAIT_FOR_SPEECH = 10.0
"""Seconds for which a report waits for speech to travel with; then it goes alone."""


class OffsetReporter:
    """Reports the offset rarely, or when it changes: with speech, or alone in a silence."""

    def __init__(self, clock: OffsetEstimator, reports: bool) -> None:
        """Report what `clock` measures; nothing where not `reports`: the other end measures it."""
        self._clock = clock
        self._reports = reports
        self._last_report = -NEVER
        self.reset()

    def reset(self) -> None:
        """Start over for a new session, whose receiver knows nothing."""
        self.wakeup = NEVER
        """When to send the report without speech."""
        self._confirmed: tuple[float, float] | None = None

    def update(self, now: Instant) -> None:
        """Decide whether a report is due."""
        offset = self._clock.at(now.wall)
        if not self._reports or offset is None or now.mono < self._last_report + _MIN_INTERVAL:
            return
        if self._confirmed is None:
            due = self._clock.count >= _MIN_EXCHANGES or offset.round_trip > _SLOW
        else:
            at, seconds = self._confirmed
            due = now.mono > at + _INTERVAL or abs(offset.seconds - seconds) > _MIN_CHANGE
        if due:
            self.wakeup = min(self.wakeup, now.mono + _MAX_WAIT_FOR_SPEECH)

    def report(self, now: Instant, alone: bool = False) -> OffsetReport | None:
        """Return the report to send with what is sent now; where `alone`, even if none is due."""
        offset = self._clock.at(now.wall)
        if not self._reports or offset is None or (self.wakeup == NEVER and not alone):
            return None
        self._last_report, self.wakeup = now.mono, NEVER
        return OffsetReport.of(offset)

    def confirm(self, report: OffsetReport, now: Instant) -> None:
        """Note that the receiver has this report."""
        self._confirmed = (now.mono, report.seconds)
