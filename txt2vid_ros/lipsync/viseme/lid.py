"""An upper lid that blinks: where each pixel of the eye region comes from."""

from __future__ import annotations

import numpy as np
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry
from txt2vid_ros.lipsync.viseme.warp import Map, smooth_step

_LID_SKIN = 0.85  # of the way from the eye up to where its skin ends that a closing lid pulls down
_CLOSES_TO = 0.94  # of the way to the lower lid
_WIDE = 0.22  # of the eye's height by which wide eyes open further
_INSET = 0.07  # of the eye's height above its edge: what a lid that is shut ends with
_LASHES = 0.17  # of the eye's height below its upper edge that go with the lid
_SWING = 0.3  # of the eye's height by which lashes at the outer corner go down
_OUTSIDE, _INSIDE = 0.3, 0.4  # of the eye's width beside that corner over which they do
_LINE = 0.09  # of the eye's height: the line of lashes of a lid that is shut
_ROOT = 0.35  # of the eye's height above its upper edge: lashes, which do not stretch


def is_in_picture(units: Array, above: Array, below: Array) -> bool:
    """
    Return whether the eye between two edges (n, 2) has a pixel of the grid `units` (h, w, 2).

    All in face units. The head may be cut off by the edge of the picture.
    """
    x, y = units[..., 0], units[..., 1]
    return bool(np.any((x > above[0, 0]) & (x < above[-1, 0])
                       & (y > above[:, 1].min()) & (y < below[:, 1].max())))


class Lid:
    """One upper lid over the grid of the eye region, in face units."""

    def __init__(
        self,
        face: FaceGeometry,
        units: Array,
        rim: tuple[int, ...],
        above: Array,
        below: Array,
        top: Array,
        gain: Map,
    ) -> None:
        """
        Take the grid's positions (h, w, 2) in face units, and the edges of the eye.

        `rim`: mesh points of the upper edge, which lies below the lashes; `above`, `below`: the
        edges of the lids (n, 2) in face units; `top`: up to where there is skin above them (n, 2);
        `gain` (h, w, 3): the factors of a shut lid's tone.
        """
        x, y = units[..., 0], units[..., 1]
        self._upper = np.interp(x, above[:, 0], above[:, 1]).astype(np.float32)
        mesh = face.to_units(face.points[list(rim)])
        self._rim = np.maximum(
            np.interp(x, mesh[:, 0], mesh[:, 1]).astype(np.float32), self._upper)
        self._lower = np.interp(x, below[:, 0], below[:, 1]).astype(np.float32)
        skin_y = np.interp(x, top[:, 0], top[:, 1])
        self._top: Map = np.asarray(
            self._upper + _LID_SKIN * (skin_y - self._upper), np.float32)
        self._y = y.astype(np.float32)
        inside = np.minimum(x - above[0, 0], above[-1, 0] - x)
        self._share = smooth_step(inside, -0.02, 0.04)
        # The eyeball turns as a whole where the iris is, and not at all at the corners.
        width = float(above[-1, 0] - above[0, 0])
        self._turns = smooth_step(inside, 0.02 * width, 0.3 * width)
        height = float((self._lower - self._upper).max())
        # Lashes stand out over the outer corner, where the lid itself has no way to go.
        outer = above[0, 0] if abs(above[0, 0]) > abs(above[-1, 0]) else above[-1, 0]
        inward = (x - outer) * (1 if outer < 0 else -1) / max(width, 1e-3)
        self._swing = np.asarray(
            _SWING * height * smooth_step(inward, -_OUTSIDE, 0)
            * (1 - smooth_step(inward, 0, _INSIDE)), np.float32)
        self._lash = max(_LASHES * height, 1e-3)
        self._inset = _INSET * height
        self._root = _ROOT * height
        self._line = max(_LINE * height, 2.0 / face.unit)
        near = ((inside > -_OUTSIDE * width) & (y > above[:, 1].min() - 0.05)
                & (y < below[:, 1].max() + 0.05))
        rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
        self.rows = slice(int(rows[0]), int(rows[-1]) + 1)
        self.columns = slice(int(columns[0]), int(columns[-1]) + 1)
        """The part of the picture in which the eye lies."""
        self._turned = smooth_step(inside, -0.02 * width, 0.3 * width)[self.rows, self.columns]
        self.gain = gain[self.rows, self.columns]
        """The factors (h, w, 3) that bring the skin of the lid, once stretched, into the light."""

    def _edge(self, blink: float) -> Map:
        """Return where the edge of the lid is at each pixel's column."""
        if blink <= 0:
            return np.asarray(
                self._rim + blink * _WIDE * (self._lower - self._rim) * self._share)
        drop = blink * _CLOSES_TO * (self._lower - self._upper) * self._share
        return np.asarray(self._upper + drop + self._swing * blink)

    def opening(self, blink: float) -> Map:
        """Return how much each pixel goes with the eyeball: 1 at the iris, 0 at lids and skin."""
        height = float(np.max((self._lower - self._rim) * self._share))
        edge, soft = self._edge(blink), max(0.16 * height, 1e-3)
        if blink > 0:
            edge = np.maximum(edge, self._rim)
        # The edges of the lids go with it, else parts of the iris would stay behind there.
        return np.asarray(smooth_step(self._y - edge, -2 * soft, -soft)
                          * smooth_step(self._lower - self._y, -2 * soft, -soft) * self._turns,
                          np.float32)

    def lashes(self, blink: float) -> tuple[Map, Map]:
        """Return how far the lid's edge drops, and its share of each pixel below the edge."""
        part = (self.rows, self.columns)
        edge = self._edge(blink)[part]
        below = self._y[part] - edge
        # Below the edge of a shut eye there is a line of lashes.
        shut = min(max((blink - 0.6) * 2.5, 0.0), 1.0)
        band = self._lash * (1 - shut) + self._line * shut
        share = np.where(below >= 0, 1 - smooth_step(below, 0.3 * band, band), 0)
        return (edge - self._upper[part],
                np.asarray(share * self._share[part], np.float32))

    def stretched(self, blink: float) -> Map:
        """Return by how much the lid's skin is stretched at each pixel of its part, 0 to 1."""
        edge, top, y, skin, longer = self._skin(blink)
        inside = smooth_step(y, top, top + 0.3 * skin) * (y < edge - np.minimum(
            self._root, 0.6 * skin))
        share = self._share[self.rows, self.columns]
        return np.asarray(smooth_step(longer, 0.2, 0.6) * inside * share, np.float32)

    def in_light(self, blink: float) -> Map:
        """Return how far each pixel of the lid's part has come into the light, 0 to 1."""
        edge, top, y, skin, longer = self._skin(blink)
        inside = smooth_step(y, top, top + 1.2 * skin) * (
            1 - smooth_step(y, edge - 0.5 * self._root, edge + 0.3 * self._root))
        return np.asarray(smooth_step(longer, 0.2, 0.7) * inside * self._turned, np.float32)

    def _skin(self, blink: float) -> tuple[Map, Map, Map, Map, Map]:
        """Return the lid's edge, its top, y, how high its skin is pictured, and its growth."""
        part = (self.rows, self.columns)
        edge, top = self._edge(blink)[part], self._top[part]
        skin = np.maximum(self._upper[part] - top, 1e-4)
        return edge, top, self._y[part], skin, 1 - skin / np.maximum(edge - top, 1e-4)

    def shift(self, blink: float) -> Map:
        """Return the displacement of each pixel's source along y (face units, negative is up)."""
        edge = self._edge(blink)
        # Where the mesh puts the edge of the lid, the iris may begin already.
        upper = self._upper if blink > 0 else self._rim
        skin = np.maximum(upper - self._top - self._inset * min(max(blink, 0.0), 1.0), 1e-4)
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
            stretch = (self._lower - self._rim) / np.maximum(self._lower - edge, 1e-4)
            shift = np.where(shown, (self._lower - self._y) * (1 - stretch), shift)
        return shift.astype(np.float32)
