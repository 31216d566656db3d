"""Rendering one driving frame, prepared once, in any mouth pose."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose
from txt2vid_ros.lipsync.viseme.articulation import articulate, Articulated
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry, Lips, read_face
from txt2vid_ros.lipsync.viseme.mouth.lip_layers import cut_layers
from txt2vid_ros.lipsync.viseme.mouth.lip_tone import relaxed_lips
from txt2vid_ros.lipsync.viseme.mouth.oral_cavity import make_mouth_parts, MouthParts, OralCavity
from txt2vid_ros.lipsync.viseme.region import region_of, window_of
from txt2vid_ros.lipsync.viseme.skin.control_points import control_points
from txt2vid_ros.lipsync.viseme.skin.folds import Folds
from txt2vid_ros.lipsync.viseme.skin.grain import Grain
from txt2vid_ros.lipsync.viseme.warp import Grid, Map, remapped, smooth_step, Spline

Frame = NDArray[np.uint8]

_GRID_STEP = 0.035  # face units


class FaceRenderer:
    """Renders poses on one driving frame. Keeps no state between two calls of `render`."""

    def __init__(
        self, frame: Frame, mesh: NDArray[np.float32], parts: MouthParts | None = None,
        closed: Lips | None = None, quiet: bool = False,
    ) -> None:
        """
        Prepare `frame` (height, width, 3) with its face mesh (468, 3) in pixels.

        `parts`, `closed`: the mouth's parts and the lips at rest, from other frames of a video;
        made here where None. `quiet`: it is of a video whose person does not speak, and while
        nothing is said its mouth does what theirs did.
        """
        self.face: FaceGeometry = read_face(mesh, frame, closed)
        self.box = region_of(self.face, frame.shape)
        x0, y0, x1, y1 = self.box
        roi = frame[y0:y1, x0:x1]
        self._grid = Grid(self.box, max(3.0, _GRID_STEP * self.face.unit))
        places = np.meshgrid(np.arange(self._grid.width), np.arange(self._grid.height))
        self._places = np.stack(places, axis=-1).astype(np.float32)
        self._window = window_of(self._grid, self.face)
        self._inside = self._window > 0
        self._nodes = self.face.to_units(self._grid.nodes[self._inside].astype(np.float64))
        """Where the nodes lie that move at all, in face units."""
        self.moving = self._grid.extent(self._inside)
        """The box in which pictures of different poses may differ."""
        self._folds = Folds(roi, self.face, (x0, y0), self.moving if parts is None else None)
        smooth = relaxed_lips(self._folds.rested, self.face, (x0, y0))
        self._upper, self._lower = cut_layers(smooth, (x0, y0), self.face)
        self._grain = Grain(roi)
        self._control_points = control_points(self.face, self.box)
        self._spline: Spline | None = None
        # A mouth that is closed in the picture rests as pictured.
        self._natural = 1.0 if quiet else float(np.clip(1.5 - self.face.gap / 0.02, 0, 1))
        self.parts = parts or make_mouth_parts(frame, self.face, self.box, still=True)
        self._cavity = OralCavity(self.face, self.box, self.parts)

    @property
    def nbytes(self) -> int:
        """Bytes held for this frame, without `parts`."""
        return (self._upper.nbytes + self._lower.nbytes + self._grain.nbytes
                + self._folds.nbytes + 50_000)

    def release(self) -> None:
        """Drop what takes only half a millisecond to compute again."""
        self._spline = None

    def render(self, frame: Frame, pose: MouthPose, corners: float = 0.0) -> Frame:
        """
        Return `frame`, which must be the prepared one, in `pose`.

        `corners`: how far those of the mouth are up as in a smile, -1 to 1.
        """
        x0, y0, x1, y1 = self.box
        picture = np.array(frame)
        region = picture[y0:y1, x0:x1]
        most = np.maximum(pose.max(keepdims=True), abs(corners))
        natural = self._natural * (1 - float(smooth_step(most, 0, 0.2)[0]))
        if natural >= 1:
            return picture
        moved = articulate(self.face.rest, pose, corners)
        upper_map, lower_map = self._maps(moved)
        upper, lower = remapped(self._upper, upper_map), remapped(self._lower, lower_map)
        pictured = region.astype(np.float32) if natural > 0 else None
        self._join(region, upper, lower)
        self._folds.shade(region, (upper_map, lower_map), pose, corners)
        self._open_mouth(region, moved, pose, upper, lower)
        if self._grain.sigma > 0:
            clear = cv2.multiply(255 - upper[..., 3], 255 - lower[..., 3], scale=1 / 255)
            self._grain.restore(region, lower_map, np.asarray(clear, np.uint8))
        if pictured is not None:
            mixed = region * (1 - natural) + pictured * natural
            region[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
        return picture

    def _maps(self, moved: Articulated) -> tuple[Map, Map]:
        """Return where each pixel of the region comes from, for the upper and the lower layer."""
        face = self.face
        beside = face.to_pixels(self._control_points.moved(face, moved))
        beside_moves = face.to_pixels(self._control_points.moving()) - beside
        if self._spline is None:
            self._spline = Spline(
                self._grid, face.to_pixels(self._control_points.still), self._inside)
        layers = []
        for pictured, now in (
            (face.lips.rows()[:2], moved.lips.rows()[:2]),
            (face.lips.rows()[:1:-1], moved.lips.rows()[:1:-1]),
        ):
            # The corners are the same in both rows.
            there = face.to_pixels(np.concatenate([pictured[0], pictured[1][1:-1]]))
            here = face.to_pixels(np.concatenate([now[0], now[1][1:-1]]))
            layers.append((here, there - here))
        shifts = self._spline.shifts(beside, beside_moves, layers)
        below, outside = self._sides(moved)
        up_share = (below * outside)[:, None]
        low_share = (1 - (1 - below) * outside)[:, None]
        window = self._window[self._inside, None]
        maps = []
        for share in (up_share, low_share):
            shift = np.zeros((len(self._window), 2), np.float32)
            shift[self._inside] = (shifts[0] * (1 - share) + shifts[1] * share) * window
            maps.append(self._full_map(shift))
        return maps[0], maps[1]

    def _full_map(self, shift: Map) -> Map:
        return np.asarray(cv2.add(self._grid.full(shift), self._places), np.float32)

    def _sides(self, moved: Articulated) -> tuple[Map, Map]:
        """Return, for each moving node, how far it is below the mouth's line and beside it."""
        units = self._nodes
        upper, lower = moved.lips.upper_inner, moved.lips.lower_inner
        line = np.interp(units[:, 0], upper[:, 0], (upper[:, 1] + lower[:, 1]) / 2)
        left, right = moved.lips.upper_outer[0, 0], moved.lips.upper_outer[-1, 0]
        beyond = np.maximum(left - units[:, 0], units[:, 0] - right)
        spread = 0.02 + 0.7 * np.maximum(beyond, 0)
        below = smooth_step((units[:, 1] - line) / spread, -1, 1)
        return below, smooth_step(beyond, -0.02, 0.03)

    @staticmethod
    def _join(region: Frame, upper: Frame, lower: Frame) -> None:
        """Fill `region` with the upper layer, and the lower layer over it, in place."""
        alpha = lower[..., 3]
        below = np.flatnonzero(alpha.min(axis=1) < 255)
        above = np.flatnonzero(alpha.max(axis=1) > 0)
        first = int(above[0]) if len(above) else len(alpha)
        last = max(first, int(below[-1]) + 1 if len(below) else 0)
        region[:first] = upper[:first, :, :3]
        region[last:] = lower[last:, :, :3]
        band = slice(first, last)
        if first < last:
            weight = alpha[band].astype(np.float32) / 255
            region[band] = cv2.blendLinear(
                cv2.cvtColor(upper[band], cv2.COLOR_BGRA2BGR),
                cv2.cvtColor(lower[band], cv2.COLOR_BGRA2BGR), 1 - weight, weight)

    def _open_mouth(
        self, out: Frame, moved: Articulated, pose: MouthPose, upper: Frame, lower: Frame
    ) -> None:
        """Draw the inside of the mouth into `out` where neither lip is, in place."""
        hole = np.concatenate([moved.lips.upper_inner, moved.lips.lower_inner])
        pixels = self.face.to_pixels(hole) - self.box[:2]
        x0, y0 = np.maximum(np.floor(pixels.min(0)).astype(int) - 4, 0)
        x1, y1 = np.minimum(np.ceil(pixels.max(0)).astype(int) + 5, out.shape[1::-1])
        if x1 <= x0 or y1 <= y0:
            return
        part = (slice(int(y0), int(y1)), slice(int(x0), int(x1)))
        upper_alpha = upper[part][..., 3:].astype(np.float32) / 255
        lower_alpha = lower[part][..., 3:].astype(np.float32) / 255
        uncovered = np.asarray(((1 - upper_alpha) * (1 - lower_alpha))[..., 0], np.float32)
        inside = self._cavity.shaded(self._cavity.draw(moved, pose, part), uncovered)
        under = inside * (1 - upper_alpha) + upper[part][..., :3] * upper_alpha
        lips = under * (1 - lower_alpha) + lower[part][..., :3] * lower_alpha
        lips *= self._cavity.contact(moved, part)
        out[part] = np.clip(lips + 0.5, 0, 255).astype(np.uint8)
