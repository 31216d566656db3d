"""Keeps the face from being heard: what the microphone catches while it speaks is silenced.

The voice is heard later than its stamp, by what the viewer buffers, and dies away in the room.
How long that takes is measured: the level of the microphone follows the level of the voice.
"""

from __future__ import annotations

import collections
import dataclasses
import threading

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.core.clock import SECOND

FRAME = SECOND // 50
"""Nanoseconds over which a level is taken."""
LONGEST = 3.0
"""Seconds by which the voice may be heard after its stamp."""
MEMORY = 30.0
ALIKE = 0.6
"""Correlation from which on what the microphone hears counts as the voice."""
FADE = 0.3
"""Seconds that a room may take to fall silent."""
MARGIN = 0.15
"""Seconds added to what was measured."""
_FLOOR = -70.0


@dataclasses.dataclass
class _Spoken:
    """An utterance of the face: when it is heard by its stamps, nanoseconds."""

    start: int
    end: int
    over: bool = False
    measured: bool = False


class EchoGuard:
    """Silences the microphone while the face speaks, and for the measured tail after it.

    Voice and sound may come from different threads; all stamps are nanoseconds on one clock.
    """

    def __init__(self, tail: float) -> None:
        """`tail` seconds after the voice's last stamp are silenced until more is known."""
        self._given = tail
        self._spoken: collections.OrderedDict[str, _Spoken] = collections.OrderedDict()
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
        return max(self._tails) + MARGIN if self._tails else self._given

    def voice(self, utterance: str, stamp: int, samples: NDArray[np.float32], rate: int) -> None:
        """Take what the face says; no samples mark the utterance's end, wherever it was."""
        with self._lock:
            held = self._spoken.setdefault(utterance, _Spoken(stamp, stamp))
            if len(samples) == 0:
                held.end, held.over = min(max(held.start, stamp), max(held.end, stamp)), True
            else:
                held.end = max(held.end, stamp + len(samples) * SECOND // rate)
                _levels(self._voice, stamp, samples, rate)

    def guard(self, stamp: int, samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
        """Return what the microphone heard from `stamp` on, or silence where it was the face."""
        end = stamp + len(samples) * SECOND // rate
        with self._lock:
            _levels(self._sound, stamp, samples, rate)
            self._measure(end)
            tail = int(self._tail() * SECOND)
            muted = any(held.start < end and stamp < held.end + tail
                        for held in self._spoken.values())
            self._forget(end)
        self.muted += muted
        return np.zeros_like(samples) if muted else samples

    def _measure(self, now: int) -> None:
        """Measure every utterance that has ended long enough ago."""
        for held in self._spoken.values():
            if held.over and not held.measured and now > held.end + int(
                    (LONGEST + FADE) * SECOND):
                held.measured = True
                found = self._echo(held)
                if found is not None:
                    self.delay, fade = found
                    self._tails.append(self.delay + fade)

    def _echo(self, held: _Spoken) -> tuple[float, float] | None:
        """Return delay and fade in seconds of an utterance's echo; None where there is none."""
        first, last = held.start // FRAME, held.end // FRAME
        span = int(LONGEST * SECOND) // FRAME
        voice = _line(self._voice, first, last)
        sound = _line(self._sound, first, last + span + int(FADE * SECOND) // FRAME)
        if len(voice) < 25 or voice.std() < 3.0:
            return None
        scores = [_correlation(voice, sound[lag:lag + len(voice)]) for lag in range(span)]
        lag = int(np.argmax(scores))
        if scores[lag] < ALIKE:
            return None
        after = sound[lag + len(voice):]
        quiet = float(np.percentile(sound, 10)) + 6.0
        silent = np.flatnonzero(after < quiet)
        fade = float(silent[0] if len(silent) else len(after)) * FRAME / SECOND
        return lag * FRAME / SECOND, min(fade, FADE)

    def _forget(self, now: int) -> None:
        oldest = (now - int(MEMORY * SECOND)) // FRAME
        for levels in (self._voice, self._sound):
            while levels and next(iter(levels)) < oldest:
                del levels[next(iter(levels))]
        # An utterance may be longer than the memory: it is only measured by its end then.
        while self._spoken:
            name, held = next(iter(self._spoken.items()))
            if held.end > now - int(MEMORY * SECOND):
                break
            del self._spoken[name]


def _levels(levels: dict[int, float], stamp: int, samples: NDArray[np.float32], rate: int) -> None:
    """Add the level in dB of each frame that the samples touch."""
    first, last = stamp // FRAME, (stamp + len(samples) * SECOND // rate) // FRAME
    for frame in range(first, last + 1):
        low = max(0, (frame * FRAME - stamp) * rate // SECOND)
        high = min(len(samples), ((frame + 1) * FRAME - stamp) * rate // SECOND)
        if high > low:
            power = float(np.square(samples[low:high]).mean())
            levels[frame] = max(levels.get(frame, _FLOOR), 10 * np.log10(power + 1e-7))


def _line(levels: dict[int, float], first: int, last: int) -> NDArray[np.float64]:
    return np.array([levels.get(frame, _FLOOR) for frame in range(first, last)], np.float64)


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(other) < len(one) or other.std() < 1.0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
