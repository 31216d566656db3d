"""Measuring a mouth on rendered pictures: with the face mesh, by colour, against the sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import MouthPose
from txt2vid_ros.lipsync.face.mesh import FaceMesh, Image, Points
from txt2vid_ros.lipsync.viseme import articulation
from txt2vid_ros.lipsync.viseme.geometry import NEUTRAL_WIDTH

Values = NDArray[np.float64]

_CORNERS = (61, 291)
_UPPER, _LOWER = (82, 13, 312), (87, 14, 317)  # the middle of the inner lips
_ABOVE, _BELOW = (37, 0, 267), (84, 17, 314)  # the same of the outer lips
_ROWS = 96
_DARK, _PALE = 0.55, 1.2  # of the lips' brightness and paleness: cavity below, teeth above


def opening(points: Points) -> float:
    """Return the gap between the inner lips over the mouth's width, both in pixels of the mesh."""
    gap = np.linalg.norm(points[list(_UPPER), :2] - points[list(_LOWER), :2], axis=1).mean()
    width = float(np.linalg.norm(points[_CORNERS[1], :2] - points[_CORNERS[0], :2]))
    return float(gap) / max(width, 1e-6)


def requested_opening(pose: MouthPose) -> float:
    """Return the gap between the inner lips, over the mouth's width, that `pose` asks for."""
    gap, tooth_gap = articulation.lip_gaps(pose)
    jaw, closed, rounded, wide, lip_in, _ = articulation.shape_values(pose)
    reach = articulation.ROUND_DROP * rounded * (1 - closed) * (1 - 0.5 * jaw)
    width = NEUTRAL_WIDTH * (1 - articulation.NARROWING * rounded
                             + articulation.WIDENING * wide * (1 - 0.5 * closed))
    return max(0.0, gap + tooth_gap - reach - 0.01 * rounded * (1 - closed) * (1 - lip_in)) / width


def parted(frame: Image, points: Points) -> float:
    """
    Return the height of cavity or teeth between the lips, over the mouth's width.

    By colour alone: the longest run, from the upper edge of the upper lip to the lower edge of
    the lower one, that is as dark as the inside of a mouth or as pale as teeth; the median of
    three columns. Independent of the mesh's inner lips, which on some faces always read as parted.
    """
    width = float(np.linalg.norm(points[_CORNERS[1], :2] - points[_CORNERS[0], :2]))
    heights = []
    for above, below in zip(_ABOVE, _BELOW, strict=True):
        start, end = points[above, :2], points[below, :2]
        path = start + (end - start) * np.linspace(0, 1, _ROWS)[:, None]
        at = path.astype(np.float32)[:, None]
        taken = cv2.remap(frame, at, np.empty(0, np.float32), cv2.INTER_LINEAR,
                          borderMode=cv2.BORDER_REPLICATE)
        column = np.asarray(taken[:, 0], np.float64)
        lips = np.concatenate([column[_ROWS // 12:_ROWS // 4], column[-_ROWS // 4:-_ROWS // 12]])
        bright, pale = np.median(lips.max(axis=1)), np.median(lips.min(axis=1))
        odd = (column.max(axis=1) < _DARK * bright) | (column.min(axis=1) > _PALE * pale + 12)
        odd[:_ROWS // 12] = odd[-_ROWS // 12:] = False
        heights.append(_longest(odd) / _ROWS * float(np.linalg.norm(end - start)))
    return float(np.median(heights)) / max(width, 1e-6)


def _longest(flags: NDArray[np.bool_]) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags, [0]])))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def loudness_at(samples: NDArray[np.float32], rate: int, times: Values) -> Values:
    """
    Return the perceived loudness around each time, about the root of the amplitude.

    Over 50 ms either way, so that it follows syllables rather than the periods of the voice.
    """
    energy = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    low = np.clip(np.round((times - 0.05) * rate), 0, len(samples)).astype(int)
    high = np.clip(np.round((times + 0.05) * rate), 0, len(samples)).astype(int)
    return np.asarray(((energy[high] - energy[low]) / (0.1 * rate)) ** 0.25)


def measure_openings(frames: Iterable[Image], mesh: FaceMesh) -> Values:
    """
    Return the opening of each frame; NaN where no face is found.

    The region of each frame is that of the previous frame's mesh, as in tracking. The network has
    a bias for each face (a closed mouth under smiling cheeks reads as 3 to 5 % open): compare
    with its reading of a mouth known to be closed.
    """
    return np.array([float('nan') if found is None else opening(found)
                     for found in follow(frames, mesh)])


def follow(frames: Iterable[Image], mesh: FaceMesh) -> Iterator[Points | None]:
    """Yield the face mesh of each frame; None if no face is found."""
    last = None
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
        yield found
        last = found


def correlation(one: Values, other: Values) -> float:
    """Return Pearson's r of two series without their NaNs; 0 if one of them is constant."""
    known = np.isfinite(one) & np.isfinite(other)
    a, b = one[known], other[known]
    if len(a) < 3 or a.std() < 1e-9 or b.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def best_lag(seen: Values, asked: Values, times: Values, reach: float = 0.2) -> float:
    """
    Return by how many seconds `seen` lags behind `asked`, both sampled at `times`.

    The lag of the highest correlation, refined by the parabola through its neighbours.
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
