"""One sender's sound on the local clock: placed, timed, and read at the pace that keeps up."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.jitter.adaptive_delay import AdaptiveDelay
from txt2vid_ros.media.jitter.capture_buffer import CaptureBuffer, PlacedBlock
from txt2vid_ros.media.jitter.concealment import LossConcealer
from txt2vid_ros.media.jitter.interpolation import (
    AFTER,
    BEFORE,
    interpolate,
    prepare,
    TAPS,
    touched,
)
from txt2vid_ros.media.jitter.skew_estimator import SkewEstimator

MOST_RATE_CHANGE = 1e-3
"""Largest change of the playback rate from the capture rate: 1.7 cents."""
CORRECTION_SECONDS = 10.0
"""Seconds in which the reader makes up for being too early or too late."""
DELAY_TOLERANCE_SECONDS = 0.005
"""Seconds off the wanted delay beyond which the reader moves while nothing is heard."""
LONGEST_STEP_SECONDS = 0.5
"""Seconds off it beyond which the reader moves in one go."""
REPEATED_BLOCKS = 8
"""Duplicate blocks in a row that show that the sender's clock was set back."""

Samples = NDArray[np.float32]


class ReceiveStream:
    """
    Puts blocks where they belong and reads them `delay` after their earliest arrival.

    Not thread-safe. Local times are nanoseconds.
    """

    def __init__(self, delay: float, least: float, most: float) -> None:
        """Hold back `delay` seconds until jitter is known, later between `least` and `most`."""
        self.late = 0
        """Blocks that arrived after their playout time."""
        self._lost = 0
        self._most = most
        self._new_delay = functools.partial(AdaptiveDelay, delay, least, most)
        self._concealer = LossConcealer()
        self._block = 0
        """Samples of the longest block."""
        self._buffer = CaptureBuffer()
        prepare()
        self.start_over()

    def start_over(self) -> None:
        """Forget the sender: the next block is the first."""
        self._lost += self._missing
        self._buffer = CaptureBuffer()
        self._line: SkewEstimator | None = None
        self._wanted = self._new_delay()
        self._block = 0
        self._cursor = 0.0
        self._heard = -math.inf
        """Position up to which sound has been heard."""
        self._repeated = 0
        self._behind = 0.0
        """Seconds by which the reader was behind the line when it last read."""
        self._waited = 0.0
        """Samples for which it has waited since nothing was last missing."""
        self._concealer.reset()

    @property
    def started(self) -> bool:
        """Return whether anything has come."""
        return self._line is not None

    @property
    def stamp(self) -> int:
        """Return when the next sample to be read was captured."""
        return self._buffer.stamp_at(round(self._cursor))

    @property
    def lost(self) -> int:
        """Return how many blocks never came, judging by the stamps of the others."""
        return self._lost + self._missing

    @property
    def _missing(self) -> int:
        return round(self._buffer.missing / self._block) if self._block else 0

    @property
    def figures(self) -> dict[str, float]:
        """Return the figures for diagnostics."""
        concealer = self._concealer
        return {
            'delay_ms': 1000 * self._behind, 'jitter_ms': 1000 * self._wanted.jitter,
            'drift_ppm': -1e6 * self._line.drift if self._line else 0.0,
            'late': self.late, 'lost': self.lost, 'concealed': concealer.stretches,
            'concealed_ms': 1000 * concealer.samples / SPEECH_RATE}

    def push(self, stamp: int, samples: Samples, arrival: int) -> bool:
        """Take a block; False where it shows that the sender has restarted or a clock was set."""
        if self._line is None:
            self._line = SkewEstimator(arrival)
        placed = self._buffer.push(stamp, samples)
        if placed is None or self._was_set_back(placed):
            return False
        if not placed.added:
            return True
        delay = self._line.observe(placed.end, arrival)
        if delay is None:
            return False
        self._block = max(self._block, len(samples))
        self._wanted.observe(delay, arrival, len(samples) / SPEECH_RATE)
        self.late += placed.position < self._cursor
        return True

    def seek(self, due: int, count: int) -> bool:
        """
        Move to what is to be read at `due` while nothing is heard; False if that is a jump.

        By `due` the last of `count` samples, and what they depend on, must have arrived.
        """
        assert self._line is not None
        off = self._off(due, count)
        if abs(off) < DELAY_TOLERANCE_SECONDS and self._cursor > 0:
            return True
        if 0 < off < LONGEST_STEP_SECONDS:
            # In small steps: what is skipped may hold the onset of a sound.
            step = 0.0 if self._awaits(count) else min(off * SPEECH_RATE, count)
            target = self._cursor + step
        else:
            target = self._line.position(due - int(self._delay * SECOND)) - count - AFTER
        # Nothing is heard twice.
        self._cursor = float(round(max(target, self._heard)))
        self._concealer.reset()
        return False

    def silence(self, count: int) -> Samples | None:
        """
        Return the next `count` samples as they are, and move on; None if any is missing.

        What has yet to come is waited for: a machine that is held up hears the onset later.
        """
        if self._awaits(count):
            return None
        at = round(self._cursor)
        samples, known = self._buffer.read(at, at + count)
        self._cursor = float(at + count)
        return np.array(samples) if known.all() else None

    def remember(self, samples: Samples) -> None:
        """Note that what silence() returned is heard, so that concealment can continue from it."""
        self._concealer.process(samples, np.ones(len(samples), bool))

    def read(self, due: int, count: int, pausing: bool) -> tuple[Samples, bool]:
        """
        Return the next samples, missing ones concealed, and whether the sender still sends.

        While the speaker is `pausing`, the delay may change at once, which only makes the pause a
        little longer or shorter.
        """
        assert self._line is not None
        off = self._off(due, count)
        if off > (DELAY_TOLERANCE_SECONDS if pausing else self._most):
            # In speech only if it is far too late, as after an outage that it waited out.
            self._cursor += off * SPEECH_RATE
            self._concealer.bridge()
            off = 0.0
        off -= self._give_up_what_is_lost(off)
        step = 1 / (1 + self._line.drift) + off / CORRECTION_SECONDS
        step = min(max(step, 1 - MOST_RATE_CHANGE), 1 + MOST_RATE_CHANGE)
        low = int(self._cursor) - BEFORE
        high = int(self._cursor + step * count) + AFTER + 2
        here = self._buffer.end > self._cursor + TAPS
        early = -off * SPEECH_RATE
        if self._concealer.active and early >= count:
            # Better one stretch that is long enough than a new one with every block.
            self._waited += count
            nothing = np.zeros(count, np.float32)
            return self._concealer.process(nothing, np.zeros(count, bool)), here
        if pausing and early >= count:
            return self._concealer.stretch(count), here
        samples, known = self._buffer.read(low, high)
        out = interpolate(samples, self._cursor - low, step, count)
        moved = step * count
        whole: NDArray[np.bool_] = np.ones(count, bool)
        if known.all():
            self._waited = 0.0
        else:
            whole = touched(known, self._cursor - low, step, count)
            waits = self._waits(whole, early, high)
            if waits:
                whole[len(whole) - waits:] = False
                moved -= step * waits
                self._waited += waits
        self._cursor += moved
        self._heard = self._cursor
        return self._concealer.process(out, whole), here

    def _awaits(self, count: int) -> bool:
        """Return whether the next `count` samples follow what has come, and have yet to come."""
        return round(self._cursor) <= self._buffer.end < round(self._cursor) + count

    def _waits(self, whole: NDArray[np.bool_], early: float, needed: int) -> int:
        """
        Return for how many samples the reader stands still, so that the delay grows at once.

        It waits for sound that is yet to come as long as the bounds allow, but for a hole in what
        has come only while the reader is early.
        """
        missing = len(whole) - int(np.argmin(whole))
        if needed <= self._buffer.end:
            return missing if early >= missing else 0
        room = (self._most + self._block / SPEECH_RATE - self._behind) * SPEECH_RATE
        return int(min(needed - self._buffer.end, missing, max(room, 0.0)))

    def _give_up_what_is_lost(self, off: float) -> float:
        """Skip the part of a hole that was waited for in vain; return its length in seconds."""
        at = int(self._cursor) + 1
        if not self._waited or self._buffer.end <= at:
            return 0.0
        hole = self._buffer.hole(at)
        skipped = min(float(hole), self._waited, max(off * SPEECH_RATE, 0.0))
        self._cursor += skipped
        if not hole:
            self._waited = 0.0
        return skipped / SPEECH_RATE

    @property
    def _delay(self) -> float:
        """Return the wanted delay behind the line: jitter, and a sample's own block."""
        return self._wanted.seconds + self._block / SPEECH_RATE

    def _off(self, due: int, count: int) -> float:
        """Return how much later than wanted the reader is, seconds."""
        assert self._line is not None
        self._behind = self._line.behind(due, self._cursor + count + AFTER)
        return self._behind - self._delay

    def _was_set_back(self, placed: PlacedBlock) -> bool:
        self._repeated = 0 if placed.added else self._repeated + 1
        return self._repeated >= REPEATED_BLOCKS
