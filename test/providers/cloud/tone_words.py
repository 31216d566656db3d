"""
A language that is made and recognized exactly: each word is a number in three tones.

A word that is cut, joined or heard twice cannot pass for another.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

RATE = 16000
TONE = RATE // 20
WORD = 3 * TONE
GAP = RATE // 25
"""Samples of silence after a word."""
_BASE = 16
_LOWEST, _STEP = 400, 200
_WIDTH = 10
"""Hz from one line of the spectrum to the next."""
LOUD = 0.02


def say(number: int) -> NDArray[np.float32]:
    """Return a word, 0 to 4095, with the gap behind it; 0.19 s."""
    time = np.arange(TONE) / RATE
    tones = [0.3 * np.sin(2 * np.pi * (_LOWEST + _STEP * (number // _BASE ** at % _BASE)) * time)
             for at in range(3)]
    return np.concatenate([*tones, np.zeros(GAP)]).astype(np.float32)


def hear(samples: NDArray[np.float32]) -> str:
    """Return the words in a sound, with 'cut' for what is none."""
    return ' '.join(_word(samples[begin:end]) for begin, end in _sounds(samples))


def _sounds(samples: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Yield where each sound begins and ends: silence of half a gap parts them."""
    loud = np.flatnonzero(np.abs(samples) > LOUD)
    if not len(loud):
        return
    breaks = np.flatnonzero(np.diff(loud) > GAP // 2)
    begins = [loud[0], *loud[breaks + 1]]
    ends = [*loud[breaks], loud[-1]]
    for begin, end in zip(begins, ends, strict=True):
        yield int(begin), int(end) + 1


def _word(sound: NDArray[np.float32]) -> str:
    if abs(len(sound) - WORD) > 20:
        return 'cut'
    digits = []
    for at in range(3):
        tone = sound[at * TONE + TONE // 8:(at + 1) * TONE - TONE // 8]
        spectrum = np.abs(np.fft.rfft(tone, RATE // _WIDTH))
        digits.append(round((int(np.argmax(spectrum)) * _WIDTH - _LOWEST) / _STEP))
    return f'w{sum(digit * _BASE ** at for at, digit in enumerate(digits))}'
