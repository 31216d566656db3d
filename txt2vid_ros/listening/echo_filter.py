"""
An adaptive filter that learns the way from the loudspeaker to the microphone.

The partitioned-block frequency-domain Kalman filter: Enzner and Vary, "Frequency-domain adaptive
Kalman filter for acoustic echo control in hands-free telephones", Signal Processing 86(6), 2006;
partitioned as by Kuech, Mabande and Enzner, "State-space architecture of the
partitioned-block-based acoustic echo controller", ICASSP 2014. Its step size follows from how sure
it is of each bin, so a person who speaks meanwhile neither stops it nor leads it astray.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TRANSITION = 0.9998
"""How much of the room is as it was a block before; the rest may have changed."""
UNSURE = 1.0
"""Variance of the room's response before anything is known of it."""
NOISE_SMOOTHING = 0.8
"""Of the power that the microphone hears besides the echo, from block to block."""
_LEAST = 1e-9


class EchoFilter:
    """Subtracts from each block of a microphone what it hears of a loudspeaker."""

    def __init__(self, block: int, partitions: int) -> None:
        """Take blocks of `block` samples; model an echo of `partitions` blocks."""
        self._block = block
        self._partitions = partitions
        self.reset()

    def reset(self) -> None:
        """Forget the room."""
        shape = self._partitions, self._block + 1
        self._response: NDArray[np.complex128] = np.zeros(shape, np.complex128)
        self._played: NDArray[np.complex128] = np.zeros(shape, np.complex128)
        self._variance: NDArray[np.float64] = np.full(shape, UNSURE)
        self._noise: NDArray[np.float64] = np.full(self._block + 1, 1e-3)
        self._before: NDArray[np.float64] = np.zeros(self._block)

    def process(self, played: NDArray[np.float32], heard: NDArray[np.float32]
                ) -> NDArray[np.float32]:
        """Take a block of both in -1..1; return what was heard less the echo of what is played."""
        size = self._block
        self._played = np.roll(self._played, 1, axis=0)
        self._played[0] = np.fft.rfft(np.concatenate([self._before, played]))
        self._before = played.astype(np.float64)
        echo = np.fft.irfft((self._response * self._played).sum(axis=0))[size:]
        rest = heard - echo
        self._adapt(np.fft.rfft(np.concatenate([np.zeros(size), rest])))
        return np.asarray(rest, np.float32)

    def _adapt(self, error: NDArray[np.complex128]) -> None:
        power = np.abs(self._played) ** 2
        self._noise = (NOISE_SMOOTHING * self._noise
                       + (1 - NOISE_SMOOTHING) * np.abs(error) ** 2)
        # Half of each frame of two blocks is the block before, which the error does not cover.
        gain = self._variance / ((power * self._variance).sum(axis=0) + 2 * self._noise + _LEAST)
        change = np.fft.irfft(gain * self._played.conj() * error, axis=1)
        change[:, self._block:] = 0
        self._response += np.fft.rfft(change, axis=1)
        self._variance = np.maximum(
            TRANSITION ** 2 * (1 - 0.5 * gain * power) * self._variance
            + (1 - TRANSITION ** 2) * np.abs(self._response) ** 2, _LEAST)
