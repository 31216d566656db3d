"""The latest values of something that is measured again and again, and their percentiles."""

from __future__ import annotations

import collections
import math
import threading
import time

REPORTED = (50, 95, 99)
"""The percentiles that diagnostics tell."""


class RollingPercentiles:
    """
    The last `window` values of the last `horizon` seconds, in any unit; safe for all threads.

    All that the nodes tell as percentiles is kept in one of these.
    """

    def __init__(self, window: int = 500, horizon: float = math.inf) -> None:
        """Begin with nothing."""
        self._horizon = horizon
        self._values: collections.deque[tuple[float, float]] = collections.deque(maxlen=window)
        self._lock = threading.Lock()

    @classmethod
    def of_sentences(cls) -> RollingPercentiles:
        """Return one for values that come once a sentence: the last 100 of ten minutes."""
        return cls(100, 600.0)

    def observe(self, value: float) -> None:
        """Take one value; what is no finite number is left out."""
        if math.isfinite(value):
            with self._lock:
                self._values.append((time.monotonic(), value))

    def at(self, share: float) -> float:
        """Return the value that this share of all is at most; 0 where there are none."""
        ordered = sorted(self._recent())
        return _at(ordered, share) if ordered else 0.0

    def figures(self, name: str, scale: float = 1e3) -> dict[str, float]:
        """
        Return the percentiles for diagnostics as NAME_p50, NAME_p95 and NAME_p99.

        Values are multiplied by `scale`: seconds become milliseconds. Nothing where nothing has
        been measured lately.
        """
        ordered = sorted(self._recent())
        return {f'{name}_p{percent}': _at(ordered, percent / 100) * scale
                for percent in REPORTED if ordered}

    def _recent(self) -> list[float]:
        since = time.monotonic() - self._horizon
        with self._lock:
            while self._values and self._values[0][0] < since:
                self._values.popleft()
            return [value for _, value in self._values]


def _at(ordered: list[float], share: float) -> float:
    return ordered[int(share * (len(ordered) - 1))]
