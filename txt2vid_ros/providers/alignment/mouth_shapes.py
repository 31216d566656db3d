"""
The mouth shapes that a small network hears in speech, as features of its sounds.

It looks at 0.44 s of log-mel bands, 0.18 s of them ahead, and knows one voice well. Lips that move
to sound alone have another network, which knows many (lipsync/viseme/sound); the table of sounds
is fitted to this one. data/README.md tells where its weights come from.
"""

from __future__ import annotations

import functools
import pathlib

import numpy as np
from numpy.typing import NDArray

SHAPES = 6
"""Values that it answers for each column, 0 to 1."""
_WEIGHTS = pathlib.Path(__file__).parent / 'data' / 'mouth_shapes.npz'
_BEFORE, _AFTER = 26, 17
"""Columns around the present one that it looks at, in pairs."""

Array = NDArray[np.float32]


def mouth_shapes(level: Array) -> Array:
    """Return the shapes at each column of `level` (columns, bands), relative to the usual one."""
    padded = np.pad(level, ((_BEFORE, _AFTER), (0, 0)), mode='edge')
    width = _BEFORE + 1 + _AFTER
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
    pairs = windows.reshape(*windows.shape[:2], width // 2, 2).mean(-1)
    mean, scale, *layers = _weights()
    hidden = (pairs.reshape(len(windows), -1) - mean) * scale
    for weight, bias in zip(layers[0:-2:2], layers[1:-2:2], strict=True):
        hidden = np.maximum(hidden @ weight + bias, 0)
    out = hidden @ layers[-2] + layers[-1]
    return np.asarray(1 / (1 + np.exp(-np.clip(out, -30, 30))), np.float32)


@functools.lru_cache(maxsize=1)
def _weights() -> tuple[Array, ...]:
    with np.load(_WEIGHTS, allow_pickle=False) as data:
        return tuple(np.asarray(data[name], np.float32) for name in sorted(data.files))
