"""The features of the small audio-to-mouth model: level-normalised log-mel bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.sound.log_mel import BANDS

LOOK_BACK, LOOK_AHEAD = 1.2, 0.2
"""Seconds of sound around a moment that its features depend on."""
CONTEXT = (-26, 18)
"""First and one past the last column of the model's input, relative to the present one."""

_USUAL_PERCENTILE = 90
_MIN_USUAL_LEVEL = -4.2  # log10 of the power below which sound is silence rather than quiet
_RANGE = (-4.5, 1.0)  # of the features, log10 relative to the usual level

Array = NDArray[np.float32]


def normalised(mel: Array, usual: Array) -> Array:
    """Return `mel` (n, BANDS) relative to the usual level of each column (n,), clipped."""
    relative = mel - np.maximum(usual, _MIN_USUAL_LEVEL)[:, None]
    return np.asarray(np.clip(relative, *_RANGE), np.float32)


def usual_level(mel: Array) -> float:
    """Return the log10 level of the louder columns of `mel` (n, BANDS)."""
    return float(np.percentile(mel.max(axis=1), _USUAL_PERCENTILE))


def stacked(features: Array) -> Array:
    """
    Return the model's input for each column that has its whole context, (n, inputs).

    `features`: (n + CONTEXT[1] - CONTEXT[0] - 1, BANDS). Columns are averaged in pairs.
    """
    width = CONTEXT[1] - CONTEXT[0]
    windows = np.lib.stride_tricks.sliding_window_view(features, width, axis=0)
    pairs = windows.reshape(len(windows), BANDS, width // 2, 2).mean(-1)
    return np.ascontiguousarray(pairs.reshape(len(windows), -1), np.float32)
