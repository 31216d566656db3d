"""A face on its side or upside down is turned, in pictures and clips; an upright one is not."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.lipsync.engine import LipSyncEngine
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.mesh_points import CHIN, NOSE_BRIDGE
from txt2vid_ros.lipsync.face.upright import quarter_turns
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine
from txt2vid_ros.media.driving.driving_media import BUILT_IN_PORTRAIT, load_driving
from viseme_views import held, silence

PORTRAITS = pathlib.Path(__file__).parents[2] / 'portraits'
TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


@pytest.fixture(scope='module')
def engine() -> VisemeEngine:
    engine = VisemeEngine()
    engine.load()
    return engine


@pytest.mark.parametrize('turns', [0, 1, 2, 3])
@pytest.mark.parametrize('file', [
    BUILT_IN_PORTRAIT, PORTRAITS / 'beard.jpg', PORTRAITS / 'turned.jpg'],
    ids=lambda one: one.stem)
def test_a_face_is_turned_upright_and_that_is_said(
        tmp_path: pathlib.Path, engine: VisemeEngine, file: pathlib.Path, turns: int) -> None:
    picture = cv2.imread(str(file))
    path = tmp_path / 'a.png'
    cv2.imwrite(str(path), cv2.rotate(picture, TURNS[turns]) if turns else picture)
    media = load_driving(path, width=640, height=480, upright=engine.quarter_turns)
    assert media.notices == (() if turns == 0 else (
        f'a.png: the face {"is upside down" if turns == 2 else "lies on its side"} and was turned '
        'upright',))
    plain = load_driving(file, width=640, height=480)
    assert np.abs(media.frames[0].astype(int) - plain.frames[0]).mean() < 1
    assert media.placement == plain.placement
    assert (media.digest == load_driving(path, width=640, height=480).digest) == (turns == 0)


def test_a_clip_on_its_side_is_turned_and_speaks(
        tmp_path: pathlib.Path, engine: VisemeEngine) -> None:
    lying = cv2.rotate(cv2.imread(str(BUILT_IN_PORTRAIT)), cv2.ROTATE_90_CLOCKWISE)
    writer = cv2.VideoWriter(
        str(tmp_path / 'a.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 25, lying.shape[1::-1])
    for _ in range(5):
        writer.write(lying)
    writer.release()
    media = load_driving(tmp_path / 'a.avi', width=640, height=480, upright=engine.quarter_turns)
    assert len(media.frames) == 5
    assert 'lies on its side' in media.notices[0]
    session = engine.open(media)
    points = session.renderer(0).face.points
    assert points[CHIN, 1] > points[NOSE_BRIDGE, 1] + 50
    change = session.render(0, 0, held(jaw_open=1)).astype(int) - session.render(0, 0, silence())
    assert np.abs(change).max() > 60


def test_a_tilted_head_and_no_face_at_all_are_left_as_they_are() -> None:
    mesh = FaceMesh()
    portrait = np.array(load_driving(width=640, height=480).frames[0])
    for degrees in (-35, 35):
        matrix = cv2.getRotationMatrix2D((320, 240), degrees, 1)
        assert quarter_turns(mesh, cv2.warpAffine(portrait, matrix, (640, 480))) == 0
    assert quarter_turns(mesh, np.full((480, 640, 3), 90, np.uint8)) == 0


def test_an_engine_that_cannot_tell_leaves_faces_as_they_are() -> None:
    assert LipSyncEngine.quarter_turns(VisemeEngine(), np.zeros((8, 8, 3), np.uint8)) == 0
