"""Pictures of one size in a space of another."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def fitted(frame: NDArray[np.uint8], size: tuple[int, int]
           ) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """
    Return a picture (height, width, 3) as large as fits into `size` (width, height) pixels.

    With it, the left and top margin that centre it there.
    """
    height, width = frame.shape[:2]
    if (width, height) == size:
        return frame, (0, 0)
    scale = min(size[0] / width, size[1] / height)
    within = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(frame, within,
                         interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8), ((size[0] - within[0]) // 2, (size[1] - within[1]) // 2)


class CodedPictures:
    """Frames as encoders take them: I420, of one size, with bars where the shape differs."""

    def __init__(self, size: tuple[int, int]) -> None:
        """Take width and height in pixels, both even."""
        self._size = width, height = size
        blank = np.full((height * 3 // 2, width), 128, np.uint8)
        blank[:height] = 16
        self._frame: NDArray[np.uint8] | None = None
        self.last = blank.tobytes()
        """The last one; black before any came."""

    def of(self, frame: NDArray[np.uint8] | None) -> bytes:
        """Return the bytes of a frame, (height, width, 3) BGR; of None those of the last."""
        if frame is not None and frame is not self._frame:
            self.last = cv2.cvtColor(self._with_bars(frame), cv2.COLOR_BGR2YUV_I420).tobytes()
            self._frame = frame
        return self.last

    def _with_bars(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture, (left, top) = fitted(frame, self._size)
        if picture is frame:
            return frame
        height, width = picture.shape[:2]
        canvas = np.zeros((self._size[1], self._size[0], 3), np.uint8)
        canvas[top:top + height, left:left + width] = picture
        return canvas
