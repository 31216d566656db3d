"""A machine that is too slow for every mouth still shows an even, smooth one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.frame_pacing import FrameInterpolator, KeyFrames, RenderRateControl

FRAME_TIME = 0.04


def observed(control: RenderRateControl, seconds: float, times: int = 40) -> RenderRateControl:
    for _ in range(times):
        control.observe(seconds)
    return control


@pytest.mark.parametrize(('cost', 'divisor'), [
    (0.005, 1), (0.033, 1), (0.036, 2), (0.06, 2), (0.08, 3), (5.0, 3)])
def test_the_rate_follows_the_cost(cost: float, divisor: int) -> None:
    control = observed(RenderRateControl(FRAME_TIME), cost)
    assert control.divisor == divisor
    assert control.look_ahead == pytest.approx((divisor - 1) * FRAME_TIME)


def test_one_slow_picture_changes_nothing() -> None:
    control = observed(RenderRateControl(FRAME_TIME), 0.02)
    control.observe(0.5)
    assert control.divisor == 1


def test_the_full_rate_comes_back() -> None:
    control = observed(RenderRateControl(FRAME_TIME), 0.06)
    assert control.divisor == 2
    assert observed(control, 0.02).divisor == 1


def test_the_rate_does_not_flutter_at_its_limit() -> None:
    control = observed(RenderRateControl(FRAME_TIME), 0.036)
    changes = 0
    for cost in itertools.islice(itertools.cycle([0.033, 0.035, 0.031]), 300):
        before = control.divisor
        control.observe(cost)
        changes += control.divisor != before
    assert changes == 0 and control.divisor == 2


def test_it_says_so() -> None:
    control = RenderRateControl(FRAME_TIME)
    assert control.status() == ''
    observed(control, 0.06)
    assert '25 mouths' in control.status() and '12.5 rendered' in control.status()
    assert '60 ms' in control.status()


def test_key_frames_are_even_and_start_again_after_a_jump() -> None:
    control = observed(RenderRateControl(FRAME_TIME), 0.06)
    seen = [control.key_frames(place) for place in (10, 11, 12, 13, 14)]
    assert seen == [(10, 12), (10, 12), (12, 14), (12, 14), (14, 16)]
    assert control.key_frames(51) == (51, 53)
    assert control.key_frames(50) == (50, 52)
    assert KeyFrames(50, 52).weight(51) == 0.5


class Stage:
    """A face whose brightness is its place, on a driving video that moves too."""

    def __init__(self, cost: float) -> None:
        self.cost = cost
        self.now = 0.0
        self.rendered: list[int] = []

    def driving(self, place: int) -> Frame:
        return np.full((6, 4, 3), place % 5, np.uint8)

    def render(self, place: int) -> Frame:
        self.now += self.cost
        self.rendered.append(place)
        frame = self.driving(place)
        frame[3:5] += np.uint8(place)
        return frame

    def clock(self) -> float:
        return self.now


def test_a_fast_machine_renders_every_frame_once() -> None:
    stage = Stage(0.01)
    face = FrameInterpolator(
        RenderRateControl(FRAME_TIME), stage.render, stage.driving, clock=stage.clock)
    for place in range(20):
        np.testing.assert_array_equal(face.frame(place), Stage(0).render(place))
    assert stage.rendered == list(range(20))


def test_a_slow_machine_renders_every_other_and_blends_between() -> None:
    stage = Stage(0.06)
    face = FrameInterpolator(
        RenderRateControl(FRAME_TIME), stage.render, stage.driving, clock=stage.clock)
    for place in range(60):
        frame = face.frame(place)
        np.testing.assert_array_equal(frame[:3], stage.driving(place)[:3])
        np.testing.assert_array_equal(frame, Stage(0).render(place))   # linear motion: exact
    late = [place for place in stage.rendered if place > 10]
    assert all(b - a == 2 for a, b in itertools.pairwise(late))


def test_the_pictures_of_a_still_are_blended_and_what_does_not_move_stays() -> None:
    still = np.random.default_rng(1).integers(0, 256, (6, 4, 3), np.uint8)
    still.flags.writeable = False

    def render(place: int) -> Frame:
        frame = still.copy()
        frame[3:5] = 10 * place
        return frame

    face = FrameInterpolator(
        observed(RenderRateControl(FRAME_TIME), 0.06), render, lambda place: still,
        clock=lambda: 0.0)
    for place in range(8):
        frame = face.frame(place)
        np.testing.assert_array_equal(frame[:3], still[:3])
        assert (frame[3:5] == 10 * place).all()


def test_a_resting_face_does_not_count() -> None:
    stage = Stage(0.06)
    face = FrameInterpolator(
        RenderRateControl(FRAME_TIME), stage.driving, stage.driving, clock=stage.clock)
    control = observed(RenderRateControl(FRAME_TIME), 0.06)
    face = FrameInterpolator(control, stage.driving, stage.driving, clock=stage.clock)
    for place in range(200):
        np.testing.assert_array_equal(face.frame(place), stage.driving(place))
    assert control.divisor == 2


def test_a_rest_that_is_drawn_does_not_count_either() -> None:
    # A mouth closed over a driving video in which someone talks: cheap, and not the driving frame.
    stage = Stage(0.001)
    control = observed(RenderRateControl(FRAME_TIME), 0.06)
    face = FrameInterpolator(control, stage.render, stage.driving, lambda: False, stage.clock)
    for place in range(200):
        face.frame(place)
    assert control.divisor == 2
    moving = FrameInterpolator(control, stage.render, stage.driving, lambda: True, stage.clock)
    for place in range(200):
        moving.frame(place)
    assert control.divisor == 1


def test_pictures_made_ahead_are_dropped_after_an_interruption() -> None:
    stage = Stage(0.06)
    face = FrameInterpolator(
        observed(RenderRateControl(FRAME_TIME), 0.06), stage.render, stage.driving)
    face.frame(10)
    assert stage.rendered == [10, 12]
    face.forget()
    face.frame(11)
    assert stage.rendered == [10, 12, 10, 12]


def test_a_frame_that_others_are_blended_from_cannot_be_written_to() -> None:
    stage = Stage(0.06)
    face = FrameInterpolator(
        observed(RenderRateControl(FRAME_TIME), 0.06), stage.render, stage.driving)
    with pytest.raises(ValueError, match='read-only'):
        face.frame(10)[:] = 99
