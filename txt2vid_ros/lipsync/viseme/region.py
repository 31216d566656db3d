"""The region of the picture that a moving mouth changes: its box and its blending window."""

from __future__ import annotations

import cv2
import numpy as np
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry
from txt2vid_ros.lipsync.viseme.warp import Grid, Map, smooth_step

_JAW_REACH = 0.19  # face units outside of jaw and throat in which the warp fades out
_THROAT = 0.2  # face units below the chin whose skin goes with it
_MARGIN = 0.24  # face units around the jaw in which the warp fades out


def region_of(face: FaceGeometry, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the box (x0, y0, x1, y1) of the lower face, clipped to the picture."""
    height, width = shape[:2]
    oval = face.points[list(mp.JAW_FOLLOW)]
    sides = face.points[[234, 454, 132, 361]]
    everything = np.concatenate([oval, sides, face.points[[197]]])
    below = face.points[mp.CHIN] + face.axes[:, 1] * (_MARGIN + 0.12)
    everything = np.concatenate([everything, below[None]])
    low = np.floor(everything.min(0)).astype(int)
    high = np.ceil(everything.max(0)).astype(int) + 1
    return (
        int(np.clip(low[0], 0, width - 8)),
        int(np.clip(low[1], 0, height - 8)),
        int(np.clip(high[0], 8, width)),
        int(np.clip(high[1], 8, height)),
    )


def window_of(grid: Grid, face: FaceGeometry) -> Map:
    """Return the weight of the warp at each node: 1 on the lower face, 0 at the region's edges."""
    units = face.to_units(grid.nodes.astype(np.float64))
    nose = face.to_units(face.points[[mp.NOSE_BASE]])[0, 1]
    chin = face.to_units(face.points[[mp.CHIN]])[0, 1]
    top = smooth_step(units[:, 1], nose - 0.22, nose - 0.03)
    bottom = 1 - smooth_step(units[:, 1], chin + 0.12, chin + 0.12 + _MARGIN)
    left = face.to_units(face.points[[234, 132]])[:, 0].min()
    right = face.to_units(face.points[[454, 361]])[:, 0].max()
    sides = smooth_step(units[:, 0], left, left * 0.8) * (
        1 - smooth_step(units[:, 0], right * 0.8, right)
    )
    x0, y0, x1, y1 = grid.box
    nodes = grid.nodes
    inset = np.minimum.reduce(
        [nodes[:, 0] - x0, x1 - 1 - nodes[:, 0], nodes[:, 1] - y0, y1 - 1 - nodes[:, 1]]
    )
    edge = smooth_step(inset, 0.6 * grid.width / grid.columns, 0.10 * face.unit)
    beyond = 1 - smooth_step(_beyond_jaw(grid, face), 0.0, _JAW_REACH)
    return np.asarray(top * bottom * sides * edge * beyond, np.float32)


def _beyond_jaw(grid: Grid, face: FaceGeometry) -> Map:
    """
    Return how far each node lies outside the outline of jaw and throat, in face units.

    Collars and hair beside the neck do not move down with the chin.
    """
    throat = face.points[mp.CHIN] + face.axes[:, 1] * _THROAT
    lower = face.points[[*mp.JAW_FOLLOW, 234, 454, 132, 361, 197]]
    hull = cv2.convexHull(np.concatenate([lower, throat[None]]).astype(np.float32))[:, 0]
    step = np.array([grid.width / grid.columns, grid.height / grid.rows])
    at = (hull - np.array(grid.box[:2])) / step - 0.5
    away = np.full((grid.rows, grid.columns), 255, np.uint8)
    cv2.fillPoly(away, [np.round(at * 16).astype(np.int32)], (0,), cv2.LINE_8, 4)
    distance = np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 5), np.float32)
    return np.asarray(distance.ravel() * float(step.max()) / face.unit, np.float32)
