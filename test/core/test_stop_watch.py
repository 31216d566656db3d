"""Who is stopped by a signal is told from who is slow, asleep, or looked at with a debugger."""

from __future__ import annotations

from itertools import repeat

import pytest
from txt2vid_ros.core.process.activity import Activity
from txt2vid_ros.core.process.stop_watch import StopWatch


def seen_after(states: str, ran: float, look: float) -> float:
    """Return after how many seconds, at most 10, a process counts as stopped."""
    now, done = 0.0, 0.0
    watch = StopWatch(lambda: Activity(frozenset(states), done), lambda: now)
    for step in repeat(look, int(10 / look)):
        now, done = now + step, done + ran * step
        if watch.stopped():
            return now
    return 10.0


@pytest.mark.parametrize(('states', 'ran', 'look', 'least', 'most'), [
    ('T', 0.0, 0.05, 0.15, 0.25), ('T', 0.0, 0.1, 0.15, 0.4),
    ('T', 0.1, 0.05, 10.0, 10.0), ('T', 0.1, 0.1, 10.0, 10.0),    # it is let go on in turn
    ('t', 0.0, 0.1, 10.0, 10.0),    # a debugger has it
    ('T', 0.0, 1.0, 10.0, 10.0),    # who looks was stopped with it, or has no processor
    ('TS', 0.0, 0.1, 10.0, 10.0), ('S', 0.0, 0.1, 10.0, 10.0), ('', 0.0, 0.1, 10.0, 10.0)])
def test_only_a_stop_by_a_signal_counts(states: str, ran: float, look: float, least: float,
                                        most: float) -> None:
    assert least <= seen_after(states, ran, look) <= most
