"""What the C heap of this process does with large blocks that are freed."""

from __future__ import annotations

from collections.abc import Mapping
import ctypes
import os

TRIM_VARIABLE, MMAP_VARIABLE = 'MALLOC_TRIM_THRESHOLD_', 'MALLOC_MMAP_THRESHOLD_'
"""Who sets it has chosen what the heap keeps (mallopt(3))."""
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_BLOCK, _KEPT = 16 << 20, 64 << 20
"""Bytes: blocks up to this size come from the heap, and so much of it may be free at its end."""


def keep_large_blocks(environment: Mapping[str, str] = os.environ) -> bool:
    """
    Have blocks as large as pictures come from the heap; return whether that could be done.

    Else each of them is mapped anew, and each of its pages costs a fault when it is first written:
    0.45 ms for a picture of 640x480 on a virtual machine, several times a frame. For processes
    that handle pictures only; others give back more without it (docs/soak.md).
    """
    # glibc alone has it.
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is None or environment.get(TRIM_VARIABLE):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST_BLOCK) and mallopt(_TRIM_THRESHOLD, _KEPT))


def keeping_large_blocks(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return an environment for a process that is to do what keep_large_blocks() does."""
    if environment.get(TRIM_VARIABLE):
        return {**environment}
    return {**environment, MMAP_VARIABLE: str(_LARGEST_BLOCK), TRIM_VARIABLE: str(_KEPT)}
