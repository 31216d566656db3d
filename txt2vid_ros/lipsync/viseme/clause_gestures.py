"""What head and brows do with a clause: a nod at its end, brows that rise with a question."""

from __future__ import annotations

from collections.abc import Sequence
import random

from txt2vid_ros.core.mouth import ClauseSpan
from txt2vid_ros.lipsync.viseme.easing import smooth

AFTER = 1.2
"""Seconds after a clause for which it moves anything."""

_NODS = 0.7  # share of clauses that end with one
_NOD = (0.22, 0.45)  # seconds down, and up again
_NOD_BEFORE = 0.08  # seconds before the end of a clause at which it begins
_SHORT = 0.5  # seconds; shorter clauses have none
_RISE, _HOLD, _FALL = 0.45, 0.4, 0.6  # seconds; held after the end, to wait for an answer


def nod(time: float, clauses: Sequence[ClauseSpan], seed: int) -> float:
    """Return how far the head is down at the end of a clause, 0 to 1."""
    return max((_nodded(time, clause, seed) for clause in clauses), default=0.0)


def _nodded(time: float, clause: ClauseSpan, seed: int) -> float:
    down, up = _NOD
    since = time - (clause.end - _NOD_BEFORE)
    if not 0 < since < down + up or clause.end - clause.begin < _SHORT:
        return 0.0
    rng = random.Random(f'{seed} nod {round(clause.begin * 1000)}')
    if clause.asked or rng.random() > _NODS:
        return 0.0
    return rng.uniform(0.5, 1.0) * (smooth(since / down) - smooth((since - down) / up))


def asking(time: float, clauses: Sequence[ClauseSpan]) -> float:
    """Return how far a question has the brows up, 0 to 1."""
    return max((smooth((time - clause.begin) / _RISE)
                * (1 - smooth((time - clause.end - _HOLD) / _FALL))
                for clause in clauses if clause.asked), default=0.0)
