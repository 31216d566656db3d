"""How a picture is fitted into the frame that is shown."""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Fit = Literal['contain', 'cover']


@dataclasses.dataclass(frozen=True)
class FramePlacement:
    """
    Where the pixels of a picture go; sizes are (width, height).

    `source`: of the picture. `scaled`: of the picture in the frame. `frame`: of the frame. `left`,
    `top`: where the scaled picture begins in the frame; below 0 where its beginning is cut off.
    """

    source: tuple[int, int]
    scaled: tuple[int, int]
    frame: tuple[int, int]
    left: int = 0
    top: int = 0

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of the frame for a pixel of the picture, across and down."""
        return self.scaled[0] / self.source[0], self.scaled[1] / self.source[1]

    def shown(self, x: float, y: float) -> tuple[int, int]:
        """Return where in the frame pixel edge (x, y) of the picture is."""
        across, down = self.scale
        return round(self.left + x * across), round(self.top + y * down)

    def apply(self, picture: Frame) -> Frame:
        """Return `picture` (height, width, 3) in its frame, with black bars around it."""
        if self.frame == self.source:
            return np.ascontiguousarray(picture)
        width, height = self.frame
        scaled = _scaled(picture, *self.scaled)
        if self.scaled == self.frame:
            return scaled
        if self.scaled[0] > width or self.scaled[1] > height:
            return np.ascontiguousarray(
                scaled[-self.top:-self.top + height, -self.left:-self.left + width])
        canvas = np.zeros((height, width, 3), np.uint8)
        canvas[self.top:self.top + self.scaled[1], self.left:self.left + self.scaled[0]] = scaled
        return canvas


def place_in_frame(
    source: tuple[int, int], width: int, height: int, fit: Fit, max_pixels: int
) -> FramePlacement:
    """
    Return how a picture of size `source` lies in an even frame of (width, height).

    See load_driving for zeros and `fit`; with both zero it has at most `max_pixels`.
    """
    wide, high = source
    if not width and not height:
        scale = min(1.0, math.sqrt(max_pixels / (wide * high)))
        width, height = round(wide * scale), round(high * scale)
    elif not height:
        height = round(high * width / wide)
    elif not width:
        width = round(wide * height / high)
    frame = max(2, width // 2 * 2), max(2, height // 2 * 2)
    ratios = (frame[0] / wide, frame[1] / high)
    if abs(ratios[0] - ratios[1]) * max(wide, high) < 4:  # a pixel or two: neither bars nor crop
        return FramePlacement(source, frame, frame)
    scale = max(ratios) if fit == 'cover' else min(ratios)
    scaled = max(1, round(wide * scale)), max(1, round(high * scale))
    if fit == 'cover':
        left, top = -((scaled[0] - frame[0]) // 2), -((scaled[1] - frame[1]) // 2)
    else:
        left, top = (frame[0] - scaled[0]) // 2, (frame[1] - scaled[1]) // 2
    return FramePlacement(source, scaled, frame, left, top)


def _scaled(frame: Frame, width: int, height: int) -> Frame:
    smaller = width < frame.shape[1]
    method = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(frame, (width, height), interpolation=method), np.uint8)
