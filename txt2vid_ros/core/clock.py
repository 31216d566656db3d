"""Time as the project counts it: integer nanoseconds, and the frame grid laid over them."""

from __future__ import annotations

import dataclasses
from fractions import Fraction
import time
from typing import Protocol

SECOND = 1_000_000_000


class Clock(Protocol):
    """Something that tells the time in nanoseconds since the epoch; ROS time in a node."""

    def now(self) -> int:
        """Return the present time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the present time in nanoseconds."""
        return time.time_ns()


@dataclasses.dataclass(frozen=True)
class FrameGrid:
    """Frame k is seen at k / fps seconds after the epoch, whoever counts."""

    fps: Fraction

    @classmethod
    def at(cls, fps: float) -> FrameGrid:
        """Return the grid of a rate such as 25 or 29.97 frames a second."""
        return cls(Fraction(fps).limit_denominator(1001))

    def stamp(self, index: int) -> int:
        """Return when frame `index` is seen, in nanoseconds."""
        # In integers: Fraction takes ten times as long, and each frame asks several times.
        return index * SECOND * self.fps.denominator // self.fps.numerator

    def seconds(self, index: int) -> float:
        """Return when frame `index` is seen, in seconds."""
        return index * self.fps.denominator / self.fps.numerator

    def sample(self, index: int, rate: int) -> int:
        """Return the sample, of `rate` Hz and counted as frames are, with which a frame begins."""
        return index * rate * self.fps.denominator // self.fps.numerator

    def index(self, stamp: int) -> int:
        """Return the frame whose time is nearest to `stamp` nanoseconds."""
        unit = self.fps.denominator * SECOND
        whole, rest = divmod(stamp * self.fps.numerator, unit)
        return whole + (2 * rest > unit or (2 * rest == unit and whole % 2))

    def first_after(self, stamp: int) -> int:
        """Return the first frame that is seen at or after `stamp` nanoseconds."""
        return -((-stamp * self.fps.numerator) // (self.fps.denominator * SECOND))
