"""Boxes around a face in the frames of a video: padding, smoothing, interpolation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first outside."""

Boxes = NDArray[np.int64]
"""(n, 4), one Box a row."""

_SMOOTHING_FRAMES = 5   # whose boxes are averaged


def padded(boxes: Boxes, pads: Sequence[int], size: tuple[int, int]) -> Boxes:
    """Grow boxes by `pads` (top, bottom, left, right) within a picture of `size` (w, h)."""
    top, bottom, left, right = pads
    width, height = size
    grown = boxes + np.array([-left, -top, right, bottom])
    return np.stack((np.maximum(0, grown[:, 0]), np.maximum(0, grown[:, 1]),
                     np.minimum(width, grown[:, 2]), np.minimum(height, grown[:, 3])), axis=1)


def smoothed(boxes: Boxes) -> Boxes:
    """
    Average each box with the four after it, as the published inference does.

    Near the end the window is the last five boxes, the first of which are already averaged. With
    fewer than five boxes its negative start counts from the end, as published.
    """
    out = boxes.astype(np.int64)
    for i in range(len(out)):
        first = len(out) - _SMOOTHING_FRAMES if i + _SMOOTHING_FRAMES > len(out) else i
        window = out[first:first + _SMOOTHING_FRAMES] if first >= 0 else out[first:]
        out[i] = np.trunc(window.mean(axis=0))
    return out


def interpolated(boxes: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the boxes with those not `seen` interpolated from the nearest ones that were."""
    known = np.flatnonzero(seen)
    places = np.arange(len(boxes))
    return np.stack([np.interp(places, known, boxes[known, side]) for side in range(4)], axis=1)


def presence(seen: NDArray[np.bool_], longest_gap: int, ramp: int = 3) -> NDArray[np.float32]:
    """
    Return 1 where a face is seen, 0 where it is lost for long, and `ramp` frames in between.

    Gaps of up to `longest_gap` frames count as seen: interpolated boxes are good enough there.
    """
    shown = seen.copy()
    edges = np.flatnonzero(np.diff(np.concatenate(([1], seen.astype(np.int8), [1]))))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start <= longest_gap:
            shown[start:stop] = True
    lost = np.flatnonzero(~shown)
    if len(lost) == 0:
        return np.ones(len(seen), np.float32)
    distance = np.abs(np.arange(len(seen))[:, None] - lost).min(axis=1)
    shares: NDArray[np.float32] = np.minimum(1.0, distance / (ramp + 1)).astype(np.float32)
    return shares


def nearest(candidates: NDArray[np.floating[Any]], last: NDArray[np.float64] | None) -> int:
    """Return the index of the candidate (n, 4), best first, that is nearest to `last`."""
    if last is None:
        return 0
    centres = (candidates[:, :2] + candidates[:, 2:4]) / 2
    before = (last[:2] + last[2:4]) / 2
    return int(np.argmin(np.linalg.norm(centres - before, axis=1)))
