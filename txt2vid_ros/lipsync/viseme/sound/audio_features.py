"""The features of the small audio-to-mouth model: level-normalised log-mel bands."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE

RATE = SPEECH_RATE
HOP = 160
"""Samples between columns of features: 10 ms."""
BANDS = 32
LOOK_BACK, LOOK_AHEAD = 1.2, 0.2
"""Seconds of sound around a moment that its features depend on."""
CONTEXT = (-26, 18)
"""First and one past the last column of the model's input, relative to the present one."""

_WINDOW, _FFT = 400, 512
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
_FLOOR = 1e-9
_USUAL_PERCENTILE = 90
_MIN_USUAL_LEVEL = -4.2  # log10 of the power below which sound is silence rather than quiet
_RANGE = (-4.5, 1.0)  # of the features, log10 relative to the usual level

Array = NDArray[np.float32]


def log_mel(samples: Array) -> Array:
    """
    Return the log10 mel power of mono 16 kHz samples, (columns, BANDS).

    Column k is centred on sample k * HOP; there are len(samples) // HOP of them.
    """
    clean = np.nan_to_num(np.asarray(samples, np.float32), posinf=1, neginf=-1)
    padded = np.pad(clean, (_WINDOW // 2, _WINDOW))
    count = len(clean) // HOP
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[: count * HOP:HOP]
    spectrum = np.fft.rfft(frames * _hann(), _FFT, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.asarray(np.log10(power @ _filters() + _FLOOR), np.float32)


def normalised(mel: Array, usual: Array) -> Array:
    """Return `mel` (n, BANDS) relative to the usual level of each column (n,), clipped."""
    relative = mel - np.maximum(usual, _MIN_USUAL_LEVEL)[:, None]
    return np.asarray(np.clip(relative, *_RANGE), np.float32)


def usual_level(mel: Array) -> float:
    """Return the log10 level of the louder columns of `mel` (n, BANDS)."""
    return float(np.percentile(mel.max(axis=1), _USUAL_PERCENTILE))


def stacked(features: Array) -> Array:
    """
    Return the model's input for each column that has its whole context, (n, inputs).

    `features`: (n + CONTEXT[1] - CONTEXT[0] - 1, BANDS). Columns are averaged in pairs.
    """
    width = CONTEXT[1] - CONTEXT[0]
    windows = np.lib.stride_tricks.sliding_window_view(features, width, axis=0)
    pairs = windows.reshape(len(windows), BANDS, width // 2, 2).mean(-1)
    return np.ascontiguousarray(pairs.reshape(len(windows), -1), np.float32)


@functools.lru_cache(maxsize=1)
def _hann() -> Array:
    return np.hanning(_WINDOW).astype(np.float32)


@functools.lru_cache(maxsize=1)
def _filters() -> Array:
    """Return triangular mel filters (Slaney-free, HTK mel scale), (_FFT // 2 + 1, BANDS)."""

    def to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(2595 * np.log10(1 + hertz / 700))

    low, high = to_mel(np.array([_LOW_HZ, _HIGH_HZ]))
    corners = 700 * (10 ** (np.linspace(low, high, BANDS + 2) / 2595) - 1)
    hertz = np.arange(_FFT // 2 + 1) * RATE / _FFT
    rising = (hertz[:, None] - corners[:-2]) / (corners[1:-1] - corners[:-2])
    falling = (corners[2:] - hertz[:, None]) / (corners[2:] - corners[1:-1])
    area = 2 / (corners[2:] - corners[:-2])
    weights = np.maximum(0, np.minimum(rising, falling)) * area
    return np.asarray(weights / (_WINDOW * 0.0375), np.float32)
