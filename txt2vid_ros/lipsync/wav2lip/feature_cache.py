"""What one session remembers of its driving frames, within a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Features = TypeVar('Features')


class FeatureCache(Generic[Features]):
    """Features by driving frame. Belongs to one session.

    What is in stays in. Driving frames come round in circles, and where they do not all fit,
    throwing out the oldest would throw out each one just before it comes again.
    """

    def __init__(self, limit: int, size_of: Callable[[Features], int]) -> None:
        """Hold at most `limit` bytes, and at least the frame asked for last."""
        self._limit = limit
        self._size_of = size_of
        self._kept: dict[int, Features] = {}
        self._bytes = 0
        self._last: tuple[int, Features] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self._bytes

    def get(self, index: int, compute: Callable[[int], Features]) -> Features:
        """Return the features of driving frame `index`, from `compute` if they are not held."""
        if index in self._kept:
            return self._kept[index]
        if self._last is not None and self._last[0] == index:
            return self._last[1]
        features = compute(index)
        size = self._size_of(features)
        if self._bytes + size <= self._limit:
            self._kept[index] = features
            self._bytes += size
        else:
            self._last = index, features
        return features

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._last = None
        self._bytes = 0
