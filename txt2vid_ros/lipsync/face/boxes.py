"""Boxes around a face over the frames of a video: padded, smoothed, filled in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are the first outside."""

Boxes = NDArray[np.int64]
"""(n, 4), one Box a row."""

_SMOOTHED = 5       # frames whose boxes are averaged


def padded(boxes: Boxes, pads: Sequence[int], size: tuple[int, int]) -> Boxes:
    """Grow boxes by `pads` (top, bottom, left, right) within a picture of `size` (w, h)."""
    top, bottom, left, right = pads
    width, height = size
    grown = boxes + np.array([-left, -top, right, bottom])
    return np.stack((np.maximum(0, grown[:, 0]), np.maximum(0, grown[:, 1]),
                     np.minimum(width, grown[:, 2]), np.minimum(height, grown[:, 3])), axis=1)


def smoothed(boxes: Boxes) -> Boxes:
    """Average each box with the four after it, as the published inference does.

    Near the end the window is the last five, of which the first are averaged already; with fewer
    than five boxes it begins where a negative index counts from the end, as published.
    """
    out = boxes.astype(np.int64)
    for i in range(len(out)):
        first = len(out) - _SMOOTHED if i + _SMOOTHED > len(out) else i
        window = out[first:first + _SMOOTHED] if first >= 0 else out[first:]
        out[i] = np.trunc(window.mean(axis=0))
    return out


def interpolated(boxes: NDArray[np.float64], seen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the boxes with those not `seen` interpolated between the seen ones around them."""
    known = np.flatnonzero(seen)
    places = np.arange(len(boxes))
    return np.stack([np.interp(places, known, boxes[known, side]) for side in range(4)], axis=1)


def presence(seen: NDArray[np.bool_], longest_gap: int, ramp: int = 3) -> NDArray[np.float32]:
    """Return 1 where a face is, 0 where it has been lost for long, with `ramp` frames between.

    Gaps of up to `longest_gap` frames count as seen: the boxes interpolated there will do.
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
    """Return which of the candidate boxes (n, 4), best first, is the face that was `last`."""
    if last is None:
        return 0
    centres = (candidates[:, :2] + candidates[:, 2:4]) / 2
    before = (last[:2] + last[2:4]) / 2
    return int(np.argmin(np.linalg.norm(centres - before, axis=1)))
