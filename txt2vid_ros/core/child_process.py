"""Child processes that must neither stall nor outlive the process that started them."""

from __future__ import annotations

import collections
import ctypes
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from typing import IO

from txt2vid_ros.core.errors import UserError

log = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1


def ffmpeg_path() -> str:
    """Return the ffmpeg to run; raises UserError if there is none."""
    path = shutil.which('ffmpeg')
    if path is None:
        raise UserError('ffmpeg is not installed or not on PATH',
                        'Install it, for example with "apt-get install ffmpeg".')
    return path


def die_with_parent() -> None:
    """Have the kernel end this process when its parent ends; for use before exec, Linux only."""
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Tail:
    """Reads a child's error output to its end and keeps the last lines."""

    def __init__(self, stream: IO[bytes], name: str, lines: int = 20) -> None:
        """Start reading `stream` on a thread."""
        self._stream = stream
        self._lines: collections.deque[str] = collections.deque(maxlen=lines)
        self._thread = threading.Thread(target=self._read, name=f'{name} errors', daemon=True)
        self._thread.start()

    def _read(self) -> None:
        for line in self._stream:
            text = line.decode('utf-8', 'replace').strip()
            if text:
                self._lines.append(text)

    def text(self) -> str:
        """Return the last lines, once the child has closed its error output."""
        self._thread.join(timeout=1.0)
        return ' | '.join(self._lines)


def write_all(pipe: IO[bytes], data: bytes) -> None:
    """Write all of `data` to an unbuffered pipe: a signal may end a single write half-way."""
    view = memoryview(data)
    while view:
        view = view[pipe.write(view) or 0:]


class Feeder:
    """Writes what it is given to a pipe on a thread of its own, from a bounded queue."""

    def __init__(self, pipe: IO[bytes], name: str, depth: int) -> None:
        """Queue at most `depth` writes."""
        self._pipe = pipe
        self._queue: queue.Queue[bytes | None] = queue.Queue(depth)
        self.failed = threading.Event()
        """Set when the reading end has gone or has stalled for the whole queue."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def write(self, data: bytes, patience: float = 0.0) -> bool:
        """Queue data, waiting at most `patience` seconds; False if that fails."""
        if self.failed.is_set():
            return False
        try:
            self._queue.put(data, patience > 0, patience)
        except queue.Full:
            self.failed.set()
            return False
        return True

    def _run(self) -> None:
        try:
            while (data := self._queue.get()) is not None:
                write_all(self._pipe, data)
        except (ValueError, OSError):
            self.failed.set()
            self._empty()
        try:
            self._pipe.close()
        except OSError:
            # The reader went away with data still unsent: nothing is left to be done.
            log.debug('a pipe closed with unsent data')

    def _empty(self) -> None:
        """Make room: nobody is to wait for a reader that has gone."""
        while True:
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return

    def close(self, timeout: float = 2.0) -> None:
        """Write what is queued, then close the pipe."""
        try:
            self._queue.put(None, timeout=timeout)
        except queue.Full:
            self.failed.set()
            return
        self._thread.join(timeout)


def end(process: subprocess.Popen[bytes], grace: float = 2.0) -> int:
    """Wait for a child whose input is closed; then terminate, then kill it. Return its status."""
    for stop in (None, process.terminate, process.kill):
        if stop is not None:
            stop()
        try:
            return process.wait(grace)
        except subprocess.TimeoutExpired:
            continue
    return process.wait()


def spawn(arguments: list[str], pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
    """Start a child with all three standard pipes, in a process group of its own.

    A Ctrl-C at the terminal then reaches only the parent, which closes the child in order.
    """
    return subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        pass_fds=pass_fds, preexec_fn=_child_set_up, bufsize=0)


def _child_set_up() -> None:
    os.setpgid(0, 0)
    die_with_parent()
