"""Which bytes of something have arrived."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Iterator

Range = tuple[int, int]
"""The first byte, and the first after the last."""

MOST_RANGES = 512
"""Gaps beyond so many are not kept apart: what makes another one has to come again."""


class ByteRanges:
    """Disjoint ranges in order, none of which touches the next."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        """Begin with these."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self) -> Iterator[Range]:
        """Yield the ranges from the first to the last."""
        return iter(zip(self._starts, self._ends, strict=True))

    @property
    def total(self) -> int:
        """Return how many bytes there are."""
        return sum(self._ends) - sum(self._starts)

    def covers(self, end: int) -> bool:
        """Return whether everything before `end` is there."""
        return end == 0 or (self._starts[:1] == [0] and self._ends[0] >= end)

    def add(self, start: int, end: int) -> bool:
        """Add a range; False where it would make more ranges than are kept."""
        if start >= end:
            return True
        first = bisect.bisect_left(self._ends, start)
        last = bisect.bisect_right(self._starts, end)
        if first == last and len(self._starts) >= MOST_RANGES:
            return False
        if first < last:
            start = min(start, self._starts[first])
            end = max(end, self._ends[last - 1])
        self._starts[first:last] = [start]
        self._ends[first:last] = [end]
        return True

    def missing(self, end: int) -> list[Range]:
        """Return the gaps before `end`."""
        gaps, at = [], 0
        for first, after in self:
            if first >= end:
                break
            if first > at:
                gaps.append((at, first))
            at = after
        if at < end:
            gaps.append((at, end))
        return gaps
