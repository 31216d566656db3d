"""How fast a count grows."""

from __future__ import annotations

import collections
import time


class RollingRate:
    """The growth of a count over its last observations, a second."""

    def __init__(self, window: int = 6) -> None:
        """Take it over `window` observations; of one a second, five seconds."""
        self._seen: collections.deque[tuple[float, float]] = collections.deque(maxlen=window)

    def observe(self, count: float) -> None:
        """Take the count as it is now; one that has become smaller begins anew."""
        if self._seen and count < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((time.monotonic(), count))

    @property
    def per_second(self) -> float | None:
        """Return the growth a second; None until two observations lie apart."""
        if len(self._seen) < 2 or self._seen[-1][0] == self._seen[0][0]:
            return None
        (begin, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - begin)
