"""Where speech begins and ends within a piece of sound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 0.003
"""About -50 dB below full scale: under it a voice is not heard."""
MARGIN = 0.03
"""Seconds kept on either side, so that a soft onset is not bitten off."""


def audible_range(samples: NDArray[np.float32], rate: int) -> tuple[int, int] | None:
    """Return the (first, last+1) sample to keep, or None where all of it is silence.

    `samples` are mono float32 in -1..1 at `rate` Hz.
    """
    block = max(1, rate // 200)
    usable = len(samples) // block * block
    peaks = np.abs(samples[:usable].reshape(-1, block)).max(axis=1)
    loud = np.flatnonzero(peaks > THRESHOLD)
    if len(loud) == 0:
        return None
    margin = int(MARGIN * rate)
    return max(0, int(loud[0]) * block - margin), min(
        len(samples), (int(loud[-1]) + 1) * block + margin)
