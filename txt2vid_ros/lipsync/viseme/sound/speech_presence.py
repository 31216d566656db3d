"""
Tells speech from the steady noise of a room, a fan or the mains, by what rises above it.

Speech comes and goes in each band of frequencies many times a second; steady noise does not. The
features of the mouth network are relative to the usual level, so that without this a quiet hiss
would move the lips as a voice does. Measured: the bands that rise most are 3 to 4.5 dB above their
floor in noise (white, pink, brown, hum, fan), and more than 9 dB in 95 % of voiced sound.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SILENT = -7.5
"""log10 of the power of a column's loudest band below which it is digital silence, no noise."""
_NARROW = 3.0
"""log10 of the power below the loudest band of a column at which a band counts as empty."""
_COLUMNS = 10
"""Columns over which the median is taken: a click is no speech. An even number, because hum of
50 Hz falls on every other column in the same way."""
_EDGE = 2
"""Columns beside digital silence that have the sound of its edge in them."""
_FLOOR_PERCENTILE, _FLOOR_STEP = 5, 3
"""The share of columns below the floor, and how many columns apart those are that show it."""
_RISING_BANDS = 8
_ABSENT, _PRESENT = 0.5, 0.8
"""log10 of the power by which those bands rise above their floor in noise, and in speech."""
_LOUD = (-22.0, -18.0)
"""dB of full scale (RMS) from which on steady sound is speech or song, too."""
_LOUD_SECONDS = 0.05
_HOLD = 17
"""Columns around one that has speech to which it extends: 80 ms either way."""

Array = NDArray[np.float32]


def speech_presence(mel: Array, samples: Array, rate: int, hop: int, column: int, weights: Array
                    ) -> float:
    """
    Return how much of what is heard at a column of `mel` is speech, 0 to 1.

    `mel`: (columns, bands), as audio_features.log_mel gives for `samples`, mono in -1..1 at `rate`
    Hz, `hop` of them a column. `weights`: (odd n,) of the columns around it.
    """
    half = len(weights) // 2 + _HOLD // 2
    wanted = range(column - half, column + half + 1)
    heard = mel.max(axis=1) > _SILENT
    clipped = np.maximum(mel, mel.max(axis=1, keepdims=True) - _NARROW)
    windows = np.lib.stride_tricks.sliding_window_view(clipped, _COLUMNS, axis=0)
    known: NDArray[np.bool_] = np.all(np.lib.stride_tricks.sliding_window_view(
        np.pad(heard, _EDGE, mode='edge'), _COLUMNS + 2 * _EDGE), axis=1)
    places = np.clip(np.array(wanted) - _COLUMNS // 2, 0, len(windows) - 1)
    present: NDArray[np.float64] = np.zeros(len(places))
    shown = np.flatnonzero(known)[::_FLOOR_STEP]
    if len(shown):
        floor = np.percentile(np.median(windows[shown], axis=-1), _FLOOR_PERCENTILE, axis=0)
        steady = np.median(windows[places], axis=-1)
        rise = np.sort(steady - floor, axis=1)[:, -_RISING_BANDS:].mean(axis=1)
        present = _step(rise, _ABSENT, _PRESENT) * known[places]
    present = np.maximum(present, _step(_levels(samples, rate, np.array(wanted) * hop), *_LOUD))
    held = np.lib.stride_tricks.sliding_window_view(present, _HOLD).max(axis=-1)
    return float((held * weights).sum() / weights.sum())


def _levels(samples: Array, rate: int, middles: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the RMS level around each of some samples, in dB of full scale."""
    reach = round(_LOUD_SECONDS * rate)
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    low, high = (np.clip(middles + side, 0, len(samples)) for side in (-reach, reach))
    return np.asarray(10 * np.log10((energy[high] - energy[low]) / (2 * reach) + 1e-12))


def _step(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share))
