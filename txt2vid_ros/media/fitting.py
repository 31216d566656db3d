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
