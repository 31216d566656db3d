"""What of the inside of a mouth shows beside its lips."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import Points
from txt2vid_ros.lipsync.face.track import FaceTrack
from txt2vid_ros.media.driving.driving_media import DrivingMedia

Frame = NDArray[np.uint8]
Picture = NDArray[np.float32]

_TOLERANCE = 0.03  # mouth widths by which the mesh's contour may be wrong
_REACH = 0.2  # mouth widths around the lips that are looked at
_MOVES, _FALLS = 0.08, 0.22  # mouth widths by which skin moves with the mouth, and with the jaw
_DARK = 0.6  # of the darkest skin near there in the driving frame
_PALE, _PALER = 1.15, 12.0  # times the palest skin near there, and grey levels more
_CLEAR = 0.8  # spreads between the colours of lips and skin from which on they tell them apart
_LIP = 0.06  # mouth widths above and below an opening within which there is a lip
_POINT = 0.055  # mouth widths over which a lip that ends has no colour of its own
_ASIDE = 0.28  # mouth widths from the middle of the mouth; nearer there is the lower lip's shade
_OUTER = [*mp.UPPER_OUTER, *mp.LOWER_OUTER[-2:0:-1]]


class MouthLeaks:
    """What shows beside the lips of a clip's or a picture's speaking frames."""

    def __init__(self, driving: DrivingMedia, track: FaceTrack) -> None:
        """Compare with `driving`, whose faces are in `track`."""
        self._driving, self._track = driving, track
        self._last: tuple[int, MouthLeak] | None = None

    def pixels(self, index: int, picture: Frame, points: Points) -> int:
        """Return the leaked pixels of `picture`, made of driving frame `index`, with its mesh."""
        if self._track.presence[index] <= 0:
            return 0
        if self._last is None or self._last[0] != index:
            frame = np.asarray(self._driving.frames[index])
            self._last = index, MouthLeak(frame, self._track.points[index])
        return int(np.count_nonzero(self._last[1].mask(picture, points)))


class MouthLeak:
    """
    The pixels outside the lips that a picture has, and its driving frame has not.

    Outside is what lies beyond the contour that the mesh gives the lips, and, as the mesh of a
    turned head goes beyond real ones, what has the colour of skin above and below it. Folds,
    nostrils, hair and shadows, dark in the driving frame too, do not count.
    """

    def __init__(self, frame: Frame, points: Points) -> None:
        """Take a driving frame and its mesh, 468 points in pixels."""
        corners = points[[mp.UPPER_OUTER[0], mp.UPPER_OUTER[-1]], :2]
        self._width = max(float(np.linalg.norm(corners[1] - corners[0])), 1.0)
        reach = 0.7 * self._width + _REACH * self._width
        middle = corners.mean(axis=0)
        high, wide = frame.shape[:2]
        x0, y0 = np.clip(np.floor(middle - reach), 0, None).astype(int)
        x1, y1 = np.ceil(middle + 1.3 * reach).astype(int)
        self._part = slice(int(y0), min(int(y1), high)), slice(int(x0), min(int(x1), wide))
        self._corner = np.array([x0, y0])
        # What belongs to the lips says nothing about the skin around them.
        skin = self._beyond(points) > 0
        here = frame[self._part]
        aside, down = (max(1, round(way * self._width)) for way in (_MOVES, _FALLS))
        kernel = np.ones((aside + down + 1, 2 * aside + 1), np.uint8)
        self._lip_colour = _told_apart(here, self._beyond(points), self._width)
        # What is above may have come down.
        dark, pale = here.max(axis=2), here.min(axis=2)
        darkest = cv2.erode(np.where(skin, dark, 255).astype(np.uint8), kernel,
                            anchor=(aside, down))
        palest = cv2.dilate(np.where(skin, pale, 0).astype(np.uint8), kernel,
                            anchor=(aside, down))
        # An open mouth that closes uncovers skin that comes from further away.
        near = skin & (self._beyond(points) < _REACH)
        seen = cv2.dilate(skin.astype(np.uint8), kernel, anchor=(aside, down)) > 0
        self._darkest = np.where(seen, darkest, np.percentile(dark[near], 2))
        self._palest = np.where(seen, palest, np.percentile(pale[near], 98))

    def mask(self, picture: Frame, points: Points) -> NDArray[np.bool_]:
        """
        Return what leaks in `picture`, of the part around the mouth: outside the lips `points`.

        That is, pixels as dark as a mouth or as pale as teeth.
        """
        here = picture[self._part].astype(np.float32)
        beyond = self._beyond(points)
        dark = here.max(axis=2) < _DARK * self._darkest
        pale = here.min(axis=2) > _PALE * self._palest + _PALER
        lip = self._lip_coloured(here)
        # Single pixels are grain.
        odd = cv2.morphologyEx(
            ((beyond < _REACH) & (dark | pale & ~lip)).astype(np.uint8),
            cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
        corners = points[[mp.UPPER_OUTER[0], mp.UPPER_OUTER[-1]], 0] - self._corner[0]
        away = np.abs(np.arange(odd.shape[1]) - corners.mean()) > _ASIDE * self._width
        bare = self._without_lips(lip & ~odd, odd & away)
        leaked = (odd & (beyond > _TOLERANCE)) | bare
        # Lines of one or two pixels are the blurred end of a lip.
        return np.asarray(cv2.morphologyEx(
            leaked.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0)

    def _lip_coloured(self, here: Picture) -> NDArray[np.bool_]:
        """Return what has the colour of lips, which is nothing where skin has the same."""
        if self._lip_colour is None:
            return np.zeros(here.shape[:2], np.bool_)
        direction, level, red = self._lip_colour
        tint = _tinted(here)
        return np.asarray((tint @ direction > level) & (tint[..., 1] > red))

    def _without_lips(self, lip: NDArray[np.bool_], odd: NDArray[np.bool_]
                      ) -> NDArray[np.bool_]:
        """Return the columns of openings `odd` that lack a `lip` above or one below them."""
        if self._lip_colour is None:
            return np.zeros_like(odd)
        reach = max(2, round(_LIP * self._width))
        strip = np.ones((reach, 1), np.uint8)
        shaped = lip.astype(np.uint8)
        above = cv2.dilate(shaped, strip, anchor=(0, reach - 1)) > 0
        below = cv2.dilate(shaped, strip, anchor=(0, 0)) > 0
        has = np.asarray((above & odd).any(axis=0) & (below & odd).any(axis=0), np.uint8)
        # A lip ends in a point, and its last pixels are skin's by half.
        close = np.ones((1, 2 * max(1, round(_POINT * self._width)) + 1), np.uint8)
        return np.asarray(odd & (np.asarray(cv2.dilate(has.reshape(1, -1), close)) == 0))

    def _beyond(self, points: Points) -> NDArray[np.float32]:
        """Return how many mouth widths each pixel lies outside the lips `points`."""
        rows, columns = self._part
        away = np.full((rows.stop - rows.start, columns.stop - columns.start), 255, np.uint8)
        outline = np.round((points[_OUTER, :2] - self._corner) * 16).astype(np.int32)
        cv2.fillPoly(away, [outline], (0,), cv2.LINE_8, 4)
        distance = cv2.distanceTransform(away, cv2.DIST_L2, 5)
        return np.asarray(distance / np.float32(self._width), np.float32)


def _tinted(picture: Picture) -> Picture:
    """Return a picture's hue, whatever its light: logarithms of red and blue over green."""
    logs = np.log(picture + 8)
    return np.asarray(logs[..., (0, 2)] - logs[..., 1:2], np.float32)


def _told_apart(here: Frame, beyond: Picture, width: float
                ) -> tuple[Picture, float, float] | None:
    """
    Return in which direction of hue lips differ from skin, and from where on it is lips.

    Last how red lips are at least: teeth are not. None where they cannot be told apart.
    """
    tint = _tinted(cv2.GaussianBlur(here, (0, 0), max(0.6, 0.01 * width)).astype(np.float32))
    middle = np.abs(np.arange(here.shape[1]) - here.shape[1] / 2) < 0.25 * width
    lips = tint[(beyond == 0) & middle[None]]
    skin = tint[(beyond > 0.06) & (beyond < _REACH)]
    if min(len(lips), len(skin)) < 20:
        return None
    apart = np.median(lips, axis=0) - np.median(skin, axis=0)
    spread = np.cov(lips.T) + np.cov(skin.T) + 1e-5 * np.eye(2)
    direction = np.linalg.solve(spread, apart)
    ours, theirs = lips @ direction, skin @ direction
    gap = float(np.median(ours) - np.median(theirs))
    if gap < _CLEAR * float(np.std(ours) + np.std(theirs)):
        return None
    between = float(np.median(ours) + np.median(theirs)) / 2
    return np.asarray(direction, np.float32), between, float(np.median(lips[:, 1])) / 2
