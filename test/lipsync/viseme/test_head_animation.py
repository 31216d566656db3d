"""What is kept of a head from frame to frame looks as if it had been warped anew."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.head_animation import HeadAnimation
from txt2vid_ros.lipsync.viseme.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState, LifeSettings
from txt2vid_ros.media.driving.driving_media import load_driving
from viseme_views import held, silence

PORTRAITS = Path(__file__).parents[2] / 'portraits'


def opened(options: LifeSettings, file: str = '') -> VisemeSession:
    engine = VisemeEngine(options)
    engine.load()
    return engine.open(load_driving(file, width=640, height=480))


@pytest.mark.parametrize('file', ['', str(PORTRAITS / 'beard.jpg')])
def test_any_order_of_changes_looks_as_if_all_was_warped_anew(file: str) -> None:
    renderer = opened(LifeSettings(life=False), file).renderer(0)
    frame = load_driving(file, width=640, height=480).frames[0]
    mouths = [renderer.render(frame, held(jaw_open=opening).mouth(0)) for opening in (0.0, 0.8)]
    head = HeadWarp(renderer.face, frame)
    states = [IdleState(), IdleState(right=0.01, down=-0.006, roll=0.008),
              IdleState(blink=0.7, right=0.01, down=-0.006, roll=0.008),
              IdleState(brows=0.5, look_right=0.4)]
    kept = HeadAnimation(HeadWarp(renderer.face, frame), renderer.moving)
    # Each state and mouth after each other one.
    every = list(itertools.product(range(len(mouths)), states))
    for (first, before), (second, after) in itertools.permutations(every, 2):
        kept.animate(mouths[first], before)
        found = kept.animate(mouths[second], after)
        assert np.array_equal(found, head.animate(mouths[second], after))


def test_a_silent_face_is_the_same_picture_for_several_frames() -> None:
    session = opened(LifeSettings(blinks=0))
    pictures = [session.render(20 + k / 25, 0, silence()) for k in range(50)]
    changes = [not np.array_equal(one, other) for one, other in itertools.pairwise(pictures)]
    # The head takes 17 steps; eyes that glance aside, and come back, a few more.
    assert 10 <= sum(changes) <= 24
    # And it is the very same one, which need not be compared.
    assert all(changed or one is other for changed, (one, other) in zip(
        changes, itertools.pairwise(pictures), strict=True))
    # What changes then is not to be seen.
    largest = max(np.abs(one.astype(int) - other).mean()
                  for one, other in itertools.pairwise(pictures))
    assert largest < 1.5
