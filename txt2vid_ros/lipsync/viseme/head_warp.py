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

_LID_SKIN = 0.62  # of the way from the eye up to the brow that a closing lid pulls down
_CLOSES_TO = 0.94  # of the way to the lower lid
_BROW_LIFT = 0.016  # face units, as far as stress raises them
_INNER_LIFT = 0.022  # face units, of the ends by the nose besides
_KNIT = 0.012  # face units by which the ends by the nose come together in anger
_WIDE = 0.22  # of the eye's height by which wide eyes open further
_INSET = 0.12  # of the eye's height above its edge: what a lid that is shut ends with
SHUT = 1.1  # times as far, where the eyes stay shut
_LASHES = 0.17  # of the eye's height below its upper edge that go with the lid
_ROOT = 0.35  # of the eye's height above its upper edge: lashes, which do not stretch
_LOOK = (0.034, 0.014)  # face units of the eyeball's surface to the side and up
_LID_FOLLOWS = 0.22  # of the eye's height by which the upper lid goes with the eyes
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
        self._brow, self._inner, self._towards = _brow_weights(face, units)
        self._head = _box(face, list(mp.OVAL), 1.1, width, height)
        self._sharp = _box(face, list(mp.OVAL), 0.0, width, height)
        self._place, self._weight, self._offset = _head_grid(face, self._head)

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture` warped to `state`; `picture` itself if nothing moves."""
        if (state.blink or state.brows or state.inner_brows or state.look_right
                or state.look_up):
            picture = self._eyes_moved(picture, state)
        if state.right or state.down or state.roll:
            picture = self._swayed(picture, state)
        return picture

    def _eyes_moved(self, picture: Frame, state: IdleState) -> Frame:
        lift: Map = np.zeros(self._xy.shape[:2], np.float32)
        aside: Map | None = None
        blink = float(min(state.blink - _LID_FOLLOWS * state.look_up, SHUT))
        for lid in self._lids:
            shift = lid.shift(blink)
            if state.look_right or state.look_up:
                # What is seen of the eyeball beside the lid, taken from where it was.
                ball = lid.opening(blink)
                turned = ball * (_LOOK[0] * -state.look_right)
                aside = turned if aside is None else aside + turned
                shift += ball * (_LOOK[1] * state.look_up)
            lift += shift
        lift += state.brows * _BROW_LIFT * self._brow
        if state.inner_brows:
            lift += state.inner_brows * _INNER_LIFT * self._inner
        if state.inner_brows < 0:
            knit = -state.inner_brows * _KNIT * self._towards
            aside = knit if aside is None else aside + knit
        axes = self._face.axes.astype(np.float32)
        where = self._xy + lift[..., None] * axes[:, 1]
        if aside is not None:
            where += aside[..., None] * axes[:, 0]
        x0, y0, x1, y1 = self._eyes
        result = picture.copy()
        moved = remapped(picture, where)
        if blink > 0:
            # The lashes and their shadow lie over the eyeball, and go with the lid.
            for lid in self._lids:
                drop, share = lid.lashes(blink)
                rows, columns = lid.rows, lid.columns
                over = remapped(picture, where[rows, columns] - drop[..., None] * axes[:, 1])
                share = share[..., None]
                mixed = moved[rows, columns] * (1 - share) + over * share
                moved[rows, columns] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
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
        # The eyeball turns as a whole where the iris is, and not at all at the corners.
        width = float(above[-1, 0] - above[0, 0])
        self._turns = smooth_step(inside, 0.02 * width, 0.3 * width)
        height = float((self._lower - self._upper).max())
        self._lash = max(_LASHES * height, 1e-3)
        self._inset = _INSET * height
        self._root = _ROOT * height
        self._pixel = 2.5 / face.unit
        near = (inside > -0.03) & (y > above[:, 1].min() - 0.05) & (y < below[:, 1].max() + 0.05)
        rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
        self.rows = slice(int(rows[0]), int(rows[-1]) + 1)
        self.columns = slice(int(columns[0]), int(columns[-1]) + 1)
        """The part of the picture in which the eye lies."""

    def _edge(self, blink: float) -> Map:
        """Return where the edge of the lid is at each pixel's column."""
        way = blink * (_CLOSES_TO if blink > 0 else _WIDE)
        return np.asarray(self._upper + way * (self._lower - self._upper) * self._share)

    def opening(self, blink: float) -> Map:
        """Return how much each pixel goes with the eyeball: 1 at the iris, 0 at lids and skin."""
        height = float(np.max((self._lower - self._upper) * self._share))
        edge, soft = self._edge(blink), max(0.16 * height, 1e-3)
        # The edges of the lids go with it, else parts of the iris would stay behind there.
        return np.asarray(smooth_step(self._y - edge, -2 * soft, -soft)
                          * smooth_step(self._lower - self._y, -2 * soft, -soft) * self._turns,
                          np.float32)

    def lashes(self, blink: float) -> tuple[Map, Map]:
        """Return how far the lid's edge drops, and its share of each pixel below the edge."""
        part = (self.rows, self.columns)
        edge = self._edge(blink)[part]
        below = self._y[part] - edge
        # Below the edge of a shut eye, only the edge itself is softened.
        shut = min(max((blink - 0.6) * 2.5, 0.0), 1.0)
        band = self._lash * (1 - shut) + self._pixel * shut
        share = np.where(below >= 0, 1 - smooth_step(below, 0.3 * band, band), 0)
        return (edge - self._upper[part] + self._inset * min(blink, 1.0),
                np.asarray(share * self._share[part], np.float32))

    def shift(self, blink: float) -> Map:
        """Return the displacement of each pixel's source along y (face units, negative is up)."""
        edge = self._edge(blink)
        # Where the mesh puts the edge of the lid, the iris may begin already.
        skin = np.maximum(self._upper - self._top - self._inset * min(max(blink, 0.0), 1.0), 1e-4)
        covered = (self._y > self._top) & (self._y < edge)
        # The lashes above the edge go down as they are; the skin above them is what stretches.
        fixed = np.minimum(self._root, 0.6 * skin)
        rigid = edge - fixed
        slope = (skin - fixed) / np.maximum(rigid - self._top, 1e-4)
        source = self._top + np.where(self._y < rigid, (self._y - self._top) * slope,
                                      skin - edge + self._y)
        shift = np.where(covered, source - self._y, 0)
        if blink < 0:
            # A wide eye shows more of the eyeball, which is not seen in the picture: it is
            # stretched.
            shown = (self._y >= edge) & (self._y < self._lower)
            stretch = (self._lower - self._upper) / np.maximum(self._lower - edge, 1e-4)
            shift = np.where(shown, (self._lower - self._y) * (1 - stretch), shift)
        return shift.astype(np.float32)


def _brow_weights(face: FaceGeometry, units: Array) -> tuple[Map, Map, Map]:
    """
    Return how much each pixel follows both brows, their ends by the nose, and these sideways.

    Fully at the brows, not at the lids. Sideways, towards the nose, is with a sign.
    """
    weight = np.zeros(units.shape[:2], np.float32)
    inner, towards = weight.copy(), weight.copy()
    nose = float(face.to_units(face.points[[mp.NOSE_BRIDGE]])[0, 0])
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
        own = below * over * sides
        weight = np.maximum(weight, own)
        # From the middle of the brow to its end by the nose.
        away = np.abs(x - nose) / max(float(np.abs(arch[:, 0] - nose).max()), 1e-3)
        by_nose = own * (1 - smooth_step(away, 0.2, 0.75))
        inner = np.maximum(inner, by_nose)
        side = np.sign(float(arch[:, 0].mean()) - nose)
        # Nothing moves across the middle.
        still = smooth_step((x - nose) * side, 0.0, 0.12)
        towards = np.where(by_nose * still > np.abs(towards), by_nose * still * side, towards)
    return weight, inner, towards.astype(np.float32)


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
