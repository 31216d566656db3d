"""Reads speech from its timeline at the pace of a sound card, each sample at its stamp."""

from __future__ import annotations

from collections.abc import Callable
import math

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock, SECOND
from txt2vid_ros.media.jitter.interpolation import AFTER, BEFORE, interpolate, prepare
from txt2vid_ros.media.lead_time_estimator import LeadTimeEstimator
from txt2vid_ros.media.playback.pace import Pace
from txt2vid_ros.media.sample_clock import SampleClock
from txt2vid_ros.media.speech_timeline import SpeechTimeline

MOST_RATE_CHANGE = 2e-3
"""Largest change of pitch by which the reader stays with the card: 3.5 cents, half of what a
listener notices. A card is at most half as far off its rate."""
LONGEST_SLIDE_SECONDS = 0.015
"""Seconds off its time beyond which speech moves in one go rather than by a change of its rate."""
QUIET_SECONDS = 0.05
"""Seconds around a block that have to be silent for the reader to move there unheard."""
LONGEST_STALL_SECONDS = 0.5
"""Seconds for which the card may not ask for anything, and still go on as if it had."""
LONGEST_LEAD_SECONDS = 1.0
GRID_RATE = 8000
"""Hz. The timeline is read at a multiple of it, on which every utterance begins."""

Samples = NDArray[np.float32]


class SpeechPlayer:
    """
    Fills the blocks that a sound card asks for, one after the other.

    The card's clock drifts against that of the stamps. A SampleClock says when a block will be
    heard, and the speech of that time is read a little faster or slower than it was recorded, so
    that it stays one continuous sound. Blocks are asked for by one thread.
    """

    def __init__(self, speech: SpeechTimeline, clock: Clock,
                 gain: Callable[[], float] = lambda: 1.0, pace: Pace | None = None) -> None:
        """`gain` is asked for every block; from one to the next it changes gradually."""
        prepare()
        self._speech = speech
        self._clock = clock
        self._wanted_gain = gain
        self._gain = gain()
        self._pace = pace or Pace()
        self._need = LeadTimeEstimator(0.0, largest=LONGEST_LEAD_SECONDS)
        self._card = SampleClock(GRID_RATE)
        self._rate = GRID_RATE
        self._read_rate = GRID_RATE
        self._origin = 0
        """Whole seconds that positions, in seconds, are counted from: so no float loses a
        sample."""
        self._at: float | None = None
        """Position of the next sample; None before the first block."""
        self._delay = 0.0
        self.moved = 0
        """How often speech had to be moved in one go to be in time again."""

    def begin(self, rate: int) -> None:
        """Start over with a card of `rate` Hz."""
        self._rate = rate
        self._read_rate = max(rate // GRID_RATE, 1) * GRID_RATE
        self._card = SampleClock(rate, LONGEST_STALL_SECONDS)
        self._at = None

    def interrupted(self) -> None:
        """Note that the card has lost sound: what it is given next is heard at another time."""
        self._card.reset()

    @property
    def lead(self) -> float:
        """Return how many seconds before its stamp a sample has to be on the timeline."""
        return self._need.lead_time

    @property
    def delay(self) -> float:
        """Return how many seconds the card now takes from being given a sample to its sound."""
        return self._delay

    @property
    def card_rate(self) -> float:
        """Return the card's rate in Hz as the clock of the stamps measures it."""
        return self._card.rate

    @property
    def clock_rate(self) -> float:
        """Return the seconds of the clock in a second; not 1 where time is simulated."""
        return self._pace.rate

    @property
    def silenced(self) -> bool:
        """Return whether nothing is played because the clock does not run as real time does."""
        return not self._pace.real

    @property
    def heard_until(self) -> int:
        """Return up to which stamp sound has been given to the card, in nanoseconds."""
        return 0 if self._at is None else self._origin * SECOND + int(self._at * SECOND)

    def block(self, delay: float, count: int) -> Samples:
        """Return the next `count` samples; the first is heard in `delay` seconds from now."""
        now = self._clock.now()
        self._pace.observe(now)
        start = self._card.block(now + int(delay * SECOND), count)
        self._delay = delay
        self._need.observe(delay + count / self._rate)
        if self._at is None or abs(start - self.heard_until) > SECOND:
            self._origin, self._at = start // SECOND, (start % SECOND) / SECOND
        samples = self._placed((start - self._origin * SECOND) / SECOND, count)
        return np.asarray(np.clip(samples * self._ramp(count), -1.0, 1.0), np.float32)

    def _placed(self, due: float, count: int) -> Samples:
        """Return the samples of the block that is heard at position `due`."""
        assert self._at is not None
        length = count / self._card.rate
        off = due - self._at
        quiet = not self._speech.speaking(
            self._origin + min(due, self._at) - QUIET_SECONDS,
            self._origin + max(due, self._at) + length + QUIET_SECONDS)
        if self.silenced or quiet:
            self._at = due + length
            return np.zeros(count, np.float32)
        before = self._at
        if abs(off) <= LONGEST_SLIDE_SECONDS:
            step = min(max((length + off) * self._rate / count, 1 - MOST_RATE_CHANGE),
                       1 + MOST_RATE_CHANGE) / self._rate
            self._at = before + step * count
            return self._read(before, step, count)
        self.moved += 1
        self._at = due + length
        fade = np.linspace(0, 1, count, dtype=np.float32)
        return np.asarray(self._read(before, 1 / self._rate, count) * (1 - fade)
                          + self._read(due, length / count, count) * fade, np.float32)

    def _read(self, first: float, step: float, count: int) -> Samples:
        """Return the `count` samples at the positions `first`, `first` + `step`, ..."""
        rate = self._read_rate
        low = math.floor(first * rate) - BEFORE
        high = math.floor((first + step * count) * rate) + AFTER + 2
        samples = self._speech.samples(
            self._origin + low / rate, self._origin + high / rate, rate)
        if not samples.any():
            return np.zeros(count, np.float32)
        return interpolate(samples, first * rate - low, step * rate, count)

    def _ramp(self, count: int) -> Samples:
        before, self._gain = self._gain, self._wanted_gain()
        return np.linspace(before, self._gain, count, dtype=np.float32)
