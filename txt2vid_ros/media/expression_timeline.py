"""Expressions and gaze on the time line: each begins at its stamp, any moment comes out."""

from __future__ import annotations

import bisect
import dataclasses
import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.expressions import FacePose

EXPRESSION_SECONDS = 0.4
"""Seconds in which a face changes its expression."""
GAZE_SECONDS = 0.15
"""Seconds in which eyes turn; a large saccade takes about 0.1 (Bahill et al. 1975)."""
MEMORY_SECONDS = 3.0
"""Seconds for which what is over can still be asked for."""
MOST_CHANGES = 64
"""Changes that are held: they come from outside."""

Values = NDArray[np.float64]


class Demeanour(NamedTuple):
    """What a face shows at a moment besides its speech."""

    pose: FacePose
    right: float
    """How far the eyes look to the right of who looks at the face, -1 to 1."""
    up: float
    """The same upwards."""

    @property
    def at_rest(self) -> bool:
        """Return whether the face shows nothing and looks straight ahead."""
        return not (any(self.pose) or self.right or self.up)


@dataclasses.dataclass(frozen=True, order=True)
class _Change:
    start: float
    """Seconds."""
    goal: tuple[float, ...] = dataclasses.field(compare=False)


class _EasedTrack:
    """Values that are eased from one goal to the next."""

    def __init__(self, size: int, seconds: float) -> None:
        self._rest: Values = np.zeros(size)
        self._seconds = seconds
        self._changes: tuple[_Change, ...] = ()
        self._asked = -np.inf

    def change(self, start: float, goal: tuple[float, ...]) -> None:
        changes = [each for each in self._changes if each.start != start]
        bisect.insort(changes, _Change(start, goal))
        done = [each for each in changes if each.start < self._asked - MEMORY_SECONDS]
        # Of what is over, the last one is where the next begins.
        self._changes = tuple(changes[max(0, len(done) - 1):][-MOST_CHANGES:])

    def clear(self) -> None:
        self._changes = tuple(each for each in self._changes if each.start <= self._asked)

    def at(self, time: float) -> Values:
        self._asked = time
        value, goal = self._rest, self._rest
        begun = -np.inf
        for change in self._changes:
            if change.start > time:
                break
            value = self._between(value, goal, change.start - begun)
            goal, begun = np.asarray(change.goal), change.start
        return self._between(value, goal, time - begun)

    def _between(self, value: Values, goal: Values, since: float) -> Values:
        share = min(since / self._seconds, 1.0)
        return np.asarray(value + (goal - value) * (share * share * (3 - 2 * share)))


class ExpressionTimeline:
    """What the face is to show and where it looks. Safe to use from several threads."""

    def __init__(self) -> None:
        """Begin at rest, looking straight ahead."""
        self._pose = _EasedTrack(len(FacePose._fields), EXPRESSION_SECONDS)
        self._gaze = _EasedTrack(2, GAZE_SECONDS)
        self._lock = threading.Lock()

    def express(self, start: float, pose: FacePose) -> None:
        """Turn to an expression from `start` (seconds) on."""
        with self._lock:
            self._pose.change(start, tuple(pose))

    def look(self, start: float, right: float, up: float) -> None:
        """Turn the eyes from `start` (seconds) on; see Demeanour for the directions."""
        with self._lock:
            self._gaze.change(start, (right, up))

    def clear(self) -> None:
        """Forget what is still to come; what is shown stays."""
        with self._lock:
            self._pose.clear()
            self._gaze.clear()

    def at(self, time: float) -> Demeanour:
        """Return what the face shows at `time` (seconds)."""
        with self._lock:
            pose, gaze = self._pose.at(time), self._gaze.at(time)
        shown = FacePose(*map(float, pose))
        right, up = (min(max(float(side) + own, -1.0), 1.0)
                     for side, own in zip(gaze, (shown.right, shown.up), strict=True))
        return Demeanour(shown, right, up)
