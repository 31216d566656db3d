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
    Return the pose at each column that has its whole CONTEXT, (n, shapes), 0 to 1.

    `features`: (n + CONTEXT[1] - CONTEXT[0] - 1, BANDS), as audio_features.normalised gives.
    """
    mean, scale, *_ = _weights()
    normal = (features - mean) * scale
    even, odd = _moments(normal), _moments(normal[1:])
    found = np.empty((len(even) + len(odd), even.shape[1]), np.float32)
    found[::2], found[1::2] = even, odd
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


def _moments(normal: Array) -> Array:
    """Return the logits every second column from the first that has its context on."""
    _, _, *layers = _weights()
    windows = np.lib.stride_tricks.sliding_window_view(normal, FIRST, axis=0)[::2]
    taken = windows.transpose(0, 2, 1).reshape(len(windows), -1)
    hidden = np.maximum(taken @ layers[0] + layers[1], 0)
    for (step, ahead), weight, bias in zip(LAYERS, layers[2:-2:2], layers[3:-2:2], strict=True):
        reach = (TAPS - 1) * step
        count = len(hidden) - reach
        taken = np.concatenate([hidden[tap * step:tap * step + count] for tap in range(TAPS)],
                               axis=1)
        hidden = hidden[reach - ahead:reach - ahead + count] + np.maximum(taken @ weight + bias, 0)
    return np.asarray(hidden @ layers[-2] + layers[-1], np.float32)
