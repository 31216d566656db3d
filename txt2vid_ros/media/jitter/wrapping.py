"""Counters of a few bits, such as RTP timestamps and presentation times, that wrap round."""

from __future__ import annotations


def nearest(count: int, reference: int, bits: int) -> int:
    """Return the number that `count` is the last `bits` bits of, and that `reference` is near."""
    half = 1 << (bits - 1)
    return reference + (count - reference + half) % (2 * half) - half
