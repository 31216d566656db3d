"""
Keeps the face from hearing itself: the microphone is silenced while the face speaks.

The voice is heard later than its stamp, by what the viewer buffers, and dies away in the room. How
long that takes is measured: the level of the microphone follows the level of the voice.
"""

from __future__ import annotations

import collections
import dataclasses
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import SECOND

LEVEL_FRAME = SECOND // 50
"""Nanoseconds over which a level is taken."""
MAX_ECHO_DELAY = 3.0
"""Seconds by which the voice may be heard after its stamp."""
LEVEL_HISTORY = 30.0
"""Seconds for which levels are kept."""
MOST_LEVELS, MOST_SPANS = int(2 * LEVEL_HISTORY * SECOND) // LEVEL_FRAME, 1000
"""Levels and utterances that are kept at most: while nobody sends a microphone's sound, nothing
else tells what is over."""
MIN_CORRELATION = 0.6
"""Of the two levels, from which on what the microphone hears counts as the voice."""
MAX_FADE = 0.3
"""Seconds that a room may take to fall silent."""
TAIL_MARGIN = 0.15
"""Seconds added to what was measured."""
_FLOOR_DB = -70.0


@dataclasses.dataclass
class _VoiceSpan:
    """When an utterance of the face is heard by its stamps, nanoseconds."""

    start: int
    end: int
    over: bool = False
    measured: bool = False


class EchoGuard:
    """
    Silences the microphone while the face speaks, and for the measured tail after it.

    Voice and sound may come from different threads; all stamps are nanoseconds on one clock.
    """

    def __init__(self, tail: float) -> None:
        """Silence `tail` seconds after the voice's last stamp until the echo has been measured."""
        self._given = tail
        self._spans: collections.OrderedDict[str, _VoiceSpan] = collections.OrderedDict()
        self._voice: dict[int, float] = {}
        self._sound: dict[int, float] = {}
        self._tails: collections.deque[float] = collections.deque(maxlen=8)
        self._lock = threading.Lock()
        self.delay: float | None = None
        """Seconds from the voice's stamp to the microphone, as last measured."""
        self.muted = 0
        """Blocks that were silenced."""

    @property
    def tail(self) -> float:
        """Return the seconds after the voice's last stamp that are silenced."""
        with self._lock:
            return self._tail()

    def _tail(self) -> float:
        return max(self._tails) + TAIL_MARGIN if self._tails else self._given

    def voice(self, utterance: str, stamp: int, samples: NDArray[np.float32], rate: int) -> None:
        """Take what the face says; an empty chunk ends its utterance, wherever it was."""
        with self._lock:
            span = self._spans.setdefault(utterance, _VoiceSpan(stamp, stamp))
            if len(samples) == 0:
                span.end, span.over = min(max(span.start, stamp), max(span.end, stamp)), True
            else:
                span.end = max(span.end, stamp + len(samples) * SECOND // rate)
                _levels(self._voice, stamp, samples, rate)
            for held, most in ((self._voice, MOST_LEVELS), (self._spans, MOST_SPANS)):
                while len(held) > most:
                    del held[next(iter(held))]  # type: ignore[arg-type]

    def guard(self, stamp: int, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Return the microphone's samples from `stamp` on, or silence where the face is heard."""
        end = stamp + len(samples) * SECOND // rate
        with self._lock:
            _levels(self._sound, stamp, samples, rate)
            self._measure(end)
            tail = int(self._tail() * SECOND)
            muted = any(span.start < end and stamp < span.end + tail
                        for span in self._spans.values())
            self._forget(end)
        self.muted += muted
        return np.zeros_like(samples) if muted else samples

    def _measure(self, now: int) -> None:
        """Measure every utterance that has ended long enough ago."""
        for span in self._spans.values():
            if span.over and not span.measured and now > span.end + int(
                    (MAX_ECHO_DELAY + MAX_FADE) * SECOND):
                span.measured = True
                found = self._find_echo(span)
                if found is not None:
                    self.delay, fade = found
                    self._tails.append(self.delay + fade)

    def _find_echo(self, span: _VoiceSpan) -> tuple[float, float] | None:
        """Return delay and fade in seconds of an utterance's echo; None where there is none."""
        first, last = span.start // LEVEL_FRAME, span.end // LEVEL_FRAME
        lags = int(MAX_ECHO_DELAY * SECOND) // LEVEL_FRAME
        # With what was said before it: under the right delay that is heard at the beginning.
        said = _levels_between(self._voice, first - lags, last)
        voice = said[lags:]
        sound = _levels_between(self._sound, first,
                                last + lags + int(MAX_FADE * SECOND) // LEVEL_FRAME)
        if len(voice) < 25 or voice.std() < 3.0:
            return None
        # Words that are said again soon are found twice; but all that is heard has to be the
        # voice, from the beginning on.
        scores = [min(_correlation(voice, sound[lag:lag + len(voice)]),
                      _correlation(said[lags - lag:], sound[:lag + len(voice)]))
                  for lag in range(lags)]
        lag = int(np.argmax(scores))
        if scores[lag] < MIN_CORRELATION:
            return None
        after = sound[lag + len(voice):]
        quiet = float(np.percentile(sound, 10)) + 6.0
        silent = np.flatnonzero(after < quiet)
        fade = float(silent[0] if len(silent) else len(after)) * LEVEL_FRAME / SECOND
        return lag * LEVEL_FRAME / SECOND, min(fade, MAX_FADE)

    def _forget(self, now: int) -> None:
        oldest = (now - int(LEVEL_HISTORY * SECOND)) // LEVEL_FRAME
        for levels in (self._voice, self._sound):
            while levels and next(iter(levels)) < oldest:
                del levels[next(iter(levels))]
        # An utterance may be longer than the history; then only its end is measured.
        while self._spans:
            name, span = next(iter(self._spans.items()))
            if span.end > now - int(LEVEL_HISTORY * SECOND):
                break
            del self._spans[name]


def _levels(levels: dict[int, float], stamp: int, samples: NDArray[np.float32], rate: int) -> None:
    """Add the level in dB of each frame that the samples touch."""
    first, last = stamp // LEVEL_FRAME, (stamp + len(samples) * SECOND // rate) // LEVEL_FRAME
    for frame in range(first, last + 1):
        low = max(0, (frame * LEVEL_FRAME - stamp) * rate // SECOND)
        high = min(len(samples), ((frame + 1) * LEVEL_FRAME - stamp) * rate // SECOND)
        if high > low:
            power = float(np.square(samples[low:high]).mean())
            levels[frame] = max(levels.get(frame, _FLOOR_DB), 10 * np.log10(power + 1e-7))


def _levels_between(levels: dict[int, float], first: int, last: int) -> NDArray[np.float64]:
    return np.array([levels.get(frame, _FLOOR_DB) for frame in range(first, last)], np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(other) < len(one) or other.std() < 1.0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
