"""What is kept of a head from frame to frame looks as if it had been warped anew."""

from __future__ import annotations

import itertools

import numpy as np
from txt2vid_ros.lipsync.viseme.engine import VisemeEngine, VisemeSession
from txt2vid_ros.lipsync.viseme.head_animation import HeadAnimation
from txt2vid_ros.lipsync.viseme.head_warp import HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState, LifeSettings
from txt2vid_ros.media.driving.driving_media import load_driving
from viseme_views import held, silence


def opened(options: LifeSettings) -> VisemeSession:
    engine = VisemeEngine(options)
    engine.load()
    return engine.open(load_driving(width=640, height=480))


def test_any_order_of_changes_looks_as_if_all_was_warped_anew() -> None:
    renderer = opened(LifeSettings(life=False)).renderer(0)
    frame = load_driving(width=640, height=480).frames[0]
    mouths = [renderer.render(frame, held(jaw_open=opening).mouth(0)) for opening in (0.1, 0.8)]
    head = HeadWarp(renderer.face, frame.shape)
    states = [IdleState(), IdleState(right=0.01, down=-0.006, roll=0.008),
              IdleState(blink=0.7, right=0.01, down=-0.006, roll=0.008),
              IdleState(brows=0.5, look_right=0.4)]
    kept = HeadAnimation(HeadWarp(renderer.face, frame.shape), renderer.box)
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
    assert 10 <= sum(changes) <= 20
    # What changes then is not to be seen.
    largest = max(np.abs(one.astype(int) - other).mean()
                  for one, other in itertools.pairwise(pictures))
    assert largest < 1.5
