"""The cached features of one session's driving frames, up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Encoded, Features, Generator


class FeatureCache(Generic[Encoded, Features]):
    """
    Features by driving frame. Belongs to one session.

    The encoder's output is kept for each driving frame, and the features for the last frame only,
    so those of a still picture are computed once. Nothing is evicted: driving frames are used in
    cycles, and if they do not all fit, evicting the oldest would evict each one just before its
    next use.
    """

    def __init__(self, limit: int, generator: Generator[Encoded, Features]) -> None:
        """Hold at most `limit` bytes and the last frame."""
        self._limit = limit
        self._generator = generator
        self._kept: dict[int, Encoded] = {}
        self._bytes = 0
        self._last: tuple[int, Features] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes held for encoded frames."""
        return self._bytes

    def get(self, index: int, crop: Callable[[int], Crop]) -> Features:
        """Return the features of driving frame `index`; `crop` cuts its face out if needed."""
        if self._last is None or self._last[0] != index:
            encoded = self._kept.get(index)
            if encoded is None:
                encoded = self._generator.encode(crop(index))
                self._keep(index, encoded)
            self._last = index, self._generator.features(encoded)
        return self._last[1]

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
        self._last = None
        self._bytes = 0

    def _keep(self, index: int, encoded: Encoded) -> None:
        size = self._generator.size_of(encoded)
        if self._bytes + size <= self._limit:
            self._kept[index] = encoded
            self._bytes += size
