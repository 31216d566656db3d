"""The picture for measuring is as bright as the sound is loud."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.flash import BRIGHT, DARK, EXPOSURE, FlashEngine
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.speech_timeline import SpeechTimeline


@pytest.mark.parametrize('share', [0.0, 0.25, 0.5, 1.0])
def test_the_share_of_the_exposure_that_is_loud_is_the_brightness(share: float) -> None:
    engine = FlashEngine()
    engine.load()
    session = engine.open(DrivingMedia([np.zeros((6, 8, 3), np.uint8)], 25.0, ''))
    speech = SpeechTimeline()
    tone = 0.8 * np.sin(2 * np.pi * 3000 * np.arange(VOICE_RATE) / VOICE_RATE)
    speech.push('clap', 10 * SECOND, tone.astype(np.float32), VOICE_RATE)
    frame = session.render(10 + (share - 0.5) * EXPOSURE, 0, speech)
    assert frame.shape == (6, 8, 3)
    assert frame.min() == frame.max()
    assert int(frame[0, 0, 0]) == pytest.approx(DARK + share * (BRIGHT - DARK), abs=8)
    session.close()
    engine.close()
