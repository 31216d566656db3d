"""Pictures as an encoder takes them: I420, at the stream's size, between bars if need be."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.media.fitting import fitted


class I420Pictures:
    """Converts pictures to one size; keeps the last one, which may be sent again."""

    def __init__(self, width: int, height: int) -> None:
        """Take the stream's size in pixels, both even."""
        self.size = width, height
        black = np.full((height * 3 // 2, width), 128, np.uint8)
        black[:height] = 16
        self._black = black.tobytes()
        self._last: tuple[NDArray[np.uint8], bytes] | None = None

    def converted(self, frame: NDArray[np.uint8] | None) -> bytes:
        """Return a BGR frame of any size as I420; black where there is none."""
        if frame is None:
            return self._black
        if self._last is None or self._last[0] is not frame:
            data = cv2.cvtColor(self._fitted(frame), cv2.COLOR_BGR2YUV_I420).tobytes()
            self._last = frame, data
        return self._last[1]

    def _fitted(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture, (left, top) = fitted(frame, self.size)
        if picture is frame:
            return frame
        height, width = picture.shape[:2]
        canvas = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        canvas[top:top + height, left:left + width] = picture
        return canvas
