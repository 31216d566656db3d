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


def vowel(seconds: float) -> np.ndarray[Any, Any]:
    """Return an "ah" with a peak of 0.5: partials of 150 Hz under three formants."""
    time = np.arange(round(seconds * 16000)) / 16000
    partials = np.arange(150, 4000, 150)
    strengths = sum(1 / (1 + ((partials - formant) / width)**2) for formant, width in (
        (700, 130), (1200, 70), (2600, 160)))
    sound = (np.sin(2 * np.pi * partials[:, None] * time) * strengths[:, None]).sum(axis=0)
    return np.asarray(0.5 * sound / np.abs(sound).max())


def tone(seconds: float, level: float = 0.2) -> np.ndarray[Any, Any]:
    return (level * np.sin(np.arange(round(seconds * 16000)) * 0.3)).astype(np.float32)
