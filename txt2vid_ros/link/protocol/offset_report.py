"""When the sender tells the receiver the clock offset that it has measured."""

from __future__ import annotations

from txt2vid_ros.link.messages import Instant, NEVER
from txt2vid_ros.link.protocol.clock import OffsetEstimator
from txt2vid_ros.link.protocol.clock_note import ClockNote

_EXCHANGES = 2
_CHANGE = 0.004
_EVERY, _TRIES_EVERY = 300.0, 15.0
_PATIENCE = 10.0


class ClockTeller:
    """Has the offset travel with speech, or alone if none is said soon; seldom or when changed."""

    def __init__(self, clock: OffsetEstimator) -> None:
        """Tell what `clock` knows."""
        self._clock = clock
        self._tried = -NEVER
        self.reset()

    def reset(self) -> None:
        """Begin anew, as with a new session."""
        self.wakeup = NEVER
        """When to tell it without speech."""
        self._told: tuple[float, float] | None = None

    def consider(self, now: Instant) -> None:
        """See whether there is something to tell."""
        offset = self._clock.at(now.wall)
        if offset is None or now.mono < self._tried + _TRIES_EVERY:
            return
        if self._told is None:
            due = self._clock.count >= _EXCHANGES
        else:
            at, told = self._told
            due = now.mono > at + _EVERY or abs(offset.seconds - told) > _CHANGE
        if due:
            self.wakeup = min(self.wakeup, now.mono + _PATIENCE)

    def note(self, now: Instant, alone: bool = False) -> ClockNote | None:
        """Return what to tell with what is sent now; where `alone`, whether or not it is due."""
        offset = self._clock.at(now.wall)
        if offset is None or (self.wakeup == NEVER and not alone):
            return None
        self._tried, self.wakeup = now.mono, NEVER
        return ClockNote.of(offset)

    def confirm(self, note: ClockNote, now: Instant) -> None:
        """Note that the receiver has got it."""
        self._told = (now.mono, note.seconds)
