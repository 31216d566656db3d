"""How far the upper teeth of a speaking face move against its eyes: neither moves in a skull."""

from __future__ import annotations

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import Points

Frame = NDArray[np.uint8]
Picture = NDArray[np.float32]

_WIDE = 0.6  # of the widest opening: pictures whose teeth are compared
_LEAST = 0.1  # mouth widths between the lips, below which no edge of teeth is seen
_SIZE = 160  # pixels of a mouth's width in the pictures that are compared
_ASIDE = 0.2  # mouth widths to both sides of the middle of the teeth that are compared
_ABOVE, _BELOW = 0.05, 0.03  # mouth widths around their edge
_SEARCHED = 0.05  # mouth widths
_ALIKE = 0.8  # of correlation, from which on the same teeth are seen
_EYES = (33, 133, 362, 263)


@dataclasses.dataclass(frozen=True)
class _Mouth:
    """A mouth with the eyes in fixed places: grey levels, and rows of the inner lips."""

    picture: Picture
    opening: float
    top: float
    bottom: float


class TeethDrift:
    """Collects the pictures of one face, and compares their upper teeth."""

    def __init__(self) -> None:
        """Begin with none."""
        self._mouths: list[_Mouth] = []
        self._home: NDArray[np.float64] | None = None

    def add(self, picture: Frame, eyes: Points, points: Points, opening: float) -> None:
        """
        Take a picture whose mouth is `opening` mouth widths open.

        `eyes`: the mesh of the driving frame, whose eyes are the picture's too; `points`: that of
        the picture.
        """
        if not opening > _LEAST:
            return
        there = eyes[list(_EYES), :2].astype(np.float64)
        if self._home is None:
            corners = eyes[[mp.UPPER_OUTER[0], mp.UPPER_OUTER[-1]], :2]
            scale = _SIZE / max(float(np.linalg.norm(corners[1] - corners[0])), 1.0)
            self._home = (there - corners.mean(axis=0)) * scale + _SIZE
        matrix, _ = cv2.estimateAffinePartial2D(there, self._home)
        if matrix is None:
            return
        grey = picture.min(axis=2)
        taken = cv2.warpAffine(grey, matrix, (2 * _SIZE, 2 * _SIZE), flags=cv2.INTER_CUBIC)
        rows = points[[13, 14], :2] @ matrix[:, :2].T + matrix[:, 2]
        self._mouths.append(_Mouth(np.asarray(taken, np.float32), opening,
                                   float(rows[0, 1]), float(rows[1, 1])))

    def percent(self) -> float | None:
        """
        Return how far the teeth are moved at most in three of four pictures, in % of the mouth.

        Of its width, and against the picture in which it is widest. In the others lower teeth, a
        lip or its shadow may be taken for them. None where no teeth are seen in three.
        """
        if not self._mouths:
            return None
        widest = max(self._mouths, key=lambda mouth: mouth.opening)
        edge = _biting_edge(widest)
        if edge is None:
            return None
        half, reach = round(_ASIDE * _SIZE), round(_SEARCHED * _SIZE)
        rows = slice(edge - round(_ABOVE * _SIZE), edge + round(_BELOW * _SIZE))
        teeth = widest.picture[rows, _SIZE - half:_SIZE + half]
        moves = []
        for mouth in self._mouths:
            if mouth.opening < _WIDE * widest.opening or mouth is widest:
                continue
            around = mouth.picture[rows.start - reach:rows.stop + reach,
                                   _SIZE - half - reach:_SIZE + half + reach]
            move = _moved(around, teeth, reach)
            if move is not None:
                moves.append(move)
        return None if len(moves) < 3 else float(np.percentile(moves, 75)) / _SIZE * 100


def _biting_edge(mouth: _Mouth) -> int | None:
    """Return the row in which the upper teeth end: the greatest fall of paleness; or None."""
    half = round(_ASIDE * _SIZE)
    first, last = round(mouth.top), round(mouth.bottom)
    column = mouth.picture[first:last, _SIZE - half:_SIZE + half].mean(axis=1)
    if len(column) < 6:
        return None
    fall = column[:-3] - column[3:]
    best = int(fall.argmax())
    return first + best + 2 if fall[best] > 15 else None


def _moved(around: Picture, teeth: Picture, reach: int) -> float | None:
    """Return how many pixels `teeth` are off the middle of `around`; None if they are not seen."""
    score = np.asarray(cv2.matchTemplate(around, teeth, cv2.TM_CCOEFF_NORMED), np.float64)
    best = np.unravel_index(int(score.argmax()), score.shape)
    if score[best] < _ALIKE:
        return None
    place = []
    for axis in (0, 1):
        row = score[:, best[1]] if axis == 0 else score[best[0]]
        at = int(np.clip(best[axis], 1, len(row) - 2))
        before, here, after = (float(value) for value in row[at - 1:at + 2])
        bend = before - 2 * here + after
        fine = 0.0 if abs(bend) < 1e-12 else 0.5 * (before - after) / bend
        place.append(at + float(np.clip(fine, -1, 1)) - reach)
    return math.hypot(*place)
