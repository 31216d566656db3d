"""Sounds for the tests, and the timeline they are heard from."""

from __future__ import annotations

from typing import Any

import numpy as np
from txt2vid_ros.core.mouth import MouthTrack, SHAPES
from txt2vid_ros.media.speech_timeline import SpeechTimeline

START = 1_000_000.04        # seconds since some epoch: large, and on no round number


def timeline(wav: np.ndarray[Any, Any]) -> SpeechTimeline:
    speech = SpeechTimeline()
    for at in range(0, len(wav), 320):
        stamp = round((START + at / 16000) * 1e9)
        speech.push('a', stamp, wav[at:at + 320].astype(np.float32), 16000)
    return speech


def spoken(wav: np.ndarray[Any, Any]) -> SpeechTimeline:
    """Return the sound as that of a voice with timings: whatever it sounds like, it is speech."""
    speech = timeline(wav)
    ends = START + np.array([-1.0, len(wav) / 16000 + 1])
    speech.push_mouth('a', MouthTrack(ends, np.zeros((2, len(SHAPES)), np.float32)))
    return speech


def tone(seconds: float, level: float = 0.2) -> np.ndarray[Any, Any]:
    return (level * np.sin(np.arange(round(seconds * 16000)) * 0.3)).astype(np.float32)
