"""
The network that hears mouth shapes: convolutions over time, computed by NumPy.

A first layer over 60 ms goes from columns of 10 ms to moments of 20 ms; the others look at three
moments each, ever further back, and add what they find. Only the first two look ahead.
"""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray

WEIGHTS = pathlib.Path(__file__).parent / 'data' / 'audio_mouth.npz'
FIRST, FIRST_BACK = 6, 2
"""Columns of the first layer, and how many of them are before the present one."""
TAPS = 3
LAYERS = ((1, 1), (1, 0), (2, 0), (4, 0))
"""Of the others, in moments: from tap to tap, and how far ahead the last one is."""
CONTEXT = (-(FIRST_BACK + 2 * sum((TAPS - 1) * step - ahead for step, ahead in LAYERS)),
           FIRST - FIRST_BACK + 2 * sum(ahead for _, ahead in LAYERS))
"""First and one past the last column that a pose depends on, relative to its own."""

Array = NDArray[np.float32]


def poses(features: Array) -> Array:
    """
    Return the poses every second column from the first that has its whole CONTEXT, 0 to 1.

    `features`: (columns, BANDS), as audio_features.normalised gives. The poses: (n, shapes), n
    half of the columns that have their context, rounded up.
    """
    mean, scale, first, bias, *more, weight, last = _weights()
    normal = (features - mean) * scale
    bands = normal.shape[1]
    taken = np.lib.stride_tricks.sliding_window_view(normal.ravel(), FIRST * bands)[::2 * bands]
    hidden = np.maximum(taken @ first + bias, 0)
    for (step, ahead), inner, inner_bias in zip(LAYERS, more[::2], more[1::2], strict=True):
        reach = (TAPS - 1) * step
        count = len(hidden) - reach
        taken = np.concatenate([hidden[tap * step:tap * step + count] for tap in range(TAPS)],
                               axis=1)
        hidden = (hidden[reach - ahead:reach - ahead + count]
                  + np.maximum(taken @ inner + inner_bias, 0))
    found = hidden @ weight + last
    return np.asarray(1 / (1 + np.exp(-np.clip(found, -30, 30))), np.float32)


def load() -> None:
    """Load the weights now rather than at the first sound."""
    _weights()


def forget() -> None:
    """Read the weights again when they are needed: they have changed."""
    _weights.cache_clear()


@functools.lru_cache(maxsize=1)
def _weights() -> tuple[Array, ...]:
    """Return mean, scale, and weight and bias of each layer."""
    with np.load(WEIGHTS, allow_pickle=False) as data:
        names = ['mean', 'scale', *(f'layer{index}_{part}' for index in range(len(LAYERS) + 2)
                                    for part in ('weight', 'bias'))]
        return tuple(np.asarray(data[name], np.float32) for name in names)
