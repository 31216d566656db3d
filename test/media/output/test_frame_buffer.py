"""Frames wait for their time; whatever comes, there is something to show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.media.output.frame_buffer import FrameBuffer


def frame(value: int) -> NDArray[np.uint8]:
    """Return a picture that can be told from others."""
    return np.full((2, 2, 3), value % 256, np.uint8)


def shown(buffer: FrameBuffer, index: int) -> tuple[int | None, bool]:
    """Return which frame is shown at `index` and whether it was made for it."""
    picture, exact = buffer.take(index)
    return (None if picture is None else int(picture[0, 0, 0])), exact


def test_each_is_shown_at_its_place_whatever_order_they_came_in() -> None:
    buffer = FrameBuffer()
    for index in (3, 1, 2):
        assert buffer.push(index, frame(index))
    assert [shown(buffer, index) for index in (0, 1, 2, 3)] == [
        (None, False), (1, True), (2, True), (3, True)]


def test_the_one_before_stands_in_for_a_missing_one() -> None:
    buffer = FrameBuffer()
    buffer.push(1, frame(1))
    buffer.push(4, frame(4))
    assert [shown(buffer, index) for index in (1, 2, 3, 4)] == [
        (1, True), (1, False), (1, False), (4, True)]


def test_of_two_for_one_place_the_newer_wins() -> None:
    buffer = FrameBuffer()
    buffer.push(1, frame(10))
    buffer.push(1, frame(20))
    assert shown(buffer, 1) == (20, True)


def test_a_late_one_is_shown_rather_than_the_one_before_it() -> None:
    buffer = FrameBuffer()
    buffer.push(1, frame(1))
    buffer.take(2)
    assert not buffer.push(2, frame(2))
    assert shown(buffer, 3) == (2, False)


def test_stamps_far_ahead_do_not_keep_the_next_frames_out() -> None:
    buffer = FrameBuffer(capacity=4)
    for index in range(1000, 1010):
        buffer.push(index, frame(9))
    for index in range(1, 20):
        assert buffer.push(index, frame(index))
        assert shown(buffer, index) == (index, True)


def test_after_the_clock_went_back_frames_are_shown_in_time_again() -> None:
    buffer = FrameBuffer(capacity=4)
    for index in range(5000, 5004):
        buffer.push(index, frame(99))
    assert shown(buffer, 5000) == (99, True)
    buffer.take(100)
    for index in range(101, 110):
        assert buffer.push(index, frame(index))
        assert shown(buffer, index) == (index, True)


@given(pushed=st.lists(st.integers(0, 60), max_size=80))
def test_it_holds_no_more_than_its_capacity(pushed: list[int]) -> None:
    buffer = FrameBuffer(capacity=5)
    for index in pushed:
        buffer.push(index, frame(index))
        assert len(buffer._waiting) <= 5
    last, _ = shown(buffer, 60)
    assert last == (max(sorted(set(pushed))[:5]) if pushed else None)
