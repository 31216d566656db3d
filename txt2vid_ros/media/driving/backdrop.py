"""What is seen behind transparent pixels: one grey, whatever the file hides there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

BACKDROP = 128
_SHARE = np.round(BACKDROP * (255 - np.arange(256)) / 255).astype(np.uint8)


def over_backdrop(picture: Pixels) -> Pixels:
    """Return (height, width, 3) BGR of (height, width, 4) with its alpha multiplied in."""
    share = cv2.LUT(picture[:, :, 3], _SHARE)
    colours = cv2.cvtColor(picture, cv2.COLOR_BGRA2BGR)
    return np.asarray(cv2.add(colours, cv2.merge([share] * 3)), np.uint8)


def multiplied(colours: Pixels, alpha: Pixels) -> Pixels:
    """Return (height, width, 4) of BGR and alpha (height, width), with the alpha multiplied in."""
    seen = colours * (alpha[:, :, None].astype(np.float32) / 255)
    return np.dstack([seen.round().astype(np.uint8), alpha])
