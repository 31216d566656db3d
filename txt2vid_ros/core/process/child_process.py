"""Child processes that neither stall nor outlive the process that started them."""

from __future__ import annotations

import collections
from collections.abc import Collection, Mapping, Sequence
import contextlib
import dataclasses
import errno
import functools
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from typing import IO

log = logging.getLogger(__name__)

SHELL = '/bin/sh'
# Checked once the signal is set: a parent that ended before that has sent no signal. A limit that
# cannot be set, because a stricter one holds, is no matter.
_BECOME = """
parent=$1 memory=$2 file=$3; shift 3
[ "$memory" = unlimited ] || ulimit -v $((memory / 1024)) 2> /dev/null
[ "$file" = unlimited ] || ulimit -f $((file / 512)) 2> /dev/null
[ "$PPID" = "$parent" ] && exec "$@"
"""
_SET_DEATH_SIGNAL = """
import ctypes, os, resource, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
parent, memory, file, *command = sys.argv[1:]
for kind, most in (resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file):
    if most != 'unlimited':
        try:
            resource.setrlimit(kind, (int(most), int(most)))
        except ValueError:
            pass
if os.getppid() == int(parent):
    os.execv(command[0], command)
"""


@dataclasses.dataclass(frozen=True)
class ResourceLimits:
    """What a child may use (setrlimit(2)); None is as much as its parent."""

    memory_bytes: int | None = None
    """Of address space."""
    file_bytes: int | None = None
    """Of the largest file that it writes; with 0 it writes to pipes and sockets alone."""

    def words(self) -> tuple[str, str]:
        """Return both for a command line."""
        memory, file = ('unlimited' if most is None else str(most)
                        for most in (self.memory_bytes, self.file_bytes))
        return memory, file


def spawn(command: Sequence[str], *, stdin: int = subprocess.PIPE, stdout: int = subprocess.PIPE,
          stderr: int = subprocess.PIPE, environment: Mapping[str, str] | None = None,
          pass_fds: Collection[int] = (), buffer_size: int = 0,
          limits: ResourceLimits | None = None) -> subprocess.Popen[bytes]:
    """
    Start a child that gets SIGTERM when the thread that started it ends (prctl(2)).

    It has a session of its own: Ctrl-C at the terminal reaches only the parent, which ends the
    child cleanly. `buffer_size` of its pipes is as for open(). Raises OSError where the program
    cannot be started.

    No Python code runs between fork and exec, as a `preexec_fn` would: it can deadlock where the
    parent has several threads (documentation of `subprocess.Popen`).
    """
    program = shutil.which(command[0])
    if program is None:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
    return subprocess.Popen(
        [*_death_signal_wrapper(), str(os.getpid()), *(limits or ResourceLimits()).words(),
         program, *command[1:]],
        stdin=stdin, stdout=stdout, stderr=stderr, env=environment, pass_fds=pass_fds,
        bufsize=buffer_size, start_new_session=True)


@functools.cache
def _death_signal_wrapper() -> tuple[str, ...]:
    """
    Return a command that sets the parent-death signal and becomes the command it is given.

    It takes the parent's process id, both limits and the command. setpriv of util-linux and a
    shell take two milliseconds; Python, where setpriv is missing or too old (before 2.33), takes
    thirty.
    """
    setpriv = shutil.which('setpriv')
    if setpriv is not None:
        wrapper = (setpriv, '--pdeathsig', signal.SIGTERM.name.removeprefix('SIG'), '--')
        tried = subprocess.run([*wrapper, SHELL, '-c', ':'], capture_output=True, check=False)
        if tried.returncode == 0:
            return (*wrapper, SHELL, '-c', _BECOME, SHELL)
    # -S leaves out site-packages, whose start-up files are slow and may start Python again.
    return (sys.executable, '-I', '-S', '-c', _SET_DEATH_SIGNAL)


def end(process: subprocess.Popen[bytes], grace_seconds: float = 2.0) -> int:
    """
    Wait for a child whose input is closed; then terminate, then kill it. Return its status.

    Each of the three steps takes at most `grace_seconds`.
    """
    for stop in (None, process.terminate, process.kill):
        if stop is not None:
            stop()
        try:
            return process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            continue
    return process.wait()


def how_it_ended(status: int) -> str:
    """Return how a process ended, by its exit status; below 0 it is the number of a signal."""
    if status >= 0:
        return f'ended with status {status}'
    return f'was ended by {signal.Signals(-status).name}'


class ErrorTail:
    """Reads a child's error output to its end and keeps the last lines."""

    def __init__(self, stream: IO[bytes], name: str, lines: int = 20) -> None:
        """Start reading `stream` on a thread; keep the last `lines`."""
        self._stream = stream
        self._lines: collections.deque[str] = collections.deque(maxlen=lines)
        self._thread = threading.Thread(target=self._read, name=f'{name} errors', daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            text = line.decode('utf-8', 'replace').strip()
            if text:
                self._lines.append(text)
        self._stream.close()

    def text(self) -> str:
        """Return the last lines, once the child has closed its error output."""
        self._thread.join(timeout=1.0)
        return ' | '.join(self._lines)


def write_all(pipe: IO[bytes], data: bytes) -> None:
    """Write all of `data` to an unbuffered pipe: a signal may cut a single write short."""
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) or 0:]


class QueuedWriter:
    """Writes what it is given to a pipe on a thread of its own, from a bounded queue."""

    def __init__(self, pipe: IO[bytes], name: str, depth: int) -> None:
        """Queue at most `depth` writes."""
        self._pipe = pipe
        self._queue: queue.Queue[bytes | None] = queue.Queue(depth)
        self.failed = threading.Event()
        """Set when the reading end has gone, or has stalled for as long as the queue lasts."""
        self.taken = 0
        """Writes that the pipe has taken."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Return how many writes wait, besides the one that is under way."""
        return self._queue.qsize()

    def write(self, data: bytes, timeout: float = 0.0) -> bool:
        """Queue data, waiting at most `timeout` seconds for room; False where there is none."""
        if self.failed.is_set():
            return False
        try:
            self._queue.put(data, timeout > 0, timeout)
        except queue.Full:
            self.failed.set()
            return False
        return True

    def _run(self) -> None:
        try:
            while (data := self._next()) is not None:
                write_all(self._pipe, data)
                self.taken += 1
        except (ValueError, OSError):
            self.failed.set()
            self._empty()
        try:
            self._pipe.close()
        except OSError:
            # The reader went away with data still unsent: there is nothing left to do.
            log.debug('a pipe closed with unsent data')

    def _empty(self) -> None:
        """Make room, so that nobody waits for a reader that has gone."""
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def _next(self) -> bytes | None:
        if self._ended.is_set() and self._queue.empty():
            return None
        return self._queue.get()

    def end(self) -> None:
        """Have the pipe closed as soon as what is queued is written; does not wait for that."""
        self._ended.set()
        # Where the queue is full, the thread sees that itself, behind the last write.
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def close(self, timeout: float = 2.0) -> None:
        """Write what is queued and close the pipe; wait `timeout` seconds, twice if it moves."""
        self.end()
        taken = self.taken
        self._thread.join(timeout)
        if self.taken > taken:
            self._thread.join(timeout)
        if self._thread.is_alive():
            self.failed.set()
