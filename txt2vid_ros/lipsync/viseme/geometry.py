"""The mouth of one face: its coordinate system, its lips as pictured and its lips at rest."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.mouth.lip_edges import refined_edges
from txt2vid_ros.lipsync.viseme.mouth.lip_ends import eased_ends
from txt2vid_ros.lipsync.viseme.mouth.lip_seam import seam_lips

Array = NDArray[np.float64]

# Mouth width over the distance of the outer eye corners in a neutral face (mean anthropometry).
NEUTRAL_WIDTH = 0.55
_SMILE_RANGE = 0.14  # wider than neutral by so much is a full smile
_KEPT_SMILE = 0.45  # share of the corners' lift that a closed mouth keeps
_KEPT_WIDTH = 0.5
_MAX_LIFT = 0.09  # face units; a chin that rises by more takes the collar with it
_OWN_REST = 0.05  # face units; lips parted by more take their rest shape from other frames
_LIP_GAIN_UPPER, _LIP_GAIN_LOWER = 0.45, 0.1  # how much fuller lips are than in a full smile


@dataclasses.dataclass(frozen=True)
class Lips:
    """Four rows of 11 points each, corner to corner, in face units (x right, y down)."""

    upper_outer: Array
    upper_inner: Array
    lower_inner: Array
    lower_outer: Array

    def rows(self) -> tuple[Array, Array, Array, Array]:
        """Return the rows from top to bottom."""
        return self.upper_outer, self.upper_inner, self.lower_inner, self.lower_outer


@dataclasses.dataclass(frozen=True)
class FaceGeometry:
    """
    One face in one driving frame.

    Face units: the origin is the middle of the mouth at rest, 1 is the distance between the
    outer eye corners, x runs to the picture's right along the eyes, y down along the nose.
    `axes` (2, 2): the pixel vectors of x and y as columns, foreshortened as the head is turned.
    `jaw_drop`: how far the chin rises when the mouth closes; `stretch`: how much further the skin
    between lower lip and chin rises at the lip.
    `points` (468, 2) of the mesh, and their `depths` (468,) towards the viewer, are in pixels.
    """

    points: Array
    depths: Array
    origin: Array
    axes: Array
    lips: Lips
    rest: Lips
    smile: float
    gap: float
    jaw_drop: float
    stretch: float

    def to_units(self, pixels: Array) -> Array:
        """Return pixel positions (..., 2) in face units."""
        return np.asarray((pixels - self.origin) @ np.linalg.inv(self.axes).T)

    def to_pixels(self, units: Array) -> Array:
        """Return positions in face units (..., 2) as pixels."""
        return np.asarray(units @ self.axes.T + self.origin)

    @property
    def unit(self) -> float:
        """Pixels of one face unit, not foreshortened."""
        return float(np.sqrt(np.abs(np.linalg.det(self.axes))))


def read_face(
    mesh: NDArray[np.float32], frame: NDArray[np.uint8], closed: Lips | None = None
) -> FaceGeometry:
    """
    Return the mouth of a face mesh (468, 3) in pixels, its lips as `frame` shows them.

    `closed`: this person's lips at rest (see `closed_lips`), if other frames show them better.
    """
    points = mesh.astype(np.float64)
    across = points[mp.LEFT_EYE_OUTER] - points[mp.RIGHT_EYE_OUTER]
    unit = float(np.linalg.norm(across)) or 1.0
    x_axis = across / unit
    lean = points[mp.CHIN] - points[10]
    lean = lean - x_axis * (lean @ x_axis)
    y_axis = lean / (float(np.linalg.norm(lean)) or 1.0)
    axes = np.stack([x_axis[:2], y_axis[:2]], axis=1) * unit
    if abs(np.linalg.det(axes)) < 0.2 * unit * unit:  # a profile: keep the frame invertible
        axes = np.eye(2) * unit
    flat = points[:, :2]
    middle = (flat[13] + flat[14]) / 2

    def units(row: tuple[int, ...]) -> Array:
        return np.asarray((flat[list(row)] - middle) @ np.linalg.inv(axes).T)

    to_pixels = np.column_stack([axes, middle])
    rows = seam_lips(frame, to_pixels, (
        units(mp.UPPER_OUTER),
        units(mp.UPPER_INNER),
        units(mp.LOWER_INNER),
        units(mp.LOWER_OUTER),
    ), float(np.degrees(np.arcsin(np.clip(abs(across[2]) / unit, 0, 1)))))
    upper, lower = refined_edges(frame, to_pixels, rows)
    pictured = Lips(rows[0], upper, lower, rows[3])
    rest, smile, gap, drop = _at_rest(pictured)
    eased = Lips(*map(eased_ends, pictured.rows(), rest.rows()))
    if any(one is not other for one, other in zip(pictured.rows(), eased.rows(), strict=True)):
        pictured = eased
        rest, smile, gap, drop = _at_rest(pictured)
    if closed is not None:
        rest = _blended(rest, closed, float(np.clip((gap - _OWN_REST) / _OWN_REST, 0, 1)))
    kept = min(drop, _MAX_LIFT)
    return FaceGeometry(
        flat, -points[:, 2], middle, axes, pictured, rest, smile, gap, kept, drop - kept)


def closed_lips(faces: Sequence[FaceGeometry]) -> Lips:
    """Return one person's lips at rest, measured on those `faces` whose mouths are least open."""
    best = sorted(faces, key=lambda face: face.gap)[:max(1, len(faces) // 3)]
    rows = np.median([np.stack(face.rest.rows()) - _anchor(face.rest) for face in best], axis=0)
    return Lips(*rows)


def _anchor(lips: Lips) -> Array:
    """Return the middle of the line between closed lips (2,)."""
    ends = lips.upper_outer[[0, -1], 0]
    return np.array([float(ends.mean()), float(lips.upper_inner[5, 1])])


def _blended(own: Lips, closed: Lips, share: float) -> Lips:
    """Return `own` lips at rest blended with `share` of the shape of `closed`."""
    at = _anchor(own) - _anchor(closed)
    return Lips(*(mine * (1 - share) + (theirs + at) * share
                  for mine, theirs in zip(own.rows(), closed.rows(), strict=True)))


def _at_rest(lips: Lips) -> tuple[Lips, float, float, float]:
    """Return the closed lips, how much the face smiles (0 to 1), the gap, and the jaw's drop."""
    left, right = lips.upper_outer[0], lips.upper_outer[-1]
    width = float(right[0] - left[0])
    middle = lips.upper_inner[5, 0] * 0.5 + 0.25 * (left[0] + right[0])
    smile = float(np.clip((width - NEUTRAL_WIDTH) / _SMILE_RANGE, 0, 1))
    gaps = np.maximum(lips.lower_inner[:, 1] - lips.upper_inner[:, 1], 0)
    gap = float(gaps[4:7].mean())
    upper_drop = min(0.75 * gap, 0.02 + 0.07 * smile)
    # What a smile does not explain, the jaw has opened.
    drop = max(0.0, gap - upper_drop - 0.05)
    openness = float(np.clip(gap / 0.04, 0, 1))
    rest_width = (
        width if width < NEUTRAL_WIDTH else (NEUTRAL_WIDTH + _KEPT_WIDTH * (width - NEUTRAL_WIDTH))
    )
    scale = rest_width / max(width, 1e-3)
    line_y = float(lips.upper_inner[5, 1]) + upper_drop
    own = (lips.upper_inner[:, 1] + lips.lower_inner[:, 1]) / 2
    corner_y = line_y + _KEPT_SMILE * (0.5 * (left[1] + right[1]) - line_y)

    def across(row: Array) -> Array:
        return np.asarray((row[:, 0] - middle) * scale + middle)

    def line(x: Array) -> Array:
        u = np.clip((x - middle) / (rest_width / 2), -1, 1)
        smooth = line_y + (corner_y - line_y) * np.abs(u) ** 1.8
        pictured = np.interp(x, across(lips.upper_inner), own)
        return np.asarray(smooth * openness + pictured * (1 - openness))

    def height(outer: Array, inner: Array) -> Array:
        return np.asarray(np.abs(outer[:, 1] - np.interp(outer[:, 0], inner[:, 0], inner[:, 1])))

    def slim(x: Array, tall: Array) -> Array:
        # The sides of a mouth wide open stand upright: cut across, they pass for tall lips.
        u = np.clip(np.abs(x - middle) / (rest_width / 2), 0, 1)
        most = 1.25 * float(tall[4:7].mean()) * np.sqrt(1 - u**2)
        return np.asarray(np.minimum(tall, most) * openness + tall * (1 - openness))

    gain_up, gain_low = 1 + _LIP_GAIN_UPPER * smile, 1 + _LIP_GAIN_LOWER * smile
    ux, lx = across(lips.upper_outer), across(lips.lower_outer)
    ix, jx = across(lips.upper_inner), across(lips.lower_inner)
    up = height(lips.upper_outer, lips.upper_inner) * gain_up
    low = height(lips.lower_outer, lips.lower_inner) * gain_low
    up, low = slim(ux, up), slim(lx, low)
    up[0] = up[-1] = low[0] = low[-1] = 0.0
    rest = Lips(
        np.stack([ux, line(ux) - up], axis=1),
        np.stack([ix, line(ix)], axis=1),
        np.stack([jx, line(jx)], axis=1),
        np.stack([lx, line(lx) + low], axis=1),
    )
    return rest, smile, gap, drop
