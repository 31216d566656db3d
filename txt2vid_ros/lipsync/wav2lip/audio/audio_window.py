"""What a frame hears of the speech around it: its mel window, and how much its mouth moves.

Both are functions of the time and the speech alone, so a frame may be rendered in any order, again
after an interruption, or twice, and comes out the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.lipsync.engine import SpeechView
from txt2vid_ros.lipsync.wav2lip.audio import mel, windows

LOOK_AHEAD = 0.22
"""Seconds after a frame that `mel_window` and `mouth_weight` look at: 16 columns and their FFT."""

SILENCE_RMS = 10.0 ** (-50 / 20)      # root mean square below which a moment counts as silence
_BLOCK = 160                    # samples of such a moment: 10 ms
_ATTACK = (0.20, 0.04)          # seconds before the sound: the mouth begins to move, moves fully
_RELEASE = (0.40, 0.20)         # seconds after the sound: the mouth is at rest, begins to settle


def mel_window(
    speech: SpeechView, time: float, *, training_shift: bool = False,
) -> NDArray[np.float32]:
    """Return the (80, 16) window that the frame at `time` hears.

    The columns lie on the grid of the utterance under way, so neighbouring frames share them.
    """
    anchor = speech.anchor(time)
    start = windows.window_start(time - anchor, training_shift=training_shift)
    first = start * mel.HOP - mel.FFT // 2 - 1
    count = 1 + mel.FFT + (mel.WINDOW - 1) * mel.HOP
    begin = anchor + first / mel.SAMPLE_RATE
    return mel.interior(_heard(speech, begin, count))


def mouth_weight(speech: SpeechView, time: float) -> float:
    """Return how far the mouth follows the speech at `time`: 0 at rest, 1 fully.

    It rises before a sound and falls after it, smoothly; pauses between words do not count.
    """
    begin, end = time - _RELEASE[0], time + _ATTACK[0]
    if not speech.speaking(begin, end):
        return 0.0
    count = round((end - begin) * mel.SAMPLE_RATE)
    blocks = _heard(speech, begin, count)[:count // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    loud = np.flatnonzero(np.sqrt(np.mean(blocks.astype(np.float64) ** 2, axis=1)) > SILENCE_RMS)
    if len(loud) == 0:
        return 0.0
    seconds = loud * (_BLOCK / mel.SAMPLE_RATE) - _RELEASE[0]      # when each begins, from `time`
    before, after = seconds[seconds <= 0], seconds[seconds > 0]
    since = max(0.0, -float(before[-1]) - _BLOCK / mel.SAMPLE_RATE) if len(before) else np.inf
    until = float(after[0]) if len(after) else np.inf
    return max(_ramp(since, *_RELEASE), _ramp(until, *_ATTACK))


def _ramp(distance: float, none: float, full: float) -> float:
    """Return 0 from `none` seconds on, 1 up to `full`, smooth between (smoothstep)."""
    x = min(1.0, max(0.0, (none - distance) / (none - full)))
    return x * x * (3 - 2 * x)


def _heard(speech: SpeechView, begin: float, count: int) -> NDArray[np.float32]:
    samples = speech.samples(begin, begin + count / mel.SAMPLE_RATE, mel.SAMPLE_RATE)
    # A topic may carry anything: one bad sample must not blank the mouth for 0.2 s.
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
