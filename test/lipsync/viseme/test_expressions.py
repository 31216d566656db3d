"""The default face shows expressions and looks around, and nothing else of it moves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.expressions import EXPRESSIONS, FacePose, REST
from txt2vid_ros.lipsync.face import mesh_points as mp
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.idle_motion import LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from viseme_views import held, silence

PORTRAITS = Path(__file__).parents[2] / 'portraits'


def opened(driving: DrivingMedia, life: bool = False) -> VisemeSession:
    engine = VisemeEngine(LifeSettings(life=life))
    engine.load()
    return engine.open(driving)


@pytest.fixture(scope='module', params=['built in', 'beard.jpg'])
def session(request: pytest.FixtureRequest) -> VisemeSession:
    file = None if request.param == 'built in' else PORTRAITS / request.param
    return opened(load_driving(file, width=640, height=480))


def shown(session: VisemeSession, pose: FacePose = REST, right: float = 0.0,
          up: float = 0.0, **mouth: float) -> np.ndarray:
    """Return the picture of a face that has long shown something."""
    timeline = ExpressionTimeline()
    timeline.express(0.0, pose)
    timeline.look(0.0, right, up)
    assert session.express(timeline)
    return session.render(5.0, 0, held(**mouth) if mouth else silence())


def measured(picture: np.ndarray) -> np.ndarray:
    """Return the mesh that the network finds, in distances of the eyes."""
    mesh = FaceMesh()
    points, _ = mesh.landmarks(picture, mesh.detect(picture)[0])
    return points[:, :2] / np.linalg.norm(points[mp.LEFT_EYE_OUTER, :2]
                                          - points[mp.RIGHT_EYE_OUTER, :2])


def height(mesh: np.ndarray, points: tuple[int, ...]) -> float:
    """Return how high points are over the bridge of the nose."""
    return float(mesh[mp.NOSE_BRIDGE, 1] - mesh[list(points), 1].mean())


def opening(mesh: np.ndarray) -> float:
    return float(np.mean([mesh[lower, 1] - mesh[upper, 1]
                          for lower, upper in ((145, 159), (374, 386))]))


BROWS = mp.RIGHT_BROW + mp.LEFT_BROW
CORNERS = (mp.UPPER_OUTER[0], mp.UPPER_OUTER[-1])


def test_the_face_network_sees_what_it_is_to_show(session: VisemeSession) -> None:
    rest, happy, sad, surprised, asleep, angry = (
        measured(shown(session, EXPRESSIONS[name]))
        for name in ('neutral', 'happy', 'sad', 'surprised', 'asleep', 'angry'))
    assert height(happy, CORNERS) > height(rest, CORNERS) > height(sad, CORNERS)
    # Half of the way that they are lifted: the network smooths what it sees.
    assert height(surprised, BROWS) > height(rest, BROWS) + 0.008
    assert height(angry, BROWS) < height(rest, BROWS)
    assert opening(surprised) > opening(rest) > opening(asleep)


def test_the_eyes_turn_within_their_lids(session: VisemeSession) -> None:
    def shift(picture: np.ndarray, rest: np.ndarray, part: tuple[int, ...]) -> int:
        """Return by how many pixels the middle of a part of the face has moved to the right."""
        around = session.renderer(0).face.points[list(part)]
        (left, top), (right, bottom) = around.min(0).astype(int), around.max(0).astype(int) + 1
        quarter = (right - left) // 4
        one, other = (each[top + 2:bottom - 2].astype(float) for each in (picture, rest))
        wrong = {step: np.abs(one[:, left + quarter + step:right - quarter + step]
                              - other[:, left + quarter:right - quarter]).mean()
                 for step in range(-12, 13)}
        return min(wrong, key=lambda step: wrong[step])
    rest, aside, other = shown(session), shown(session, right=1.0), shown(session, right=-1.0)
    for eye, brow in (
            (mp.RIGHT_LID_UPPER + mp.RIGHT_LID_LOWER, mp.RIGHT_BROW + mp.RIGHT_BROW_LOWER),
            (mp.LEFT_LID_UPPER + mp.LEFT_LID_LOWER, mp.LEFT_BROW + mp.LEFT_BROW_LOWER)):
        for sign, picture in ((1, aside), (-1, other)):
            head = sign * shift(picture, rest, brow)
            # The head turns with them, less than they do within it.
            assert 1 <= head <= 5
            assert 2 <= sign * shift(picture, rest, eye) - head <= 6


def test_at_rest_it_is_the_face_without_expressions(session: VisemeSession) -> None:
    plain = opened(session._driving)
    for speech in (silence(), held(jaw_open=0.5)):
        session.express(ExpressionTimeline())
        assert np.array_equal(session.render(5.0, 0, speech), plain.render(5.0, 0, speech))


@pytest.mark.parametrize('name', EXPRESSIONS)
def test_every_expression_stays_within_the_face_and_speaks(
        session: VisemeSession, name: str) -> None:
    face = session.renderer(0).face
    oval = face.points[list(mp.OVAL)]
    rest = shown(session)
    for mouth in ({}, {'jaw_open': 0.6}, {'lips_round': 0.8}):
        # With the eyes the whole head turns, on purpose.
        pose = EXPRESSIONS[name]._replace(right=0.0, up=0.0)
        picture = shown(session, pose, **mouth)
        assert picture.shape == rest.shape
        hull = cv2.convexHull(oval.astype(np.float32))
        rows, columns = np.nonzero(np.abs(picture.astype(int) - rest).sum(2) > 60)
        away = [cv2.pointPolygonTest(hull, (float(x), float(y)), True)
                for y, x in zip(rows[::7], columns[::7], strict=True)]
        assert min(away, default=0.0) > -0.25 * face.unit


def test_a_clip_shows_none() -> None:
    still = load_driving(width=320, height=240)
    clip = DrivingMedia([still.frames[0]] * 2, 25.0, 'two of them')
    session = opened(clip)
    assert not session.express(ExpressionTimeline())
