"""What one session remembers of its driving frames, within a limit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic

from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Encoded, Features, Generator


class FeatureCache(Generic[Encoded, Features]):
    """Features by driving frame. Belongs to one session.

    Of each driving frame what its encoder gave is kept, and of the frame asked for last the
    features made of it, too: a picture that stands still has them made once. What is in stays in:
    driving frames come round in circles, and where they do not all fit, throwing out the oldest
    would throw out each one just before it comes again.
    """

    def __init__(self, limit: int, generator: Generator[Encoded, Features]) -> None:
        """Hold at most `limit` bytes, and the frame asked for last."""
        self._limit = limit
        self._generator = generator
        self._kept: dict[int, Encoded] = {}
        self._bytes = 0
        self._last: tuple[int, Features] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes held of encoded frames."""
        return self._bytes

    def get(self, index: int, crop: Callable[[int], Crop]) -> Features:
        """Return the features of driving frame `index`, whose face `crop` cuts out if need be."""
        if self._last is None or self._last[0] != index:
            encoded = self._kept.get(index)
            if encoded is None:
                encoded = self._generator.encode(crop(index))
                self._keep(index, encoded)
            self._last = index, self._generator.features(encoded)
        return self._last[1]

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._last = None
        self._bytes = 0

    def _keep(self, index: int, encoded: Encoded) -> None:
        size = self._generator.size_of(encoded)
        if self._bytes + size <= self._limit:
            self._kept[index] = encoded
            self._bytes += size
