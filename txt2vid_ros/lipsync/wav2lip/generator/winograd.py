"""
3x3 convolutions with 16 multiplications for four outputs in place of 36.

The minimal filtering F(2x2, 3x3) of Lavin and Gray (2015, arXiv 1509.09308): tiles of 4x4 inputs,
of which neighbours share two rows or columns, are transformed, multiplied with the transformed
weights at each of the 16 places, and transformed back to 2x2 outputs. All three are matrix
products. In float32 this is as exact as the plain sum: the factors are 0, 1/2 and 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WIDTHS = (12, 24, 48)
"""Widths of the decoder's maps at which this is no slower than a plain convolution. On narrower
maps its larger weights, on wider maps its larger maps cost more than it saves."""

_INPUT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]], np.float32)
_OUTPUT = np.array([[1, 1, 1, 0], [0, 1, -1, -1]], np.float32)
_WEIGHT = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])

INPUT: NDArray[np.float32] = np.kron(_INPUT, _INPUT)
"""(16, 16): from the pixels of a tile, row by row, to what is multiplied."""
OUTPUT: NDArray[np.float32] = np.kron(_OUTPUT, _OUTPUT)
"""(4, 16): from the products to the outputs of a tile, row by row."""


def weights(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return `weight` (outputs, inputs, 3, 3) transformed, (16, inputs, outputs)."""
    out = np.einsum('ak,bl,oikl->abio', _WEIGHT, _WEIGHT, weight.astype(np.float64))
    return np.ascontiguousarray(out.reshape(16, *out.shape[2:]), np.float32)


def tiles(places: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places (16, n) of the tiles that cover padded `places` (2r + 2, 2c + 2)."""
    windows = np.lib.stride_tricks.sliding_window_view(places, (4, 4))[::2, ::2]
    return np.ascontiguousarray(windows.reshape(-1, 16).T)
