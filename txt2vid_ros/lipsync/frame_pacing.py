"""
Rendering the mouth at half or a third of the frame rate on a machine too slow for more.

Independent of the engine: the cost of each picture is measured, and the frames in between are
interpolated from the rendered ones. The engine draws anew what that would spoil, as lids that
blink. Neither the sound nor the frame rate changes.
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


class KeyFrames(NamedTuple):
    """Two frame numbers of the grid that are rendered; the frames in between are interpolated."""

    before: int
    after: int

    def weight(self, place: int) -> float:
        """Return how far `place` lies from `before` (0) to `after` (1)."""
        return (place - self.before) / (self.after - self.before)


class RenderRateControl:
    """
    Decides whether the mouth is rendered in every, every second or every third frame.

    The rate drops as soon as a few pictures in a row were too slow, and rises only after a higher
    one has been affordable for a while, so that it does not flutter.
    """

    def __init__(self, frame_time: float, largest: int = 3, share: float = 0.85) -> None:
        """Let a picture take `share` of `frame_time` seconds; `largest` limits the divisor."""
        self.divisor = 1
        self._frame_time = frame_time
        self._largest = largest
        self._share = share
        self._costs: collections.deque[float] = collections.deque(maxlen=16)
        self._keys: KeyFrames | None = None

    @property
    def look_ahead(self) -> float:
        """Seconds of speech, beyond what the engine needs, for pictures rendered ahead."""
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

    def key_frames(self, place: int) -> KeyFrames:
        """Return the key frames around `place`; the rate changes only between pairs."""
        held = self._keys
        if held is None or not held.before <= place < held.after:
            # A place that does not follow (after an interruption or a jump) starts a new pair.
            before = held.after if held is not None and place == held.after else place
            self._keys = held = KeyFrames(before, before + self.divisor)
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
Between = Callable[[Frame, int, KeyFrames], Frame]
"""Returns a blend, for a place between two key frames, with anew what a blend cannot show."""


class FrameInterpolator:
    """Renders key frames as RenderRateControl decides and interpolates. Belongs to one session."""

    def __init__(self, rate_control: RenderRateControl, render: Render, driving: Render,
                 mouth_moved: Callable[[], bool | None] = lambda: None,
                 clock: Callable[[], float] = time.perf_counter,
                 between: Between = lambda blended, place, keys: blended) -> None:
        """
        `render` returns the engine's picture at a place, `driving` the frame beneath it.

        `mouth_moved` tells whether the last picture had a moving mouth. If it returns None, a
        picture that differs from the driving frame counts as one. `between` mends blends.
        """
        self._rate_control = rate_control
        self._render = render
        self._driving = driving
        self._mouth_moved = mouth_moved
        self._clock = clock
        self._mended = between
        self._rendered: dict[int, Frame] = {}

    def frame(self, place: int) -> Frame:
        """Return the picture at `place`, which has to stay as it is: rendered, or interpolated."""
        keys = self._rate_control.key_frames(place)
        for old in [key for key in self._rendered if key not in keys]:
            del self._rendered[old]
        if place == keys.before:
            frame = self._key(place)
            if keys.after > place + 1:
                self._key(keys.after)
            return frame
        return self._mended(self._between(keys, place), place, keys)

    def forget(self) -> None:
        """Drop pictures rendered ahead, because the speech they belong to was cut off."""
        self._rendered.clear()

    def _key(self, place: int) -> Frame:
        if place not in self._rendered:
            begun = self._clock()
            frame = self._render(place)
            cost = self._clock() - begun
            # A face at rest costs little, and says nothing about the next word.
            mouth_moved = self._mouth_moved()
            if mouth_moved is None:
                mouth_moved = not np.array_equal(frame, self._driving(place))
            if mouth_moved:
                self._rate_control.observe(cost)
            # It may be shown again, and others are blended from it.
            frame.setflags(write=False)
            self._rendered[place] = frame
        return self._rendered[place]

    def _between(self, keys: KeyFrames, place: int) -> Frame:
        """Add the weighted changes of both key frames to the driving frame at `place`."""
        weight = keys.weight(place)
        before, after = self._key(keys.before), self._key(keys.after)
        here = self._driving(place)
        from_before, from_after = self._driving(keys.before), self._driving(keys.after)
        if from_before is here and from_after is here:
            # A still picture: adding the weighted changes is the same as blending the two.
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
