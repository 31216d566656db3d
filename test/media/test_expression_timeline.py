"""Expressions and gaze begin at their stamps and are eased, whenever and however often asked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from txt2vid_ros.core.expressions import EXPRESSIONS, FacePose, of_affect, REST
from txt2vid_ros.media.expression_timeline import (
    EXPRESSION_SECONDS,
    ExpressionTimeline,
    MOST_CHANGES,
)

HAPPY, SAD = EXPRESSIONS['happy'], EXPRESSIONS['sad']


def test_it_begins_at_its_stamp_and_is_there_soon_after() -> None:
    timeline = ExpressionTimeline()
    timeline.express(10.0, HAPPY)
    assert timeline.at(10.0).at_rest
    half = timeline.at(10.0 + EXPRESSION_SECONDS / 2).pose
    assert half.corners == pytest.approx(HAPPY.corners / 2)
    assert timeline.at(10.0 + EXPRESSION_SECONDS).pose == pytest.approx(HAPPY)
    assert timeline.at(1e6).pose == pytest.approx(HAPPY)
    # Asked again for a time before, as a frame that is rendered twice.
    assert timeline.at(9.9).at_rest


def test_no_change_is_a_jump_in_whatever_order_they_come() -> None:
    timelines = ExpressionTimeline(), ExpressionTimeline()
    changes = [(1.0, HAPPY), (1.2, SAD), (1.3, REST), (3.0, HAPPY)]
    for timeline, order in zip(timelines, (changes, changes[::-1]), strict=True):
        for start, pose in order:
            timeline.express(start, pose)
    times = np.arange(0, 5, 0.01)
    tracks = [np.array([timeline.at(float(t)).pose for t in times]) for timeline in timelines]
    assert np.allclose(*tracks)
    assert np.abs(np.diff(tracks[0], axis=0)).max() < 0.08


def test_what_is_to_come_does_not_take_away_what_is_shown() -> None:
    timeline = ExpressionTimeline()
    timeline.express(1.0, HAPPY)
    assert timeline.at(5.0).pose == pytest.approx(HAPPY)
    for number in range(3 * MOST_CHANGES):
        timeline.express(50.0 + number, SAD)
    assert timeline.at(49.0).pose in (pytest.approx(HAPPY), pytest.approx(REST))
    timeline.clear()
    assert timeline.at(200.0).pose == timeline.at(49.0).pose


def test_the_eyes_turn_by_themselves() -> None:
    timeline = ExpressionTimeline()
    timeline.look(1.0, 1.0, -0.5)
    seen = timeline.at(2.0)
    assert (seen.right, seen.up, seen.pose) == (1.0, -0.5, REST)
    assert not seen.at_rest


def test_every_expression_is_one_of_its_own() -> None:
    assert len(EXPRESSIONS) == 26
    assert all(-1 <= value <= 1 for pose in EXPRESSIONS.values() for value in pose)
    for one, other in itertools.combinations(EXPRESSIONS.values(), 2):
        assert np.abs(np.subtract(one, other)).max() > 0.08


def test_feelings_are_poses() -> None:
    assert of_affect(0, 0) == REST
    joy, anger, sorrow = of_affect(1, 0.5), of_affect(-1, 1), of_affect(-1, -1)
    assert joy.corners > 0 > max(anger.corners, sorrow.corners)
    assert anger.inner_brows < 0 < sorrow.inner_brows
    assert sorrow.lids > 0 > anger.lids
    for pose in (joy, anger, sorrow, of_affect(9, -9)):
        assert all(-1 <= value <= 1 for value in pose), pose
        assert isinstance(pose, FacePose)
