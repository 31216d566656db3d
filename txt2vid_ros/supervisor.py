"""Runs processes side by side: prefixes their output, restarts what crashes, leaves no orphan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses
import math
import os
import signal
import subprocess
import sys
import threading
import time
from typing import IO

from txt2vid_ros.core.errors import EXIT_USER_ERROR
from txt2vid_ros.core.process.child_process import how_it_ended, spawn
from txt2vid_ros.core.process.restart_policy import RestartPolicy
from txt2vid_ros.core.process.shared_memory import remove_abandoned

GRACE_SECONDS = 12.0
"""Seconds that children have after SIGTERM to finish recordings; SIGKILL follows."""
COLOURS = (36, 33, 35, 32, 34, 31)


@dataclasses.dataclass
class _Child:
    name: str
    command: Sequence[str]
    colour: int
    restarts: RestartPolicy
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    relay: threading.Thread | None = None


class Supervisor:
    """Starts commands, and keeps them running until stop() or until one cannot go on."""

    def __init__(self, commands: Mapping[str, Sequence[str]], environment: Mapping[str, str],
                 output: IO[str] | None = None, delays: Mapping[str, float] | None = None,
                 restarts: Callable[[], RestartPolicy] = RestartPolicy) -> None:
        """
        `commands` by name; the names are what lines of output are prefixed with.

        `delays` are the seconds by which some of them start later; `restarts` makes the policy of
        each.
        """
        self._delays = delays or {}
        self._output = output or sys.stdout
        self._environment = dict(environment)
        self._children = [_Child(name, command, COLOURS[at % len(COLOURS)], restarts())
                          for at, (name, command) in enumerate(commands.items())]
        self._width = max(8, *map(len, commands))
        self._stop = threading.Event()
        self._status = 0
        self._print_lock = threading.Lock()

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
            while not self._stop.wait(0.1):
                for child in self._children:
                    self._look_after(child)
                idle()
        finally:
            self._end_all()
        return self._status

    def say(self, line: str) -> None:
        """Print a line of the supervisor's own."""
        self._print('txt2vid', 0, line)

    def _start(self, child: _Child) -> None:
        child.process = spawn(child.command, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                              environment=self._environment, buffer_size=-1)
        child.started = time.monotonic()
        child.again_at = 0.0
        child.relay = threading.Thread(target=self._relay, args=(child, child.process.stdout),
                                       daemon=True, name=f'{child.name} output')
        child.relay.start()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.again_at:
                self._start(child)
            return
        status = child.process.poll()
        if status is None:
            return
        child.process = None
        if status == 0:
            # Somebody wanted that: closed its window, or shut it down through its lifecycle.
            child.again_at = math.inf
            self.say(f'{child.name} has ended; the others go on')
            if all(each.again_at == math.inf for each in self._children):
                self.stop()
            return
        delay = child.restarts.failed(now - child.started, status)
        if status == EXIT_USER_ERROR:
            self.stop(EXIT_USER_ERROR)
            return
        how = how_it_ended(status)
        if delay is None:
            self.say(f'{child.name} {how} for the {child.restarts.failures}th time in a row; '
                     'giving up. Its last lines above say why.')
            self.stop(1)
            return
        child.again_at = now + delay
        self.say(f'{child.name} {how}; starting it again in {delay:.1f} s')

    def _relay(self, child: _Child, stream: IO[bytes]) -> None:
        for line in stream:
            self._print(child.name, child.colour, line.decode('utf-8', 'replace').rstrip('\r\n'))

    def _print(self, name: str, colour: int, line: str) -> None:
        prefix = f'{name:>{self._width}} | '
        if self._output.isatty() and 'NO_COLOR' not in os.environ:
            prefix = f'\x1b[{colour}m{prefix}\x1b[0m'
        with self._print_lock:
            try:
                self._output.write(f'{prefix}{line}\n')
                self._output.flush()
            except (OSError, ValueError):
                # Nobody reads any more, or the disk is full: the graph goes on until it is told
                # to stop, and its output must still be drained, or its nodes would block.
                return

    def _end_all(self) -> None:
        deadline = time.monotonic()
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
            status = 0 if child.process is None else child.process.returncode or 0
            # A node that could go on after a failure reports it only now, by its status.
            if status > 0:
                self._status = self._status or status
            elif status not in (0, -signal.SIGTERM):
                killed = status == -signal.SIGKILL
                late = f', {GRACE_SECONDS:g} s after it was asked to end' if killed else ''
                self.say(f'{child.name} {how_it_ended(status)}{late}')
        # Of those that were killed.
        remove_abandoned()
