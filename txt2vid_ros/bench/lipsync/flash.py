"""A measuring engine: the picture is as bright as the sound is loud during its exposure."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import numpy as np
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.lipsync.choice import make_engine
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import ExpressionTimeline

EXPOSURE = 0.04
"""Seconds of sound, centred on the frame's time, that light one frame."""
LOUD = 0.1
DARK, BRIGHT = 16, 235


LOUDEST = 0.7
"""Amplitude of a clap, beside a face: a voice must not light the corner."""
CORNER = 8
"""Beside a face, the light takes this part of width and height, at the top on the left."""
LIGHT = f'iw/{CORNER}:ih/{CORNER}:0:0'
"""The same, as ffmpeg's filter crop takes it."""


@dataclasses.dataclass(frozen=True)
class FlashOptions:
    """Options of the engine flash."""

    over: str = parameter('', 'engine whose pictures have the light in a corner; empty: the light '
                          'is the picture')


class FlashSession(LipSyncSession):
    """Frames without a face, or with a light in the corner of another session's."""

    def __init__(self, driving: DrivingMedia, face: LipSyncSession | None = None) -> None:
        """Take the size from the driving media; `face` renders what the light is added to."""
        self._size = driving.size
        self._face = face
        if face is not None:
            self.notices = face.notices

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """
        Return a grey picture as bright as the share of the exposure in which a clap is heard.

        A clap that straddles two frames lights both in proportion, so that its centre can be
        read from the brightness much more finely than the frame grid.
        """
        heard = speech.samples(time - EXPOSURE / 2, time + EXPOSURE / 2, VOICE_RATE)
        # The envelope over 1 ms: the zero crossings of the tone are not silence.
        blocks = np.abs(heard[:len(heard) // 24 * 24].reshape(-1, 24)).max(axis=1)
        share = float((blocks > (LOUD if self._face is None else LOUDEST)).mean())
        width, height = self._size
        light = round(DARK + share * (BRIGHT - DARK))
        if self._face is None:
            return np.full((height, width, 3), light, np.uint8)
        frame = self._face.render(time, driving_index, speech).copy()
        self.mouth_moved = self._face.mouth_moved
        frame[:height // CORNER, :width // CORNER] = light
        return frame

    def between(self, blended: Frame, time: float, around: tuple[float, float],
                speech: SpeechView) -> Frame:
        """Have the face mend the blend; the light stays as blended."""
        mended = (blended if self._face is None
                  else self._face.between(blended, time, around, speech))
        if mended is blended:
            return blended
        frame = mended.copy()
        part = np.s_[:frame.shape[0] // CORNER, :frame.shape[1] // CORNER]
        frame[part] = blended[part]
        return frame

    def express(self, expressions: ExpressionTimeline) -> bool:
        """Have the face show expressions, where there is one."""
        return self._face is not None and self._face.express(expressions)

    def close(self) -> None:
        """Release the face."""
        if self._face is not None:
            self._face.close()


class FlashEngine(LipSyncEngine):
    """The lip-sync engine of the clap test."""

    name = 'flash'
    Options: ClassVar[type[Any] | None] = FlashOptions
    look_ahead = EXPOSURE / 2

    def __init__(self, options: FlashOptions | None = None) -> None:
        """Take the options; no option is no face."""
        over = (options or FlashOptions()).over
        self._face = make_engine(over, {}, 'flash.over')[0] if over else None
        if self._face is not None:
            # Of this engine, not of all.
            vars(self)['look_ahead'] = max(EXPOSURE / 2, self._face.look_ahead)
            timed = self._face.timed_look_ahead
            vars(self)['timed_look_ahead'] = None if timed is None else max(EXPOSURE / 2, timed)

    def load(self) -> None:
        """Load the engine of the face."""
        if self._face is not None:
            self._face.load()

    def quarter_turns(self, frame: Frame) -> int:
        """Return what the engine of the face says."""
        return self._face.quarter_turns(frame) if self._face is not None else 0

    def open(self, driving: DrivingMedia) -> FlashSession:  # noqa: A003
        """Return a session of the driving media's size."""
        return FlashSession(driving, None if self._face is None else self._face.open(driving))

    def close(self) -> None:
        """Release the engine of the face."""
        if self._face is not None:
            self._face.close()
