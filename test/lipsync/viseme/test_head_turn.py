"""The head of a picture turns and nods as a head does; that of a clip is left alone."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.head.head_turn import HeadTurn
from txt2vid_ros.lipsync.viseme.head.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState, LifeSettings, Sway
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, silence

PORTRAITS = Path(__file__).parents[2] / 'portraits'
ANGLE = math.radians(4)
NOSE, EARS, FOREHEAD = 1, (234, 454), 10


def opened(driving: DrivingMedia, life: bool = False) -> VisemeSession:
    engine = VisemeEngine(LifeSettings(life=life))
    engine.load()
    return engine.open(driving)


@pytest.fixture(scope='module', params=['', 'turned.jpg', 'glasses.jpg', 'down.jpg'])
def session(request: pytest.FixtureRequest) -> VisemeSession:
    file = str(PORTRAITS / request.param) if request.param else ''
    return opened(load_driving(file, width=640, height=480))


def moves(session: VisemeSession, sway: Sway) -> np.ndarray:
    """Return how far each pixel of a picture of 640x480 goes (480, 640, 2), in face units."""
    face = session.renderer(0).face
    where, _ = HeadTurn(face, (0, 0, 640, 480)).laid_out(sway)
    here = np.stack(np.meshgrid(np.arange(640), np.arange(480)), axis=-1)
    return (here - where) / face.unit


def at(picture: np.ndarray, point: np.ndarray) -> np.ndarray:
    x, y = np.round(point).astype(int)
    return picture[min(max(y, 0), 479), min(max(x, 0), 639)]


def test_the_nose_moves_most_the_outline_least_and_the_background_not_at_all(
        session: VisemeSession) -> None:
    face = session.renderer(0).face
    for sign in (1, -1):
        turned = moves(session, (0.0, 0.0, sign * ANGLE, 0.0, 0.0)) @ face.axes[:, 0]
        turned *= sign / np.linalg.norm(face.axes[:, 0])
        ears = [at(turned, face.points[ear]) for ear in EARS]
        outline = face.points[list(EARS)] + [[-0.35 * face.unit, 0], [0.35 * face.unit, 0]]
        edge = [abs(at(turned, point)) for point in outline]
        # A nose is as far before the ears as eyes are wide apart.
        assert 0.6 * ANGLE < at(turned, face.points[NOSE]) < 1.3 * ANGLE
        assert at(turned, face.points[NOSE]) > 1.2 * max(ears)
        assert max(edge) < max(max(ears), 0.01)
        away = np.linalg.norm(np.indices((480, 640))[::-1].transpose(1, 2, 0)
                              - face.points[NOSE], axis=2) > 3 * face.unit
        assert np.abs(turned[away]).max() < 1e-4


def test_nothing_folds_however_lively_the_head(session: VisemeSession) -> None:
    for sway in ((0.0, 0.0, 0.3, 0.0, 0.0), (0.0, 0.0, -0.3, 0.0, 0.0),
                 (0.03, 0.02, 0.12, 0.2, 0.06), (-0.03, -0.02, -0.12, -0.2, -0.06)):
        shift = moves(session, sway) * session.renderer(0).face.unit
        # Where a pixel is left of its neighbour it comes from left of where the neighbour does.
        assert (1 - np.diff(shift[..., 0], axis=1)).min() > 0
        assert (1 - np.diff(shift[..., 1], axis=0)).min() > 0


@pytest.mark.parametrize('opening', [0.0, 0.8])
def test_the_mouth_is_drawn_where_the_head_has_turned_to(
        session: VisemeSession, opening: float) -> None:
    face = session.renderer(0).face
    picture = np.array(session.render(0, 0, held(jaw_open=opening)))
    state = IdleState(yaw=ANGLE, pitch=-ANGLE / 2)
    turned = HeadWarp(face, picture).animate(picture, state)
    lips = face.points[list(mp.UPPER_OUTER + mp.LOWER_OUTER)]
    (x0, y0), (x1, y1) = (lips.min(0) - 3).astype(int), (lips.max(0) + 4).astype(int)
    found = cv2.matchTemplate(turned, picture[y0:y1, x0:x1], cv2.TM_SQDIFF)
    went = np.array(cv2.minMaxLoc(found)[2]) - (x0, y0)
    expected = moves(session, state.sway)[y0:y1, x0:x1].mean((0, 1)) * face.unit
    assert np.linalg.norm(expected) > 3
    assert np.abs(went - expected).max() < 1.5


def test_the_face_network_sees_the_head_turn_and_nod() -> None:
    session = opened(load_driving(width=640, height=480))
    picture, mesh = session.render(0, 0, silence()), FaceMesh()
    head = HeadWarp(session.renderer(0).face, picture)

    def angles(**state: float) -> tuple[float, float]:
        """Return yaw and pitch of the face in degrees."""
        moved = head.animate(picture, IdleState(**state))
        points, _ = mesh.landmarks(moved, mesh.detect(moved)[0])
        across = points[EARS[1]] - points[EARS[0]]
        down = points[mp.CHIN] - points[FOREHEAD]
        return (math.degrees(math.atan2(across[2], across[0])),
                math.degrees(math.atan2(down[2], down[1])))

    right, left = angles(yaw=ANGLE), angles(yaw=-ANGLE)
    assert 4 < abs(right[0] - left[0]) < 14
    low, high = angles(pitch=ANGLE), angles(pitch=-ANGLE)
    assert 4 < abs(low[1] - high[1]) < 14


@pytest.mark.parametrize('name', ['glasses', 'beard'])
def test_a_clip_of_who_does_not_speak_is_shown_as_it_is(name: str) -> None:
    still = np.array(load_driving(str(PORTRAITS / f'{name}.jpg'), width=640, height=480).frames[0])
    frames = [cv2.warpAffine(still, np.array([[1.0, 0, 2 * k], [0, 1, k]]), (640, 480))
              for k in range(4)]
    session = opened(DrivingMedia(frames, 25.0, f'{name} moves'), life=True)
    for time in (0.0, 1.7, 40.3):
        for index, frame in enumerate(frames):
            assert np.array_equal(session.render(time, index, silence()), frame)
    assert not np.array_equal(session.render(0.0, 0, held(jaw_open=0.8)), frames[0])


def test_in_a_clip_of_who_speaks_the_mouth_closes_in_silence() -> None:
    still = opened(load_driving(width=640, height=480))
    frames = [np.array(still.render(0, 0, held(jaw_open=opening)))
              for opening in (0.0, 0.3, 0.6, 0.9)]
    session = opened(DrivingMedia(frames, 25.0, 'speaks'), life=True)
    shown = [session.render(0.0, index, silence()) for index in (0, 3)]
    (x0, y0), (x1, y1) = (
        edge.astype(int) for edge in (still.renderer(0).face.points[list(mp.UPPER_INNER)].min(0),
                                      still.renderer(0).face.points[list(mp.LOWER_INNER)].max(0)))
    dark = [int((picture[y0:y1 + 20, x0:x1].max(axis=2) < 70).sum())
            for picture in (*shown, frames[3])]
    assert max(dark[:2]) < dark[2] / 4
