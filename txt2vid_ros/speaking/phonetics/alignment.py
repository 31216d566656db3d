"""
The best times of a known sequence of sounds in speech: forced alignment by dynamic programming.

A segmental Viterbi search, as in M. Ostendorf et al., "From HMM's to segment models" (IEEE Trans.
Speech and Audio Processing 4(5), 1996): each unit takes a run of frames, whose score is how well
the frames fit the unit and how usual the length of the run is.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
_IMPOSSIBLE = -1e9


@dataclasses.dataclass(frozen=True)
class SoundUnit:
    """Something that is heard for a while."""

    column: int
    """Of the scores, which say how well each frame fits it."""
    length: float
    """Its usual length in frames."""
    spread: float
    """Of the logarithm of its length."""
    longest: int
    """Frames that it takes at most."""
    optional: bool = False
    """Whether it may be left out, as a pause between words."""


def align(units: Sequence[SoundUnit], scores: Scores, *, complete: bool = True
          ) -> list[tuple[int, int]]:
    """
    Return the frames, first and one past the last, of each unit; those of one left out are none.

    `scores`: (frames, columns), log likelihoods. Unless `complete`, the frames end somewhere
    within the units: those that come later are missing in the result, and the last may go on.
    """
    count = len(scores)
    summed = np.concatenate([np.zeros((1, scores.shape[1])), np.cumsum(scores, axis=0)])
    best: Scores = np.full(count + 1, _IMPOSSIBLE)
    best[0] = 0.0
    taken: list[NDArray[np.int64]] = []
    ends: list[tuple[float, int, int]] = []
    for at, unit in enumerate(units):
        if not complete:
            ends.append((*_unfinished(unit, best, summed[:, unit.column]), at))
        best, lengths = _extended(unit, best, summed[:, unit.column])
        taken.append(lengths)
    if complete or best[count] >= max((end[0] for end in ends), default=_IMPOSSIBLE):
        return _traced(taken, count)
    _, length, last = max(ends)
    return [*_traced(taken[:last], count - length), (count - length, count)]


def _extended(unit: SoundUnit, before: Scores, summed: Scores) -> tuple[Scores, NDArray[np.int64]]:
    """Return the best scores of all that ends with the unit at each frame, and its lengths."""
    most = min(unit.longest, len(before) - 1)
    lengths = np.arange(1, most + 1)
    unusual = 0.5 * (np.log(lengths / unit.length) / unit.spread) ** 2
    # What a run scores is what its end has summed up less what its beginning had.
    begun = np.concatenate([np.full(most, _IMPOSSIBLE), (before - summed)[:-1]])
    scores = np.lib.stride_tricks.sliding_window_view(begun, most)[:, ::-1] - unusual
    chosen = scores.argmax(axis=1)
    best: Scores = np.full(len(before), _IMPOSSIBLE)
    best[1:] = np.take_along_axis(scores, chosen[:, None], 1)[1:, 0] + summed[1:]
    taken = np.concatenate([[0], chosen[1:] + 1])
    if unit.optional:
        left_out = before >= best
        best = np.where(left_out, before, best)
        taken[left_out] = 0
    return best, taken


def _unfinished(unit: SoundUnit, before: Scores, summed: Scores) -> tuple[float, int]:
    """Return the best score of a path whose last frames are in the unit, and how many."""
    most = min(unit.longest, len(before) - 1)
    lengths = np.arange(0 if unit.optional else 1, most + 1)
    if not len(lengths):
        return _IMPOSSIBLE, 0
    # A unit that is not over is only unusual once it is longer than usual.
    late = np.maximum(0.0, np.log(np.maximum(lengths, 1) / unit.length) / unit.spread)
    score = before[len(before) - 1 - lengths] + summed[-1] - summed[len(summed) - 1 - lengths]
    score = score - 0.5 * late ** 2
    found = int(np.argmax(score))
    return float(score[found]), int(lengths[found])


def _traced(taken: Sequence[NDArray[np.int64]], end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for lengths in reversed(taken):
        begin = end - int(lengths[end])
        spans.append((begin, end))
        end = begin
    return spans[::-1]
