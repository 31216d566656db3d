"""Exponential backoff: how long to wait before the next try."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Backoff:
    """Pauses that grow with the failures in a row; it keeps no count and reads no clock."""

    first: float
    """Seconds after the first failure."""
    largest: float
    """Seconds that a pause never exceeds."""
    factor: float = 2.0

    def after(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row; 0 after none."""
        if failures <= 0:
            return 0.0
        # Past this many doublings the largest pause has long been reached, and floats overflow.
        return min(self.largest, self.first * self.factor ** min(failures - 1, 64))
