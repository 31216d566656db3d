"""The person's own teeth, if the driving picture shows them."""

from __future__ import annotations

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.geometry import Array, FaceGeometry

Picture = NDArray[np.float32]

_MIN_GAP = 0.05  # face units between the lips, below which too little of the teeth shows
_MIN_SHARE = 0.4  # of the gap that has to be as bright and pale as teeth


@dataclasses.dataclass(frozen=True)
class OwnTeeth:
    """
    Upper teeth as pictured.

    `image`: (h, w, 4) float32 over the region, alpha 0 to 1 and premultiplied. `colour`: BGR.
    `edge`: the middle of the biting edge in picture pixels (2,).
    """

    image: Picture
    colour: Picture
    edge: Array


def find_teeth(
    roi: NDArray[np.uint8], face: FaceGeometry, corner: tuple[int, int]
) -> OwnTeeth | None:
    """Return the teeth that show between the lips of `roi`; None if too few do."""
    if face.gap < _MIN_GAP:
        return None
    upper = face.to_pixels(face.lips.upper_inner) - corner
    lower = face.to_pixels(face.lips.lower_inner) - corner
    hole = np.zeros(roi.shape[:2], np.uint8)
    outline = np.round(np.concatenate([upper, lower[::-1]]) * 16).astype(np.int32)
    cv2.fillPoly(hole, [outline], (255,), cv2.LINE_AA, 4)
    inside = hole > 200
    if inside.sum() < 30:
        return None
    picture = roi.astype(np.float32)
    bright = picture.min(axis=2)  # pale and bright: the least of the three colours is high
    high = float(np.percentile(bright[inside], 85))
    low = 0.45 * high
    score = np.clip((bright - low) / max(0.35 * high, 1.0), 0, 1) * (hole / 255)
    redness = picture[..., 2] / np.maximum(picture[..., 1], 1)
    score *= np.clip((1.42 - redness) / 0.15, 0, 1)
    if high < 70 or float(score[inside].mean()) < _MIN_SHARE:
        return None
    # Close the lines between teeth, so that the row stays one piece.
    size = max(3, round(0.03 * face.unit)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    solid = cv2.morphologyEx(score.astype(np.float32), cv2.MORPH_CLOSE, kernel)
    alpha = cv2.GaussianBlur(solid, (0, 0), max(0.5, 0.007 * face.unit)) * (hole / 255)
    colour = np.median(picture[inside & (score > 0.8)], axis=0).astype(np.float32)
    columns = slice(round(float(upper[4, 0])), round(float(upper[6, 0])) + 1)
    rows = np.flatnonzero(solid[:, columns].mean(axis=1) > 0.5)
    bottom = float(rows.max()) if len(rows) else float(lower[5, 1])
    image = np.dstack([picture * alpha[..., None], alpha]).astype(np.float32)
    edge = np.array([upper[5, 0] + corner[0], bottom + 1 + corner[1]])
    return OwnTeeth(image, colour, edge)
