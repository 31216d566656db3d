"""The features of the small audio-to-mouth model: level-normalised log-mel bands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.sound import mouth_network

LOOK_BACK, LOOK_AHEAD = 1.2, 0.2
"""Seconds of sound around a moment that its features depend on."""
CONTEXT = mouth_network.CONTEXT
"""First and one past the last column of the model's input, relative to the present one."""

LEVEL_BACK, LEVEL_AHEAD = 120, 20
"""Columns before the present one, and from it on, that show the usual level."""

_USUAL_PERCENTILE = 90
_MIN_USUAL_LEVEL = -4.2  # log10 of the power below which sound is silence rather than quiet
_RANGE = (-4.5, 1.0)  # of the features, log10 relative to the usual level

Array = NDArray[np.float32]


def normalised(mel: Array, usual: Array) -> Array:
    """Return `mel` (n, BANDS) relative to the usual level of each column (n,), clipped."""
    relative = mel - np.maximum(usual, _MIN_USUAL_LEVEL)[:, None]
    return np.asarray(np.clip(relative, *_RANGE), np.float32)


def usual_level(mel: Array) -> float:
    """Return the log10 level of the louder columns of `mel` (n, BANDS), all of them known."""
    return float(np.percentile(mel.max(axis=1), _USUAL_PERCENTILE))


def usual_levels(mel: Array) -> Array:
    """Return the usual level as it is known at each column of `mel` (n, BANDS), (n,)."""
    loud = np.pad(mel.max(axis=1), (LEVEL_BACK, LEVEL_AHEAD - 1), constant_values=-9.0)
    windows = np.lib.stride_tricks.sliding_window_view(loud, LEVEL_BACK + LEVEL_AHEAD)
    return np.asarray(np.percentile(windows, _USUAL_PERCENTILE, axis=1), np.float32)
