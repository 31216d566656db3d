"""Tries, while speech goes as text, whether the path would bear sound."""

from __future__ import annotations

from txt2vid_ros.link.sound.rungs import SoundRung

SECONDS = 10.0
"""For which the path has to bear it."""
_SHARES = ((3.0, 0.25), (6.0, 0.5))
"""Until when, in seconds, what share of the lowest rung's rate is sent; then all of it. So a path
that bears less is found out by a little too much, behind which text does not wait long."""
_FRESH = 3.0
"""Seconds for which a report counts."""


class Trial:
    """A stretch of padding as large as the lowest rung's sound."""

    def __init__(self, rung: SoundRung, now: float) -> None:
        """Begin now."""
        self.rung = rung
        self.due = now
        """When the next datagram of padding is to be sent."""
        self._began = now
        self._reported = now

    def sent(self, now: float) -> None:
        """Note that a datagram was sent."""
        age = now - self._began
        share = next((share for until, share in _SHARES if age < until), 1.0)
        self.due = now + self.rung.seconds / share

    def reported(self, now: float) -> None:
        """Note a report without complaint."""
        self._reported = now

    def passed(self, now: float) -> bool:
        """Return whether the path has borne it for SECONDS."""
        return now - self._began >= SECONDS and now - self._reported < _FRESH
