"""Chunks that are resampled one by one are what the whole would have been."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
import soxr
from txt2vid_ros.core.resampling import Resampler

RATES = [(24000, 32000), (24000, 48000), (22050, 24000), (16000, 24000), (8000, 48000),
         (48000, 16000), (44100, 48000), (22051, 24000), (16000, 16000)]


def sine(rate: int) -> NDArray[np.float32]:
    """Return a second of 700 Hz that fades in and out, so that no step is its own."""
    time = np.arange(rate) / rate
    fade = np.clip(np.minimum(time, 1 - time) / 0.05, 0, 1)
    return (0.5 * fade * np.sin(2 * np.pi * 700 * time)).astype(np.float32)


def in_chunks(resampler: Resampler, samples: NDArray[np.float32], size: int
              ) -> Iterator[NDArray[np.float32]]:
    for at in range(0, len(samples), size):
        yield resampler.push(samples[at:at + size])
    yield resampler.rest()


@pytest.mark.parametrize(('rate', 'wanted'), RATES)
@pytest.mark.parametrize('size', [37, 160, 480, 1001, 100_000])
def test_chunks_leave_neither_seam_nor_gap(rate: int, wanted: int, size: int) -> None:
    samples = sine(rate)
    heard = np.concatenate(list(in_chunks(Resampler(rate, wanted), samples, size)))
    assert len(heard) == wanted
    assert heard == pytest.approx(soxr.resample(samples, rate, wanted), abs=2e-6)
    # Without a seam, no step is larger than the steepest of the sine.
    assert np.abs(np.diff(heard)).max() < 0.5 * 2 * np.pi * 700 / wanted * 1.001


@given(st.sampled_from(RATES), st.lists(st.integers(0, 700), max_size=12))
def test_the_length_is_exact_whatever_the_chunks(
        rates: tuple[int, int], sizes: list[int]) -> None:
    resampler = Resampler(*rates)
    count = sum(len(resampler.push(np.zeros(size, np.float32))) for size in sizes)
    count += len(resampler.rest())
    assert count == (2 * sum(sizes) * rates[1] + rates[0]) // (2 * rates[0])
    assert resampler.held == 0


@pytest.mark.parametrize(('rate', 'wanted', 'most'), [
    (24000, 32000, 0.006), (24000, 48000, 0.006), (22050, 24000, 0.006), (16000, 48000, 0.009)])
def test_only_a_few_milliseconds_are_held_back(rate: int, wanted: int, most: float) -> None:
    resampler = Resampler(rate, wanted)
    samples = sine(rate)
    taken = given_out = 0
    for at in range(0, rate, rate // 100):
        chunk = samples[at:at + rate // 100]
        given_out += len(resampler.push(chunk))
        taken += len(chunk)
        assert taken / rate - given_out / wanted == pytest.approx(resampler.held)
        assert resampler.held < most


def test_it_begins_again_after_its_rest() -> None:
    resampler = Resampler(24000, 32000)
    first = np.concatenate(list(in_chunks(resampler, sine(24000), 500)))
    again = np.concatenate(list(in_chunks(resampler, sine(24000), 700)))
    assert again == pytest.approx(first, abs=2e-6)
