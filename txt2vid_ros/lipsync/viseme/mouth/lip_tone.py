"""The tone of the lips at rest: a smile stretches lips, which makes them pale and shiny."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry

Picture = NDArray[np.float32]

_TO_LOWER = 0.35  # share of the lower lip's hue that the stretched upper lip takes on
_UPPER_SHADE = 0.07  # an upper lip at rest looks down, away from the light
_KEPT_SHINE = 0.8


def relaxed_lips(
    roi: NDArray[np.uint8], face: FaceGeometry, corner: tuple[int, int]
) -> NDArray[np.uint8]:
    """Return `roi` with the lips as they look when no smile stretches them."""
    if face.smile < 0.05:
        return roi
    lips = face.lips
    soft = max(0.6, 0.008 * face.unit)
    outline = face.to_pixels(np.concatenate([lips.upper_outer, lips.lower_outer])) - corner
    margin = 4 * soft + 1
    x0, y0 = np.maximum(np.floor(outline.min(0) - margin).astype(int), 0)
    x1, y1 = np.ceil(outline.max(0) + margin).astype(int)
    part = roi[y0:y1, x0:x1]
    start = np.array([corner[0] + x0, corner[1] + y0])
    upper = _mask(part, face, start, soft, lips.upper_outer, lips.upper_inner)
    lower = _mask(part, face, start, soft, lips.lower_inner, lips.lower_outer)
    if upper.max() < 0.5 or lower.max() < 0.5:
        return roi
    picture = part.astype(np.float32)
    tone = np.median(picture[lower > 0.5], axis=0)
    upper_tone = np.median(picture[upper > 0.5], axis=0)
    # The hue and depth of the lower lip, at the upper lip's own brightness and then in shade.
    target = tone * (upper_tone.mean() / max(tone.mean(), 1.0))
    gain = 1 + _TO_LOWER * (target / np.maximum(upper_tone, 1.0) - 1)
    gain = gain * (1 - _UPPER_SHADE)
    amount = (upper * face.smile)[..., None]
    picture *= 1 + amount * (gain - 1)
    ceiling = 1.06 * tone
    shine = np.maximum(picture - ceiling, 0) * (1 - _KEPT_SHINE)
    picture -= shine * (lower * face.smile)[..., None]
    whole = roi.copy()
    whole[y0:y1, x0:x1] = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    return whole


def _mask(
    roi: NDArray[np.uint8],
    face: FaceGeometry,
    corner: NDArray[np.int_],
    soft: float,
    above: Array,
    below: Array,
) -> Picture:
    outline = face.to_pixels(np.concatenate([above, below[::-1]])) - corner
    filled = np.zeros(roi.shape[:2], np.uint8)
    cv2.fillPoly(filled, [np.round(outline * 16).astype(np.int32)], (255,), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(filled, (0, 0), soft) / np.float32(255), np.float32)
