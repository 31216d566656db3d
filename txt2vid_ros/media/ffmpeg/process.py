"""
ffmpeg in a process of its own, where it can neither stall nor crash this one.

Its command lines are composed with ffmpeg-python.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
import fcntl
import functools
import logging
import os
import select
import shutil
import subprocess
from typing import Any

import ffmpeg
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process import child_process
from txt2vid_ros.core.process.child_process import ResourceLimits
from txt2vid_ros.core.process.heap import keeping_large_blocks

log = logging.getLogger(__name__)

SYNTHETIC_LABEL = 'Synthetic face and voice, made by txt2vid_ros'
"""What the metadata of every stream and video says."""
ENDING_SECONDS = 0.2
"""Seconds that a process may take from closing its pipes to having ended."""
READ_BYTES = 65536
_WIDE = 1 << 20    # bytes, what Linux allows everybody
READER_LIMITS = ResourceLimits(memory_bytes=6_000_000_000, file_bytes=0)
"""Of what reads files from outside: a decoder that has been taken over writes no file."""


def executable() -> str:
    """Return the ffmpeg to run. Raises UserError if there is none."""
    path = shutil.which('ffmpeg')
    if path is None:
        raise UserError('ffmpeg is not installed or not on PATH',
                        'Install it, for example with "apt-get install ffmpeg".')
    return path


def not_started(error: OSError) -> UserError:
    """Return the error where no process, or no pipe to it, can be made."""
    return UserError(f'ffmpeg cannot be started: {error.strerror}',
                     'Close other programs, or reinstall ffmpeg.')


@functools.cache
def has(kind: str, name: str) -> bool:
    """Return whether this ffmpeg was built with a `kind`, decoders or filters, of that name."""
    listed = subprocess.run([executable(), '-hide_banner', '-loglevel', 'error', f'-{kind}'],
                            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    return any(name in line.split()[1:2] for line in listed.stdout.splitlines())


def _widen(pipe: int) -> None:
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _WIDE)
    except OSError:
        # The system allows no more: it is only slower.
        log.debug('a pipe stays as narrow as it is')


class FfmpegProcess:
    """
    One run of ffmpeg: start, feed, read, and end it cleanly.

    Input and output may be used by one thread each. It ends with the thread that started it.
    """

    def __init__(self, output: Any, name: str, *, stdout: int = subprocess.PIPE,
                 pass_fds: Collection[int] = (), wide_input: bool = False,
                 wide_output: bool = False, limits: ResourceLimits | None = None,
                 stall_seconds: float | None = None) -> None:
        """
        Start what `output`, a node of ffmpeg-python, describes; threads are called `name`.

        `wide_input`, `wide_output`: let the pipe hold a megabyte, so that neither end has to wait
        for the other at every 64 kB of a picture, which on a busy machine takes long each time.
        Who takes whole pictures also keeps the memory of one for the next.
        `limits`: of its memory and files. `stall_seconds`: it is ended where its output is waited
        for longer than that. Raises UserError if it cannot be started.
        """
        output = output.global_args('-hide_banner', '-loglevel', 'error', '-nostats')
        words = [str(word) for word in ffmpeg.compile(output, cmd=executable())]
        try:
            self._child = child_process.spawn(
                words, stdout=stdout, pass_fds=pass_fds, limits=limits,
                environment=keeping_large_blocks() if wide_input else None)
        except OSError as error:
            raise not_started(error) from error
        assert self._child.stdin and self._child.stderr
        if wide_input:
            _widen(self._child.stdin.fileno())
        if wide_output and self._child.stdout is not None:
            _widen(self._child.stdout.fileno())
        self._name = name
        self._stall_seconds = stall_seconds
        self._stalled = False
        self._input = self._child.stdin
        self._errors = child_process.ErrorTail(self._child.stderr, name)

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self._child.pid

    @property
    def status(self) -> int | None:
        """Return the exit status, below 0 the number of a signal; None while it runs."""
        return self._child.poll()

    def queued_input(self, depth: int) -> child_process.QueuedWriter:
        """Return a writer that feeds standard input from a queue of `depth` writes."""
        return child_process.QueuedWriter(self._input, f'{self._name} input', depth)

    def feed_all(self, blocks: Iterable[bytes]) -> bool:
        """Write blocks until they or ffmpeg end; close the input; return whether it took all."""
        try:
            for block in blocks:
                child_process.write_all(self._input, block)
        except OSError:
            self._close_input()
            return False
        return self._close_input()

    def _close_input(self) -> bool:
        try:
            self._input.close()
        except OSError:
            # It ended with data unsent.
            return False
        return True

    def read(self, most: int = READ_BYTES) -> bytes:
        """Wait for output and return at most `most` bytes of it; b'' once it has ended."""
        assert self._child.stdout
        if self._child.stdout.closed:
            return b''
        self._await_output()
        data = os.read(self._child.stdout.fileno(), most)
        if not data:
            self._child.stdout.close()
        return data

    def fill(self, buffer: memoryview) -> bool:
        """Wait until output has filled `buffer` (bytes); False where it ended before."""
        while buffer:
            assert self._child.stdout
            self._await_output()
            done = os.readv(self._child.stdout.fileno(), [buffer])
            if not done:
                return False
            buffer = buffer[done:]
        return True

    def _await_output(self) -> None:
        """Wait until there is output or its end, and end what gives neither for too long."""
        if self._stall_seconds is None or self._child.stdout is None:
            return
        poll = select.poll()
        poll.register(self._child.stdout, select.POLLIN)
        if not poll.poll(self._stall_seconds * 1000):
            self._stalled = True
            self._child.kill()

    def errors(self) -> str:
        """Return the last errors that it printed, in one line; call only once it has ended."""
        if self._stalled:
            return f'ffmpeg gave nothing for {self._stall_seconds:g} s and was ended'
        return self._errors.text()

    def complaint(self) -> str:
        """Return, in one line, why it ended or takes no more."""
        try:
            # The pipes of a process that was killed close a little before it has ended.
            status = self._child.wait(ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            return 'ffmpeg takes no more input'
        return self.errors() or f'ffmpeg {child_process.how_it_ended(status)}'

    def end(self, grace_seconds: float = 2.0) -> int:
        """
        Wait until it has finished, then terminate, then kill it; return its status.

        Its input has to be closed; each step takes at most `grace_seconds`.
        """
        return child_process.end(self._child, grace_seconds)

    def terminate(self) -> None:
        """Ask it to end, so that whoever reads its output comes to an end as well."""
        self._child.terminate()

    def kill(self) -> None:
        """End it at once, even where it is stopped; its output so far can still be read."""
        self._child.kill()

    def abort(self) -> None:
        """End it at once, whatever it has yet to read or write."""
        self._close_input()
        if self._child.stdout is not None:
            self._child.stdout.close()
        self._child.terminate()
        self.end()
