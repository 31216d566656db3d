"""The pictures of a stream, one for each place of its frame grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.media.output.frame_buffer import FrameBuffer
from txt2vid_ros.media.output.pictures.i420_pictures import I420Pictures
from txt2vid_ros.media.output.stream_statistics import StreamStatistics
from txt2vid_ros.media.speech_timeline import SpeechTimeline


class ShownPictures:
    """Takes frames out of a buffer as they are due, counts them and converts them."""

    def __init__(self, frames: FrameBuffer, speech: SpeechTimeline, statistics: StreamStatistics,
                 size: tuple[int, int]) -> None:
        """`size`: width and height of the stream in pixels."""
        self._frames, self._speech, self._statistics = frames, speech, statistics
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

    def at(self, place: int, grid: FrameGrid, late: bool) -> bytes:
        """Return the picture for a place as I420; one that was taken before stays as it is."""
        if place > self.last:
            self._frame, exact = self._frames.take(place)
            self.last = place
            statistics = self._statistics
            statistics.frames += 1
            statistics.on_time += exact and not late
            statistics.repeated += not exact
            self._measure_offset(place, grid)
        return self._coded.converted(self._frame)

    def _measure_offset(self, place: int, grid: FrameGrid) -> None:
        """Note by how much the picture is late against the speech that is heard beside it."""
        shown = self._frames.shown_place
        begin = grid.seconds(place)
        if shown is not None and self._speech.speaking(begin, grid.seconds(place + 1)):
            self._statistics.av_offset.observe(begin - grid.seconds(shown))
