"""What a process of this machine does: whether it runs, waits for a processor, or sleeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

TICK = 1 / os.sysconf('SC_CLK_TCK')


class Activity(NamedTuple):
    """The states of all threads of a process, and what they have run so far (proc(5))."""

    states: frozenset[str]
    """A letter each: R runs or waits for a processor, D waits for a disk, S sleeps, T is stopped;
    empty where there is no such process."""
    seconds: float
    """Processor time."""

    @property
    def stopped(self) -> bool:
        """Return whether a signal has stopped all threads."""
        return bool(self.states) and self.states <= {'T', 't'}

    @property
    def wants_to_run(self) -> bool:
        """Return whether a thread runs, or would if the machine let it."""
        return bool(self.states & {'R', 'D'})


def activity(pid: int) -> Activity:
    """Return what a process does now."""
    states: set[str] = set()
    seconds = 0.0
    try:
        threads = list(Path(f'/proc/{pid}/task').iterdir())
    except OSError:
        threads = []
    for thread in threads:
        try:
            # The name, in parentheses, may hold anything.
            fields = (thread / 'stat').read_text('ascii', 'replace').rpartition(')')[2].split()
        except OSError:
            continue    # it has just ended
        states.add(fields[0])
        seconds += _run_time(thread, fields)
    return Activity(frozenset(states), seconds)


def main_state(pid: int) -> str:
    """Return the state of the first thread of a process, in one look; '' where there is none."""
    try:
        stat = Path(f'/proc/{pid}/stat').read_text('ascii', 'replace')
    except OSError:
        return ''
    return stat.rpartition(')')[2].split()[0]


def _run_time(thread: Path, fields: list[str]) -> float:
    """Return the processor time of a thread in seconds, to the nanosecond where the kernel can."""
    try:
        return int((thread / 'schedstat').read_text('ascii').split()[0]) / 1e9
    except (OSError, IndexError):   # a kernel without CONFIG_SCHED_INFO; a thread that has ended
        return (int(fields[11]) + int(fields[12])) * TICK
