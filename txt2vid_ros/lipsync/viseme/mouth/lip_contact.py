"""How clear the line is along which a person's closed lips touch, as pictured."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry

_PARTED = (0.02, 0.04)  # face units between the lips from which on the picture shows no line
_ALONG = 0.6  # of the line's length that is looked at, its middle
_REACH = 0.035  # face units above and below that are
_CLEAR = 0.45  # of the lips' lightness that a usual line is darker
_LEAST = 0.35


def seam_depth(frame: NDArray[np.uint8], face: FaceGeometry) -> float:
    """Return the depth of the line between the lips in `frame`, 1 for a usual one; 1 if parted."""
    closed = float(np.interp(face.gap, _PARTED, (1, 0)))
    if closed == 0:
        return 1.0
    line = (face.lips.upper_inner + face.lips.lower_inner) / 2
    middle, half = line[5, 0], _ALONG * (line[-1, 0] - line[0, 0]) / 2
    x = np.linspace(middle - half, middle + half, 25)
    y = np.interp(x, line[:, 0], line[:, 1])
    away = np.linspace(-_REACH, _REACH, 21)
    at = face.to_pixels(np.stack([np.broadcast_to(x, (21, 25)), y + away[:, None]], axis=-1))
    taken = cv2.remap(frame.max(axis=2), at.astype(np.float32), np.empty(0, np.float32),
                      cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = np.asarray(taken, np.float64)
    lips = np.minimum(np.median(light[:6], axis=0), np.median(light[-6:], axis=0))
    dark = float(np.median(1 - light[5:-5].min(axis=0) / np.maximum(lips, 1)))
    found = float(np.clip(dark / _CLEAR, _LEAST, 1))
    return 1 + closed * (found - 1)
