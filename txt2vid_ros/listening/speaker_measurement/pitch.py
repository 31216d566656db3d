"""
The pitch of a voice over time.

A. de Cheveigné and H. Kawahara, "YIN, a fundamental frequency estimator for speech and music",
JASA 111(4), 2002: steps 1 to 5 (difference function, cumulative mean, threshold, parabolic
interpolation), for all frames at once.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STEP = 0.01
"""Seconds from frame to frame."""
LOWEST, HIGHEST = 60.0, 500.0
"""Hz between which a voice is looked for."""
WINDOW = 0.03
"""Seconds that are compared with those a period later."""
THRESHOLD = 0.15
"""How unlike a period and the next may be for the first such lag to be taken at once."""
APERIODIC = 0.3
"""How unlike they are in a frame without voice, whatever the lag."""
QUIET = 0.05
"""Of the loudest tenth's amplitude, under which a frame counts as pause."""


def pitch_track(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return F0 in Hz every STEP seconds of mono sound at `rate` Hz; 0 where there is no voice."""
    longest, shortest = int(rate / LOWEST) + 2, int(rate / HIGHEST)
    window, step = int(WINDOW * rate), int(STEP * rate)
    needed = window + longest
    sound = np.pad(np.asarray(samples, np.float64), (window // 2, needed))
    frames = np.lib.stride_tricks.sliding_window_view(sound, needed)[
        :max(1, len(samples)):step]
    unlike = _cumulative_mean(_difference(frames, window, longest))
    lags = _first_dip(unlike, shortest)
    rows = np.arange(len(lags))
    depth = unlike[rows, lags]
    level = np.sqrt((frames[:, :window] ** 2).mean(axis=1))
    loud = level > QUIET * np.quantile(level, 0.9)
    return np.where((depth < APERIODIC) & loud, rate / _refined(unlike, lags), 0.0)


def _difference(frames: NDArray[np.float64], window: int, lags: int) -> NDArray[np.float64]:
    """Return YIN's d(lag) of each frame, [frames, lags], by correlation of spectra."""
    size = 1 << (frames.shape[1] + window - 1).bit_length()
    spectrum = np.fft.rfft(frames, size)
    spectrum *= np.conj(np.fft.rfft(frames[:, :window], size))
    alike = np.fft.irfft(spectrum, size)[:, :lags]
    power = np.cumsum(np.pad(frames ** 2, ((0, 0), (1, 0))), axis=1)
    later = power[:, window:window + lags] - power[:, :lags]
    return np.asarray(np.maximum(later[:, :1] + later - 2 * alike, 0))


def _cumulative_mean(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return d'(lag), which is 1 on average: 0 where a period and the next are the same."""
    lags = np.arange(difference.shape[1])
    sums = np.maximum(np.cumsum(difference, axis=1), 1e-12)
    normalized: NDArray[np.float64] = difference * lags / sums
    normalized[:, 0] = 1
    return normalized


def _first_dip(unlike: NDArray[np.float64], shortest: int) -> NDArray[np.intp]:
    """Return the lag of each frame: the first dip under THRESHOLD, else the deepest of all."""
    inner = unlike[:, shortest:-1]
    dips = (inner < unlike[:, shortest - 1:-2]) & (inner <= unlike[:, shortest + 1:])
    good = dips & (inner < THRESHOLD)
    deepest = np.where(dips, inner, np.inf).argmin(axis=1)
    return np.where(good.any(axis=1), good.argmax(axis=1), deepest) + shortest


def _refined(unlike: NDArray[np.float64], lags: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return lags between samples, at the vertex of a parabola through three points."""
    rows = np.arange(len(lags))
    before, at, after = (unlike[rows, lags + offset] for offset in (-1, 0, 1))
    curve = before - 2 * at + after
    offset = np.where(curve > 1e-12, (before - after) / np.where(curve > 1e-12, 2 * curve, 1), 0)
    return np.asarray(lags + np.clip(offset, -1, 1))
