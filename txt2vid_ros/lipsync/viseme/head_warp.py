"""Warping a still head: lids, eyes and brows, and then its sway."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.head_sway import box_around, HeadSway
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
        self._eyes = box_around(
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
        self._sway = HeadSway(face, shape)
        self._shown: tuple[tuple[float, ...], Frame, Frame] | None = None
        """The state of the eyes that was shown last, what it was made from, and the result."""

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture` warped to `state`; its eyes may be changed in place."""
        if (state.blink or state.brows or state.inner_brows or state.look_right
                or state.look_up):
            self._move_eyes(picture, state)
        if state.right or state.down or state.roll:
            picture = self._sway.moved(picture, state)
        return picture

    def _move_eyes(self, picture: Frame, state: IdleState) -> None:
        x0, y0, x1, y1 = self._eyes
        part = picture[y0:y1, x0:x1]
        key = (state.blink, state.brows, state.inner_brows, state.look_right, state.look_up)
        # Between two saccades nothing about the eyes changes.
        if (self._shown is None or self._shown[0] != key
                or not np.array_equal(self._shown[1], part)):
            self._shown = key, part.copy(), self._eyes_in(picture, state)
        part[:] = self._shown[2]

    def _eyes_in(self, picture: Frame, state: IdleState) -> Frame:
        """Return the part of the picture around the eyes, in a state."""
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
        return moved


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
