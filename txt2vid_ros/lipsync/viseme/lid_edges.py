"""
The edges of the lids: the mesh corrected by the picture.

On many faces, mostly on those that are turned, the mesh ends the eye within the real edges. A lid
that began or closed there would leave a strip of the eye open.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.mouth.best_path import best_path
from txt2vid_ros.lipsync.viseme.warp import sampled_lab

_COLUMNS, _ROWS = 25, 40
_WITHIN = 0.5  # eye heights within the mesh's edge that are looked at
_ABOVE, _BELOW = 0.35, 0.55  # eye heights beyond the mesh's edges that are searched
_SKIN = (0.6, 1.0)  # eye heights beyond the mesh's edge between which there is the lid's skin
_PRIOR = 0.5  # eye heights off the mesh that cost as much as a whole eye of clear colour
_FLOOR = np.array([5.0, 3.0, 3.0])  # of colour differences that count, in CIELAB
_BEND = 1.5  # cost of a step between columns, in rows squared


def lid_edges(
    picture: NDArray[np.uint8], face: FaceGeometry, upper: tuple[int, ...], lower: tuple[int, ...]
) -> tuple[Array, Array]:
    """
    Return the edges of an upper and a lower lid (n, 2) in face units, from corner to corner.

    `upper`, `lower`: mesh points of the lids' edges in `picture`, from left to right. An edge is
    the cut with most skin beyond and least within it, and not within the mesh's.
    """
    above = face.to_units(face.points[list(upper)])
    below = face.to_units(face.points[list(lower)])
    height = float((below[:, 1] - np.interp(below[:, 0], above[:, 0], above[:, 1])).max())
    if height * face.unit < 3 or below[-1, 0] - below[0, 0] < 1e-3:
        return above, below
    return (_edge(picture, face, above, -height, _ABOVE),
            _edge(picture, face, below, height, _BELOW))


def _edge(
    picture: NDArray[np.uint8], face: FaceGeometry, points: Array, height: float, reach: float
) -> Array:
    """Return the edge near `points` (n, 2); `height` of the eye, negative where skin is above."""
    x = np.linspace(points[0, 0], points[-1, 0], _COLUMNS)
    mesh = np.interp(x, points[:, 0], points[:, 1])
    away = np.linspace(-_WITHIN, _SKIN[1], _ROWS)
    at = face.to_pixels(np.stack(
        [np.broadcast_to(x, (_ROWS, _COLUMNS)), mesh + away[:, None] * height], axis=-1))
    lab = sampled_lab(picture, at)
    skin = lab[away > _SKIN[0]]
    # Column by column, since light changes along the eye.
    middle = np.median(skin, axis=0)
    spread = np.maximum(1.5 * np.median(np.abs(skin - middle), axis=0), _FLOOR)
    likeness = np.exp(-(((lab - middle) / spread) ** 2).sum(-1) / 18) - 0.5
    gain = -2 * np.cumsum(likeness, axis=0) * (away[1] - away[0])
    gain -= ((away / _PRIOR) ** 2)[:, None] * 0.5
    gain[(away < 0) | (away > reach)] = -1e6
    found = away[best_path(gain, _BEND * (away[1] - away[0]) ** 2)]
    kernel = np.hanning(7)[1:-1]
    found = np.convolve(np.pad(found, 2, mode='edge'), kernel / kernel.sum(), mode='valid')
    # The lids meet in the corners.
    u = (x - x[0]) / (x[-1] - x[0])
    beyond = height * found * np.clip(4 * np.minimum(u, 1 - u), 0, 1)
    return np.asarray(np.stack([x, mesh + beyond], axis=1))
