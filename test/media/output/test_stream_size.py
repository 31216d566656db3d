"""A stream has the size that was asked for, or follows that of its pictures."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from txt2vid_ros.media.output.pictures.stream_size import (
    SETTLED_PICTURES,
    size_for,
    StreamSize,
    USUAL_SIZE,
)

WIDE, UPRIGHT = np.zeros((48, 64, 3), np.uint8), np.zeros((64, 48, 3), np.uint8)


@pytest.mark.parametrize(('picture', 'asked', 'size'), [
    ((480, 640), (0, 0), (480, 640)), ((481, 641), (0, 0), (480, 640)),
    ((480, 640), (0, 320), (240, 320)), ((480, 640), (240, 0), (240, 320)),
    ((480, 640), (640, 480), (640, 480)), ((480, 640), (333, 251), (332, 250)),
    ((8000, 8000), (0, 0), (2880, 2880)), ((9, 9), (0, 0), (16, 16))])
def test_sizes_are_even_bounded_and_in_shape(
        picture: tuple[int, int], asked: tuple[int, int], size: tuple[int, int]) -> None:
    assert size_for(picture, *asked) == size


def test_it_takes_the_first_picture_s_size_and_another_one_once_that_stays() -> None:
    size = StreamSize(0, 0)
    assert size.size == USUAL_SIZE
    assert not size.wait(threading.Event(), 0.0)
    assert size.take(UPRIGHT)
    assert size.wait(threading.Event(), 0.0)
    assert size.size == (48, 64)
    # Two who publish at once do not have it change with every picture.
    assert not any(size.take(frame) for frame in (WIDE, UPRIGHT) * SETTLED_PICTURES)
    assert [size.take(WIDE) for _ in range(SETTLED_PICTURES)].count(True) == 1
    assert size.size == (64, 48)


def test_a_size_that_was_asked_for_stays() -> None:
    size = StreamSize(320, 240)
    assert size.wait(threading.Event(), 0.0)
    assert not any(size.take(UPRIGHT) for _ in range(2 * SETTLED_PICTURES))
    assert size.size == (320, 240)


def test_who_waits_for_a_size_is_stopped_at_once() -> None:
    stop = threading.Event()
    stop.set()
    assert not StreamSize(0, 0).wait(stop, 1e6)
