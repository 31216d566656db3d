"""The sway of a still head as a whole against its background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState
from txt2vid_ros.lipsync.viseme.warp import Map, remapped, smooth_step

Frame = NDArray[np.uint8]

_CELL = 8  # pixels of the grid on which the sway is laid out


class HeadSway:
    """Moves the head of one face. Prepared once per still picture."""

    def __init__(self, face: FaceGeometry, shape: tuple[int, ...]) -> None:
        """Take the face and the picture's (height, width, ...)."""
        self._face = face
        height, width = shape[:2]
        self._head = box_around(face, list(mp.OVAL), 1.1, width, height)
        self._sharp = box_around(face, list(mp.OVAL), 0.0, width, height)
        self._place, self._weight, self._offset = _head_grid(face, self._head)

    def moved(self, picture: Frame, state: IdleState) -> Frame:
        """Return the picture with the head where `state` has it."""
        x0, y0, x1, y1 = self._head
        move = self._face.axes @ np.array([state.right, state.down])
        turned = np.stack([-self._offset[..., 1], self._offset[..., 0]], axis=-1) * state.roll
        coarse = self._place - (turned + move.astype(np.float32)) * self._weight[..., None]
        rows, columns = coarse.shape[:2]
        where = cv2.resize(coarse, (columns * _CELL, rows * _CELL), interpolation=cv2.INTER_LINEAR)
        # The grid has a margin of one cell, as beyond the centre of an outermost cell there is no
        # second node to interpolate with.
        where = where[_CELL:_CELL + y1 - y0, _CELL:_CELL + x1 - x0]
        left, top, right, bottom = self._sharp
        result = picture.copy()
        # Cubic interpolation keeps the face, where viewers look, sharp at subpixel shifts.
        for (a, b, c, d), method in (
            ((x0, y0, x1, top), cv2.INTER_LINEAR),
            ((x0, bottom, x1, y1), cv2.INTER_LINEAR),
            ((x0, top, left, bottom), cv2.INTER_LINEAR),
            ((right, top, x1, bottom), cv2.INTER_LINEAR),
            ((left, top, right, bottom), cv2.INTER_CUBIC),
        ):
            if a < c and b < d:
                part = np.asarray(where[b - y0:d - y0, a - x0:c - x0], np.float32)
                result[b:d, a:c] = remapped(picture, part, method)
        return result


def box_around(
    face: FaceGeometry, points: list[int], margin: float, width: int, height: int
) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of points and a margin (face units), in the picture."""
    low = np.floor(face.points[points].min(0) - margin * face.unit).astype(int)
    high = np.ceil(face.points[points].max(0) + margin * face.unit).astype(int)
    return (
        int(np.clip(low[0], 0, width - 2)),
        int(np.clip(low[1], 0, height - 2)),
        int(np.clip(high[0], 2, width)),
        int(np.clip(high[1], 2, height)),
    )


def _head_grid(face: FaceGeometry, box: tuple[int, int, int, int]) -> tuple[Map, Map, Map]:
    """
    Return a coarse grid over `box` with a margin of one cell.

    Returns the position of each node in the picture, how much it follows the head, and its offset
    from the head's pivot.
    """
    x0, y0, x1, y1 = box
    # cv2.resize puts node i at the middle of cell i.
    xs, ys = (
        start + (np.arange(-1, -(-(stop - start) // _CELL) + 1) + 0.5) * _CELL - 0.5
        for start, stop in ((x0, x1), (y0, y1))
    )
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    oval = face.points[list(mp.OVAL)]
    middle, unit = oval.mean(0), face.unit
    units = (grid - middle) / unit
    # An ellipse around face and hair with a slow falloff; the neck follows less.
    radius = np.hypot(units[..., 0] / 0.95, (units[..., 1] + 0.12) / 1.2)
    weight = 1 - smooth_step(radius, 0.75, 1.5)
    edge = np.minimum.reduce(
        [grid[..., 0] - x0, x1 - 1 - grid[..., 0], grid[..., 1] - y0, y1 - 1 - grid[..., 1]]
    )
    weight = weight * smooth_step(edge, 0.04 * unit, 0.35 * unit)
    pivot = face.points[mp.CHIN] + face.axes[:, 1] * 0.3
    return (
        np.asarray(grid, np.float32),
        np.asarray(weight, np.float32),
        np.asarray(grid - pivot, np.float32),
    )
