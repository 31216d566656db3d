"""The frames that wait for their presentation time."""

from __future__ import annotations

from collections.abc import Callable
import threading

import numpy as np
from numpy.typing import NDArray


class FrameBuffer:
    """
    Frames by their place in time: of two with the same place the newer wins.

    A place is a number of the frame grid, or a stamp where there is no grid.

    Bounded to `capacity` frames; safe to use from several threads.
    """

    def __init__(self, capacity: int = 16) -> None:
        """Hold at most `capacity` frames that are still to be shown."""
        self._capacity = capacity
        self._waiting: dict[int, NDArray[np.uint8]] = {}
        self._last: NDArray[np.uint8] | None = None
        self._shown = -1
        self._made_for: int | None = None
        """The place of the last frame."""
        self._lock = threading.Lock()

    def push(self, index: int, frame: NDArray[np.uint8]) -> bool:
        """Add the frame to be seen at place `index`; False if its time has passed."""
        with self._lock:
            if index <= self._shown:
                # Late, but better than the one before it; one that is older still would turn
                # the picture back.
                if self._made_for is None or index >= self._made_for:
                    self._last, self._made_for = frame, index
                return False
            self._waiting[index] = frame
            if len(self._waiting) > self._capacity:
                # The farthest, so that a stamp far ahead cannot keep the next frames out.
                del self._waiting[max(self._waiting)]
            return True

    @property
    def next_place(self) -> int | None:
        """Return the place of the next frame that waits; None where none does."""
        with self._lock:
            return min(self._waiting, default=None)

    @property
    def shown_place(self) -> int | None:
        """Return the place that the frame was made for which was taken last; None before any."""
        with self._lock:
            return self._made_for

    @property
    def waiting(self) -> int:
        """Return how many frames wait."""
        with self._lock:
            return len(self._waiting)

    def renumber(self, place_of: Callable[[int], int]) -> None:
        """Go on with the places of another grid."""
        with self._lock:
            self._waiting = {place_of(index): frame for index, frame in self._waiting.items()}
            self._shown = place_of(self._shown) if self._shown >= 0 else -1
            if self._made_for is not None:
                self._made_for = place_of(self._made_for)

    def take(self, index: int) -> tuple[NDArray[np.uint8] | None, bool]:
        """
        Return the frame to show at `index` and whether it is the one made for that place.

        Where it is missing, the one before it is shown again; None until there is any.
        """
        with self._lock:
            if index < self._shown:
                # The clock went back: what waits belongs to the time before.
                self._waiting.clear()
                self._made_for = None
            self._shown = index
            exact = index in self._waiting
            due = [place for place in self._waiting if place <= index]
            if due:
                self._made_for = max(due)
                self._last = self._waiting[self._made_for]
                for place in due:
                    del self._waiting[place]
            return self._last, exact
