"""Teeth that move against the eyes, and how long a blink lasts, are measured on pictures."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from txt2vid_ros.bench.lipsync.blink_length import blink_ms
from txt2vid_ros.bench.lipsync.mouth_measurement import follow, opening
from txt2vid_ros.bench.lipsync.teeth_drift import TeethDrift
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.track import find_face
from txt2vid_ros.lipsync.viseme.mouth.oral_cavity import OralCavity
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held, opened


@pytest.fixture(autouse=True)
def own_cache(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the faces found apart from those of the user and of other tests."""
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))


def drift(driving: DrivingMedia) -> float | None:
    """Return the figure of a mouth that opens wider and wider."""
    session, teeth = opened(driving), TeethDrift()
    eyes = find_face(driving, FaceMesh).points[0]
    frames = [session.render(0, 0, held(jaw_open=jaw)) for jaw in np.linspace(0.5, 1, 6)]
    for frame, points in zip(frames, follow(frames, FaceMesh()), strict=True):
        assert points is not None
        teeth.add(frame, eyes, points, opening(points))
    return teeth.percent()


def test_upper_teeth_are_fixed_to_the_skull_and_those_that_follow_the_jaw_are_noticed(
        monkeypatch: pytest.MonkeyPatch) -> None:
    driving = load_driving(width=640, height=480)
    fixed = drift(driving)
    assert fixed is not None and fixed < 1
    honest = OralCavity.draw

    def following(self: OralCavity, moved: object, *rest: object) -> np.ndarray:
        drawn = honest(self, moved, *rest)  # type: ignore[arg-type]
        return np.roll(drawn, round(60 * getattr(moved, 'jaw', 0)), axis=0)

    monkeypatch.setattr(OralCavity, 'draw', following)
    loose = drift(driving)
    assert loose is None or loose > 2


def test_a_closed_mouth_shows_no_teeth_to_compare() -> None:
    assert TeethDrift().percent() is None


def test_a_blink_lasts_as_long_as_those_of_people() -> None:
    driving = load_driving(width=480, height=360)
    found = blink_ms(driving, find_face(driving, FaceMesh))
    assert found is not None and 150 <= found <= 400
    still = np.asarray(driving.frames[0])
    clip = DrivingMedia([still, still], 25.0, 'd' * 64)
    assert blink_ms(clip, find_face(clip, FaceMesh)) is None
