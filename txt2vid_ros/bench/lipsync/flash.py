"""A measuring engine: the picture is as bright as the sound is loud during its exposure."""

from __future__ import annotations

import numpy as np
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.media.driving.driving_media import DrivingMedia

EXPOSURE = 0.04
"""Seconds of sound, centred on the frame's time, that light one frame."""
LOUD = 0.1
DARK, BRIGHT = 16, 235


class FlashSession(LipSyncSession):
    """Frames without a face."""

    def __init__(self, driving: DrivingMedia) -> None:
        """Take the size from the driving media."""
        self._size = driving.size

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """
        Return a grey picture as bright as the share of the exposure in which a clap is heard.

        A clap that straddles two frames lights both in proportion, so that its centre can be
        read from the brightness much more finely than the frame grid.
        """
        heard = speech.samples(time - EXPOSURE / 2, time + EXPOSURE / 2, VOICE_RATE)
        # The envelope over 1 ms: the zero crossings of the tone are not silence.
        blocks = np.abs(heard[:len(heard) // 24 * 24].reshape(-1, 24)).max(axis=1)
        share = float((blocks > LOUD).mean())
        width, height = self._size
        return np.full((height, width, 3), round(DARK + share * (BRIGHT - DARK)), np.uint8)


class FlashEngine(LipSyncEngine):
    """The lip-sync engine of the clap test."""

    name = 'flash'
    look_ahead = EXPOSURE / 2

    def open(self, driving: DrivingMedia) -> FlashSession:  # noqa: A003
        """Return a session of the driving media's size."""
        return FlashSession(driving)
