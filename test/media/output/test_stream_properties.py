"""Whatever comes, late, twice or not at all: sound is unbroken, stamps go forward."""

from __future__ import annotations

import dataclasses
import itertools
from unittest import mock

from hypothesis import event, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from simulated_stream import BEGIN, FPS, KeepingEncoder, RATE, SimulatedStream
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import to_s16

SECONDS = 4.0
CHUNK = 960
FIRST = BEGIN * FPS // SECOND
"""The place of the first frame."""
TRUTH = np.random.default_rng(3).uniform(0.1, 0.9, 60 * RATE).astype(np.float32)
"""What is said at each sample of the second BEGIN on: no two moments are alike."""
BLACK = 16
"""The luma where there has been no picture yet."""
LAP = 110
"""Places whose frames can be told from each other."""


def value(place: int) -> int:
    """Return the brightness of the frame that was made for a place, never black."""
    return 20 + place % LAP * 2


@dataclasses.dataclass(frozen=True)
class Arrival:
    """How what is made for a moment comes: how many seconds before it; None is never."""

    ahead: float | None
    again: bool = False


ARRIVALS = st.builds(
    Arrival, st.one_of(st.none(), st.floats(-0.3, 0.4), st.just(0.2), st.just(0.25)),
    st.booleans())
FAULTS = st.lists(st.tuples(
    st.floats(0.2, SECONDS - 0.3), st.one_of(
        st.tuples(st.just('kill'), st.integers(0, 8)),
        st.tuples(st.just('still'), st.floats(0.05, 6.0)),
        st.tuples(st.just('clock'), st.floats(-5.0, 5.0)))), max_size=3)


def play(sound: list[Arrival], frames: list[Arrival], ends: list[tuple[float, float]],
         faults: list[tuple[float, tuple[str, float]]]) -> SimulatedStream:
    """Run a stream in which speech and pictures come as told; return it."""
    stream = SimulatedStream()
    utterances = [0.0, *sorted(at for at, _ in ends)]
    for number, arrival in zip(range(int(SECONDS * RATE) // CHUNK), itertools.cycle(sound),
                               strict=False):
        begin = number * CHUNK
        name = str(sum(at <= begin / RATE for at in utterances))
        if arrival.ahead is None:
            continue
        for late in (0.0, 0.05)[:1 + arrival.again]:
            stream.at(max(0.0, begin / RATE - arrival.ahead + late), lambda name=name, at=begin: (
                stream.speech.push(name, BEGIN + at * SECOND // RATE, TRUTH[at:at + CHUNK], RATE)))
    for number, arrival in zip(range(int(SECONDS * FPS)), itertools.cycle(frames), strict=False):
        if arrival.ahead is not None:
            stream.at(max(0.0, number / FPS - arrival.ahead), lambda place=FIRST + number: (
                stream.frame(place, value(place))))
    for at, off in ends:
        name = str(sum(each <= at for each in utterances))
        stream.at(max(0.0, at + off), lambda name=name: stream.speech.end(name, stream.now()))
    for at, (kind, much) in faults:
        stream.at(at, {'kill': lambda much=much: stream.kill_encoder(int(much)),
                       'still': lambda much=much: stream.stand_still(much),
                       'clock': lambda much=much: stream.step_clock(much)}[kind])
        event(kind)
    length = SECONDS + sum(much for _, (kind, much) in faults if kind == 'still') + 0.5
    with mock.patch('time.monotonic', stream.monotonic), \
            mock.patch('time.monotonic_ns', lambda: stream.passed):
        stream.run(length)
    return stream


def stamps(encoder: KeepingEncoder, begin: float, count: int, rate: float) -> np.ndarray:
    """Return the samples, or frames, of TRUTH that belong to so many of the stream's moments."""
    stamp = encoder.zero + round(begin * SECOND) - BEGIN
    return np.arange(count) + round(stamp * rate / SECOND)


def assert_whole(encoders: list[KeepingEncoder]) -> None:
    """Check that a recording of what was sent has no hole and nothing twice."""
    for one, other in itertools.pairwise(encoders):
        assert other.opening.begun == pytest.approx(
            one.opening.begun + one.sent.places / FPS, abs=1e-4)
        begin, samples = one.sent_sound
        assert other.sent_sound[0] == pytest.approx(begin + len(samples) / RATE, abs=2e-4)


def assert_in_step(encoders: list[KeepingEncoder]) -> None:
    """Check that what is heard and seen at any time belongs to that time."""
    spoken = to_s16(TRUTH).astype(int)
    for encoder in encoders:
        begin, samples = encoder.sent_sound
        at = stamps(encoder, begin, len(samples), RATE)
        there = (at >= 0) & (at < len(TRUTH)) & (samples != 0)
        wanted, got = spoken[at[there]], samples[there].astype(int)
        # Nothing, or what is said then; where it was interrupted, that dies away.
        assert np.all((got >= 0) & (got <= wanted + 1))
        assert (got < wanted - 1).sum() <= 0.005 * RATE * 12
        places = stamps(encoder, encoder.opening.begun, encoder.sent.places, FPS)
        seen = [place_of(luma) for luma in encoder.pictures[:len(places)] if luma != BLACK]
        # Pictures never turn back.
        assert all((after - before) % LAP < LAP // 2 for before, after in itertools.pairwise(seen))
        for number in range(encoder.opening.missed, len(places)):
            if 0 <= places[number] < SECONDS * FPS and encoder.pictures[number] != BLACK:
                made = place_of(encoder.pictures[number])
                assert (FIRST + int(places[number]) - made) % LAP < LAP - 12, 'it is of the future'


def place_of(luma: int) -> int:
    """Return the place, in its lap, whose frame has this luma in I420."""
    return round(((luma - 16) * 255 / 219 - 20) / 2)


@settings(max_examples=25)
@given(sound=st.lists(ARRIVALS, min_size=1, max_size=7),
       frames=st.lists(ARRIVALS, min_size=1, max_size=7),
       ends=st.lists(st.tuples(st.floats(0.1, 3.5), st.floats(-0.3, 0.3)), max_size=3),
       faults=FAULTS)
def test_recordings_are_whole_and_in_step_whatever_happens(
        sound: list[Arrival], frames: list[Arrival], ends: list[tuple[float, float]],
        faults: list[tuple[float, tuple[str, float]]]) -> None:
    stream = play(sound, frames, ends, faults)
    assert_whole(stream.encoders)
    # Where time is skipped, an encoder goes on with what comes behind it.
    if sum(much for _, (kind, much) in faults if kind != 'kill') < 1.5 and not any(
            kind == 'clock' for _, (kind, _) in faults):
        assert_in_step(stream.encoders)
    # Nobody waits for what does not come.
    last = stream.encoders[-1]
    assert last.opening.begun + len(last.pictures) / FPS > 0.5
