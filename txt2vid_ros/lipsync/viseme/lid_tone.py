"""The tone of a shut lid: it lies in the light, the skin that is pulled over it in the shade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.warp import Map, remapped

_COLUMNS, _ROWS = 25, 12
_UNDER = (0.25, 0.8)  # eye heights below the lower lid between which skin is looked at
_OVER = (0.35, 0.95)  # of the way from the lid's edge to where its skin ends
_TAKEN = 0.6  # of the way from the light that is pulled down to that of the skin below the eye
_HUE = 0.4  # of the difference of their colours
_GAIN = (0.85, 1.6)  # times its light, at most: more would be make-up


def lid_gain(
    picture: NDArray[np.uint8], face: FaceGeometry, x: Array, above: Array, below: Array,
    top: Array,
) -> Map:
    """
    Return the factors (h, w, 3) that bring the skin of a shut lid to the light of its face.

    `x` (h, w): positions in face units; `above`, `below`: the edges of the lids (n, 2) in face
    units, of an eye that is open in `picture`; `top`: where the skin above ends (n, 2).
    """
    at = np.linspace(above[0, 0], above[-1, 0], _COLUMNS + 2)[1:-1]
    upper, lower, skin = (np.interp(at, row[:, 0], row[:, 1]) for row in (above, below, top))
    height = float(np.max(lower - upper))
    under = lower + np.linspace(*_UNDER, _ROWS)[:, None] * height
    over = upper + np.linspace(*_OVER, _ROWS)[:, None] * (skin - upper)
    # The light of a face changes slowly along an eye; a lash or a strand of hair does not.
    kernel = np.hanning(15)[1:-1]
    kernel /= kernel.sum()

    def tone(y: Array) -> Array:
        where = face.to_pixels(np.stack([np.broadcast_to(at, y.shape), y], axis=-1))
        taken = np.median(remapped(picture, where.astype(np.float32)), axis=0) + 4.0
        return np.stack([np.convolve(np.pad(taken[:, k], 6, mode='edge'), kernel, mode='valid')
                         for k in range(3)], axis=-1)

    ratio = tone(under) / tone(over)
    light = ratio.mean(axis=-1, keepdims=True)
    gain = np.clip((light * (ratio / light) ** _HUE) ** _TAKEN, *_GAIN)
    return np.stack([np.interp(x, at, gain[:, k]) for k in range(3)], axis=-1).astype(np.float32)
