"""
The audio window of a frame: its mel window, and how much its mouth moves.

Both depend on the time and the speech alone, so frames may be rendered in any order, again after
an interruption, or twice, with the same result.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.engine import SpeechView
from txt2vid_ros.lipsync.wav2lip.audio import mel, windows

LOOK_AHEAD = 0.22
"""Seconds of speech after a frame that `mel_window` and `mouth_weight` need (16 FFT columns)."""

SILENCE_RMS = 10.0 ** (-50 / 20)    # of full scale, below which a block counts as silence
_BLOCK = 160                    # samples of a block: 10 ms
_ATTACK = (0.20, 0.04)          # seconds before a sound: the mouth starts, is fully moving
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


def mouth_weight(speech: SpeechView, time: float) -> float:
    """
    Return how far the mouth follows the speech at `time`: 0 at rest, 1 fully.

    It rises smoothly before a sound and falls after it; pauses between words are bridged.
    """
    begin, end = time - _RELEASE[0], time + _ATTACK[0]
    if not speech.speaking(begin, end):
        return 0.0
    count = round((end - begin) * mel.SAMPLE_RATE)
    blocks = _samples(speech, begin, count)[:count // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    loud = np.flatnonzero(np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)) > SILENCE_RMS)
    if len(loud) == 0:
        return 0.0
    seconds = loud * (_BLOCK / mel.SAMPLE_RATE) - _RELEASE[0]      # when each begins, from `time`
    before, after = seconds[seconds <= 0], seconds[seconds > 0]
    since = max(0.0, -float(before[-1]) - _BLOCK / mel.SAMPLE_RATE) if len(before) else np.inf
    until = float(after[0]) if len(after) else np.inf
    return max(_ramp(since, *_RELEASE), _ramp(until, *_ATTACK))


def _ramp(distance: float, none: float, full: float) -> float:
    """Return 0 from `none` seconds on, 1 up to `full`, and a smoothstep in between."""
    x = min(1.0, max(0.0, (none - distance) / (none - full)))
    return x * x * (3 - 2 * x)


def _samples(speech: SpeechView, begin: float, count: int) -> NDArray[np.float32]:
    samples = speech.samples(begin, begin + count / mel.SAMPLE_RATE, mel.SAMPLE_RATE)
    # Topics may carry anything: one bad sample must not blank the mouth for 0.2 s.
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
