"""
The audio window of a frame: its mel window, and how much its mouth moves.

Both depend on the time and the speech, so frames may be rendered in any order, again after an
interruption, or twice. It matters little what a session's network for speech heard before that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.engine import SpeechView
from txt2vid_ros.lipsync.sound.log_mel import HOP, log_mel
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.sound.speech_presence import HOLD, LOOK_BACK, speech_presence
from txt2vid_ros.lipsync.wav2lip.audio import mel, windows

LOOK_AHEAD = 0.22
"""Seconds of speech after a frame that `mel_window` and `mouth_weight` need (16 FFT columns)."""

SILENCE_RMS = 10.0 ** (-50 / 20)    # of full scale, below which a block counts as silence
_BLOCK = HOP / mel.SAMPLE_RATE  # seconds of a block, as of a column of log_mel: 10 ms
_ATTACK = (0.20, 0.02)          # seconds before a sound: the mouth starts, is fully moving
_RELEASE = (0.40, 0.20)         # seconds after a sound: the mouth is at rest, starts to close


def mel_window(
    speech: SpeechView, time: float, *, training_shift: bool = False,
) -> NDArray[np.float32]:
    """
    Return the mel window (80, 16) of the frame at `time`.

    Its columns lie on the grid of the current utterance, so neighbouring frames share them.
    """
    anchor = speech.anchor(time)
    start = windows.window_start(time - anchor, training_shift=training_shift)
    first = start * mel.HOP - mel.FFT // 2 - 1
    count = 1 + mel.FFT + (mel.WINDOW - 1) * mel.HOP
    begin = anchor + first / mel.SAMPLE_RATE
    return mel.interior(_samples(speech, begin, count))


def mouth_weight(
    speech: SpeechView, time: float, activity: SpeechActivity | None = None,
) -> float:
    """
    Return how far the mouth follows the speech at `time`: 0 at rest, 1 fully.

    It rises smoothly before speech and falls after it; pauses between words are bridged. Breath
    and noise are no speech, unless a voice gives timings for them. `activity`: the session's
    network for speech; without it rules tell speech.
    """
    begin, end = time - _RELEASE[0], time + _ATTACK[0]
    if not speech.speaking(begin, end):
        return 0.0
    before, blocks = round(LOOK_BACK / _BLOCK), round((end - begin) / _BLOCK)
    samples = _samples(speech, begin - before * _BLOCK, (before + blocks) * HOP)
    levels = np.sqrt(np.mean(np.square(
        samples[before * HOP:].reshape(-1, HOP), dtype=np.float64), axis=1))
    loud = np.flatnonzero(levels > SILENCE_RMS)
    if len(loud) == 0:
        return 0.0
    present: NDArray[np.float64] = np.ones(blocks)
    if all(speech.mouth(at) is None for at in (begin, time, end)):
        likelihood = None if activity is None else activity.follow(
            speech, begin - before * _BLOCK, begin - HOLD, end)
        present = speech_presence(
            log_mel(samples), samples, range(before, before + blocks), likelihood)
    # When each begins, from `time`.
    seconds: NDArray[np.floating[Any]] = loud * _BLOCK - _RELEASE[0]
    ramps = np.where(seconds > 0, _ramp(seconds, *_ATTACK),
                     _ramp(np.maximum(0.0, -seconds - _BLOCK), *_RELEASE))
    return float((present[loud] * ramps).max())


def _ramp(distances: NDArray[np.floating[Any]], none: float, full: float) -> NDArray[np.float64]:
    """Return 0 from `none` seconds on, 1 up to `full`, and a smoothstep in between."""
    x = np.clip((none - distances) / (none - full), 0.0, 1.0)
    return np.asarray(x * x * (3 - 2 * x))


def _samples(speech: SpeechView, begin: float, count: int) -> NDArray[np.float32]:
    samples = speech.samples(begin, begin + count / mel.SAMPLE_RATE, mel.SAMPLE_RATE)
    # Topics may carry anything: one bad sample must not blank the mouth for 0.2 s.
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
