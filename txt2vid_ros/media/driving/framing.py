"""From a picture of the source to the frame that is shown: scaled, turned, cropped, placed."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.media.driving.frame_placement import Fit, FramePlacement, place_in_frame
from txt2vid_ros.media.driving.options import DrivingOptions
from txt2vid_ros.media.driving.orientation import Box, Orientation

Frame = NDArray[np.uint8]

USUAL_PIXELS = 640 * 480
HD_PIXELS = 1280 * 720
"""Pixels of a frame at most, where neither its width nor its height is asked for: live, and in
files."""


@dataclasses.dataclass(frozen=True)
class Framing:
    """
    What the user asked of the frame. For all but `turns` see load_driving.

    `turns`: quarter turns clockwise that bring a face upright, after the user's options.
    """

    width: int
    height: int
    fit: Fit
    options: DrivingOptions
    turns: int = 0
    max_pixels: int = HD_PIXELS

    def placement(self, size: tuple[int, int]) -> FramePlacement:
        """Return where a picture of `size` upright lies in the frame. Raises UserError."""
        left, top, right, bottom = self._crop(size)
        source = Orientation(turns=self.turns).size((right - left, bottom - top))
        return place_in_frame(source, self.width, self.height, self.fit, self.max_pixels)

    def apply(self, picture: Frame) -> Frame:
        """Return the frame that shows a picture (height, width, 3) upright. Raises UserError."""
        height, width = picture.shape[:2]
        changed = Orientation(turns=self.turns).apply(self.options.apply(picture))
        return self.placement((width, height)).apply(changed)

    def stored_crop(self, size: tuple[int, int], orientation: Orientation) -> Box:
        """
        Return which part of a stored picture is shown, of `size` once `orientation` is upright.

        Raises UserError.
        """
        left, top, right, bottom = self._crop(size)
        whole = self.options.scaled(size)
        width, height = Orientation(turns=self.options.turns).size(whole)
        return orientation.turned(self.options.turns).stored(
            (left / width, top / height, right / width, bottom / height))

    def orientation(self, stored: Orientation) -> Orientation:
        """Return the orientation of a stored picture with all turns after it."""
        return stored.turned(self.options.turns + self.turns)

    def _crop(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        turned = Orientation(turns=self.options.turns).size(self.options.scaled(size))
        return self.options.cropped(turned)
