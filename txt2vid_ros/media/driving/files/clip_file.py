"""Files whose pictures move: clips that ffmpeg decodes, and animated WebP."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.driving.backdrop import colour_of, GREY
from txt2vid_ros.media.driving.files.animated_webp import (
    animated_webp,
    canvas_pixels,
    durations,
    is_animated_webp,
)
from txt2vid_ros.media.driving.files.bounds import huge_picture, MOST_MOVING_PIXELS
from txt2vid_ros.media.driving.files.clip_decoder import ClipDecoder, ClipView, cut_notice
from txt2vid_ros.media.driving.files.clip_info import clip_info, ClipInfo, CONVERT, MAX_RATE
from txt2vid_ros.media.driving.framing import Framing

Frame = NDArray[np.uint8]


class ClipFile(abc.ABC):
    """
    A file whose pictures move, shown at `rate` frames a second.

    `seconds`: its length, None where it is not known. `notices`: what the user should know, once
    its frames have been read.
    """

    notices: tuple[str, ...] = ()

    def __init__(self, rate: Fraction, seconds: float | None) -> None:
        """Show it at `rate` frames a second."""
        self.rate = rate
        self.seconds = seconds

    @property
    @abc.abstractmethod
    def size(self) -> tuple[int, int]:
        """Width and height of a picture upright, in square pixels."""

    @abc.abstractmethod
    def frames(self, framing: Framing, limit: int) -> Iterator[Frame]:
        """
        Yield up to `limit` frames, (height, width, 3) uint8 BGR.

        Each may be overwritten by the next. Raises UserError where there is not one.
        """


def open_clip(file: Path, fps: float) -> ClipFile:
    """
    Return the clip in a file, to be shown at `fps` or, where that is 0, at its own rate.

    Raises UserError where the file is neither a picture nor a clip.
    """
    rate = Fraction(fps).limit_denominator(1001) if fps else None
    with file.open('rb') as stream:
        head = stream.read(64)
    if is_animated_webp(head):
        return _WebpClip(file, rate)
    info = clip_info(file)
    if info is None:
        raise UserError(
            f'face file {file} is neither a picture nor a video that can be decoded', CONVERT)
    return _FfmpegClip(file, info, rate or info.rate)


class _FfmpegClip(ClipFile):
    """A clip that ffmpeg decodes."""

    def __init__(self, file: Path, info: ClipInfo, rate: Fraction) -> None:
        super().__init__(rate, info.seconds)
        self._file = file
        self._info = info

    @property
    def size(self) -> tuple[int, int]:
        return self._info.size

    def frames(self, framing: Framing, limit: int) -> Iterator[Frame]:
        upright = self._info.orientation
        view = ClipView(framing.orientation(upright), framing.stored_crop(self.size, upright),
                        framing.placement(self.size), framing.fit,
                        colour_of(framing.options.backdrop))
        decoder = ClipDecoder(self._file, self._info, view, self.rate, limit)
        yield from decoder
        self.notices = decoder.notices


class _WebpClip(ClipFile):
    """An animated WebP file."""

    def __init__(self, file: Path, rate: Fraction | None) -> None:
        shown = durations(file)
        seconds = sum(shown)
        own = Fraction(len(shown) / seconds if seconds else 1).limit_denominator(1001)
        super().__init__(rate or min(own, Fraction(MAX_RATE)), seconds)
        self._file = file
        self._count = len(shown)
        if canvas_pixels(file) > MOST_MOVING_PIXELS:
            raise huge_picture(file, MOST_MOVING_PIXELS)
        first = next(animated_webp(file, colour_of(GREY)), None)
        if first is None:
            raise UserError(f'face file {file} is an animation whose first picture is damaged',
                            CONVERT)
        self._size = first[0].shape[1], first[0].shape[0]

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def frames(self, framing: Framing, limit: int) -> Iterator[Frame]:
        taken, read, end = 0, 0, 0.0
        name = f'face video {self._file.name}'
        for picture, seconds in animated_webp(self._file, colour_of(framing.options.backdrop)):
            read += 1
            end += seconds
            frame = framing.apply(picture)
            while (taken + 0.5) / self.rate < end:
                if taken == limit:
                    if limit > 1:
                        self.notices = (cut_notice(name, limit, self.rate),)
                    return
                yield frame
                taken += 1
        if taken == 0:
            yield frame
        if read < self._count:
            self.notices = (f'{name} is damaged: of {self._count} pictures only {read} can be '
                            'read. Copy or convert it again',)
