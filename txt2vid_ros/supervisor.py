"""Runs processes side by side: prefixes their output, restarts what crashes, leaves no orphan."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
import contextlib
import dataclasses
import math
import signal
import subprocess
import sys
import threading
import time
from typing import IO

from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.core.process.child_process import how_it_ended, spawn
from txt2vid_ros.core.process.forking.forked_processes import (
    ForkedProcess,
    ForkServer,
    reap_strangers,
)
from txt2vid_ros.core.process.prefixed_output import PrefixedOutput
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.core.process.shared_memory import remove_abandoned
from txt2vid_ros.core.process.stop_watch import StopWatch

GRACE_SECONDS = 12.0
"""Seconds that children have after SIGTERM to finish recordings; SIGKILL follows."""
LOOK_SECONDS = 0.05
"""Seconds from one look at the children to the next."""
KILLED_SECONDS = 1.0
"""Seconds within which who gets SIGKILL has usually ended; else its end is seen later."""
READ_SECONDS = 0.2
"""Seconds in which the last lines of who has ended are read."""
HOLD_SECONDS = 3.0
"""Seconds that a node may take to end after it has said why it cannot work."""
COLOURS = (36, 33, 35, 32, 34, 31)


@dataclasses.dataclass
class _Child:
    name: str
    command: Sequence[str]
    colour: int
    restarts: RestartPolicy
    replaced: bool = False
    """Whether it is where a signal has stopped it."""
    watch: StopWatch | None = None
    process: subprocess.Popen[bytes] | ForkedProcess | None = None
    started: float = 0.0
    again_at: float = 0.0
    relay: threading.Thread | None = None


class Supervisor:
    """Starts commands, and keeps them running until stop() or until one cannot go on."""

    def __init__(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str],
                 output: IO[str] | None = None, delays: Mapping[str, float] | None = None,
                 restarts: Callable[[], RestartPolicy] = RestartPolicy, fork: bool = False,
                 replaced_when_stopped: Collection[str] = ()) -> None:
        """
        `commands` by name; the names are what lines of output are prefixed with.

        `delays` are the seconds by which some of them start later; `restarts` makes the policy of
        each. With `fork`, those that run a module by this Python are forked from a process that
        has imported what they need (docs/performance.md); this process then takes the status of
        every child that it has. Those in `replaced_when_stopped` are killed and started again
        where a signal stops them, unless a debugger has them.
        """
        self._delays = delays or {}
        self._environment = dict(environment)
        self._children = [_Child(name, command, COLOURS[at % len(COLOURS)], restarts(),
                                 name in replaced_when_stopped)
                          for at, (name, command) in enumerate(commands.items())]
        self._lines = PrefixedOutput(output or sys.stdout, max(8, *map(len, commands)))
        self._stop = threading.Event()
        self._fork = fork
        self._server: ForkServer | None = None
        self._status = 0

    def stop(self, status: int = 0) -> None:
        """Have run() end everything and return `status`; may be called from a signal handler."""
        self._status = self._status or status
        self._stop.set()

    def run(self, idle: Callable[[], None] = lambda: None) -> int:
        """Run until stop() or a permanent failure; return the exit status. `idle` runs often."""
        try:
            begun = time.monotonic()
            for child in self._children:
                child.again_at = begun + self._delays.get(child.name, 0.0)
                self._look_after(child)
            while not self._stop.wait(LOOK_SECONDS):
                for child in self._children:
                    self._look_after(child)
                self._reap()
                self._lines.release(older=HOLD_SECONDS)
                idle()
        finally:
            self._end_all()
            self._lines.release()
        return self._status

    def say(self, line: str) -> None:
        """Print a line of the supervisor's own."""
        self._lines.print('txt2vid', 0, line)

    def _start(self, child: _Child, plainly: bool = False) -> None:
        process = None if plainly else self._forked(child)
        child.process = process or spawn(
            child.command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            environment=self._environment, buffer_size=-1)
        child.watch = None
        child.started = time.monotonic()
        child.again_at = 0.0
        child.relay = self._lines.relay(child.name, child.colour, child.process.stdout)

    def _forked(self, child: _Child) -> ForkedProcess | None:
        """Return a process that is being forked; None where it has to be started plainly."""
        if not self._fork or not ForkServer.can_run(child.command):
            return None
        try:
            if self._server is not None and not self._server.alive:
                self._server.close()
                self._server = None
            if self._server is None:
                self._server = ForkServer(
                    [each.command for each in self._children], self._environment)
                self._lines.relay('txt2vid', 0, self._server.process.stdout)
            return self._server.start(child.command)
        except OSError as error:
            self._fork = False
            self.say(f'processes cannot be forked ({error}): each imports what it needs')
            return None

    def _reap(self) -> None:
        """Take the status of what a process that was killed has left."""
        processes = [child.process for child in self._children if child.process is not None]
        if self._server is None or not all(process.pid for process in processes):
            return
        reap_strangers({self._server.process.pid, *(process.pid for process in processes)})

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.again_at:
                self._start(child)
            return
        status = child.process.poll()
        if status is None and child.replaced and self._is_stopped(child):
            self.say(f'{child.name} was stopped by a signal; it is replaced')
            child.process.send_signal(signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = child.process.wait(KILLED_SECONDS)
        if status is None:
            if not child.process.pid and self._server is not None and self._server.stopped:
                self._server.close()
            return
        unborn, child.process = _is_unborn(child.process), None
        if unborn:
            # The server was killed. Its successor would first have to import everything.
            self._start(child, plainly=True)
            return
        if status == 0:
            # Somebody wanted that: closed its window, or shut it down through its lifecycle.
            child.again_at = math.inf
            self.say(f'{child.name} has ended; the others go on')
            if all(each.again_at == math.inf for each in self._children):
                self.stop()
            return
        delay = child.restarts.failed(now - child.started, status)
        if status == EXIT_USER_ERROR:
            # Why is said last of all.
            self.stop(EXIT_USER_ERROR)
            return
        if child.relay is not None:
            child.relay.join(READ_SECONDS)
        self._lines.release(child.name)
        how = how_it_ended(status)
        if delay is None:
            self.say(f'{child.name} {how} for the {child.restarts.failures}th time in a row; '
                     'giving up. Its last lines above say why.')
            self.stop(1)
            return
        self.say(f'{child.name} {how}; starting it again{f" in {delay:.1f} s" if delay else ""}')
        child.again_at = now + delay
        if not delay:
            self._start(child)

    def _is_stopped(self, child: _Child) -> bool:
        """Return whether a signal, not a debugger, has stopped a process for a while."""
        if child.process is None or not child.process.pid:
            return False
        child.watch = child.watch or StopWatch.of(child.process.pid)
        return child.watch.stopped()

    def _end_all(self) -> None:
        deadline = time.monotonic()
        if self._server is not None:
            self._server.close()
        # SIGTERM rather than SIGINT: one that is still importing then ends without a traceback.
        for stop in (signal.SIGTERM, signal.SIGKILL):
            living = [child.process for child in self._children
                      if child.process is not None and child.process.poll() is None]
            for process in living:
                process.send_signal(stop)
            deadline += GRACE_SECONDS
            for process in living:
                try:
                    process.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    continue
        for child in self._children:
            if child.relay is not None:
                child.relay.join(1.0)
            status = 0
            if child.process is not None and not _is_unborn(child.process):
                status = child.process.returncode or 0
            # A node that could go on after a failure reports it only now, by its status.
            if status > 0:
                self._status = self._status or status
            elif status not in (0, -signal.SIGTERM):
                killed = status == -signal.SIGKILL
                late = f', {GRACE_SECONDS:g} s after it was asked to end' if killed else ''
                self.say(f'{child.name} {how_it_ended(status)}{late}')
        # Of those that were killed.
        remove_abandoned()


def _is_unborn(process: subprocess.Popen[bytes] | ForkedProcess) -> bool:
    return isinstance(process, ForkedProcess) and process.unborn
