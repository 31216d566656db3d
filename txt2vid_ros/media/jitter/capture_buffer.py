"""Sound that arrives out of order, twice or not at all, put where its capture stamps say."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE

STAMP_TOLERANCE_SAMPLES = round(0.008 * SPEECH_RATE)
"""Samples by which a stamp may be off: capture times are measured, not exact."""
LONGEST_GAP_SAMPLES = 60 * SPEECH_RATE
"""Samples; a stamp that is further ahead is not a gap but another clock."""


@dataclasses.dataclass(frozen=True)
class PlacedBlock:
    """Where a block of sound lies. Positions count the sender's samples since its first one."""

    position: int
    end: int
    added: int
    """Samples that were not there before; none for a duplicate."""
    newest: bool
    """Whether it extends past everything that arrived before it."""


class CaptureBuffer:
    """
    The last seconds of one sender's sound by sample number, with holes where it is missing.

    Blocks that follow each other are joined without a seam, whatever the rounding and the drift
    of their stamps; a gap has the length that the stamps say.
    """

    def __init__(self, seconds: float = 8.0) -> None:
        """Hold at least `seconds` of sound, and at most twice as much."""
        self._keep = round(seconds * SPEECH_RATE)
        self._samples = np.zeros(2 * self._keep, np.float32)
        self._filled = np.zeros(2 * self._keep, bool)
        self._base = 0
        """The position of the first sample in the arrays."""
        self._stamp = 0
        """Capture time of the sample at `_position`, nanoseconds."""
        self._position = 0
        self._length = 0
        self.end = 0
        """The position after the newest sample."""
        self.missing = 0
        """Samples that the stamps show to be missing between those that came."""

    def push(self, stamp: int, samples: NDArray[np.float32]) -> PlacedBlock | None:
        """Put a block in its place; None where its stamp cannot belong to this stream."""
        count = len(samples)
        if not self._length:
            self._stamp = stamp
        position = self._place(stamp, count)
        end = position + count
        gap = position - self.end
        if position < self._base or gap > LONGEST_GAP_SAMPLES or count > self._keep:
            return None
        newest = end > self.end
        if newest:
            self.missing += max(0, position - self.end)
            self._stamp, self._position, self._length = stamp, position, count
        self._make_room(end)
        low = position - self._base
        empty = ~self._filled[low:low + count]
        added = int(empty.sum())
        self._samples[low:low + count][empty] = samples[empty]
        self._filled[low:low + count] = True
        # What fills a hole was counted as missing; what goes beyond the end was not.
        self.missing -= added - max(0, end - max(self.end, position)) if newest else added
        self.end = max(self.end, end)
        return PlacedBlock(position, end, added, newest)

    def read(self, low: int, high: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return samples `low` to `high` and which of them are known; others are silence."""
        first, last = low - self._base, high - self._base
        if first >= 0 and high <= self.end:
            return self._samples[first:last], self._filled[first:last]
        samples = np.zeros(high - low, np.float32)
        filled = np.zeros(high - low, bool)
        inside, until = max(low, self._base), min(high, self.end)
        if until > inside:
            held = slice(inside - self._base, until - self._base)
            samples[inside - low:until - low] = self._samples[held]
            filled[inside - low:until - low] = self._filled[held]
        return samples, filled

    def hole(self, position: int) -> int:
        """
        Return how many samples are missing from `position` to the next one present.

        `position` lies before the end.
        """
        ahead = self._filled[max(position - self._base, 0):self.end - self._base]
        return int(np.argmax(ahead))

    def stamp_at(self, position: int) -> int:
        """Return when a sample was captured, nanoseconds on the sender's clock."""
        return self._stamp + (position - self._position) * SECOND // SPEECH_RATE

    def _place(self, stamp: int, count: int) -> int:
        position = self._position + round((stamp - self._stamp) * SPEECH_RATE / SECOND)
        off = position - self.end
        if abs(off) <= STAMP_TOLERANCE_SAMPLES:
            return self.end
        if count == self._length:
            # Senders cut sound into equal blocks: so a block that was lost or is late leaves or
            # fills a hole of exactly its length.
            whole = round(off / count) * count
            if abs(off - whole) <= STAMP_TOLERANCE_SAMPLES:
                return self.end + whole
        return position

    def _make_room(self, end: int) -> None:
        if end - self._base <= len(self._samples):
            return
        shift = end - self._keep - self._base
        for held in (self._samples, self._filled):
            left = max(0, len(held) - shift)
            held[:left] = held[len(held) - left:].copy()
            held[left:] = 0
        self._base += shift
