"""The pictures of a stream, one for each place of its frame grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.pictures.i420_pictures import I420Pictures


class ShownPictures:
    """Takes frames out of a buffer as they are due, and converts them."""

    def __init__(self, frames: FrameBuffer, size: tuple[int, int]) -> None:
        """`size`: width and height of the stream in pixels."""
        self._frames = frames
        self._coded = I420Pictures(*size)
        self._frame: NDArray[np.uint8] | None = None
        self.last = -1
        """The last place whose frame was taken; set it to go on elsewhere."""

    def resize(self, size: tuple[int, int]) -> None:
        """Go on in another size."""
        if self._coded.size != size:
            self._coded = I420Pictures(*size)

    def renumber(self, place_of: Callable[[int], int]) -> None:
        """Go on with the places of another grid."""
        self._frames.renumber(place_of)
        self.last = place_of(self.last)

    @property
    def made_for(self) -> int | None:
        """Return the place that the last picture was made for, if there was one."""
        return self._frames.shown_place

    def at(self, place: int) -> tuple[bytes, bool | None]:
        """
        Return the picture for a place as I420, and whether it was made for that place.

        One that was taken before stays as it is, with None.
        """
        exact: bool | None = None
        if place > self.last:
            self._frame, exact = self._frames.take(place)
            self.last = place
        return self._coded.converted(self._frame), exact
