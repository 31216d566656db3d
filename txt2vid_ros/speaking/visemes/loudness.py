"""How loud speech is, and how far that opens the mouth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WINDOW = 0.04  # seconds over which the level is taken
_SPAN = 0.12  # seconds over which the gain follows it
_FLOOR_DB = -60.0


def level_db(
    samples: NDArray[np.float32], rate: int, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the level around each of `times` (seconds from the start) in dB of full scale."""
    half = max(1, round(_WINDOW * rate / 2))
    finite = np.nan_to_num(np.asarray(samples, np.float64), posinf=1, neginf=-1)
    energy = np.concatenate([[0.0], np.cumsum(finite * finite)])
    middle = np.round(times * rate).astype(np.int64)
    low = np.clip(middle - half, 0, len(finite))
    high = np.clip(middle + half, 0, len(finite))
    mean = (energy[high] - energy[low]) / (2 * half)
    return np.asarray(np.maximum(10 * np.log10(np.maximum(mean, 1e-12)), _FLOOR_DB))


def loudness_gain(
    samples: NDArray[np.float32], rate: int, times: NDArray[np.float64]
) -> NDArray[np.float64]:
    """
    Return a factor for the jaw at each of `times`: 1 at the clause's usual level.

    6 dB more opens it by about a sixth, 6 dB less closes it by as much (0.6 to 1.25 in all);
    a clause that is quiet as a whole opens the mouth a little less than a loud one.
    """
    level = level_db(samples, rate, times)
    voiced = level[level > level.max() - 25]
    usual = float(np.median(voiced)) if len(voiced) else _FLOOR_DB
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.01
    points = max(1, round(_SPAN / step / 2))
    window = np.hanning(2 * points + 3)[1:-1]
    relative = np.clip(level - usual, -15, 9)
    smooth = np.convolve(
        np.pad(relative, points, mode='edge'), window / window.sum(), mode='valid'
    )
    overall = np.clip((usual + 24) / 60, -0.2, 0.1)
    return np.asarray(np.clip(10 ** (smooth * 0.0115) * (1 + overall), 0.6, 1.25))
