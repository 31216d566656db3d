"""The frame grid: every stamp has its place, and every place its stamp."""

from __future__ import annotations

from fractions import Fraction
import time

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.core.clock import FrameGrid, SECOND, SystemClock

RATES = st.sampled_from([1.0, 12.5, 23.976, 24.0, 25.0, 29.97, 30.0, 59.94, 60.0, 120.0])
PLACES = st.integers(0, 10**12)


@given(fps=RATES, place=PLACES)
def test_the_stamp_of_a_place_leads_back_to_it(fps: float, place: int) -> None:
    grid = FrameGrid.at(fps)
    assert grid.index(grid.stamp(place)) == place
    assert grid.seconds(place) == pytest.approx(grid.stamp(place) / SECOND)


@given(fps=RATES, stamp=st.integers(0, 4 * 10**18))
def test_the_first_after_a_stamp_is_the_first(fps: float, stamp: int) -> None:
    grid = FrameGrid.at(fps)
    first = grid.first_after(stamp)
    assert Fraction(first * SECOND) / grid.fps >= stamp
    assert Fraction((first - 1) * SECOND) / grid.fps < stamp


def test_25_frames_are_a_second_for_ever() -> None:
    grid = FrameGrid.at(25)
    assert grid.stamp(25 * 10**9) == 10**9 * SECOND


def test_the_system_clock_is_the_systems() -> None:
    before = time.time_ns()
    assert before <= SystemClock().now() <= time.time_ns()
