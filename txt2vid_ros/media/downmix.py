"""Several channels become one, without what is heard on them cancelling out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_SECONDS = 0.02
"""Seconds after which is decided anew."""
MEMORY_SECONDS = 0.3
"""Time constant of the powers that are compared."""
FADE_SECONDS = 0.06
"""Seconds from one mixture to another."""
QUIET_POWER = 1e-7
"""Mean square of a block, -70 dB of full scale, below which nothing is learned from it."""
_ACTIVE, _INACTIVE = 0.05, 0.025
"""Share of the loudest channel's power from which on a channel belongs to the mixture, and below
which it no longer does."""
_CANCELLED, _RESTORED = 0.25, 0.4
"""Share of the power of channels that have nothing in common, below which they cancel in their
mean, and above which they no longer do."""
_LOUDER = 2.0
"""How much more power another channel has to have to be taken for the loudest."""

Samples = NDArray[np.float32]


class Downmixer:
    """
    Mixes blocks of a stream: the mean of the channels that have sound, where it is heard.

    Where they cancel, as stereo in antiphase does, it is the loudest of them. A channel without
    sound, as that of a microphone on one side, does not make the others softer. Decisions last,
    and are faded into.
    """

    def __init__(self, rate: int) -> None:
        """Take blocks at `rate` Hz."""
        self._block = max(1, round(BLOCK_SECONDS * rate))
        self._rate = rate
        self._powers: NDArray[np.float64] | None = None
        self._mean_power = 0.0
        self._active: NDArray[np.bool_] = np.zeros(0, bool)
        self._cancels = False
        self._loudest = 0
        self._wanted: Samples = np.zeros(0, np.float32)
        self._weights: Samples = np.zeros(0, np.float32)

    def process(self, block: Samples) -> Samples:
        """Take (n,) or (n, channels) samples; return (n,). The first ones are looked at whole."""
        if block.ndim == 1:
            return block
        channels = block.shape[1]
        if channels == 1 or not len(block):
            return block.reshape(-1) if channels == 1 else np.zeros(0, np.float32)
        if self._powers is None or len(self._powers) != channels:
            self._powers = np.zeros(channels)
            self._active = np.ones(channels, bool)
            self._wanted = np.full(channels, 1 / channels, np.float32)
            self._decide(block)
            self._weights = self._wanted
            if not self._powers.any():
                # Silence says nothing: what comes next is looked at whole, too.
                self._powers = None
        return np.concatenate([self._mixed(block[at:at + self._block])
                               for at in range(0, len(block), self._block)])

    def _mixed(self, block: Samples) -> Samples:
        if self._powers is not None:
            self._decide(block)
        if np.array_equal(self._weights, self._wanted):
            return np.asarray(block @ self._weights, np.float32)
        most = 1 / (FADE_SECONDS * self._rate)
        ramp = np.arange(1, len(block) + 1, dtype=np.float32)[:, None] * np.float32(most)
        change = self._wanted - self._weights
        weights = self._weights + np.clip(change, -ramp, ramp)
        self._weights = weights[-1]
        return np.asarray((block * weights).sum(axis=1), np.float32)

    def _decide(self, block: Samples) -> None:
        """Learn from a block, and choose the weights that are faded to."""
        assert self._powers is not None
        powers = np.square(block, dtype=np.float64).mean(axis=0)
        if powers.max() < QUIET_POWER:
            return
        share = np.exp(-len(block) / (MEMORY_SECONDS * self._rate))
        self._powers = share * self._powers + (1 - share) * powers
        if self._powers[self._loudest] * _LOUDER < self._powers.max():
            self._loudest = int(np.argmax(self._powers))
        limits = np.where(self._active, _INACTIVE, _ACTIVE) * self._powers.max()
        active = self._powers > limits
        mean = float(np.square(block[:, active].mean(axis=1, dtype=np.float64)).mean())
        if (active != self._active).any():
            # The mean of other channels: what was learned of it no longer counts.
            self._active, self._mean_power = active, mean * self._powers.max() / powers.max()
        else:
            self._mean_power = share * self._mean_power + (1 - share) * mean
        count = int(active.sum())
        apart = self._powers[active].sum() / count ** 2
        self._cancels = self._mean_power < apart * (_RESTORED if self._cancels else _CANCELLED)
        self._wanted = np.zeros(len(powers), np.float32)
        if self._cancels:
            self._wanted[self._loudest] = 1
        else:
            self._wanted[active] = 1 / count
