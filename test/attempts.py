"""
Attempts that a busy machine has spoiled, so that they are made again.

Each that is discarded is told in pytest's summary, also where the test passes in the end.
"""

from __future__ import annotations

import warnings


class DiscardedAttemptWarning(UserWarning):
    """An attempt did not count."""


def discarded(attempt: int, most: int, why: str) -> None:
    """Tell that an attempt, counted from 0, of at most so many does not count."""
    if attempt + 1 < most:
        warnings.warn(f'attempt {attempt + 1} of {most} is discarded: {why}',
                      DiscardedAttemptWarning, stacklevel=2)
