"""The log-mel power of sound at 16 kHz, a column every 10 ms."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE

RATE = SPEECH_RATE
HOP = 160
"""Samples between columns: 10 ms."""
BANDS = 32

_WINDOW, _FFT = 400, 512
_LOW_HZ, _HIGH_HZ = 80.0, 7600.0
_FLOOR = 1e-9

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
