"""By how much the picture is behind the sound, measured on every frame of the stream."""

from __future__ import annotations

from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.core.monitoring.percentiles import RollingPercentiles
from txt2vid_ros.media.speech_timeline import SpeechTimeline

LAST_FRAMES, LAST_SECONDS = 1500, 60.0
"""Frames with speech that count, and for how long."""


class PictureOffset:
    """
    Compares the time that a picture was made for with that of the sound beside it.

    Only while somebody speaks: a face at rest that is shown again is in step with silence.
    """

    def __init__(self, speech: SpeechTimeline) -> None:
        """Take the speech that is heard."""
        self.seconds = RollingPercentiles(LAST_FRAMES, LAST_SECONDS)
        self._speech = speech
        self._shown: float | None = None

    def note(self, grid: FrameGrid, place: int, made_for: int | None) -> None:
        """Note for which place the picture seen at `place` was made; None: the one before it."""
        self._shown = self._shown if made_for is None else grid.seconds(made_for)
        begin = grid.seconds(place)
        if self._shown is not None and self._speech.speaking(begin, grid.seconds(place + 1)):
            self.seconds.observe(begin - self._shown)
