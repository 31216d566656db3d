"""What is done to driving frames before anything else: turned, scaled, cropped, looped."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.media.driving.backdrop import colour_of, GREY
from txt2vid_ros.media.driving.frame_store import Frames, FrameStore
from txt2vid_ros.media.driving.orientation import Orientation

Frame = NDArray[np.uint8]
Loop = Literal['ping-pong', 'cross-fade']

LOOPS: tuple[str, ...] = ('ping-pong', 'cross-fade')
CROSS_FADE = 0.5        # seconds of a clip's end that its beginning is faded into

_QUARTER = 90   # degrees
_LEAST_SIDE = 2  # pixels: colours are coded for two by two


@dataclasses.dataclass(frozen=True)
class DrivingOptions:
    """Options of the driving media; the defaults leave the frames as they are."""

    static: bool = parameter(False, 'whether the first frame of a video is used alone')
    resize_factor: int = parameter(1, 'divisor of width and height, applied first',
                                   minimum=1, maximum=32)
    rotate: int = parameter(0, 'degrees clockwise, after the scaling', choices=(0, 90, 180, 270))
    crop: tuple[int, int, int, int] = parameter(
        (0, -1, 0, -1), 'top, bottom, left, right in pixels, after the rotation; -1 is the edge')
    fps: float = parameter(0.0, 'frames a second at which a video is shown, by its time stamps; 0 '
                           'for its own', minimum=0.0, maximum=240.0)
    max_seconds: float = parameter(600.0, 'seconds of a video that are used, from its beginning',
                                   minimum=0.04, maximum=3600.0)
    loop: Loop = parameter('ping-pong', 'how a video loops at its end: backwards, or faded into '
                           'its beginning', choices=LOOPS)
    backdrop: str = parameter(GREY, 'colour behind what is transparent, as #rrggbb')

    def __post_init__(self) -> None:
        """Raise UserError that names an invalid option."""
        check_fields(self)
        colour_of(self.backdrop)
        if len(self.crop) != 4 or any(edge < -1 for edge in self.crop):
            raise UserError(
                f'face.crop is {self.crop}',
                'Give top, bottom, left, right in pixels; -1 is the edge.'
            )

    @property
    def turns(self) -> int:
        """Quarter turns clockwise."""
        return self.rotate // _QUARTER

    def scaled(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return what `resize_factor` makes of a width and height in pixels."""
        width, height = (max(1, side // self.resize_factor) for side in size)
        return width, height

    def cropped(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """
        Return what is left of a scaled and turned picture of `size`: left, top, right, bottom.

        Raises UserError where that is nothing.
        """
        width, height = size
        if min(size) < _LEAST_SIDE:
            raise UserError(f'the face has {width}x{height} pixels, which are too few to show',
                            'Use a larger picture or video.')
        top, bottom, left, right = self.crop
        bottom = height if bottom == -1 else min(bottom, height)
        right = width if right == -1 else min(right, width)
        top, left = max(0, top), max(0, left)
        if right - left < _LEAST_SIDE or bottom - top < _LEAST_SIDE:
            raise UserError(
                f'face.crop {self.crop} leaves nothing of a picture of {width}x{height} '
                'pixels',
                'Give top, bottom, left, right in pixels; -1 is the edge.',
            )
        return left, top, right, bottom

    def apply(self, frame: Frame) -> Frame:
        """Return the frame scaled, turned and cropped. Raises UserError where nothing is left."""
        height, width = frame.shape[:2]
        if self.resize_factor > 1:
            frame = np.asarray(cv2.resize(frame, self.scaled((width, height)),
                                          interpolation=cv2.INTER_AREA), np.uint8)
        frame = Orientation(turns=self.turns).apply(frame)
        height, width = frame.shape[:2]
        left, top, right, bottom = self.cropped((width, height))
        return np.ascontiguousarray(frame[top:bottom, left:right])


class CrossFaded(Frames):
    """
    A clip that loops without a jump: its end is faded into its beginning.

    It is shorter than the clip by the fade. Its first frames are blends of the clip's last ones
    with the clip's first ones, so that the first frame looks like the one after the last.
    """

    def __init__(self, frames: Sequence[Frame], fade: int) -> None:
        """Blend `fade` frames, at most a third of the clip."""
        self._frames = frames
        fade = max(0, min(fade, len(frames) // 3))
        self._length = len(frames) - fade
        self._blends = FrameStore()
        for i in range(fade):
            weight = (i + 1) / (fade + 1)
            blend = cv2.addWeighted(
                frames[self._length + i], 1 - weight, frames[i], weight, 0)
            self._blends.append(np.asarray(blend, np.uint8))

    def __len__(self) -> int:
        """Return the number of frames of one loop."""
        return self._length

    def close(self) -> None:
        """Give back what the clip takes."""
        self._blends.close()
        if isinstance(self._frames, Frames):
            self._frames.close()

    def at(self, index: int) -> Frame:
        """Return a frame of the clip, or a blend."""
        return self._blends[index] if index < len(self._blends) else self._frames[index]
