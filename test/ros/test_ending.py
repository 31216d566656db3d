"""A process ends soon after a signal, whatever its nodes are doing, and says what hangs."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

NODE = """
import os, signal, sys, threading, time
sys.path.insert(0, {folder!r})
from bare_node import Parameters
from txt2vid_ros.ros import running
from txt2vid_ros.ros.node import ManagedNode

class Lost:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(1000):       # the handler runs, and what it raises goes nowhere
            pass

class EndingNode(ManagedNode):
    NAME = 'ending'
    Parameters = Parameters

    def configure(self):
        if {how!r} == 'lost':
            Lost()
            print('configured')

    def start(self):
        if {how!r} == 'lost':
            print('started')
        self.work('stuck', self.stuck_in_its_work)
        if {how!r} != 'lost':
            os.kill(os.getpid(), signal.SIGTERM)

    def stuck_in_its_work(self, stop):
        if {how!r} == 'hangs':
            time.sleep(60)
        stop.wait()

running.LATEST_END = 1.0
running.end_process(running.run(EndingNode))
"""


def ended(how: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, '-c', NODE.format(folder=str(Path(__file__).parent), how=how)],
        capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.usefixtures('ros_domain')
def test_one_that_hangs_ends_all_the_same_and_shows_where() -> None:
    done = ended('hangs')
    assert done.returncode == 1
    assert 'in stuck_in_its_work' in done.stderr and 'in halt' in done.stderr


@pytest.mark.usefixtures('ros_domain')
def test_a_signal_whose_exception_is_lost_ends_it_too() -> None:
    done = ended('lost')
    assert done.returncode == 0, done.stderr
    assert 'KeyboardInterrupt' in done.stderr       # it was lost
    assert 'configured' in done.stdout and 'started' not in done.stdout


@pytest.mark.usefixtures('ros_domain')
def test_one_that_does_not_hang_is_as_it_was() -> None:
    done = ended('well')
    assert done.returncode == 0 and not done.stderr, done.stderr
