"""
The motion of a still head as a whole: it turns, nods, leans and moves against its background.

For the few degrees that an idle head turns, a pixel moves by its depth times the angle, so one map
an angle is laid out for each face, and a frame takes their sum.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry
from txt2vid_ros.lipsync.viseme.idle_motion import Sway
from txt2vid_ros.lipsync.viseme.warp import Map, smooth_step, thin_plate

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, x1 and y1 outside."""

_EARS = (234, 454)  # mesh points before the ears
_BEHIND = 0.12  # face units behind these, where the spine carries the head
_MOST = 0.105  # radians (6 degrees); what is hidden by the nose would be missed beyond
_STIFFNESS = 2e-2  # eye sockets do not show in it: frames of glasses lie over them
_OUTLINE = (0.3, 0.75, 0.45)  # face units from the face to the outline: aside, up, down
_RIMS = (1.0, 1.5, 2.5)  # of the way to the outline, where nothing has depth
_BEYOND = 0.45  # face units beside the outline; from there on nothing turns
_CELLS = (3, 8)  # pixels of the grid on which motion is laid out
_CELLS_PER_UNIT = 14


class HeadTurn:
    """The head of one face, prepared once, in any pose within a few degrees of the pictured."""

    def __init__(self, face: FaceGeometry, box: Box) -> None:
        """Lay out how each pixel of `box` goes with the head."""
        self._box = box
        self._cell = int(np.clip(round(face.unit / _CELLS_PER_UNIT), *_CELLS))
        self._place = _nodes(box, self._cell)
        follows, near = _follows(face, box, self._place)
        across = face.axes[:, 0] / np.linalg.norm(face.axes[:, 0])
        down = np.array([-across[1], across[0]])
        pivot = face.points[mp.CHIN] + face.axes[:, 1] * 0.3
        offset = self._place - pivot
        depth = head_depth(face, self._place) * near
        self._moves: Map = np.stack([
            follows[..., None] * face.axes[:, 0],
            follows[..., None] * face.axes[:, 1],
            depth[..., None] * across,
            depth[..., None] * down,
            follows[..., None] * np.stack([-offset[..., 1], offset[..., 0]], axis=-1),
        ]).astype(np.float32)
        """The shift of each node for 1 of each of the Sway's numbers."""

    def laid_out(self, sway: Sway) -> tuple[Map, int]:
        """Return where each pixel of the box comes from (h, w, 2), and how far away at most."""
        right, down, yaw, pitch, roll = sway
        amounts = np.array([right, down, _bounded(yaw), _bounded(pitch), roll], np.float32)
        shift = np.tensordot(amounts, self._moves, 1)
        coarse = self._place - shift
        rows, columns = coarse.shape[:2]
        cell = self._cell
        where = cv2.resize(coarse, (columns * cell, rows * cell), interpolation=cv2.INTER_LINEAR)
        # The grid has a margin of one cell, as beyond the centre of an outermost cell there is no
        # second node to interpolate with.
        x0, y0, x1, y1 = self._box
        where = where[cell:cell + y1 - y0, cell:cell + x1 - x0]
        return np.asarray(where, np.float32), math.ceil(float(np.abs(shift).max()))


def head_depth(face: FaceGeometry, at: Map) -> Map:
    """
    Return how far the head at positions `at` (..., 2) is before its axis, in pixels.

    That of the mesh within the face; from there it falls to the axis' at the outline, which
    therefore stays where it is when the head turns, as that of any round body does.
    """
    # Scaled, so that stiffness means the same for faces of all sizes.
    unit = face.unit
    middle = face.points[list(mp.OVAL)].mean(0)
    axis = float(face.depths[list(_EARS)].mean()) - _BEHIND * unit
    rims = [_outline(face, share) for share in _RIMS]
    points = np.concatenate([face.points, *rims])
    depths = np.concatenate([face.depths - axis, np.zeros(sum(len(rim) for rim in rims))])
    deep = thin_plate((points - middle) / unit, depths / unit,
                      (at.reshape(-1, 2) - middle) / unit, _STIFFNESS)
    return np.asarray(np.maximum(deep, 0).reshape(at.shape[:-1]) * unit, np.float32)


def _outline(face: FaceGeometry, share: float) -> NDArray[np.float64]:
    """Return the outline of hair and neck (n, 2) in pixels; `share` of the way to it."""
    oval = face.points[list(mp.OVAL)]
    away = (oval - oval.mean(0)) @ np.linalg.inv(face.axes).T
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    aside, up, down = _OUTLINE
    reach = np.stack([away[:, 0] * aside, away[:, 1] * np.where(away[:, 1] < 0, up, down)], axis=1)
    return np.asarray(oval + share * reach @ face.axes.T)


def _bounded(angle: float) -> float:
    """Return an angle in radians that the picture bears, the same as asked where it is small."""
    return _MOST * math.tanh(angle / _MOST)


def _nodes(box: Box, cell: int) -> Map:
    """Return the nodes of a coarse grid over `box` with a margin of one cell, in pixels."""
    # cv2.resize puts node i at the middle of cell i.
    xs, ys = (
        start + (np.arange(-1, -(-(stop - start) // cell) + 1) + 0.5) * cell - 0.5
        for start, stop in ((box[0], box[2]), (box[1], box[3]))
    )
    return np.stack(np.meshgrid(xs, ys), axis=-1).astype(np.float32)


def _follows(face: FaceGeometry, box: Box, nodes: Map) -> tuple[Map, Map]:
    """Return how much each node goes with the head, and whether it is near enough to turn."""
    x0, y0, x1, y1 = box
    unit = face.unit
    units = (nodes - face.points[list(mp.OVAL)].mean(0)) / unit
    # An ellipse around face and hair with a slow falloff; the neck follows less.
    radius = np.hypot(units[..., 0] / 0.95, (units[..., 1] + 0.12) / 1.2)
    inside = np.minimum.reduce([
        nodes[..., 0] - x0, x1 - 1 - nodes[..., 0], nodes[..., 1] - y0, y1 - 1 - nodes[..., 1]])
    edge = smooth_step(inside, 0.04 * unit, 0.35 * unit)
    return (np.asarray((1 - smooth_step(radius, 0.75, 1.5)) * edge, np.float32),
            np.asarray((1 - smooth_step(radius, 1.5 - _BEYOND, 1.5)) * edge, np.float32))
