"""Lids open and close along the edges that the picture shows."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.viseme.geometry import read_face
from txt2vid_ros.lipsync.viseme.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState
from txt2vid_ros.media.driving.driving_media import load_driving

BEARD = pathlib.Path(__file__).parents[2] / 'portraits' / 'beard.jpg'


@pytest.mark.parametrize('mirrored', [False, True])
def test_no_iris_is_left_in_a_shut_eye_whose_mesh_begins_within_it(mirrored: bool) -> None:
    frame = load_driving(BEARD, width=640, height=480).frames[0]
    frame = np.ascontiguousarray(frame[:, ::-1] if mirrored else frame)
    mesh = FaceMesh()
    face = read_face(mesh.landmarks(frame, mesh.detect(frame)[0])[0], frame)
    shut = HeadWarp(face, frame).animate(frame, IdleState(blink=1))

    def blue(picture: np.ndarray) -> int:
        """Return how many pixels around the eyes are those of a blue iris."""
        points = face.points[[*mp.RIGHT_LID_UPPER, *mp.RIGHT_LID_LOWER,
                              *mp.LEFT_LID_UPPER, *mp.LEFT_LID_LOWER]]
        x0, y0 = points.min(0).astype(int) - 4
        x1, y1 = points.max(0).astype(int) + 5
        part = picture[y0:y1, x0:x1].astype(int)
        return int((part[..., 0] > part[..., 2] + 10).sum())

    assert blue(frame) > 100
    assert blue(shut) < 0.1 * blue(frame)
