"""Lids open and close along the edges, and with the skin, that the picture shows."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.viseme.geometry import FaceGeometry, read_face
from txt2vid_ros.lipsync.viseme.head.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState
from txt2vid_ros.media.driving.driving_media import load_driving

PORTRAITS = pathlib.Path(__file__).parents[2] / 'portraits'


def face_on(frame: np.ndarray) -> FaceGeometry:
    mesh = FaceMesh()
    return read_face(mesh.landmarks(frame, mesh.detect(frame)[0])[0], frame)


@pytest.mark.parametrize('mirrored', [False, True])
def test_no_iris_is_left_in_a_shut_eye_whose_mesh_begins_within_it(mirrored: bool) -> None:
    frame = load_driving(PORTRAITS / 'beard.jpg', width=640, height=480).frames[0]
    frame = np.ascontiguousarray(frame[:, ::-1] if mirrored else frame)
    face = face_on(frame)
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


def test_dark_frames_of_glasses_stay_where_they_are_in_a_blink() -> None:
    frame = load_driving(PORTRAITS / 'glasses.jpg', width=640, height=480).frames[0]
    face = face_on(frame)
    warp = HeadWarp(face, frame)
    shut = warp.animate(frame, IdleState(blink=1))
    x0, y0, x1, y1 = warp.eyes

    def dark(picture: np.ndarray) -> int:
        """Return how many pixels around the eyes are as dark as frame and pupils."""
        return int((picture[y0:y1, x0:x1].max(axis=2) < 60).sum())

    # The pupils are covered, and nothing as dark comes in their place.
    assert 0.5 * dark(frame) < dark(shut) <= dark(frame)


@pytest.mark.parametrize(('cut', 'blinks'), [('above the eyes', False), ('between them', True)])
def test_a_head_that_the_picture_cuts_off_is_shown_and_its_other_eye_blinks(
        cut: str, blinks: bool) -> None:
    frame = load_driving(PORTRAITS / 'beard.jpg', width=640, height=480).frames[0]
    points = face_on(frame).points
    frame = np.ascontiguousarray(
        frame[:, round(points[mp.NOSE_BRIDGE][0]) - 10:] if blinks
        else frame[round(points[[*mp.LEFT_LID_LOWER, *mp.RIGHT_LID_LOWER], 1].max()) + 10:])
    shut = HeadWarp(face_on(frame), frame).animate(frame, IdleState(blink=1))
    assert np.array_equal(shut, frame) != blinks


def test_a_shut_lid_below_a_low_brow_is_not_as_dark_as_the_shadow_that_it_is_pulled_from() -> None:
    frame = load_driving(PORTRAITS / 'turned.jpg', width=640, height=480).frames[0]
    face = face_on(frame)
    shut = HeadWarp(face, frame).animate(frame, IdleState(blink=1)).astype(float)

    def light(x: float, y: float) -> float:
        return float(shut[round(y) - 1:round(y) + 2, round(x) - 2:round(x) + 3].mean())

    top, bottom = face.points[386], face.points[374]    # of the nearer eye
    skin = light(*(bottom + 0.6 * (bottom - top)))
    assert 0.9 * skin < light(*((top + bottom) / 2)) < 1.1 * skin
