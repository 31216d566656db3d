"""Speech on its time line: chunks go in by stamp, any stretch comes out by sample."""

from __future__ import annotations

import dataclasses
import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.mouth import ClauseSpan, MouthPose, MouthTrack
from txt2vid_ros.core.pcm import rms_in_parts

FADE_SECONDS = 0.005
"""Seconds over which an interrupted utterance dies away, so that the cut does not click."""
RESAMPLE_MARGIN_SECONDS = 0.03
"""Seconds on either side that the resampling filter sees beyond the stretch asked for."""
START_GRID_NANOSECONDS = SECOND // 8000
"""Nanoseconds. The start of an utterance is rounded to a multiple of it: with a start between two
samples, adjacent stretches would repeat or lose one."""
MOST_UTTERANCES = 256
"""Utterances that are held at a time: their ids and stamps come from outside."""
LATEST_START_SECONDS = 5.0
"""Seconds ahead of the clock that speech may begin."""
CLAUSE_GAP_SECONDS = 0.06
"""Seconds from the mouth shapes of a clause to those of the next, at least."""
REFUSED_SECONDS = 60.0
"""Seconds for which chunks of an ended utterance are refused."""


@dataclasses.dataclass
class _Utterance:
    """The samples of one utterance at its own rate; sample n is heard at begin + n / rate."""

    id: str  # noqa: A003
    start: int
    """The stamp that the stamps of its chunks are counted from, nanoseconds."""
    rate: int
    samples: NDArray[np.float32]
    """From sample number `first` on; what follows `length` is zero."""
    first: int = 0
    length: int = 0
    """Samples since the start, those that were forgotten included."""

    @property
    def begin(self) -> float:
        """Return the start, rounded to the grid that all usual rates share."""
        step = START_GRID_NANOSECONDS
        return (self.start + step // 2) // step * step / SECOND

    @property
    def end(self) -> float:
        return self.begin + self.length / self.rate

    def index(self, stamp: int) -> int:
        """Return the sample that is heard at `stamp` nanoseconds."""
        return (2 * (stamp - self.start) * self.rate + SECOND) // (2 * SECOND)

    def append(self, at: int, chunk: NDArray[np.float32]) -> None:
        if at < self.first:
            chunk = chunk[self.first - at:]
            at = self.first
        low, high = at - self.first, at - self.first + len(chunk)
        if high > len(self.samples):
            grown = np.zeros(max(high, 2 * len(self.samples)), np.float32)
            grown[:len(self.samples)] = self.samples
            self.samples = grown
        self.samples[low:high] = chunk
        self.length = max(self.length, at + len(chunk))

    def cut(self, at: int) -> None:
        if at <= 0:
            self.length = 0
            return
        fade = min(int(FADE_SECONDS * self.rate), self.length - at)
        if fade < 0:
            return
        low = max(at - self.first, 0)
        ramp = np.linspace(1, 0, fade, endpoint=False, dtype=np.float32)
        ramp = ramp[max(self.first - at, 0):]
        self.samples[low:low + len(ramp)] *= ramp
        self.samples[low + len(ramp):] = 0
        self.length = at + fade

    def trim(self, at: int) -> None:
        """Forget the samples before `at`, once there are enough of them to be worth a copy."""
        if at - self.first > len(self.samples) // 2:
            self.samples = np.array(self.samples[at - self.first:])
            self.first = at

    def part(self, low: int, high: int) -> NDArray[np.float32]:
        """Return samples `low` to `high`, zeros where there are none."""
        piece = np.zeros(high - low, np.float32)
        inside_low, inside_high = max(low, self.first), min(high, self.length)
        if inside_high > inside_low:
            piece[inside_low - low:inside_high - low] = self.samples[
                inside_low - self.first:inside_high - self.first]
        return piece


class SpeechTimeline:
    """
    What is known of the speech around now; the SpeechView of the lip-sync engines.

    Holds what ended less than `memory` seconds ago or is still to come, and never more than
    `capacity` seconds of an utterance. Stamps are integer nanoseconds; all other times are
    seconds on the same clock. Safe to use from several threads.
    """

    def __init__(self, memory: float = 3.0, capacity: float = 900.0, jump: float = 2.0) -> None:
        """Forget what is `memory` seconds old; start over after a gap of `jump` seconds."""
        self._memory = memory
        self._capacity = capacity
        self._jump = jump
        self._utterances: dict[str, _Utterance] = {}
        self._tracks: dict[str, list[MouthTrack]] = {}
        self._dropped: dict[str, float] = {}
        self._latest = -math.inf
        self._lock = threading.Lock()

    def push(self, utterance: str, stamp: int, samples: NDArray[np.float32], rate: int) -> bool:
        """
        Add a chunk whose first sample is heard at `stamp`; False if its utterance was ended.

        Chunks of an utterance fall on its own sample grid whatever rounding their stamps have.
        """
        with self._lock:
            if utterance in self._dropped:
                return False
            held = self._utterances.get(utterance)
            if (held is None or held.rate != rate or held.index(stamp) < 0
                    or stamp / SECOND - held.end > self._jump):
                held = self._utterances[utterance] = _Utterance(
                    utterance, stamp, rate, np.zeros(rate, np.float32))
                _bound(self._utterances)
            held.append(held.index(stamp), samples)
            if held.length - held.first > self._capacity * rate:
                held.trim(held.length - int(self._capacity * rate / 2))
            return True

    def push_mouth(self, utterance: str, track: MouthTrack) -> None:
        """Add the timed mouth shapes of a clause."""
        with self._lock:
            if utterance not in self._dropped:
                self._tracks.setdefault(utterance, []).append(track)
                _bound(self._tracks)

    def end(self, utterance: str, stamp: int) -> None:
        """End an utterance at `stamp`: what lies after it is dropped, and later chunks too."""
        with self._lock:
            self._dropped[utterance] = stamp / SECOND
            _bound(self._dropped)
            held = self._utterances.get(utterance)
            if held is not None:
                held.cut(held.index(stamp))
                if not held.length:
                    del self._utterances[utterance]

    def forget(self, now: float) -> None:
        """
        Drop what is long enough before `now` that nobody asks for it any more.

        If the clock has gone back, keep only what begins about now: what was heard must not be
        heard again, and a bag that is replayed brings the same utterances.
        """
        since = now - self._memory
        with self._lock:
            if now < self._latest - self._jump:
                self._utterances = {name: held for name, held in self._utterances.items()
                                    if held.begin < now + LATEST_START_SECONDS}
                self._tracks = {name: tracks for name, tracks in self._tracks.items()
                                if tracks[-1].times[0] < now + LATEST_START_SECONDS}
                self._dropped.clear()
            self._latest = now
            self._utterances = {name: held for name, held in self._utterances.items()
                                if held.end >= since}
            for held in self._utterances.values():
                held.trim(held.index(int(since * SECOND)))
            current = {name: [track for track in tracks if track.times[-1] >= since]
                       for name, tracks in self._tracks.items()}
            self._tracks = {name: tracks for name, tracks in current.items() if tracks}
            # An id stays barred for longer than any network could delay one of its chunks.
            self._dropped = {name: time for name, time in self._dropped.items()
                             if time >= now - REFUSED_SECONDS}

    def samples(self, start: float, stop: float, rate: int) -> NDArray[np.float32]:
        """Return round((stop - start) * rate) mono samples, silence where nothing is known."""
        wanted = np.zeros(max(0, round((stop - start) * rate)), np.float32)
        with self._lock:
            for held in self._utterances.values():
                if held.begin < stop and held.end > start:
                    _mix(wanted, held, round((start - held.begin) * rate), rate)
        return wanted

    def levels(self, start: float, stop: float, count: int) -> NDArray[np.float32]:
        """Return the root mean square in each of `count` equal parts, 0 where nothing is known."""
        squares = np.zeros(count, np.float32)
        with self._lock:
            for held in self._utterances.values():
                if held.begin < stop and held.end > start:
                    first, last = (round((time - held.begin) * held.rate)
                                   for time in (start, stop))
                    squares += rms_in_parts(held.part(first, last), count) ** 2
        return np.sqrt(squares)

    def mouth(self, time: float) -> MouthPose | None:
        """Return the timed pose at `time`, or None where no voice gave timings."""
        with self._lock:
            best: MouthPose | None = None
            for name, tracks in self._tracks.items():
                end = self._dropped.get(name, math.inf)
                for track in tracks:
                    if track.times[0] <= time <= track.times[-1] and time < end:
                        pose = track.at(time)
                        best = pose if best is None else np.maximum(best, pose)
            return best

    def speaking(self, start: float, stop: float) -> bool:
        """Return whether any utterance has samples between the two times."""
        with self._lock:
            return any(held.begin < stop and held.end > start
                       for held in self._utterances.values())

    def clauses(self, start: float, stop: float) -> list[ClauseSpan]:
        """
        Return the clauses that are said between the two times and have mouth shapes.

        One that was cut off is none.
        """
        with self._lock:
            found: list[ClauseSpan] = []
            for name, tracks in self._tracks.items():
                cut = self._dropped.get(name, math.inf)
                spans = [ClauseSpan(float(track.times[0]), float(track.times[-1]), track.asked)
                         for track in tracks]
                found += [span for span in joined(spans) if span.end <= cut + CLAUSE_GAP_SECONDS]
        return [span for span in found if span.begin < stop and span.end > start]

    def anchor(self, time: float) -> float:
        """Return when the utterance heard at `time` began; `time` itself where there is none."""
        with self._lock:
            for held in self._utterances.values():
                if held.begin <= time < held.end:
                    return held.begin
        return time

    def current(self, time: float) -> str | None:
        """Return the id of the last utterance that had begun by `time`, if it is remembered."""
        with self._lock:
            begun = [held for held in self._utterances.values() if held.begin <= time]
            return max(begun, key=lambda held: held.start).id if begun else None


def joined(spans: list[ClauseSpan]) -> list[ClauseSpan]:
    """Return spans in order of time, those of one clause that came in several chunks as one."""
    found: list[ClauseSpan] = []
    for span in sorted(spans):
        if found and span.begin - found[-1].end < CLAUSE_GAP_SECONDS:
            before = found.pop()
            span = ClauseSpan(before.begin, max(before.end, span.end), before.asked or span.asked)
        found.append(span)
    return found


def _mix(wanted: NDArray[np.float32], held: _Utterance, first: int, rate: int) -> None:
    """Add the samples of `held` from number `first` on, counted at `rate`, to `wanted`."""
    if held.rate == rate:
        wanted += held.part(first, first + len(wanted))
        return
    # The piece begins on a multiple of the rates' common step, so that its resampled samples
    # fall on one grid for the whole utterance however the stretches are cut.
    step = held.rate // math.gcd(held.rate, rate)
    margin = int(RESAMPLE_MARGIN_SECONDS * held.rate)
    low = (first * held.rate // rate - margin) // step * step
    high = -(-(first + len(wanted)) * held.rate // rate) + margin
    resampled = soxr.resample(held.part(low, high), held.rate, rate)
    offset = first - low * rate // held.rate
    taken = resampled[offset:offset + len(wanted)]
    wanted[:len(taken)] += taken


def _bound(held: dict[str, Any]) -> None:
    """Drop the oldest entries of a dictionary that has more than MOST_UTTERANCES."""
    while len(held) > MOST_UTTERANCES:
        del held[next(iter(held))]
