"""Head and shoulders around a face, with the margin that a moving head needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDTH = 2.2
"""Face widths. The sway of a head fades out over 1.1 distances of the eyes beside it
(lipsync/viseme/head/head_warp.py), which is about 0.6 of its width."""
SHAPE = 1.25
"""Height over width."""
ABOVE = 0.27
"""Of the height, above the face mesh, which ends at the hair."""
_FACE_SHAPE = 1.15      # height over width of a mesh that looks straight ahead

Box = tuple[int, int, int, int]


def head_and_shoulders(points: NDArray[np.float32], size: tuple[int, int]) -> Box:
    """
    Return the part of a picture of `size` (width, height) to keep: left, top, right, bottom.

    `points`: the face mesh of every frame, (n, 468, 3) pixels. Where the picture ends the box
    ends, too: its shape is then another.
    """
    low, high = points[:, :, :2].min(axis=1), points[:, :, :2].max(axis=1)
    extent = np.median(high - low, axis=0)
    face = float(max(extent[0], extent[1] / _FACE_SHAPE))
    # Of a clip: as far as the face goes, and the same margin around that.
    moved = low.max(axis=0) - low.min(axis=0)
    middle = (low.min(axis=0) + high.max(axis=0)) / 2
    width = WIDTH * face
    height = SHAPE * width
    top = float(low[:, 1].min()) - ABOVE * height
    width, height = width + float(moved[0]), height + float(moved[1])
    left = float(middle[0]) - width / 2
    return (max(0, round(left)), max(0, round(top)), min(size[0], round(left + width)),
            min(size[1], round(top + height)))
