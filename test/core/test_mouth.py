"""Mouth shapes over time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from txt2vid_ros.core.mouth import MouthTrack, Phoneme, rest_pose, SHAPES


def track(*times: float) -> MouthTrack:
    """Return a track whose poses count from 0 to 1."""
    values = np.linspace(0, 1, len(times), dtype=np.float32)
    return MouthTrack(np.array(times), np.repeat(values[:, None], len(SHAPES), axis=1))


@given(st.floats(-1, 3))
def test_between_points_it_is_linear_before_them_at_rest_after_them_the_last(time: float) -> None:
    expected = 0.0 if time < 0 else min(time, 1.0)
    np.testing.assert_allclose(track(0.0, 0.5, 1.0).at(time), expected, atol=1e-6)


def test_shifted_it_is_the_same_later() -> None:
    moved = track(0.0, 1.0).shifted(10.0)
    np.testing.assert_allclose(moved.at(10.25), 0.25, atol=1e-6)
    assert not moved.at(9.0).any()


def test_without_points_it_is_at_rest() -> None:
    empty = MouthTrack(np.zeros(0), np.zeros((0, len(SHAPES)), np.float32))
    np.testing.assert_array_equal(empty.at(0.0), rest_pose())


def test_the_last_pose_is_not_shared() -> None:
    shared = track(0.0, 1.0)
    shared.at(2.0)[:] = 7
    np.testing.assert_allclose(shared.at(2.0), 1.0)


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match='do not fit'):
        MouthTrack(np.zeros(2), np.zeros((3, len(SHAPES)), np.float32))
    with pytest.raises(ValueError, match='must increase'):
        track(0.0, 1.0, 1.0)


def test_a_phoneme_ends_where_its_duration_does() -> None:
    assert Phoneme('a', 0.5, 0.25).end == 0.75
