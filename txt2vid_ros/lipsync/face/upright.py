"""Whether the face of a picture is upright, lies on its side or is upside down."""

from __future__ import annotations

import math

import numpy as np
from txt2vid_ros.lipsync.face.mesh import FaceMesh, Image
from txt2vid_ros.lipsync.face.mesh_points import LEFT_EYE_OUTER, RIGHT_EYE_OUTER
from txt2vid_ros.media.driving.orientation import Orientation

_SURELY_UPRIGHT = 0.85  # both networks know a face that is upright better; measured on portraits
_BETTER = 0.1           # by which another orientation has to be better
_MOST_TILT = 50.0       # degrees


def quarter_turns(mesh: FaceMesh, picture: Image) -> int:
    """
    Return after how many quarter turns clockwise, 0 to 3, the face of a picture is upright.

    Both networks also answer to faces upside down, with lower scores and a mouth in the hair.
    Unless the picture as it is has a high score, all four orientations are tried. 0 where there
    is no face.
    """
    scores = [_score(mesh, picture)]
    if scores[0] >= _SURELY_UPRIGHT:
        return 0
    for turns in (1, 2, 3):
        turned = np.ascontiguousarray(Orientation(turns=turns).apply(picture))
        scores.append(_score(mesh, turned))
    best = int(np.argmax(scores))
    return best if scores[best] >= scores[0] + _BETTER else 0


def _score(mesh: FaceMesh, picture: Image) -> float:
    """Return how sure both networks are of the largest face that is upright, 0 to 1."""
    for face in mesh.detect(picture):
        points, score = mesh.landmarks(picture, face)
        eyes = points[LEFT_EYE_OUTER, :2] - points[RIGHT_EYE_OUTER, :2]
        if abs(math.degrees(math.atan2(float(eyes[1]), float(eyes[0])))) <= _MOST_TILT:
            return score * face.score
    return 0.0
