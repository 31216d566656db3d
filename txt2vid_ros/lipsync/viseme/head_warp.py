"""Warping a still head: lids, brows, and the sway of the whole head against its background."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState
from txt2vid_ros.lipsync.viseme.warp import Map, remapped, smooth_step

Frame = NDArray[np.uint8]

_LID_SKIN = 0.75  # of the way from the eye up to the brow that a closing lid pulls down
_CLOSES_TO = 0.94  # of the way to the lower lid
_BROW_LIFT = 0.016  # face units
_CELL = 8  # pixels of the grid on which the head's sway is laid out
_LIDS = (
    (mp.RIGHT_LID_UPPER, mp.RIGHT_LID_LOWER, mp.RIGHT_BROW),
    (mp.LEFT_LID_UPPER, mp.LEFT_LID_LOWER, mp.LEFT_BROW),
)


class HeadWarp:
    """Applies idle motion to rendered pictures of one face. Prepared once per still picture."""

    def __init__(self, face: FaceGeometry, shape: tuple[int, ...]) -> None:
        """Take the face's eyes and the picture's (height, width, ...)."""
        self._face = face
        height, width = shape[:2]
        self._eyes = _box(
            face,
            list(mp.RIGHT_BROW + mp.LEFT_BROW + mp.RIGHT_LID_LOWER + mp.LEFT_LID_LOWER),
            0.16,
            width,
            height,
        )
        x0, y0, x1, y1 = self._eyes
        ys, xs = np.mgrid[y0:y1, x0:x1]
        self._xy: Map = np.stack([xs, ys], axis=-1).astype(np.float32)
        units = face.to_units(self._xy.astype(np.float64))
        self._lids = [_Lid(face, units, *rows) for rows in _LIDS]
        self._brow: Map = _brow_weight(face, units)
        self._head = _box(face, list(mp.OVAL), 1.1, width, height)
        self._sharp = _box(face, list(mp.OVAL), 0.0, width, height)
        self._place, self._weight, self._offset = _head_grid(face, self._head)

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture` warped to `state`; `picture` itself if nothing moves."""
        if state.blink > 0 or state.brows > 0:
            picture = self._eyes_moved(picture, state)
        if state.right or state.down or state.roll:
            picture = self._swayed(picture, state)
        return picture

    def _eyes_moved(self, picture: Frame, state: IdleState) -> Frame:
        lift = np.zeros(self._xy.shape[:2], np.float32)
        for lid in self._lids:
            lift += lid.shift(state.blink)
        lift += state.brows * _BROW_LIFT * self._brow
        down = self._face.axes[:, 1].astype(np.float32)
        where = self._xy + lift[..., None] * down
        x0, y0, x1, y1 = self._eyes
        moved = remapped(picture, where)
        result = picture.copy()
        result[y0:y1, x0:x1] = moved
        return result

    def _swayed(self, picture: Frame, state: IdleState) -> Frame:
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


class _Lid:
    """One upper lid over the grid of the eye region, in face units."""

    def __init__(
        self,
        face: FaceGeometry,
        units: Array,
        upper: tuple[int, ...],
        lower: tuple[int, ...],
        brow: tuple[int, ...],
    ) -> None:
        above, below = (
            face.to_units(face.points[list(upper)]),
            face.to_units(face.points[list(lower)]),
        )
        arch = face.to_units(face.points[list(brow)])
        x, y = units[..., 0], units[..., 1]
        self._upper = np.interp(x, above[:, 0], above[:, 1]).astype(np.float32)
        self._lower = np.interp(x, below[:, 0], below[:, 1]).astype(np.float32)
        order = np.argsort(arch[:, 0])
        brow_y = np.interp(x, arch[order, 0], arch[order, 1])
        self._top = (self._upper + _LID_SKIN * (brow_y - self._upper)).astype(np.float32)
        self._y = y.astype(np.float32)
        inside = np.minimum(x - above[0, 0], above[-1, 0] - x)
        self._share = smooth_step(inside, -0.02, 0.04)

    def shift(self, blink: float) -> Map:
        """Return the displacement of each pixel's source along y (face units, negative is up)."""
        edge = self._upper + blink * _CLOSES_TO * (self._lower - self._upper) * self._share
        skin = np.maximum(self._upper - self._top, 1e-4)
        covered = (self._y > self._top) & (self._y < edge)
        source = self._top + (self._y - self._top) * skin / np.maximum(edge - self._top, 1e-4)
        return np.where(covered, source - self._y, 0).astype(np.float32)


def _brow_weight(face: FaceGeometry, units: Array) -> Map:
    """Return how much each pixel follows the rising brows: fully at the brows, not at the lids."""
    weight = np.zeros(units.shape[:2], np.float32)
    for upper, _, brow in _LIDS:
        arch, lid = face.to_units(face.points[list(brow)]), face.to_units(face.points[list(upper)])
        order = np.argsort(arch[:, 0])
        x, y = units[..., 0], units[..., 1]
        line = np.interp(x, arch[order, 0], arch[order, 1])
        eye = np.interp(x, lid[:, 0], lid[:, 1])
        below = 1 - smooth_step((y - line) / np.maximum(eye - line, 0.02), 0.1, 0.95)
        over = smooth_step(y, line - 0.14, line - 0.02)
        sides = smooth_step(x, arch[:, 0].min() - 0.12, arch[:, 0].min() + 0.02) * (
            1 - smooth_step(x, arch[:, 0].max() - 0.02, arch[:, 0].max() + 0.12)
        )
        weight = np.maximum(weight, below * over * sides)
    return weight


def _head_grid(face: FaceGeometry, box: tuple[int, int, int, int]) -> tuple[Map, Map, Map]:
    """Return a coarse grid over `box` with a margin of one cell.

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


def _box(
    face: FaceGeometry, points: list[int], margin: float, width: int, height: int
) -> tuple[int, int, int, int]:
    low = np.floor(face.points[points].min(0) - margin * face.unit).astype(int)
    high = np.ceil(face.points[points].max(0) + margin * face.unit).astype(int)
    return (
        int(np.clip(low[0], 0, width - 2)),
        int(np.clip(low[1], 0, height - 2)),
        int(np.clip(high[0], 2, width)),
        int(np.clip(high[1], 2, height)),
    )
