"""The times of samples are smooth, follow the device's true rate, and do not drift for hours."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.sample_clock import SampleClock

RATE, BLOCK = 48000, 960


def observations(seconds: float, ppm: float, jitter: float) -> tuple[np.ndarray, np.ndarray]:
    """Return true and observed times (nanoseconds) of blocks: callbacks come late at random."""
    random = np.random.default_rng(1)
    count = int(seconds * RATE / BLOCK)
    true = 1e18 + np.arange(count) * BLOCK / (RATE * (1 + ppm * 1e-6)) * SECOND
    return true, true + random.exponential(jitter, count) * SECOND


@pytest.mark.parametrize('ppm', [-100, 0, 100])
def test_stamps_stay_with_the_samples_for_an_hour(ppm: float) -> None:
    true, seen = observations(3600, ppm, 0.002)
    clock = SampleClock(RATE)
    stamps = np.array([clock.block(int(at), BLOCK) for at in seen], float)
    assert clock.breaks == 0
    # The constant part is the callbacks' mean lateness, which nobody can know.
    error = (stamps - true)[2000:] / SECOND
    assert np.abs(error - error.mean()).max() < 0.002
    assert abs(error.mean()) < 0.003
    # Half an hour's drift of the counted samples at 100 ppm would be 180 ms.
    halves = np.array_split(error, 2)
    assert abs(halves[0].mean() - halves[1].mean()) < 0.0002
    assert clock.rate == pytest.approx(RATE * (1 + ppm * 1e-6), rel=20e-6)


def test_steps_between_stamps_are_even_where_callbacks_are_not() -> None:
    _, seen = observations(120, 0, 0.005)
    clock = SampleClock(RATE)
    stamps = np.array([clock.block(int(at), BLOCK) for at in seen], float) / SECOND
    steps = np.diff(stamps[1000:])
    assert steps.min() > 0
    assert np.abs(steps - BLOCK / RATE).max() < 0.001


def test_a_gap_in_the_sound_is_a_gap_in_the_stamps() -> None:
    true, _ = observations(20, 0, 0.0)
    clock = SampleClock(RATE)
    for at in true[:500]:
        clock.block(int(at), BLOCK)
    assert clock.block(int(true[500]) + 3 * SECOND, BLOCK) == int(true[500]) + 3 * SECOND
    assert clock.breaks == 1


@pytest.mark.parametrize('step', [0.02, -0.02, 0.09])
def test_sound_that_was_lost_without_a_word_is_followed_within_a_second(step: float) -> None:
    _, seen = observations(30, 100, 0.001)
    clock = SampleClock(RATE)
    for number, at in enumerate(seen):
        at += step * SECOND * (number > 1000)
        stamp = clock.block(int(at), BLOCK)
        if number > 1050:
            assert abs(stamp - at) < 0.01 * SECOND
    assert clock.breaks == 0
    assert clock.rate == pytest.approx(RATE * 1.0001, rel=3e-4)
