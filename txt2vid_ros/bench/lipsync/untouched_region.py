"""The region that a speaking face must not change: everything but mouth, jaw, cheeks, throat."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.track import FaceTrack
from txt2vid_ros.media.driving.driving_media import DrivingMedia

Frame = NDArray[np.uint8]

_FEATHER = 0.25  # face units around jaw and cheeks in which the change fades out
_THROAT = 0.2  # face units below the chin that its skin is drawn from
_CHEEKS = (234, 454, 132, 361)
_NOSE_BRIDGE = 197


class UntouchedRegion:
    """
    The pixels of each driving frame that belong to neither mouth, jaw, cheeks nor throat.

    Derived from the mesh of the driving frames alone, independently of any renderer.
    """

    def __init__(self, driving: DrivingMedia, track: FaceTrack) -> None:
        """Cover `driving`, whose faces are in `track`."""
        self._driving, self._track = driving, track
        self._masks: dict[int, Frame] = {}

    def change(self, index: int, picture: Frame) -> int:
        """Return the largest difference of `picture` from driving frame `index` in the region."""
        change = cv2.absdiff(picture, self._driving.frames[index])
        change[self.mask(index) == 0] = 0
        return int(change.max())

    def mask(self, index: int) -> Frame:
        """Return 255 in the region of driving frame `index`, which is all of it without a face."""
        if index not in self._masks:
            if len(self._driving.frames) > 1:
                self._masks.clear()
            self._masks[index] = self._drawn(index)
        return self._masks[index]

    def _drawn(self, index: int) -> Frame:
        mask = np.full(self._driving.frames[index].shape[:2], 255, np.uint8)
        if self._track.presence[index] <= 0:
            return mask
        points = self._track.points[index][:, :2].astype(np.float64)
        unit = float(np.linalg.norm(points[mp.LEFT_EYE_OUTER] - points[mp.RIGHT_EYE_OUTER]))
        down = points[mp.CHIN] - points[_NOSE_BRIDGE]
        throat = points[mp.CHIN] + down / (float(np.linalg.norm(down)) or 1.0) * _THROAT * unit
        lower = points[[*mp.JAW_FOLLOW, *_CHEEKS, _NOSE_BRIDGE]]
        hull = cv2.convexHull(np.concatenate([lower, throat[None]]).astype(np.float32))
        outline = np.round(hull).astype(np.int32)
        cv2.fillPoly(mask, [outline], (0,))
        cv2.polylines(mask, [outline], True, (0,), max(1, round(2 * _FEATHER * unit)))
        return mask
