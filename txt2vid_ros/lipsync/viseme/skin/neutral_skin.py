"""Removing a smile from the skin: folds that a mouth at rest would not have."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry
from txt2vid_ros.lipsync.viseme.skin.blur import blurred
from txt2vid_ros.lipsync.viseme.warp import smooth_step

_STRENGTH = 1.0
_FINE, _COARSES = (
    0.010,
    (0.05, 0.10),
)  # face units: folds are darker than the skin between such scales
# Along the fold between cheek and upper lip, of the right and of the left side.
_FOLDS = (
    ((203, 206, 216, 212), (216, 57, 43), (212, 214, 210)),
    ((423, 426, 436, 432), (436, 287, 273), (432, 434, 430)),
)
_HALF_WIDTH = 0.10


def without_folds(
    roi: NDArray[np.uint8], face: FaceGeometry, corner: tuple[int, int]
) -> NDArray[np.uint8]:
    """
    Return `roi` with the folds of a smile softened, as much as the face smiles.

    Only what is darker than its surroundings at the scale of a fold is lifted; grain and pores
    stay, and so does the light.
    """
    if face.smile < 0.05:
        return roi
    mask = np.zeros(roi.shape[:2], np.float32)
    for fold in (fold for side in _FOLDS for fold in side):
        line = np.round((face.points[list(fold)] - corner) * 16).astype(np.int32)
        width = max(3, round(1.1 * _HALF_WIDTH * face.unit))
        cv2.polylines(mask, [line], False, (1.0,), width, cv2.LINE_8, 4)
    mask = blurred(mask, 0.4 * _HALF_WIDTH * face.unit)
    # Lips and mouth are left alone.
    outline = np.concatenate([face.lips.upper_outer, face.lips.lower_outer[::-1]])
    mouth = np.zeros(roi.shape[:2], np.uint8)
    pixels = np.round((face.to_pixels(outline) - corner) * 16).astype(np.int32)
    cv2.fillPoly(mouth, [pixels], (255,), cv2.LINE_AA, 4)
    away = (mouth < 128).astype(np.uint8)
    distance = np.asarray(cv2.distanceTransform(away, cv2.DIST_L2, 3), np.float32)
    mask *= smooth_step(distance, 0.005 * face.unit, 0.04 * face.unit)
    picture = roi.astype(np.float32)
    fine = cv2.GaussianBlur(picture, (0, 0), max(0.6, _FINE * face.unit))
    lift = np.zeros_like(picture)
    for coarse in _COARSES:
        lift = np.maximum(lift, blurred(picture, coarse * face.unit) - fine)
    lift *= (mask * _STRENGTH * face.smile)[..., None]
    return np.asarray(np.clip(picture + lift + 0.5, 0, 255), np.uint8)
