"""
Whether the mouth of a face mesh is visible: in the picture, under no mask, behind no hand.

The mesh network guesses what it cannot see, with confidence. A covered mouth is recognised by its
colour: its surroundings differ from the cheeks, and the lips do not stand out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp

_CHEEKS = (50, 280, 101, 330, 151, 9)
_AROUND = (164, 18, 43, 273, 106, 335, 186, 410)
_FOREIGN = 15.0  # distance in CIELAB a, b: more than a beard's shade or lipstick's glow
_LIPS_STAND_OUT = 5.0  # CIELAB
_CHIN_SPARE = 0.05  # of the face's width


def mouth_visible(frame: NDArray[np.uint8], points: NDArray[np.float32]) -> bool:
    """Return whether the mouth of mesh `points` (468, 3) can be seen in the BGR `frame`."""
    unit = float(np.linalg.norm(points[mp.LEFT_EYE_OUTER, :2] - points[mp.RIGHT_EYE_OUTER, :2]))
    reach = max(1, round(0.025 * unit))
    skin = _tone(frame, points[list(_CHEEKS)], reach)
    around = _tone(frame, points[list(_AROUND)], reach)
    if float(np.hypot(*(around - skin)[1:])) < _FOREIGN:
        return True
    lower = np.asarray((points[[14, 87, 317]] + points[[17, 84, 314]]) / 2, np.float32)
    lips = _tone(frame, lower, max(1, reach // 2))
    return float(np.linalg.norm((lips - around) * (0.5, 1, 1))) > _LIPS_STAND_OUT


def outside(points: NDArray[np.float32], area: tuple[int, int, int, int]
            ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """
    Return for meshes (n, 468, 3) whether the mouth, and whether the chin lies outside `area`.

    `area`: left, top, right, bottom in pixels. The mesh network guesses what is there. A mouth is
    outside where more than half of it is; a chin may touch the edge.
    """
    low, high = np.array(area[:2], np.float32), np.array(area[2:], np.float32)
    mouth = points[:, [*mp.UPPER_OUTER, *mp.LOWER_OUTER], :2]
    chin = points[:, mp.CHIN, :2]
    spare = _CHIN_SPARE * np.ptp(points[:, :, 0], axis=1)[:, None]
    mouths = np.asarray(((mouth < low) | (mouth > high)).any(axis=2).mean(axis=1) > 0.5)
    chins = np.asarray(((chin < low - spare) | (chin > high + spare)).any(axis=1))
    return mouths, chins


def _tone(
    frame: NDArray[np.uint8], points: NDArray[np.float32], reach: int
) -> NDArray[np.float64]:
    """Return the median CIELAB colour around `points`; those outside the picture do not count."""
    height, width = frame.shape[:2]
    tones = []
    for x, y in np.round(points[:, :2]).astype(int):
        if 0 <= x < width and 0 <= y < height:
            spot = frame[max(0, y - reach):y + reach + 1, max(0, x - reach):x + reach + 1]
            tones.append(spot.reshape(-1, 3).mean(0) / 255)
    if not tones:
        return np.zeros(3)
    lab = cv2.cvtColor(np.array([tones], np.float32), cv2.COLOR_BGR2LAB)
    return np.asarray(np.median(lab[0], axis=0), np.float64)
