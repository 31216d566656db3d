"""Measuring a mouth on finished pictures with the face mesh."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.lipsync.facemesh import FaceMesh, Image, Points

Values = NDArray[np.float64]

_CORNERS = (61, 291)
_UPPER, _LOWER = (82, 13, 312), (87, 14, 317)  # the middle of the inner lips


def opening(points: Points) -> float:
    """Return the gap between the inner lips over the mouth's width, both in pixels of the mesh."""
    gap = np.linalg.norm(points[list(_UPPER), :2] - points[list(_LOWER), :2], axis=1).mean()
    width = float(np.linalg.norm(points[_CORNERS[1], :2] - points[_CORNERS[0], :2]))
    return float(gap) / max(width, 1e-6)


def measure_openings(frames: Iterable[Image], mesh: FaceMesh) -> Values:
    """Return the opening of each frame; NaN where no face is found.

    Each frame is looked at with the mesh of the frame before as its region, as in tracking. The
    network has a bias of its own for each face (a closed mouth under smiling cheeks reads as 3 to
    5 % open): compare with its reading of a mouth known to be closed.
    """
    values, last = [], None
    for frame in frames:
        found = None
        if last is not None:
            found, score = mesh.track(frame, last)
            found = found if score >= 0.5 else None
        if found is None:
            faces = mesh.detect(frame)
            if faces:
                candidate, score = mesh.landmarks(frame, faces[0])
                found = candidate if score >= 0.5 else None
        values.append(float('nan') if found is None else opening(found))
        last = found
    return np.array(values)


def correlation(one: Values, other: Values) -> float:
    """Return Pearson's r of two series, NaNs left out; 0 where one of them does not vary."""
    known = np.isfinite(one) & np.isfinite(other)
    a, b = one[known], other[known]
    if len(a) < 3 or a.std() < 1e-9 or b.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def best_lag(seen: Values, asked: Values, times: Values, reach: float = 0.2) -> float:
    """Return by how many seconds `seen` comes after `asked`, both sampled at `times`.

    The lag of the greatest correlation, between samples by the parabola through its neighbours.
    """
    steps = np.arange(-reach, reach + 1e-9, 0.005)
    known = np.isfinite(seen)
    scores = np.array([
        correlation(seen[known], np.interp(times[known] - lag, times, asked)) for lag in steps
    ])
    best = int(np.clip(scores.argmax(), 1, len(steps) - 2))
    before, here, after = scores[best - 1:best + 2]
    bend = before - 2 * here + after
    shift = 0.0 if abs(bend) < 1e-12 else 0.5 * (before - after) / bend
    return float(steps[best] + np.clip(shift, -1, 1) * 0.005)
