"""A mouth at half or a third of the frame rate, evenly, where the machine is too slow for all.

Knows nothing of the engine: it counts what pictures cost, and blends between the pictures it had
rendered. Sound is never touched, and the frame rate stays what it is.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
import statistics
import time
from typing import NamedTuple

import cv2
import numpy as np

from txt2vid_ros.lipsync.engine import Frame


class Segment(NamedTuple):
    """Two places of the frame grid whose pictures are rendered; those between are blended."""

    before: int
    after: int

    def weight(self, place: int) -> float:
        """Return how far `place` lies from `before` (0) to `after` (1)."""
        return (place - self.before) / (self.after - self.before)


class MouthPacer:
    """Decides every how many frames the mouth is rendered: 1, 2 or 3.

    A lower rate is taken as soon as a few pictures in turn were too slow, a higher one only once
    it has been affordable for a while, so that the rate does not flutter.
    """

    def __init__(self, frame_time: float, largest: int = 3, share: float = 0.85) -> None:
        """Let pictures take `share` of `frame_time` seconds; skip at most `largest` - 1 frames."""
        self.divisor = 1
        self._frame_time = frame_time
        self._largest = largest
        self._share = share
        self._costs: collections.deque[float] = collections.deque(maxlen=16)
        self._segment: Segment | None = None

    @property
    def look_ahead(self) -> float:
        """Seconds of speech beyond the engine's own that the pictures rendered ahead need."""
        return (self.divisor - 1) * self._frame_time

    def observe(self, seconds: float) -> None:
        """Count a picture with a moving mouth that took `seconds`."""
        self._costs.append(seconds)
        if len(self._costs) < 4:
            return
        cost = statistics.quantiles(self._costs, n=4)[2]
        allowed = self._share * self._frame_time
        if cost > allowed * self.divisor and self.divisor < self._largest:
            self._change(self.divisor + 1)
        elif (self.divisor > 1 and len(self._costs) == self._costs.maxlen
              and cost < 0.7 * allowed * (self.divisor - 1)):
            self._change(self.divisor - 1)

    def segment(self, place: int) -> Segment:
        """Return the rendered places around `place`; the rate changes between segments only."""
        held = self._segment
        if held is None or not held.before <= place < held.after:
            # A place that does not follow (after an interruption, a jump) starts anew.
            before = held.after if held is not None and place == held.after else place
            self._segment = held = Segment(before, before + self.divisor)
        return held

    def status(self) -> str:
        """Return a line for diagnostics; empty at the full rate."""
        if self.divisor == 1:
            return ''
        rate = 1 / self._frame_time
        cost = statistics.median(self._costs) * 1000 if self._costs else float('nan')
        return (f'too slow for {rate:g} mouths a second: {rate / self.divisor:.1f} rendered '
                f'({cost:.0f} ms each), those between are blended')

    def _change(self, divisor: int) -> None:
        self.divisor = divisor
        self._costs.clear()


Render = Callable[[int], Frame]
"""Returns the picture, or the driving frame, at a place of the frame grid."""


class PacedFace:
    """Renders a face at the rate that a MouthPacer decides. Belongs to one session."""

    def __init__(self, pacer: MouthPacer, render: Render, driving: Render,
                 worked: Callable[[], bool | None] = lambda: None,
                 clock: Callable[[], float] = time.perf_counter) -> None:
        """`render` gives the engine's picture at a place, `driving` the frame under it.

        `worked` says whether the last picture was of a moving mouth; where it does not know,
        one that differs from the driving frame counts as such.
        """
        self._pacer = pacer
        self._render = render
        self._driving = driving
        self._worked = worked
        self._clock = clock
        self._rendered: dict[int, Frame] = {}

    def frame(self, place: int) -> Frame:
        """Return the picture at `place`: rendered, or blended where the rate is lowered."""
        segment = self._pacer.segment(place)
        for old in [key for key in self._rendered if key not in segment]:
            del self._rendered[old]
        if place == segment.before:
            frame = self._key(place)
            if segment.after > place + 1:
                self._key(segment.after)
            return frame.copy()
        return self._between(segment, place)

    def forget(self) -> None:
        """Drop pictures made ahead, as speech that was to follow has been cut off."""
        self._rendered.clear()

    def _key(self, place: int) -> Frame:
        if place not in self._rendered:
            begun = self._clock()
            frame = self._render(place)
            cost = self._clock() - begun
            # A face at rest costs little, and says nothing about the next word.
            worked = self._worked()
            if worked is None:
                worked = not np.array_equal(frame, self._driving(place))
            if worked:
                self._pacer.observe(cost)
            self._rendered[place] = frame
        return self._rendered[place]

    def _between(self, segment: Segment, place: int) -> Frame:
        """Add the blended changes of both pictures to the driving frame of this place."""
        weight = segment.weight(place)
        before, after = self._key(segment.before), self._key(segment.after)
        here = self._driving(place)
        from_before, from_after = self._driving(segment.before), self._driving(segment.after)
        if from_before is here and from_after is here:
            # A still picture: its share in both changes and below them adds up to itself.
            blended = cv2.addWeighted(before, 1 - weight, after, weight, 0)
            return np.asarray(blended, np.uint8)
        out = np.array(here)
        height = len(out)
        changed = ((before != from_before).reshape(height, -1).any(axis=1)
                   | (after != from_after).reshape(height, -1).any(axis=1))
        rows = np.flatnonzero(changed)
        if len(rows):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            change = (np.float32(1 - weight) * _change(before[part], from_before[part])
                      + np.float32(weight) * _change(after[part], from_after[part]))
            out[part] = np.clip(np.rint(out[part] + change), 0, 255).astype(np.uint8)
        return out


def _change(frame: Frame, driving: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    change = frame.astype(np.float32)
    change -= driving
    return change
