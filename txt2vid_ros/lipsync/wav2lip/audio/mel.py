"""
Mel spectrograms as in the training of Wav2Lip, whole or as a stream with identical columns.

Prajwal et al., "A Lip Sync Expert Is All You Need for Speech to Lip Generation In The Wild"
(2020): 16 kHz, 80 Slaney bands from 55 to 7600 Hz, 80 columns a second, values in -4..4.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE

SAMPLE_RATE = SPEECH_RATE
HOP = 200                      # samples between columns: 80 columns a second
FFT = 800                      # samples under one column
BANDS = 80
WINDOW = 16                    # columns for one video frame: 200 ms
COLUMNS_PER_SECOND = SAMPLE_RATE / HOP
SILENCE = np.float32(-4.0)     # every band of digital silence
TRAINING_SHIFT = 0.04          # seconds by which the window of a frame was earlier in the training

_HALF = FFT // 2
_PRE_EMPHASIS = 0.97
_BLOCK = 256                   # columns computed at a time, to bound the memory for long clips

Mel = NDArray[np.float32]
"""A mel spectrogram, (80, columns)."""


def _mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert Slaney's scale: linear below 1 kHz (15 mel), 27 steps to each factor of 6.4 above."""
    return np.where(mel < 15.0, mel * (200.0 / 3.0), 1000.0 * 6.4 ** ((mel - 15.0) / 27.0))


def _hz_to_mel(hz: float) -> float:
    return hz * 3.0 / 200.0 if hz < 1000.0 else 15.0 + 27.0 * math.log(hz / 1000.0, 6.4)


@functools.cache
def mel_basis() -> NDArray[np.float64]:
    """Return the filter bank, (80, 401): triangles of equal area (Slaney's norm)."""
    mels = np.linspace(_hz_to_mel(55.0), _hz_to_mel(7600.0), BANDS + 2, dtype=np.float64)
    edges = _mel_to_hz(mels)
    bins = np.linspace(0.0, SAMPLE_RATE / 2, _HALF + 1)
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    basis: NDArray[np.float64] = np.maximum(0.0, np.minimum(rising, falling))
    basis *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    basis.setflags(write=False)
    return basis


@functools.cache
def _sparse_basis() -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.intp]]:
    """
    Return the filter bank's nonzero entries: bin of each, weight of each, start of each band.

    The sum over these is the same for a column whatever columns are computed along with it, which
    a matrix product of varying shape does not guarantee, and takes 1/50 of the multiplications.
    """
    bands, bins = np.nonzero(mel_basis())
    starts = np.searchsorted(bands, np.arange(BANDS))
    return bins, mel_basis()[bands, bins], starts


@functools.cache
def _hann() -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(FFT) / FFT)


def _columns(emphasised: NDArray[np.float64], count: int) -> Mel:
    """Return `count` columns; column k lies over emphasised[200k : 200k + 800]."""
    bins, weights, starts = _sparse_basis()
    out = np.empty((BANDS, count), np.float32)
    for first in range(0, count, _BLOCK):
        size = min(_BLOCK, count - first)
        piece = emphasised[first * HOP:(first + size - 1) * HOP + FFT]
        frames = np.lib.stride_tricks.sliding_window_view(piece, FFT)[::HOP]
        spectrum = np.fft.rfft(frames * _hann(), axis=1)
        # Not np.abs: its vectorised and scalar loops may differ in the last bit.
        magnitude = np.sqrt(spectrum.real * spectrum.real + spectrum.imag * spectrum.imag)
        bands = np.add.reduceat(magnitude[:, bins] * weights, starts, axis=1)
        decibel = 20.0 * np.log10(np.maximum(1e-5, bands)) - 20.0
        out[:, first:first + size] = np.clip(8.0 * (decibel + 100.0) / 100.0 - 4.0, -4.0, 4.0).T
    return out


class MelStream:
    """
    The mel spectrogram of a waveform that arrives in chunks of any size.

    The columns of all pushes and the flush, side by side, equal `melspectrogram` of the whole
    waveform bit for bit. Column k is centred on sample 200k and comes with sample 200k + 399.
    """

    def __init__(self) -> None:
        """Start at sample 0."""
        self._last = 0.0                          # the sample before the next one
        self._started = False
        self._ended = False
        self._seen = 0                            # samples pushed
        self._tail: NDArray[np.float64] = np.zeros(0)   # emphasised, from self._tail_start on
        self._tail_start = 0
        self._next = 0                            # next column to return

    def push(self, samples: NDArray[np.float32]) -> Mel:
        """Append float samples at 16 kHz; return the columns, (80, n), that are now final."""
        if samples.ndim != 1 or samples.dtype.kind != 'f':
            raise ValueError(f'expected mono float samples, got {samples.dtype} {samples.shape}')
        if self._ended:
            raise ValueError('the stream was flushed: its last columns have been returned')
        if len(samples) == 0:
            return np.empty((BANDS, 0), np.float32)
        wide = samples.astype(np.float64)
        before = np.concatenate(([self._last], wide[:-1]))
        emphasised = wide - _PRE_EMPHASIS * before
        self._last = float(wide[-1])
        self._tail = np.concatenate((self._tail, emphasised))
        self._seen += len(samples)
        return self._take(max(0, (self._seen - _HALF) // HOP + 1))

    def flush(self) -> Mel:
        """End the waveform; return the last columns, for which it is reflected at its end."""
        total = 1 + self._seen // HOP if self._seen else 0
        if total > self._next:
            self._start()
            reflected = max(0, -self._tail_start)
            self._tail = np.pad(self._tail[reflected:], (reflected, _HALF), mode='reflect')
        self._ended = True
        return self._take(total)

    def _start(self) -> None:
        """Reflect the waveform at its beginning, once enough samples are known."""
        if not self._started:
            self._started = True
            self._tail = np.pad(self._tail, (_HALF, 0), mode='reflect')
            self._tail_start = -_HALF

    def _take(self, until: int) -> Mel:
        count = until - self._next
        if count <= 0:
            return np.empty((BANDS, 0), np.float32)
        self._start()
        begin = self._next * HOP - _HALF - self._tail_start
        columns = _columns(self._tail[begin:], count)
        self._next = until
        # Keep what the next column or a reflection at the end may need.
        keep = self._next * HOP - _HALF - 2 * FFT
        if keep > self._tail_start:
            self._tail = self._tail[keep - self._tail_start:]
            self._tail_start = keep
        return columns


def melspectrogram(wav: NDArray[np.float32]) -> Mel:
    """
    Return the mel spectrogram, (80, 1 + len(wav) // 200), of 16 kHz mono float samples.

    Without samples there are no columns. Raises ValueError for anything but a 1-d float array.
    """
    stream = MelStream()
    return np.concatenate((stream.push(wav), stream.flush()), axis=1)


def interior(samples: NDArray[np.float32]) -> Mel:
    """
    Return the columns that lie entirely within a section of a longer waveform.

    `samples[0]` is used for the pre-emphasis only; column k lies over the 800 samples from
    1 + 200k on. The columns equal those of the whole waveform bit for bit.
    """
    wide = samples.astype(np.float64)
    emphasised = wide[1:] - _PRE_EMPHASIS * wide[:-1]
    return _columns(emphasised, max(0, (len(emphasised) - FFT) // HOP + 1))
