"""A face that tells where its pictures come from, for tests of mouths from other machines."""

from __future__ import annotations

import numpy as np
from txt2vid_ros.core.mouth import MouthTrack, SHAPES
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.speech_timeline import SpeechTimeline

BOX = (10, 110, 30, 130)        # top, bottom, left, right
HERE = 77
"""What the engine of this machine paints its pictures with."""


class PaintedSession(LipSyncSession):
    def __init__(self) -> None:
        self.pictures: list[SpeechView] = []
        """The speech of each."""

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        self.pictures.append(speech)
        return np.full((120, 160, 3), HERE, np.uint8)


class PaintedEngine(LipSyncEngine):
    name = 'painted'
    look_ahead = 0.5

    def __init__(self) -> None:
        self.opened: list[PaintedSession] = []

    def open(self, driving: DrivingMedia) -> LipSyncSession:  # noqa: A003
        self.opened.append(PaintedSession())
        return self.opened[-1]


def speech() -> SpeechTimeline:
    """Return two seconds of a voice that tells when it speaks."""
    timeline = SpeechTimeline()
    wave = np.sin(np.arange(32000) / 5).astype(np.float32) * 0.5
    timeline.push('a', 0, wave, 16000)
    timeline.push_mouth('a', MouthTrack(
        np.array([-1.0, 3.0]), np.zeros((2, len(SHAPES)), np.float32)))
    return timeline


def is_here(picture: Frame) -> bool:
    return bool((picture == HERE).all())


def face() -> DrivingMedia:
    return DrivingMedia([np.full((120, 160, 3), 30, np.uint8)], 25.0, '')
