"""The size of a stream: the one that was asked for, or that of its pictures."""

from __future__ import annotations

import math
import threading

import numpy as np
from numpy.typing import NDArray

Size = tuple[int, int]
"""Width and height in pixels."""

USUAL_SIZE: Size = (640, 480)
"""Of a stream whose pictures do not come."""
SMALLEST_SIDE, MOST_PIXELS = 16, 3840 * 2160
"""What is coded; larger pictures are fitted in."""
SETTLED_PICTURES = 10
"""Pictures in a row of another size before the stream follows: a new encoder costs more than one
picture between bars, and pictures of two publishers would alternate."""
_POLL_SECONDS = 0.1


def size_for(picture: Size, width: int, height: int) -> Size:
    """
    Return the even size of a stream of pictures of a size.

    Where `width` or `height` is 0 it follows from the other, and both from the picture.
    """
    if width and height:
        wide, high = float(width), float(height)
    else:
        scale = (width / picture[0] or height / picture[1] or 1.0)
        wide, high = picture[0] * scale, picture[1] * scale
    smaller = min(1.0, math.sqrt(MOST_PIXELS / (wide * high)))
    return _even(wide * smaller), _even(high * smaller)


class StreamSize:
    """Told of each picture; one thread may wait for what another one tells."""

    def __init__(self, width: int, height: int) -> None:
        """Take what was asked for, in pixels; 0 follows the pictures."""
        self._asked = width, height
        self._fixed = bool(width and height)
        self._picture: Size = USUAL_SIZE
        self._other: Size = USUAL_SIZE
        self._others = 0
        """How many pictures in a row had the other size."""
        self._known = threading.Event()
        if self._fixed:
            self._known.set()

    @property
    def size(self) -> Size:
        """Return what the stream is coded at."""
        return size_for(self._picture, *self._asked)

    def take(self, frame: NDArray[np.uint8]) -> bool:
        """Learn of a picture (height, width, 3); return whether the size is another one now."""
        picture = frame.shape[1], frame.shape[0]
        if self._fixed:
            return False
        if self._known.is_set() and picture == self._picture:
            self._others = 0
            return False
        self._others = self._others + 1 if picture == self._other else 1
        self._other = picture
        if self._known.is_set() and self._others < SETTLED_PICTURES:
            return False
        before, self._picture, self._others = self.size, picture, 0
        self._known.set()
        return self.size != before

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until the size is known; False where it is not in time, or `stop` is set."""
        for _ in range(max(1, round(seconds / _POLL_SECONDS))):
            if self._known.wait(_POLL_SECONDS) or stop.is_set():
                break
        return self._known.is_set()


def _even(side: float) -> int:
    return max(SMALLEST_SIDE, round(side) // 2 * 2)
