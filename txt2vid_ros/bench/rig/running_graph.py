"""A graph to be measured: real processes on a free port and a ROS domain of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
import json
import os
from pathlib import Path
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Any
import urllib.error
import urllib.request

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.child_process import spawn
from txt2vid_ros.core.process.memory import resident_bytes

START_TIMEOUT = 60.0
"""Seconds within which the first picture has to be in the stream."""
LOG_PART = 1 << 20
"""Bytes of what was printed that are read at a time."""


def free_port() -> int:
    """Return a TCP port of this machine that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return int(probe.getsockname()[1])


def join_own_domain() -> None:
    """Have this process, and those that it starts, be in one domain, on this machine only."""
    os.environ['ROS_DOMAIN_ID'] = str(random.randrange(30, 100))
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'


class RunningGraph:
    """`txt2vid live` as a child process; use as a context manager."""

    def __init__(self, *options: str, within: Sequence[str] = (),
                 environment: Mapping[str, str] | None = None, namespace: str = '') -> None:
        """
        Take further options of `txt2vid live`.

        `within` is a command that becomes the one whose words follow it; `environment` is what is
        set besides. One with a `namespace` of its own is in the domain that join_own_domain()
        has chosen; without, it has a domain of its own.
        """
        self.port = free_port()
        self.namespace = namespace or f'/bench_{os.getpid()}'
        self._shares_domain = bool(namespace)
        self._options = options
        self._within = within
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._log = tempfile.TemporaryFile()
        self.first_picture = 0.0
        """Seconds from the start to the first picture in the stream."""

    @property
    def url(self) -> str:
        """Return the stream's address, without a path."""
        return f'http://127.0.0.1:{self.port}'

    @property
    def pid(self) -> int:
        """Return the process id of `txt2vid live`."""
        assert self._process
        return self._process.pid

    @property
    def running(self) -> bool:
        """Return whether it has not ended."""
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> RunningGraph:
        """Start it and wait until the stream shows pictures. Raises UserError."""
        if not self._shares_domain:
            join_own_domain()
        with contextlib.ExitStack() as unless_shown:
            unless_shown.callback(self.close)
            self._start()
            unless_shown.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End it."""
        self.close()

    def status(self) -> dict[str, Any]:
        """Return /status.json."""
        with urllib.request.urlopen(f'{self.url}/status.json', timeout=5) as answer:
            content: dict[str, Any] = json.load(answer)
        return content

    def log(self) -> str:
        """Return what it has printed."""
        # The children write at the offset that they share with this file: it must not move.
        said = bytearray()
        while part := os.pread(self._log.fileno(), LOG_PART, len(said)):
            said += part
        return said.decode('utf-8', 'replace')

    def close(self) -> None:
        """Interrupt it as Ctrl-C does and wait for its end."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _start(self) -> None:
        begun = time.monotonic()
        self._process = spawn(
            [*self._within, sys.executable, '-m', 'txt2vid_ros.cli.main', 'live', '--http',
             f'127.0.0.1:{self.port}', '--namespace', self.namespace, *self._options],
            environment={**os.environ, **self._environment}, stdin=subprocess.DEVNULL,
            stdout=self._log.fileno(), stderr=subprocess.STDOUT)
        while self.running and time.monotonic() - begun < START_TIMEOUT:
            if self._has_picture():
                self.first_picture = time.monotonic() - begun
                return
            time.sleep(0.05)
        raise UserError('the graph did not start', f'It said: {self.log()[-2000:]}')

    def _has_picture(self) -> bool:
        try:
            return bool(self.status()['on_time'] > 0)
        except (urllib.error.URLError, OSError, ValueError):
            return False


def descendants(pid: int) -> list[int]:
    """Return the ids of a process and of all its descendants."""
    parents: dict[int, int] = {}
    for entry in Path('/proc').iterdir():
        if entry.name.isdecimal():
            try:
                # Fields are counted after the name, which is in brackets and may have spaces.
                fields = (entry / 'stat').read_text().rpartition(')')[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def node_process(pid: int, node: str) -> int:
    """Return the id of a node's process among the descendants of `pid`. Raises UserError."""
    for each in descendants(pid):
        # It may have ended since.
        with contextlib.suppress(OSError):
            if f'txt2vid_ros.nodes.{node}'.encode() in Path(f'/proc/{each}/cmdline').read_bytes():
                return each
    raise UserError(f'there is no {node} node', 'See its output.')


def usage(pids: list[int]) -> tuple[float, float]:
    """Return the processor seconds that processes have used, and their resident MB."""
    seconds = 0.0
    for pid in pids:
        try:
            fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
        except OSError:
            continue
        seconds += (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')
    return seconds, sum(map(resident_bytes, pids)) / 1e6
