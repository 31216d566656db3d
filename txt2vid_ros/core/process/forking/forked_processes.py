"""Child processes that are forked from one which has imported what they need already."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from typing import IO

from txt2vid_ros.core.process.child_process import spawn
from txt2vid_ros.core.process.forking.fork_server import MODULE
from txt2vid_ros.core.process.stop_watch import StopWatch

POLL_SECONDS = 0.02
LOST = 255
"""The status of a process that could not be forked, or whose status somebody else took."""
_SUBREAPER = 36


class ForkedProcess:
    """A child of this process, with the parts of subprocess.Popen that its owner needs."""

    def __init__(self, output: IO[bytes], reply: IO[bytes]) -> None:
        """`output` is what it prints; on `reply` comes its id, or an end where there is none."""
        self.stdout = output
        self.returncode: int | None = None
        """As Popen's; None while it runs."""
        self.pid = 0
        """0 until it has been forked."""
        self._reply = reply
        self._signal = 0
        """What it gets as soon as it is there."""

    @property
    def unborn(self) -> bool:
        """Return whether there never was one."""
        return not self.pid and self.returncode is not None

    def poll(self) -> int | None:
        """Return its status, None while it runs or has not been forked yet."""
        if self.returncode is None and not self.pid and self._told():
            self.pid = int(self._reply.readline() or 0)
            self._reply.close()
            if not self.pid:
                self.returncode = LOST
            elif self._signal:
                os.kill(self.pid, self._signal)
        if self.returncode is None and self.pid:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                # Nobody else should take it; still, it has ended.
                self.returncode = LOST
                return self.returncode
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout: float) -> int:
        """Return its status once it has ended. Raises subprocess.TimeoutExpired."""
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(POLL_SECONDS)
        return status

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it runs, or once it does."""
        if self.poll() is None:
            if self.pid:
                os.kill(self.pid, number)
            self._signal = number

    def _told(self) -> bool:
        return bool(select.select([self._reply], [], [], 0)[0])


class ForkServer:
    """Forks processes that run modules by this Python; used by one thread, its main thread."""

    def __init__(self, commands: Collection[Sequence[str]], environment: Mapping[str, str]
                 ) -> None:
        """
        Start it with the environment of all `commands`, the longest of which it has room for.

        Raises OSError where this is no system on which it can be done.
        """
        # What the server forks comes to this process, and so stays where the server is killed.
        if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
            raise OSError(ctypes.get_errno(), 'prctl(PR_SET_CHILD_SUBREAPER)')
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        room = max((len(os.fsencode('\0'.join(command))) for command in commands), default=0)
        try:
            self.process = spawn(
                [sys.executable, '-m', MODULE, str(theirs.fileno()), ' ' * room],
                stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, environment=environment,
                pass_fds=[theirs.fileno()], buffer_size=-1)
        except BaseException:
            self._requests.close()
            raise
        finally:
            theirs.close()
        self._watch = StopWatch.of(self.process.pid)

    @property
    def alive(self) -> bool:
        """Return whether it can still be asked."""
        return self.process.poll() is None

    @property
    def stopped(self) -> bool:
        """Return whether a signal has stopped it, so that it forks nothing."""
        return self._watch.stopped()

    @staticmethod
    def can_run(command: Sequence[str]) -> bool:
        """Return whether a command runs a module by this Python."""
        return [*command[:2]] == [sys.executable, '-m'] and len(command) > 2

    def start(self, command: Sequence[str]) -> ForkedProcess:
        """
        Ask for a process that does what `command` does; does not wait for it.

        It gets SIGTERM when this process ends, and has a session of its own, as with spawn(). Its
        error output goes where its output goes. Raises OSError where the server has ended.
        """
        printed, output = os.pipe()
        told, reply = os.pipe()
        process = ForkedProcess(os.fdopen(printed, 'rb'), os.fdopen(told, 'rb'))
        try:
            socket.send_fds(self._requests, [json.dumps(command[2:]).encode()], [output, reply])
        except OSError:
            process.stdout.close()
            raise
        finally:
            os.close(output)
            os.close(reply)
        return process

    def close(self) -> None:
        """End it; what it has forked goes on, and what it has not is never born."""
        self._requests.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def reap_strangers(own: Collection[int]) -> None:
    """
    Take the status of the processes that came to this one when their parent ended.

    `own` are the ids of those whose status somebody else takes.
    """
    with contextlib.suppress(ChildProcessError):
        while True:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None or ended.si_pid in own:
                return
            os.waitpid(ended.si_pid, os.WNOHANG)
