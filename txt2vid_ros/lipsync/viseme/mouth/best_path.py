"""The line through a strip that gains most and bends least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_path(gain: NDArray[np.floating], bend: float) -> NDArray[np.int64]:
    """
    Return the row of each column that maximises the gain less the bends (Viterbi).

    `gain` has a row for each place across the strip. From one column to the next, a step of one
    row costs `bend`, one of n rows n * n times as much.
    """
    rows, columns = gain.shape
    steps = np.arange(rows)
    cost = bend * (steps[:, None] - steps[None]) ** 2
    best, back = gain[:, 0], np.zeros((columns, rows), np.int64)
    for column in range(1, columns):
        total = best[None] - cost
        back[column] = total.argmax(axis=1)
        best = total.max(axis=1) + gain[:, column]
    path = np.zeros(columns, np.int64)
    path[-1] = int(best.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = back[column, path[column]]
    return path
