"""How far up the skin of an upper lid is seen: frames of glasses and hair are no skin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.warp import sampled_lab

_COLUMNS, _ROWS = 25, 40
_LASHES = 0.25  # of the way up to the brow that lashes and their shadow may darken
_DARK, _BRIGHT = 0.5, 1.5  # times the lightness of skin that skin in shade or light keeps within
_WIDE = 0.6  # of the eye's width that a frame or a low brow spans; lashes and strands do not
_MARGIN = 0.8  # of the way to what is no skin, whose soft edge is none either
_LEAST = 0.35  # of the way to the brow: less is all shadow, and would make a dark lid


def skin_top(
    picture: NDArray[np.uint8], face: FaceGeometry, edge: Array, brow: Array
) -> Array:
    """
    Return where the skin above an upper lid's edge ends (n, 2), in face units: at the brow.

    Or below what lies over it. `edge`, `brow`: points (n, 2) in face units from left to right, of
    an eye that is open in `picture`.
    """
    x = np.linspace(edge[0, 0], edge[-1, 0], _COLUMNS)
    low, high = (np.interp(x, points[:, 0], points[:, 1]) for points in (edge, brow))
    way = np.linspace(0, 1, _ROWS)
    at = face.to_pixels(np.stack(
        [np.broadcast_to(x, (_ROWS, _COLUMNS)), low + way[:, None] * (high - low)], axis=-1))
    light = np.asarray(sampled_lab(picture, at)[..., 0], np.float64)
    # Most of what is no skin is darker, so that skin is among the lighter three quarters.
    skin = float(np.percentile(light[way > _LASHES], 75))
    other = ((light < _DARK * skin) | (light > _BRIGHT * skin)) & (way > _LASHES)[:, None]
    begins = other[:-1] & other[1:]     # one row alone is a crease
    found = begins.any(axis=0)
    if found.mean() < _WIDE:
        return np.asarray(np.stack([x, high], axis=1))
    share = max(_LEAST, _MARGIN * float(np.percentile(way[begins.argmax(axis=0)][found], 20)))
    return np.asarray(np.stack([x, low + share * (high - low)], axis=1))
