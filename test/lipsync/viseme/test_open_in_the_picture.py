"""Driving pictures in which someone talks: the mouth closes, and nothing else is pulled along."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.mouth_measurement import measure_openings, parted
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.face_renderer import FaceRenderer
from txt2vid_ros.lipsync.viseme.geometry import closed_lips, read_face
from txt2vid_ros.lipsync.viseme.mouth.lip_edges import refined_edges
from txt2vid_ros.lipsync.viseme.mouth.lip_ends import eased_ends
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, opened, silence

LIP, DARK, TEETH, SKIN = (90, 90, 170), (15, 15, 25), (190, 200, 205), (120, 150, 200)
PIXELS = 200.0  # a face unit in the drawn mouths
TO_PIXELS = np.array([[PIXELS, 0, 150], [0, PIXELS, 150]])


def arc(height: float) -> np.ndarray:
    """Return a row of 11 points from corner to corner, `height` face units below their line."""
    u = np.linspace(-1, 1, 11)
    return np.stack([0.28 * u, height * (1 - u ** 2)], axis=1)


def drawn(inside: tuple[int, int, int], upper: float, lower: float, shade: float = 1.0):
    """Return a mouth whose lips end `upper` above and `lower` below the corners' line."""
    def area(above: float, below: float, colour: tuple[float, ...]) -> None:
        outline = np.concatenate([arc(above), arc(below)[::-1]]) @ TO_PIXELS[:, :2].T + 150
        cv2.fillPoly(picture, [np.round(outline * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)
    picture = np.full((300, 300, 3), np.array(SKIN) * shade, np.uint8)
    area(-0.13, 0.17, tuple(shade * c for c in LIP))
    area(-upper, lower, tuple(shade * c for c in inside))
    return cv2.GaussianBlur(picture, (0, 0), 1)


def rows(upper: float, lower: float):
    """Return what a mesh makes of it."""
    return arc(-0.13), arc(-upper), arc(lower), arc(0.17)


@pytest.mark.parametrize('inside', [DARK, TEETH], ids=['dark', 'teeth'])
@pytest.mark.parametrize('shade', [1.0, 0.35], ids=['light skin', 'dark skin'])
def test_what_the_mesh_takes_for_lip_but_is_mouth_is_not_lip(inside, shade: float) -> None:
    picture = drawn(inside, upper=0.06, lower=0.08, shade=shade)
    upper, lower = refined_edges(picture, TO_PIXELS, rows(upper=0.03, lower=0.05))
    assert upper[3:8, 1] == pytest.approx(arc(-0.06)[3:8, 1], abs=0.02)
    assert lower[3:8, 1] == pytest.approx(arc(0.08)[3:8, 1], abs=0.02)
    assert (upper[1:-1, 1] < rows(0.03, 0.05)[1][1:-1, 1]).all()


def test_lips_that_the_mesh_has_right_stay_where_they_are() -> None:
    right = rows(upper=0.06, lower=0.08)
    upper, lower = refined_edges(drawn(DARK, upper=0.06, lower=0.08), TO_PIXELS, right)
    assert upper == pytest.approx(right[1], abs=0.012)
    assert lower == pytest.approx(right[2], abs=0.012)


def test_a_dark_line_between_closed_lips_is_left_alone() -> None:
    shut = rows(upper=0.0, lower=0.008)
    upper, lower = refined_edges(drawn(DARK, upper=0.01, lower=0.01), TO_PIXELS, shut)
    assert (upper == shut[1]).all()
    assert (lower == shut[2]).all()


def test_a_mouth_wide_open_in_the_picture_closes() -> None:
    driving = load_driving(width=640, height=480)
    first = opened(driving)
    talking = first.render(0, 0, held(jaw_open=1.0))
    again = opened(DrivingMedia([talking], 25.0, 'talking'))
    mesh = FaceMesh()
    pressed = again.render(0, 0, held(lips_closed=1))
    frames = [talking, again.render(0, 0, silence()), pressed,
              first.render(0, 0, held(lips_closed=1))]
    wide, shut, closed, usual = measure_openings(frames, mesh)
    assert wide > 0.2
    assert closed < usual + 0.02
    assert shut < usual + 0.03
    points, _ = mesh.track(pressed, find_face(driving, FaceMesh).points[0])
    assert parted(pressed, points) < 0.03


def test_collar_and_chin_stay_below_a_mouth_opened_wider_than_speech_does() -> None:
    driving = load_driving(width=640, height=480)
    mesh = find_face(driving, FaceMesh).points[0].copy()
    shouting = [*mp.LOWER_INNER[1:-1], *mp.LOWER_OUTER[1:-1], *mp.JAW_FOLLOW]
    unit = np.linalg.norm(mesh[mp.LEFT_EYE_OUTER] - mesh[mp.RIGHT_EYE_OUTER])
    mesh[shouting, 1] += 0.3 * unit
    # Every pixel says how high up it was, in steps of two.
    height = np.repeat(np.arange(480)[:, None] // 2, 640, axis=1).astype(np.uint8)
    renderer = FaceRenderer(np.repeat(height[..., None], 3, axis=2), mesh)
    picture = renderer.render(driving.frames[0] * 0, held(lips_closed=1).mouth(0))
    chin = mesh[mp.CHIN]
    column = picture[int(chin[1]):int(chin[1] + 0.2 * unit), int(chin[0]), 0].astype(float)
    rose = 2 * column - np.arange(int(chin[1]), int(chin[1]) + len(column))
    assert 0.02 * unit < rose.max() < 0.12 * unit
    assert (np.diff(column) >= 0).all()  # nothing is seen twice or upside down


def test_lips_at_rest_are_those_of_the_frames_in_which_the_mouth_is_closed() -> None:
    driving = load_driving(width=640, height=480)
    session = opened(driving)
    mesh = FaceMesh()
    frames = [session.render(0, 0, held(jaw_open=jaw)) for jaw in (0, 0, 0.4, 0.7, 1.0, 1.0)]
    points = [mesh.landmarks(frame, mesh.detect(frame)[0])[0] for frame in frames]
    faces = [read_face(one, frame) for one, frame in zip(points, frames, strict=True)]
    closed = closed_lips(faces)
    alone, known = read_face(points[-1], frames[-1]), read_face(points[-1], frames[-1], closed)

    def full(lips) -> float:
        return float(lips.lower_outer[5, 1] - lips.upper_outer[5, 1])

    assert alone.gap > 0.1
    assert abs(full(known.rest) - full(closed)) < 1e-6
    assert abs(full(known.rest) - full(closed)) < abs(full(alone.rest) - full(closed))
    assert known.rest.upper_inner[5, 1] == pytest.approx(alone.rest.upper_inner[5, 1])


def test_no_remains_of_an_open_mouth_are_left_on_a_lower_lip_that_is_turned_away() -> None:
    session = opened(load_driving('test/portraits/aside.jpg'))
    picture = session.render(0, 0, silence())
    face = session.renderer(0).face
    lip = np.concatenate(
        [face.rest.lower_inner + np.array([0, 0.012]), face.rest.lower_outer[::-1]])
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.round(face.to_pixels(lip)).astype(np.int32)], (1,))
    light = picture.max(axis=2)[cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0]
    assert light.min() > 0.68 * np.median(light)


def test_lips_whose_ends_stand_above_each_other_close_without_a_hook() -> None:
    pictured, closed = arc(0.12), arc(0.0)
    pictured[9] = pictured[10] + [-0.001, 0.1]  # as the mesh has them on a head that is turned
    closed[9, 0] = pictured[9, 0]
    way = (closed - eased_ends(pictured, closed))[:, 1]
    assert abs(way[9] - way[10]) < 0.02
    assert (eased_ends(pictured, closed)[:7] == pictured[:7]).all()
    assert (eased_ends(arc(0.12), arc(0.0)) == arc(0.12)).all()
