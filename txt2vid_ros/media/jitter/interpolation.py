"""Interpolates sound by a windowed sinc, to read it a little faster or slower."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

TAPS = 32
BEFORE = TAPS // 2 - 1
"""Samples before a place that its value depends on; AFTER, one more, follow it."""
AFTER = TAPS // 2
_BITS = 12
_PHASES = 1 << _BITS
_BETA = 8.0


def prepare() -> None:
    """Make the table of weights now, not with the first sound, which would be held up."""
    _kernels()


def interpolate(samples: NDArray[np.float32], first: float, step: float, count: int
                ) -> NDArray[np.float32]:
    """
    Return the `count` values at `first`, `first` + `step`, ... of `samples`.

    BEFORE <= first, and the last place is at least AFTER from the end of `samples`.
    """
    # What sliding_window_view does, without its checks: this runs for every chunk.
    windows = np.lib.stride_tricks.as_strided(
        samples, (len(samples) - TAPS + 1, TAPS), samples.strides * 2, writeable=False)
    whole, phases = _phases(first, step, count)
    return np.asarray(np.einsum('ij,ij->i', windows[whole], _kernels()[phases]), np.float32)


def touched(known: NDArray[np.bool_], first: float, step: float, count: int
            ) -> NDArray[np.bool_]:
    """Return for the same values whether all samples that they depend on are `known`."""
    whole, _ = _phases(first, step, count)
    unknown = np.concatenate([[0], np.cumsum(~known)])
    return np.asarray(unknown[whole + TAPS] == unknown[whole])


def _phases(first: float, step: float, count: int
            ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first sample that each place depends on, and how far after it the place is."""
    places = np.rint((first - BEFORE) * _PHASES + step * _PHASES * np.arange(count))
    fine = places.astype(np.int64)
    return fine >> _BITS, fine & (_PHASES - 1)


@functools.lru_cache(maxsize=1)
def _kernels() -> NDArray[np.float32]:
    """Return the weights of the TAPS samples around each place between two samples."""
    after = np.arange(_PHASES)[:, None] / _PHASES
    away = np.arange(TAPS)[None, :] - BEFORE - after
    inside = np.clip(1 - (away / (TAPS / 2)) ** 2, 0, None)
    kernels = np.sinc(away) * np.i0(_BETA * np.sqrt(inside))
    return np.asarray(kernels / kernels.sum(axis=1, keepdims=True), np.float32)
