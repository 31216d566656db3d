"""A process whose native code never returns ends at its deadline, with the status it had."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from txt2vid_ros.core.process.exit_deadline import exit_after

# A call through PyDLL keeps the interpreter's lock: no other thread, no handler in Python runs.
HANGS = """
import ctypes
from txt2vid_ros.core.process.exit_deadline import exit_after
with exit_after(0.3, {status}):
    ctypes.PyDLL(None).sleep(60)
"""


@pytest.mark.parametrize('status', [0, 3])
def test_native_code_that_hangs_ends_with_the_status(status: int) -> None:
    done = subprocess.run([sys.executable, '-c', HANGS.format(status=status)], timeout=50,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (status, '')


def test_a_block_that_is_left_in_time_ends_nothing() -> None:
    with exit_after(0.05, 9):
        pass
    time.sleep(0.1)     # past the deadline: this process still runs
