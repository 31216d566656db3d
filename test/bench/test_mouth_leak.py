"""What shows of the inside of a mouth beside its lips is counted."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.mouth_leak import MouthLeaks
from txt2vid_ros.bench.lipsync.mouth_measurement import follow
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.media.driving.driving_media import load_driving
from viseme_views import held, opened

TURNED = pathlib.Path(__file__).parents[1] / 'portraits' / 'turned.jpg'


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the faces found apart from those of the user and of other tests."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


@pytest.mark.parametrize('colour', [(12, 8, 20), (235, 240, 245)], ids=['dark', 'teeth'])
def test_a_wedge_beyond_the_corner_of_a_turned_mouth_is_counted(
        colour: tuple[int, int, int]) -> None:
    driving = load_driving(TURNED, width=640, height=480)
    leaks = MouthLeaks(driving, find_face(driving, FaceMesh))
    session = opened(driving)
    wide = session.render(0, 0, held(jaw_open=0.9))
    face = session.renderer(0).face
    points = next(follow([wide], FaceMesh()))
    assert points is not None
    assert leaks.pixels(0, wide, points) <= 4
    corner = face.lips.upper_outer[-1]
    wedge = face.to_pixels(corner + np.array([(0, 0), (0.09, -0.03), (0.09, 0.03)]))
    cv2.fillPoly(wide, [np.round(wedge).astype(np.int32)], colour)
    assert leaks.pixels(0, wide, points) > 20
