"""A synthetic room between a loudspeaker and a microphone, and what people do in it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE


class Room:
    """Turns what is played into what a microphone hears of it, block after block."""

    def __init__(self, delay: float = 0.02, reverberation: float = 0.3, direct_db: float = -6.0,
                 noise: float = 0.001, seed: int = 1) -> None:
        """
        Take a direct sound after `delay` seconds, and white reverberation that decays from there.

        `reverberation` is its RT60 in seconds, `direct_db` the direct sound's energy over that of
        the rest, `noise` the standard deviation of the microphone's noise. What is heard is as
        loud as what is played.
        """
        self._random = np.random.default_rng(seed)
        times = np.arange(int(reverberation * SPEECH_RATE)) / SPEECH_RATE
        tail = self._random.standard_normal(len(times)) * 10 ** (-3 * times / reverberation)
        tail *= np.sqrt(10 ** (-direct_db / 10) / np.square(tail).sum())
        tail[0] = 1.0
        response = np.concatenate([np.zeros(int(delay * SPEECH_RATE)), tail])
        self._response = response / np.sqrt(np.square(response).sum())
        self._noise = noise
        self._rest: NDArray[np.float64] = np.zeros(len(response) - 1)

    def hear(self, played: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is heard while a block (mono at SPEECH_RATE) is played."""
        size = 1 << (len(played) + len(self._response) - 2).bit_length()
        heard = np.fft.irfft(np.fft.rfft(played, size) * np.fft.rfft(self._response, size), size)
        heard = heard[:len(played) + len(self._response) - 1]
        heard[:len(self._rest)] += self._rest
        self._rest = heard[len(played):].copy()
        noise = self._noise * self._random.standard_normal(len(played))
        return np.asarray(heard[:len(played)] + noise, np.float32)


def cough(length: float = 0.2, seed: int = 0) -> NDArray[np.float32]:
    """Return a burst of breath through a throat, `length` in seconds: noise with formants."""
    count = int(length * SPEECH_RATE)
    times = np.arange(count) / SPEECH_RATE
    burst = np.random.default_rng(seed).standard_normal(count)
    burst *= np.exp(-4 * times / length) * np.minimum(1, times / 0.005)
    frequencies = np.fft.rfftfreq(count, 1 / SPEECH_RATE)
    throat = sum(gain / (1 + ((frequencies - centre) / width) ** 2)
                 for centre, width, gain in ((500, 150, 1), (1400, 250, 0.7), (2600, 400, 0.4)))
    return np.asarray(np.fft.irfft(np.fft.rfft(burst) * throat, count), np.float32)


def onset(sound: NDArray[np.float32]) -> int:
    """Return the first sample of the speech in a recording: the first 5 ms within 26 dB of it."""
    size = SPEECH_RATE // 200
    power = np.square(sound[:len(sound) // size * size].reshape(-1, size)).mean(axis=1)
    loud = np.percentile(power, 90)
    return int(np.flatnonzero(power > loud * 10 ** -2.6)[0]) * size


def speech_level(sound: NDArray[np.float32]) -> float:
    """Return the RMS amplitude of a recording where there is speech in it."""
    size = SPEECH_RATE // 50
    power = np.square(sound[:len(sound) // size * size].reshape(-1, size)).mean(axis=1)
    return float(np.sqrt(power[power > power.max() * 1e-3].mean()))
