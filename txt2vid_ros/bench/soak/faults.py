"""The faults of a soak test: a table of what is done to a running graph, and when it is back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import contextlib
import dataclasses
import functools
import os
import signal
import threading
import time

from txt2vid_ros.bench.rig.processes import named_processes
from txt2vid_ros.bench.rig.running_graph import RunningGraph
from txt2vid_ros.bench.soak.garbage import throw_garbage
from txt2vid_ros.bench.soak.link_end import LinkEnd
from txt2vid_ros.bench.soak.log import SoakLog
from txt2vid_ros.bench.soak.machine_faults import SmallDisk, SteppedClock
from txt2vid_ros.bench.soak.witness import Witness

STOPPED_SECONDS = 5.0
BACK_SECONDS = 30.0
"""Seconds after which a killed process counts as gone for good."""
SLOW_SECONDS, SLOW_STEP = 10.0, 0.05
"""For how long a model is slow, and the time of each step in which it runs or stands still."""


class NotInjectedError(Exception):
    """A fault cannot be made here; the text says why."""


@dataclasses.dataclass(frozen=True)
class Rig:
    """What a fault has to work with."""

    graph: RunningGraph
    witness: Witness
    log: SoakLog
    link: LinkEnd
    disk: SmallDisk
    clock: SteppedClock
    stop: threading.Event

    def pid(self, name: str) -> int:
        """Return the id of a process of the graph by name. Raises NotInjectedError."""
        pid = named_processes(self.graph.pid).get(name)
        if pid is None:
            raise NotInjectedError(f'there is no {name} in this graph')
        return pid


Fault = Callable[[Rig], Mapping[str, object]]
"""Makes a fault and returns when it is over, with what there is to tell of it."""


def kill(name: str, rig: Rig) -> Mapping[str, object]:
    """Kill a process and wait until its successor works."""
    pid = rig.pid(name)
    begun = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    while time.monotonic() - begun < BACK_SECONDS:
        back = _back(name, pid, begun, rig)
        if back:
            return {'back_s': round(back - begun, 3)}
        if rig.stop.wait(0.02):
            # Nobody knows when it would have been.
            return {}
    return {'back_s': None}


def _back(name: str, pid: int, begun: float, rig: Rig) -> float:
    """Return since when the successor of a process works, 0 where it does not yet."""
    if name.startswith('ffmpeg'):
        return time.monotonic() if named_processes(rig.graph.pid).get(name, pid) != pid else 0.0
    return rig.witness.back_at(name, pid, begun)


def pause(name: str, rig: Rig) -> Mapping[str, object]:
    """Stop a process for some seconds and have it go on."""
    pid = rig.pid(name)
    os.kill(pid, signal.SIGSTOP)
    try:
        rig.stop.wait(STOPPED_SECONDS)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return {'survived': named_processes(rig.graph.pid).get(name) == pid}


def slow(name: str, rig: Rig) -> Mapping[str, object]:
    """Have a process run half of the time only, so that its model takes twice as long."""
    pid = rig.pid(name)
    end = time.monotonic() + SLOW_SECONDS
    try:
        while time.monotonic() < end and not rig.stop.is_set():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(SLOW_STEP)
            os.kill(pid, signal.SIGCONT)
            time.sleep(SLOW_STEP)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return {}


def cut_link(rig: Rig) -> Mapping[str, object]:
    """Have no datagram of the link pass for some seconds."""
    rig.link.cut.set()
    rig.stop.wait(STOPPED_SECONDS)
    rig.link.cut.clear()
    return {}


def step_clock(seconds: float, rig: Rig) -> Mapping[str, object]:
    """Step the time of day of the graph, and after a while back."""
    if rig.clock.why_not:
        raise NotInjectedError(rig.clock.why_not)
    rig.clock.step(seconds)
    rig.stop.wait(SLOW_SECONDS)
    rig.clock.step(0.0)
    return {}


def fill_disk(rig: Rig) -> Mapping[str, object]:
    """Fill the disk that is recorded to, and after a while make room again."""
    if rig.disk.why_not:
        raise NotInjectedError(rig.disk.why_not)
    rig.disk.fill(rig.graph.pid)
    rig.stop.wait(SLOW_SECONDS)
    rig.disk.empty(rig.graph.pid)
    return {'recording': bool(named_processes(rig.graph.pid).get('ffmpeg recording'))}


def garbage(rig: Rig) -> Mapping[str, object]:
    """Publish garbage on every topic of the graph; tell which processes are new after it."""
    before = named_processes(rig.graph.pid)
    told = throw_garbage(rig.graph.namespace, rig.log)
    rig.stop.wait(1.0)
    after = named_processes(rig.graph.pid)
    return {**told, 'ended': sorted(name for name, pid in before.items()
                                    if after.get(name) != pid)}


NODES = ('tts', 'lipsync', 'stream', 'web', 'say', 'stt', 'responder', 'link')
FFMPEGS = ('ffmpeg encoder', 'ffmpeg mp4', 'ffmpeg recording')
FAULTS: Mapping[str, Fault] = {
    **{f'kill {name}': functools.partial(kill, name) for name in (*NODES, *FFMPEGS)},
    **{f'stop {name}': functools.partial(pause, name) for name in (*NODES, *FFMPEGS)},
    **{f'slow {name}': functools.partial(slow, name) for name in ('tts', 'lipsync')},
    'link cut': cut_link,
    'clock +1 s': functools.partial(step_clock, 1.0),
    'clock -1 s': functools.partial(step_clock, -1.0),
    'garbage': garbage,
    'disk full': fill_disk,
}
"""
Each fault by name, in the order of what is left out last where time is short.

The last one ends a recording for good.
"""


class FaultThread:
    """Makes faults one after another, at even distances."""

    def __init__(self, rig: Rig, faults: Mapping[str, Fault], first: float, last: float) -> None:
        """Make all faults from `first` to `last`, seconds since the beginning of the log."""
        self._rig = rig
        self._faults = faults
        self._first = first
        self._every = (last - first) / max(1, len(faults))
        self._thread = threading.Thread(target=self._run, name='faults', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Wait until the present fault is over."""
        self._thread.join(BACK_SECONDS + STOPPED_SECONDS)

    def _run(self) -> None:
        log = self._rig.log
        for number, (name, fault) in enumerate(self._faults.items()):
            due = self._first + number * self._every
            if self._rig.stop.wait(max(0.0, due - log.since_begin())):
                for left in list(self._faults)[number:]:
                    log.add('not_injected', name=left, why='the test ended before')
                return
            begun = log.since_begin()
            try:
                told = fault(self._rig)
            except Exception as error:
                # The test goes on for hours; what could not be done is told at its end.
                log.add('not_injected', name=name, why=str(error) or type(error).__name__)
                continue
            log.add('fault', name=name, t=round(begun, 3),
                    end=round(log.since_begin(), 3), **told)
