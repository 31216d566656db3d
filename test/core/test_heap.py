"""A process that handles pictures does not have each of them mapped anew."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

import pytest
from txt2vid_ros.core.process.heap import (
    keep_large_blocks,
    keeping_large_blocks,
    MMAP_VARIABLE,
    TRIM_VARIABLE,
)

PROGRAM = """
import resource, sys
import numpy as np
from txt2vid_ros.core.process.heap import keep_large_blocks
if sys.argv[1] == 'keep':
    assert keep_large_blocks()
for count in (4, 100):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(count):
        np.ones(1 << 20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(what: str) -> int:
    """Return how many pages were new in 100 blocks of a megabyte, in a process as a node is."""
    found = subprocess.run(
        [sys.executable, '-c', PROGRAM, what], check=True, capture_output=True, text=True,
        env={**os.environ, 'MALLOC_MMAP_THRESHOLD_': '131072', TRIM_VARIABLE: ''})
    return int(found.stdout)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), 'mallopt'), reason='not glibc')
def test_blocks_as_large_as_pictures_are_used_again() -> None:
    assert faults('leave') > 100 * 200
    assert faults('keep') < 100 * 20


def test_what_the_user_has_chosen_stays() -> None:
    chosen = {TRIM_VARIABLE: '131072', 'PATH': '/bin'}
    assert not keep_large_blocks(chosen)
    assert keeping_large_blocks(chosen) == chosen


def test_a_child_gets_the_same_by_its_environment() -> None:
    given = keeping_large_blocks({'PATH': '/bin', MMAP_VARIABLE: '131072'})
    assert given['PATH'] == '/bin'
    assert int(given[MMAP_VARIABLE]) > 1 << 20
    assert int(given[TRIM_VARIABLE]) > 1 << 20
