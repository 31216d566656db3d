"""Speech on its time line: nothing is lost, nothing is heard twice, whatever way it comes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
import soxr
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.mouth import MouthTrack, SHAPES
from txt2vid_ros.media.speech_timeline import FADE_SECONDS, SpeechTimeline

RATE = 24000
EPOCH = 1_763_800_000 * SECOND  # a time of today: floats are coarse there
STARTS = st.integers(EPOCH, EPOCH + SECOND)


def noise(seconds: float, rate: int = RATE, seed: int = 1) -> NDArray[np.float32]:
    """Return sound in which no two samples are alike."""
    return np.random.default_rng(seed).uniform(-0.5, 0.5, round(seconds * rate)).astype(np.float32)


def push(timeline: SpeechTimeline, samples: NDArray[np.float32], start: int,
         sizes: list[int], jitter: list[int] | None = None, name: str = 'a') -> None:
    """Push samples in chunks of the given sizes, whose stamps are off by `jitter` nanoseconds."""
    at = turn = 0
    while at < len(samples):
        size = sizes[turn % len(sizes)]
        off = jitter[turn % len(jitter)] if jitter and at else 0
        timeline.push(name, start + at * SECOND // RATE + off, samples[at:at + size], RATE)
        at, turn = at + size, turn + 1


def heard(timeline: SpeechTimeline, begin: int, lengths: list[int], rate: int, total: int
          ) -> NDArray[np.float32]:
    """Read `total` samples from number `begin` of the second EPOCH on, in windows."""
    whole, parts, turn = EPOCH // SECOND, [], 0
    while total > 0:
        size = min(lengths[turn % len(lengths)], total)
        parts.append(timeline.samples(whole + begin / rate, whole + (begin + size) / rate, rate))
        assert len(parts[-1]) == size
        begin, total, turn = begin + size, total - size, turn + 1
    return np.concatenate(parts)


SIZES = st.lists(st.integers(50, 3000), min_size=1, max_size=8)


@settings(deadline=None, max_examples=60)
@given(start=STARTS, sizes=SIZES, lengths=SIZES,
       jitter=st.lists(st.integers(-15000, 15000), min_size=1, max_size=5))
def test_any_chunks_with_rounded_stamps_give_the_same_samples_in_any_windows(
        start: int, sizes: list[int], lengths: list[int], jitter: list[int]) -> None:
    samples = noise(0.5)
    timeline = SpeechTimeline()
    push(timeline, samples, start, sizes, jitter)
    got = heard(timeline, 0, lengths, RATE, 2 * RATE)
    first = int(np.flatnonzero(got)[0])
    np.testing.assert_array_equal(got[first:first + len(samples)], samples)
    assert not got[:first].any()
    assert not got[first + len(samples):].any()
    assert abs(first / RATE - (start - EPOCH) / SECOND) < 1 / RATE + 1 / 16000


@pytest.mark.parametrize('rate', [48000, 16000, 44100])
@settings(deadline=None, max_examples=20)
@given(offset=st.integers(0, 7999), lengths=SIZES)
def test_resampled_in_any_windows_it_is_what_one_resampling_gives(
        rate: int, offset: int, lengths: list[int]) -> None:
    samples = soxr.resample(noise(0.3, 8000), 8000, RATE)  # no content near half the rates
    timeline = SpeechTimeline()
    start = EPOCH + offset * SECOND // 8000
    push(timeline, samples, start, [960])
    once = soxr.resample(np.pad(samples, RATE // 10), RATE, rate)[rate // 10:][:int(0.3 * rate)]
    first = round(offset * rate / 8000)
    got = heard(timeline, first, lengths, rate, len(once))
    np.testing.assert_allclose(got, once, atol=2e-3 if rate != 44100 else 0.02)


@settings(deadline=None, max_examples=30)
@given(start=STARTS, lengths=SIZES)
def test_windows_that_follow_each_other_neither_repeat_nor_lose_a_sample(
        start: int, lengths: list[int]) -> None:
    timeline = SpeechTimeline()
    push(timeline, noise(0.3) * np.hanning(round(0.3 * RATE)).astype(np.float32), start, [960])
    np.testing.assert_allclose(heard(timeline, 0, lengths, 48000, 72000),
                               heard(timeline, 0, [72000], 48000, 72000), atol=1e-4)


def test_a_gap_and_what_was_never_said_are_silence() -> None:
    timeline = SpeechTimeline()
    samples = noise(0.1)
    timeline.push('a', EPOCH, samples, RATE)
    timeline.push('a', EPOCH + SECOND, samples, RATE)
    got = heard(timeline, -RATE, [RATE], RATE, 3 * RATE)
    np.testing.assert_array_equal(got[RATE:RATE + 2400], samples)
    assert not got[RATE + 2400:2 * RATE].any()
    np.testing.assert_array_equal(got[2 * RATE:2 * RATE + 2400], samples)
    assert not got[:RATE].any()
    assert not got[2 * RATE + 2400:].any()


def test_two_utterances_at_a_time_are_both_heard() -> None:
    timeline = SpeechTimeline()
    one, other = noise(0.1, seed=1), noise(0.1, seed=2)
    timeline.push('a', EPOCH, one, RATE)
    timeline.push('b', EPOCH, other, RATE)
    np.testing.assert_allclose(heard(timeline, 0, [2400], RATE, 2400), one + other, atol=1e-6)


def test_an_interrupted_utterance_dies_away_and_its_late_chunks_are_refused() -> None:
    timeline = SpeechTimeline()
    level = np.full(RATE, 0.5, np.float32)
    timeline.push('a', EPOCH, level, RATE)
    timeline.end('a', EPOCH + SECOND // 2)
    assert not timeline.push('a', EPOCH + SECOND, level, RATE)
    got = heard(timeline, 0, [2 * RATE], RATE, 2 * RATE)
    fade = got[RATE // 2:RATE // 2 + int(FADE_SECONDS * RATE)]
    np.testing.assert_array_equal(got[:RATE // 2], level[:RATE // 2])
    assert np.all(np.diff(fade) < 0)
    assert np.abs(np.diff(got)).max() < 0.01  # no click
    assert not got[RATE // 2 + int(FADE_SECONDS * RATE):].any()


def test_the_ordinary_end_cuts_nothing_and_one_before_the_beginning_leaves_nothing() -> None:
    timeline = SpeechTimeline()
    samples = noise(0.5)
    timeline.push('whole', EPOCH, samples, RATE)
    timeline.end('whole', EPOCH + SECOND // 2)
    np.testing.assert_array_equal(heard(timeline, 0, [RATE], RATE, RATE // 2), samples)
    timeline.push('later', EPOCH + 2 * SECOND, samples, RATE)
    timeline.end('later', EPOCH + SECOND)
    assert not heard(timeline, 2 * RATE, [RATE], RATE, RATE).any()
    assert timeline.current(EPOCH / SECOND + 2.1) == 'whole'
    timeline.end('never heard of', EPOCH)


def test_ended_mouth_shapes_are_gone_with_their_utterance() -> None:
    timeline = SpeechTimeline()
    now = EPOCH / SECOND
    track = MouthTrack(now + np.array([0.0, 1.0]), np.full((2, len(SHAPES)), 0.5, np.float32))
    timeline.push_mouth('a', track)
    assert timeline.mouth(now + 0.25) == pytest.approx(0.5)
    assert timeline.mouth(now - 0.1) is None
    timeline.end('a', EPOCH + SECOND // 2)
    assert timeline.mouth(now + 0.25) == pytest.approx(0.5)
    assert timeline.mouth(now + 0.75) is None
    timeline.push_mouth('a', track.shifted(1.0))
    assert timeline.mouth(now + 1.5) is None


def test_of_two_tracks_the_wider_mouth_is_shown() -> None:
    timeline = SpeechTimeline()
    for name, value in (('a', 0.2), ('b', 0.7)):
        timeline.push_mouth(name, MouthTrack(
            np.array([0.0, 1.0]), np.full((2, len(SHAPES)), value, np.float32)))
    assert timeline.mouth(0.5) == pytest.approx(0.7)


def test_it_says_who_speaks_when() -> None:
    timeline = SpeechTimeline()
    second = EPOCH / SECOND
    assert timeline.current(second) is None
    timeline.push('a', EPOCH, noise(1.0), RATE)
    timeline.push('b', EPOCH + 3 * SECOND // 2, noise(0.5), RATE)
    assert timeline.current(second + 0.5) == 'a'
    assert timeline.current(second + 1.6) == 'b'
    assert timeline.current(second - 1) is None
    assert timeline.speaking(second + 0.9, second + 1.1)
    assert not timeline.speaking(second + 1.1, second + 1.4)
    assert timeline.anchor(second + 0.7) == pytest.approx(second)
    assert timeline.anchor(second + 1.2) == pytest.approx(second + 1.2)


def test_hours_of_one_utterance_take_no_more_memory_than_seconds() -> None:
    """An hour, chunk after chunk, read a little behind: right to the last sample."""
    timeline = SpeechTimeline()
    second = noise(1.0)
    for at in range(3600):
        timeline.push('a', EPOCH + at * SECOND, second, RATE)
        timeline.push_mouth('a', MouthTrack(EPOCH / SECOND + at + np.array([0.0, 0.9]),
                                            np.zeros((2, len(SHAPES)), np.float32)))
        if at:
            np.testing.assert_array_equal(heard(timeline, (at - 1) * RATE, [RATE], RATE, RATE),
                                          second)
        timeline.forget(EPOCH / SECOND + at)
    held, = timeline._utterances.values()
    assert len(held.samples) < 20 * RATE
    assert len(timeline._tracks['a']) < 10
    assert timeline.anchor(EPOCH / SECOND + 3599.5) == EPOCH / SECOND


def test_without_anybody_who_forgets_it_is_bounded_too() -> None:
    timeline = SpeechTimeline(capacity=10.0)
    for at in range(100):
        timeline.push('a', EPOCH + at * SECOND, noise(1.0), RATE)
    held, = timeline._utterances.values()
    assert len(held.samples) < 40 * RATE
    np.testing.assert_array_equal(heard(timeline, 97 * RATE, [RATE], RATE, RATE), noise(1.0))


def test_thousands_of_utterances_are_forgotten() -> None:
    timeline = SpeechTimeline()
    for at in range(5000):
        name = f'a#{at}'
        timeline.push(name, EPOCH + at * SECOND, noise(0.05), RATE)
        timeline.end(name, EPOCH + at * SECOND + SECOND // 20)
        timeline.forget(EPOCH / SECOND + at)
    assert len(timeline._utterances) < 10
    assert len(timeline._dropped) < 100


def test_a_clock_that_goes_back_brings_nothing_back() -> None:
    timeline = SpeechTimeline()
    timeline.push('a', EPOCH, noise(1.0), RATE)
    timeline.end('a', EPOCH + SECOND)
    timeline.forget(EPOCH / SECOND + 0.5)
    timeline.push('b', EPOCH - 9 * SECOND, noise(1.0), RATE)
    timeline.forget(EPOCH / SECOND - 10)
    assert not heard(timeline, 0, [RATE], RATE, RATE).any()
    assert heard(timeline, -9 * RATE, [RATE], RATE, RATE).any()
    assert timeline.push('a', EPOCH, noise(1.0), RATE)  # the same bag, played again


def test_a_chunk_before_the_first_or_far_after_the_last_begins_anew() -> None:
    timeline = SpeechTimeline()
    samples = noise(0.1)
    for start in (EPOCH, EPOCH - 5 * SECOND, EPOCH + 10 * SECOND):
        timeline.push('a', start, samples, RATE)
        at = (start - EPOCH) // SECOND * RATE
        np.testing.assert_array_equal(heard(timeline, at, [2400], RATE, 2400), samples)
    timeline.push('a', EPOCH + 10 * SECOND, noise(0.1, 16000), 16000)
    np.testing.assert_array_equal(
        heard(timeline, 160000, [1600], 16000, 1600), noise(0.1, 16000))


def test_a_chunk_from_before_what_is_remembered_does_no_harm() -> None:
    timeline = SpeechTimeline()
    for at in range(30):
        timeline.push('a', EPOCH + at * SECOND, noise(1.0), RATE)
    timeline.forget(EPOCH / SECOND + 28)
    timeline.push('a', EPOCH, noise(1.0, seed=2), RATE)
    timeline.end('a', EPOCH + SECOND)
    assert not heard(timeline, 20 * RATE, [RATE], RATE, 11 * RATE).any()


def test_two_timelines_share_nothing() -> None:
    one, other = SpeechTimeline(), SpeechTimeline()
    one.push('a', EPOCH, noise(1.0), RATE)
    one.push_mouth('a', MouthTrack(EPOCH / SECOND + np.array([0.0, 1.0]),
                                   np.zeros((2, len(SHAPES)), np.float32)))
    one.end('a', EPOCH + SECOND)
    assert other.current(EPOCH / SECOND + 0.5) is None
    assert other.mouth(EPOCH / SECOND + 0.5) is None
    assert other.push('a', EPOCH, noise(0.1), RATE)


def mouth(begin: float, end: float, asked: bool = False) -> MouthTrack:
    return MouthTrack(np.array([begin, end]), np.zeros((2, len(SHAPES)), np.float32), asked)


def test_clauses_are_told_whole_however_they_come_and_not_where_they_are_cut_off() -> None:
    timeline = SpeechTimeline()
    for track in (mouth(10, 11), mouth(11.01, 12, True), mouth(12.2, 13)):
        timeline.push_mouth('a', track)
    assert timeline.clauses(0, 100) == [(10, 12, True), (12.2, 13, False)]
    assert timeline.clauses(12.1, 12.15) == []
    assert timeline.clauses(11.9, 12.1) == [(10, 12, True)]
    timeline.end('a', round(12.5 * SECOND))
    assert timeline.clauses(0, 100) == [(10, 12, True)]
