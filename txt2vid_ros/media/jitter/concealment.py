"""Conceals missing sound: repeats the last pitch period while it fades out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE

HISTORY_SAMPLES = round(0.05 * SPEECH_RATE)
"""Samples from which the pitch is found."""
SHORTEST_PERIOD, LONGEST_PERIOD = round(SPEECH_RATE / 400), round(SPEECH_RATE / 66)
"""Samples of a pitch period, for voices of 400 to 66 Hz."""
LEAST_CORRELATION = 0.5
"""Correlation below which there is no pitch: then the longest stretch is repeated, which buzzes
the least."""
FADE_START_SAMPLES, FADE_END_SAMPLES = round(0.01 * SPEECH_RATE), round(0.08 * SPEECH_RATE)
"""Samples of concealment until it begins to fade, and until it is silent."""
CROSS_FADE_SAMPLES = round(0.005 * SPEECH_RATE)
"""Samples over which concealment and sound are blended."""

Samples = NDArray[np.float32]


class LossConcealer:
    """Fills in the missing samples of a stream, without a click on either side."""

    def __init__(self) -> None:
        """Begin in silence."""
        self.stretches = 0
        """How often something was concealed."""
        self.samples = 0
        """Samples that were concealed."""
        self.reset()

    def reset(self) -> None:
        """Start over in silence."""
        self._history: Samples = np.zeros(HISTORY_SAMPLES, np.float32)
        self._period: Samples | None = None
        self._offset = 0.0
        self._age = 0

    def process(self, samples: Samples, known: NDArray[np.bool_]) -> Samples:
        """Return the next samples of the stream, concealing those that are not `known`."""
        if self._period is None and known.all():
            self._remember(samples)
            return samples
        out = np.array(samples)
        edges = np.flatnonzero(np.diff(known)) + 1
        for low, high in zip([0, *edges], [*edges, len(out)], strict=True):
            if high == low:
                continue
            if known[low]:
                self._join(out[low:high])
            else:
                self._conceal(out[low:high])
        return out

    @property
    def active(self) -> bool:
        """Return whether the last sample was concealed."""
        return self._period is not None

    def bridge(self) -> None:
        """Blend into the next samples, which do not continue from those before."""
        if self._period is None:
            self._begin()

    def stretch(self, count: int) -> Samples:
        """Return `count` more samples of what was last heard, to lengthen a pause."""
        self.bridge()
        part = self._extension(count)
        self._remember(part)
        return part

    def _conceal(self, part: Samples) -> None:
        if self._period is None:
            self._begin()
            self.stretches += 1
        self.samples += len(part)
        part[:] = self._extension(len(part))
        self._remember(part)

    def _join(self, part: Samples) -> None:
        if self._period is not None:
            length = min(CROSS_FADE_SAMPLES, len(part))
            rising = np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
            part[:length] = rising * part[:length] + (1 - rising) * self._extension(length)
            self._period = None
        self._remember(part)

    def _begin(self) -> None:
        history = self._history
        period = _pitch(history)
        repeated = np.array(history[-period:])
        # The end of the period is blended into what precedes its beginning, so that it loops.
        blend = min(period // 4, HISTORY_SAMPLES - period)
        rising = np.linspace(0, 1, blend, dtype=np.float32)
        repeated[-blend:] = ((1 - rising) * repeated[-blend:]
                             + rising * history[-period - blend:-period])
        self._period = repeated
        self._offset = float(history[-1] - history[-period - 1])
        self._age = 0

    def _extension(self, count: int) -> Samples:
        assert self._period is not None
        age = self._age + np.arange(count)
        self._age += count
        fade = np.clip((FADE_END_SAMPLES - age) / (FADE_END_SAMPLES - FADE_START_SAMPLES), 0, 1)
        # The step to the repeated period is taken in a millisecond or two rather than at once.
        step = self._offset * np.exp(-(age + 1) / (0.001 * SPEECH_RATE))
        return np.asarray(fade * (self._period[age % len(self._period)] + step), np.float32)

    def _remember(self, part: Samples) -> None:
        if len(part) >= HISTORY_SAMPLES:
            self._history = np.array(part[-HISTORY_SAMPLES:])
        else:
            self._history = np.concatenate([self._history[len(part):], part])


def _pitch(history: Samples) -> int:
    """Return the lag in samples at which the end of `history` best matches itself."""
    width = HISTORY_SAMPLES - LONGEST_PERIOD - LONGEST_PERIOD // 4
    recent = history[-width:].astype(np.float64)
    best, found = LEAST_CORRELATION, LONGEST_PERIOD
    for lag in range(SHORTEST_PERIOD, LONGEST_PERIOD + 1):
        earlier = history[-width - lag:-lag].astype(np.float64)
        power = float(np.sqrt((recent @ recent) * (earlier @ earlier)))
        alike = float(recent @ earlier) / power if power > 1e-9 else 0.0
        if alike > best + 1e-3:
            best, found = alike, lag
    return found
