"""Curves by which things that move begin and end."""

from __future__ import annotations


def smooth(share: float) -> float:
    """Return 0 before 0, 1 after 1, and in between what begins and ends without a jerk."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)
