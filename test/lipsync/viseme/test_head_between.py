"""On a machine too slow for every picture, those between show eyes and head as they are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.lipsync.engine import Frame, SpeechView
from txt2vid_ros.lipsync.render_loop import AnimatedFace
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.head.head_between import HeadBetween
from txt2vid_ros.lipsync.viseme.head.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleMotion, IdleState, LifeSettings
from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
from viseme_views import held

PORTRAITS = Path(__file__).parents[2] / 'portraits'
GRID = FrameGrid.at(25)


def opened(file: str, options: LifeSettings) -> tuple[DrivingMedia, VisemeSession]:
    driving = load_driving(file, width=640, height=480)
    engine = VisemeEngine(options)
    engine.load()
    return driving, engine.open(driving)


def slow(driving: DrivingMedia, session: VisemeSession, speech: SpeechView) -> AnimatedFace:
    """Return a face of which every second picture is rendered."""
    face = AnimatedFace(driving, session, speech, GRID)
    for _ in range(4):
        face.rate_control.observe(0.06)
    assert face.rate_control.divisor == 2
    return face


def largest(one: Frame, other: Frame) -> int:
    return int(np.abs(one.astype(int) - other).max())


@pytest.mark.parametrize('file', ['', str(PORTRAITS / 'glasses.jpg')])
def test_a_blink_between_is_the_one_rendered_in_full(file: str) -> None:
    options = LifeSettings()
    speech = held(jaw_open=0.3)
    driving, session = opened(file, options)
    blink = [IdleMotion(options).at(GRID.seconds(place), speech).blink for place in range(250)]
    # The lid that goes down most, and the one that comes up most, between two pictures rendered.
    places = [max(range(10, 249), key=lambda k: way * (blink[k + 1] - blink[k - 1]))
              for way in (1, -1)]
    x0, y0, x1, y1 = HeadWarp(session.renderer(0).face, driving.frames[0]).eyes
    for place in places:
        face = slow(driving, session, speech)
        before, here = face.frame(place - 1), face.frame(place)
        after = face.frame(place + 1)
        expected = session.render(GRID.seconds(place), 0, speech)
        assert largest(here[y0:y1, x0:x1], expected[y0:y1, x0:x1]) <= 3
        # Blended as a whole, there would be an eye behind the lid.
        seen_through = cv2.addWeighted(before, 0.5, after, 0.5, 0)[y0:y1, x0:x1]
        assert largest(np.asarray(seen_through), expected[y0:y1, x0:x1]) > 30
    # A blend of pictures that others have rendered stays as it is.
    assert session.between(before, 5.04, (5.0, 5.08), speech) is before


def test_a_head_that_turns_is_seen_once_and_one_that_hardly_moves_is_blended() -> None:
    driving, session = opened('', LifeSettings(life=False))
    renderer = session.renderer(0)
    mouths = [renderer.render(driving.frames[0], held(jaw_open=opening).mouth(0.0))
              for opening in (0.2, 0.4)]
    head = HeadWarp(renderer.face, driving.frames[0])

    def between(turn: float) -> tuple[Frame, Frame, Frame]:
        """Return the picture between two, the blend, and the mean mouth on a head turned half."""
        states = [IdleState(), IdleState(pitch=turn)]
        pair = HeadBetween(head, renderer.face.unit)
        pictures = []
        for time, mouth, state in zip((1.0, 1.08), mouths, states, strict=True):
            pair.keep(time, mouth, state)
            pictures.append(head.animate(mouth, state))
        blended = np.asarray(cv2.addWeighted(pictures[0], 0.5, pictures[1], 0.5, 0), np.uint8)
        half = IdleState(pitch=turn / 2)
        mean = np.asarray(cv2.addWeighted(mouths[0], 0.5, mouths[1], 0.5, 0), np.uint8)
        return (pair.between(blended, 1.04, (1.0, 1.08), lambda time: half), blended,
                head.animate(mean, half))

    found, blended, expected = between(0.05)
    assert largest(blended, expected) > 30
    assert np.array_equal(found, expected)
    found, blended, expected = between(0.005)
    assert found is blended
    assert largest(blended, expected) < 25
