"""Decoding S3FD's output maps into faces, in plain numpy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Detections = NDArray[np.float32]
"""Faces, (n, 5): left, top, right, bottom in pixels, then the score in 0..1."""

CANDIDATE_SCORE = 0.05
FACE_SCORE = 0.5
OVERLAP = 0.3
_VARIANCES = (0.1, 0.2)     # of the centre, of the size
_FIRST_STRIDE = 4


def _scores(classes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax probability of "face" for maps (2, h, w): background, face."""
    shifted = np.exp(classes - classes.max(axis=0))
    scores: NDArray[np.float32] = shifted[1] / shifted.sum(axis=0)
    return scores


def decode(maps: Sequence[NDArray[np.float32]], threshold: float = CANDIDATE_SCORE) -> Detections:
    """Return every cell over `threshold` as a box, for one picture's maps without a batch axis."""
    found = []
    for scale in range(len(maps) // 2):
        classes, offsets = maps[2 * scale], maps[2 * scale + 1]
        stride = _FIRST_STRIDE << scale
        scores = _scores(classes)
        rows, columns = np.nonzero(scores > threshold)
        if len(rows) == 0:
            continue
        prior = np.stack((columns, rows)).astype(np.float32) * stride + stride / 2
        offset = offsets[:, rows, columns]
        centre = prior + offset[:2] * (_VARIANCES[0] * 4 * stride)
        size = 4 * stride * np.exp(offset[2:] * _VARIANCES[1])
        corner = centre - size / 2
        found.append(np.concatenate((corner, corner + size, scores[None, rows, columns])).T)
    if not found:
        return np.zeros((0, 5), np.float32)
    detections: Detections = np.concatenate(found).astype(np.float32)
    return detections


def suppress(detections: Detections, overlap: float = OVERLAP) -> Detections:
    """
    Drop boxes that overlap a better one (non-maximum suppression); best first.

    Areas count the pixels on both edges, as the published detector does.
    """
    boxes = detections[np.argsort(-detections[:, 4], kind='stable')]
    kept = []
    while len(boxes):
        best, boxes = boxes[0], boxes[1:]
        kept.append(best)
        corner = np.maximum(boxes[:, :2], best[:2])
        extent = np.maximum(0.0, np.minimum(boxes[:, 2:4], best[2:4]) - corner + 1)
        shared = extent[:, 0] * extent[:, 1]
        union = _area(boxes) + _area(best[None]) - shared
        boxes = boxes[shared / union <= overlap]
    return np.stack(kept) if kept else detections


def _area(boxes: Detections) -> NDArray[np.float32]:
    area: NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)
    return area


def faces(maps: Sequence[NDArray[np.float32]]) -> Detections:
    """Return the faces of one picture, best first."""
    kept = suppress(decode(maps))
    return kept[kept[:, 4] > FACE_SCORE]
