"""Real people: a beard, a head turned by 26 degrees, the smile of the built-in portrait."""

from __future__ import annotations

import pathlib

import cv2
import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.mouth_leak import MouthLeaks
from txt2vid_ros.bench.lipsync.mouth_measurement import (
    follow,
    measure_openings,
    requested_opening,
)
from txt2vid_ros.bench.lipsync.untouched_region import UntouchedRegion
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.geometry import read_face
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from txt2vid_ros.speaking.visemes.table import VISEMES
from viseme_views import held, opened, silence, words

PORTRAITS = pathlib.Path(__file__).parents[2] / 'portraits'


@pytest.fixture(params=['beard.jpg', 'turned.jpg', None], ids=['beard', 'turned', 'smile'])
def driving(request: pytest.FixtureRequest) -> DrivingMedia:
    face = None if request.param is None else PORTRAITS / request.param
    return load_driving(face, width=640, height=480)


def test_the_mouth_opens_as_asked_and_nothing_else_moves(driving: DrivingMedia) -> None:
    session, speech = opened(driving), words()
    times = np.arange(0.1, 2.9, 0.04)
    frames = [session.render(float(t), 0, speech) for t in times]
    seen = measure_openings(frames, FaceMesh())
    asked = np.array([requested_opening(speech.mouth(float(t))) for t in times])
    assert np.corrcoef(seen, asked)[0, 1] > 0.85
    beyond = UntouchedRegion(driving, find_face(driving, FaceMesh))
    assert max(beyond.change(0, frame) for frame in frames) == 0


def test_lips_meet_in_silence_and_on_bilabials(driving: DrivingMedia) -> None:
    session = opened(driving)
    frames = [session.render(0, 0, held(lips_closed=1)), session.render(0, 0, silence()),
              session.render(0, 0, held(jaw_open=0.4)), session.render(0, 0, held(jaw_open=0.9))]
    pressed, rest, parted, wide = measure_openings(frames, FaceMesh())
    assert pressed < 0.05
    assert rest < pressed + 0.03
    assert rest + 0.03 < parted < wide


def test_a_head_turned_aside_is_known_to_be_and_still_speaks() -> None:
    driving = load_driving(PORTRAITS / 'turned.jpg', width=640, height=480)
    track = find_face(driving, FaceMesh)
    across = track.points[0][263] - track.points[0][33]
    turned = np.degrees(np.arctan2(abs(across[2]), np.hypot(*across[:2])))
    assert 20 < turned < 32
    assert track.presence[0] == 1
    assert track.notices == ()


ALL = sorted(path.name for path in PORTRAITS.glob('*.jpg'))


@pytest.mark.parametrize('name', ALL)
def test_every_viseme_stays_between_the_lips_of_every_portrait(name: str) -> None:
    driving = load_driving(PORTRAITS / name, width=640, height=480)
    leaks, session = MouthLeaks(driving, find_face(driving, FaceMesh)), opened(driving)
    frames = {viseme: session.renderer(0).render(
        driving.frames[0], np.array(VISEMES[viseme].target, np.float32)) for viseme in VISEMES}
    shown = dict(zip(frames, follow(frames.values(), FaceMesh()), strict=True))
    leaked = {viseme: leaks.pixels(0, frames[viseme], points)
              for viseme, points in shown.items() if points is not None}
    assert len(leaked) == len(VISEMES)
    # Where two lights of two colours meet on a face, some skin has the hue of lips.
    assert max(leaked.values()) <= (20 if name == 'coloured_light.jpg' else 9), leaked


@pytest.mark.parametrize('mirrored', [False, True])
def test_the_cut_of_a_turned_mouth_follows_the_dark_line_between_the_lips(mirrored: bool) -> None:
    frame = load_driving(PORTRAITS / 'turned.jpg', width=640, height=480).frames[0]
    frame = np.ascontiguousarray(frame[:, ::-1] if mirrored else frame)
    mesh = FaceMesh()
    face = read_face(mesh.landmarks(frame, mesh.detect(frame)[0])[0], frame)
    line = (face.lips.upper_inner + face.lips.lower_inner)[1:-1] / 2
    aside = np.array([0.0, 0.035])

    def lightness(units: np.ndarray) -> np.ndarray:
        x, y = np.round(face.to_pixels(units)).astype(int).T
        return cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY), (0, 0), 1)[y, x].astype(
            float)

    here, above, below = (lightness(line + way * aside) for way in (0, -1, 1))
    assert (here < np.minimum(above, below)).all()
