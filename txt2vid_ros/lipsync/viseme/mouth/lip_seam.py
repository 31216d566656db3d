"""
The line along which closed lips meet: the mesh corrected by the picture.

On a head that is turned, the mesh lays this line and its ends beside the real ones, by up to half
of a lip's height. A cut there would open the mouth in the lower lip and in the skin.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.mouth.best_path import best_path
from txt2vid_ros.lipsync.viseme.warp import sampled_lab

Array = NDArray[np.float64]
Picture = NDArray[np.float32]

_TURNED = (6.0, 14.0)  # degrees from which on the mesh is corrected, and fully so
_PARTED = 0.02  # face units between the lips from which on there are two edges and no line
_COLUMNS, _ROWS = 65, 49
_REACH = 0.09  # face units above and below the mesh's line that are searched
_BESIDE = 0.06  # face units beyond the mesh's corners that are searched
_VALLEY = (0.014, 0.026)  # face units from a line to what has to be lighter on both sides
_BEND = 3.0  # cost of a step between columns, in rows squared
_PRIOR = 0.09  # face units off the mesh that cost as much as half of a clear line
_CLEAR = 2.5  # lightness (of 100) by which a line is darker than both lips, at least
_INWARD, _OUTWARD = 0.035, 0.006  # face units by which a corner moves along the line at most: what
# goes on beyond it is rather a fold, a shadow or hair
_FADED = 0.3  # of the line's usual depth: where it ends


def seam_lips(
    frame: NDArray[np.uint8], to_pixels: Array, rows: tuple[Array, Array, Array, Array],
    turned: float,
) -> tuple[Array, Array, Array, Array]:
    """
    Return the rows of lips (11, 2) in face units, moved so that they meet where the picture's do.

    `to_pixels`: (2, 3) from face units to pixels. `rows`: upper outer, upper inner, lower inner
    and lower outer points of the mesh in face units. `turned`: degrees by which the head is turned
    aside. Lips seen from the front, parted lips, and lips between which no line is darker than
    both are returned as they are.
    """
    upper_outer, upper_inner, lower_inner, _ = rows
    gap = float((lower_inner[4:7, 1] - upper_inner[4:7, 1]).mean())
    share = float(np.clip(2 - gap / _PARTED, 0, 1) * np.interp(turned, _TURNED, (0, 1)))
    left, right = upper_outer[0], upper_outer[-1]
    if share == 0 or right[0] - left[0] < 0.1:
        return rows
    line = np.concatenate([left[None], (upper_inner + lower_inner) / 2, right[None]])
    x = np.asarray(np.linspace(left[0] - _BESIDE, right[0] + _BESIDE, _COLUMNS), np.float64)
    base = np.asarray(np.interp(x, line[:, 0], line[:, 1]), np.float64)
    away = np.asarray(np.linspace(-_REACH, _REACH, _ROWS), np.float64)
    depth = _valleys(frame, to_pixels, x, np.asarray(base[None] + away[:, None]), away)
    inside = (x > upper_inner[0, 0]) & (x < upper_inner[-1, 0])
    usual = float(np.median(depth[:, inside].max(axis=0)))
    if usual < _CLEAR:
        return rows
    gain = np.minimum(depth, usual) / usual - 0.5 * ((away / _PRIOR) ** 2)[:, None]
    path = best_path(gain, _BEND * (4 / len(gain)) ** 2)
    found = depth[path, np.arange(_COLUMNS)]
    if float(np.median(found[inside])) < _CLEAR:
        return rows
    kernel = np.hanning(9)[1:-1]
    shift = np.convolve(np.pad(away[path], 3, mode='edge'), kernel / kernel.sum(), mode='valid')
    ends = _ends(x, found, usual, float(left[0]), float(right[0]))
    return _moved(rows, x, shift * share, (ends - np.array([left[0], right[0]])) * share)


def _valleys(
    frame: NDArray[np.uint8], to_pixels: Array, x: Array, y: Array, away: Array
) -> Picture:
    """Return how much darker than above and below each position is (rows, columns)."""
    wide = np.broadcast_to(x, y.shape)
    px, py = (row[0] * wide + row[1] * y + row[2] for row in to_pixels)
    lab = sampled_lab(frame, np.stack([px, py], axis=-1))
    light = cv2.GaussianBlur(lab[..., 0], (0, 0), sigmaX=0.8, sigmaY=0.8)
    best = np.zeros_like(light)
    for distance in _VALLEY:
        step = max(1, round(distance / float(away[1] - away[0])))
        around = np.pad(light, ((step, step), (0, 0)), mode='edge')
        both = np.minimum(around[:-2 * step], around[2 * step:])
        best = np.maximum(best, both - light)
    return np.asarray(best, np.float32)


def _ends(x: Array, found: Picture, usual: float, left: float, right: float) -> Array:
    """Return where the line fades, to the left and to the right, near the mesh's corners."""
    smooth = np.convolve(np.pad(found, 2, mode='edge'), np.ones(5) / 5, mode='valid')
    clear = smooth > _FADED * usual
    middle = len(x) // 2
    faint_left = np.flatnonzero(~clear[:middle])
    faint_right = np.flatnonzero(~clear[middle:])
    start = float(x[faint_left[-1] + 1]) if len(faint_left) else float(x[0])
    stop = float(x[middle + faint_right[0] - 1]) if len(faint_right) else float(x[-1])
    return np.array([np.clip(start, left - _OUTWARD, left + _INWARD),
                     np.clip(stop, right - _INWARD, right + _OUTWARD)])


def _moved(
    rows: tuple[Array, Array, Array, Array], x: Array, shift: Array, ends: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the rows with the shift of the line; the outer ones follow it at the corners only."""
    left, right = float(rows[0][0, 0]), float(rows[0][-1, 0])
    centre = float(rows[1][5, 0])

    def follow(row: Array, *, outer: bool) -> Array:
        out = row.copy()
        side = np.where(row[:, 0] < centre, left - centre, right - centre)
        u = np.clip((row[:, 0] - centre) / np.where(side == 0, 1.0, side), 0, 1)
        out[:, 0] += np.where(row[:, 0] < centre, ends[0], ends[1]) * u**2
        share = u**2 if outer else np.ones_like(u)
        out[:, 1] += share * np.interp(out[:, 0], x, shift)
        return out

    upper_outer, upper_inner, lower_inner, lower_outer = rows
    return (follow(upper_outer, outer=True), follow(upper_inner, outer=False),
            follow(lower_inner, outer=False), follow(lower_outer, outer=True))
