"""How fast something grows, whatever steps and outliers it has."""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

CONFIDENCE_95 = 1.96
"""Standard deviations of a normal distribution that hold 95 in 100."""
MOST_POINTS = 300
"""More are thinned by medians of neighbours: all pairs are compared."""


@dataclasses.dataclass(frozen=True)
class Slope:
    """A slope, and the interval in which it lies with a confidence of 95 %."""

    value: float
    low: float
    high: float


def theil_sen(times: Sequence[float], values: Sequence[float]) -> Slope:
    """
    Return the median of the slopes of all pairs of points (Theil 1950, Sen 1968), values a time.

    Up to 29 % of the points may lie anywhere. The interval is Sen's, by Kendall's tau without
    ties; it holds for points whose deviations are independent, so for steps of an allocator it is
    too narrow. NaN where there are fewer than two times.
    """
    at, what = _thinned(np.asarray(times, float), np.asarray(values, float))
    first, last = np.triu_indices(len(at), 1)
    apart = at[last] - at[first]
    slopes = np.sort((what[last] - what[first])[apart > 0] / apart[apart > 0])
    if not len(slopes):
        return Slope(math.nan, math.nan, math.nan)
    count = len(at)
    spread = CONFIDENCE_95 * math.sqrt(count * (count - 1) * (2 * count + 5) / 18)
    low = round((len(slopes) - spread) / 2) - 1
    high = round((len(slopes) + spread) / 2)
    return Slope(float(np.median(slopes)), float(slopes[max(low, 0)]),
                 float(slopes[min(high, len(slopes) - 1)]))


def _thinned(times: NDArray[np.float64], values: NDArray[np.float64]
             ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    size = math.ceil(len(times) / MOST_POINTS)
    if size < 2:
        return times, values
    whole = len(times) // size * size
    return (np.median(times[:whole].reshape(-1, size), axis=1),
            np.median(values[:whole].reshape(-1, size), axis=1))
