"""Talking heads for tests: real processes on a ROS domain and a port of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import fcntl
import json
import os
from pathlib import Path
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from types import TracebackType
from typing import Any, TypeVar
import urllib.error
import urllib.request

from txt2vid_ros.bench.rig.running_graph import descendants

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0
"""Seconds for anything that has to happen; a loaded machine takes its time."""
FAST = ('--tts', 'clap', '--engine', 'flash', '--width', '160', '--height', '120',
        '--web', 'false')
"""Options of a graph that needs hardly any processor time."""

T = TypeVar('T')


def eventually(look: Callable[[], T], what: str, timeout: float = TIMEOUT) -> T:
    """Call `look` until it returns something true; return that."""
    deadline = time.monotonic() + timeout
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f'not within {timeout:.0f} s: {what}'
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except OSError:
        return False
    return state != 'Z'


def shared_memory(pid: int) -> set[str]:
    """
    Return the shared memory segments that a process has created.

    The creator holds the lock file beside a segment; its memory map would show segments of its
    peers too. The files of ports belong to a domain and may be in use by others.
    """
    found = set()
    try:
        for link in Path(f'/proc/{pid}/fd').iterdir():
            if lock := re.fullmatch(r'(/dev/shm/fastrtps_[0-9a-f]{16})_el', str(link.readlink())):
                found |= {lock[0], lock[1]}
    except OSError:
        return found
    return found


def interrupt(process: subprocess.Popen[Any]) -> None:
    """End a process as Ctrl-C does, or at last by force; nothing where it has ended."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Domain:
    """A ROS domain that no other test on this machine uses until it is closed."""

    def __init__(self) -> None:
        """Lock a free one; see `ros_domain` in test/conftest.py."""
        for number in random.sample(range(1, 102), 101):
            self._lock = Path(tempfile.gettempdir(), f'txt2vid_ros_domain_{number}.lock').open('a')
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._lock.close()
                continue
            self.number = number
            return
        raise AssertionError('all ROS domains are in use by other tests')

    def close(self) -> None:
        """Release it."""
        self._lock.close()


def node_environment(folder: Path, domain: int, extra: Mapping[str, str] | None = None
                     ) -> dict[str, str]:
    """Return the environment of everything that a test starts."""
    return {
        **os.environ, 'PYTHONPATH': str(ROOT), 'ROS_DOMAIN_ID': str(domain),
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'ROS_LOG_DIR': str(folder / 'log'),
        'XDG_CACHE_HOME': str(folder / 'cache'), 'XDG_STATE_HOME': str(folder / 'state'),
        **(extra or {})}


class Command:
    """A `txt2vid` command as a child process whose output is followed."""

    def __init__(self, folder: Path, *words: str, domain: int | None = None,
                 environment: Mapping[str, str] | None = None,
                 module: str = 'txt2vid_ros.cli.main', stdin: bytes = b'',
                 preexec: Callable[[], None] | None = None, cwd: Path = ROOT) -> None:
        """Start it; its logs and caches go into `folder`."""
        self.folder = folder
        self._own_domain = Domain() if domain is None else None
        self.domain = self._own_domain.number if self._own_domain else domain
        self.environment = node_environment(folder, self.domain, environment)
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self.process = subprocess.Popen(
            [sys.executable, '-m', module, *words], cwd=cwd, env=self.environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=preexec)
        assert self.process.stdin
        self.process.stdin.write(stdin)
        self.process.stdin.close()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Return its process id."""
        return self.process.pid

    @property
    def text(self) -> str:
        """Return all that it has printed."""
        return '\n'.join(self.lines)

    def wait_line(self, pattern: str, timeout: float = TIMEOUT, after: int = 0) -> re.Match[str]:
        """Return the first match of a line from number `after` on, waiting for it."""
        deadline = time.monotonic() + timeout
        at = after
        with self._changed:
            while True:
                for line in self.lines[at:]:
                    if found := re.search(pattern, line):
                        return found
                at = len(self.lines)
                left = deadline - time.monotonic()
                assert left > 0 and (self._reader.is_alive() or at < len(self.lines)), (
                    f'no line {pattern!r} in:\n{self.text}')
                self._changed.wait(min(left, 0.5))

    def wait(self, timeout: float = TIMEOUT) -> int:
        """Wait until it and its output have ended; return its exit status."""
        status = self.process.wait(timeout)
        self._reader.join(timeout)
        return status

    def close(self) -> None:
        """End it if it has not ended."""
        interrupt(self.process)
        self._reader.join(5)
        if self._own_domain:
            self._own_domain.close()

    def __enter__(self) -> Any:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """End it."""
        self.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line.decode('utf-8', 'replace').rstrip('\n'))
                self._changed.notify_all()


def run(folder: Path, *words: str, timeout: float = TIMEOUT, **options: Any) -> tuple[int, str]:
    """Run a `txt2vid` command to its end; return its exit status and its output."""
    with Command(folder, *words, **options) as command:
        return command.wait(timeout), command.text


def assert_one_clear_line(status: int, text: str, pattern: str) -> None:
    """Assert that the cause was said once, and nothing that only developers understand."""
    said = [line for line in text.split('\n') if re.search(pattern, line)]
    assert len(said) == 1, text
    assert status == 2, text
    assert 'Traceback' not in text
    assert 'starting it again' not in text


class TalkingHead(Command):
    """`txt2vid live` with a namespace of its own, on a port that the system chooses."""

    def __init__(self, folder: Path, *options: str, http: str = '127.0.0.1:0',
                 command: str = 'live', **more: Any) -> None:
        """
        Start it; it is not yet ready. '{ns}' in an option becomes the namespace.

        Without the nodes say and web, unless an option asks for them: they would cost every test
        their start.
        """
        self.namespace = f'/test_{os.getpid()}_{random.randrange(10**6)}'
        words = [option.replace('{ns}', self.namespace) for option in options]
        for option in ('--skills', '--web') if command == 'live' else ():
            if option not in words:
                words += [option, 'false']
        super().__init__(folder, command, '--http', http, '--namespace', self.namespace, *words,
                         **more)
        self._pids: set[int] = set()
        self._segments: set[str] = set()

    def ready(self) -> TalkingHead:
        """Wait until all nodes work and pictures arrive on time."""
        for sign in ('ready to speak', 'showing the face'):
            self.wait_line(sign)
        self.wait_status(lambda status: status['on_time'] > 0, 'a picture')
        return self

    @property
    def url(self) -> str:
        """Return the address of the stream, without a path."""
        return self.wait_line(r'watch in a browser: (http://\S+)/')[1]

    @property
    def port(self) -> int:
        """Return the port that viewers connect to."""
        return int(self.url.rpartition(':')[2])

    def status(self) -> dict[str, Any]:
        """Return /status.json, or {} where nobody answers."""
        try:
            with urllib.request.urlopen(f'{self.url}/status.json', timeout=60) as answer:
                content: dict[str, Any] = json.load(answer)
        except (urllib.error.URLError, OSError):
            return {}
        return content

    def late_pictures(self) -> int:
        """Return how many pictures were late, or left out as the machine was busy."""
        status = self.status()
        return sum(int(status[name]) for name in ('repeated', 'skipped', 'left_out'))

    def wait_status(self, good: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait for a /status.json that is `good`; return it."""
        def look() -> dict[str, Any]:
            status = self.status()
            return status if status and good(status) else {}
        return eventually(look, what)

    def running(self, name: str) -> int | None:
        """Return the process id of a node, if it runs."""
        for pid in descendants(self.pid):
            try:
                words = Path(f'/proc/{pid}/cmdline').read_bytes().decode().split('\0')
            except OSError:
                continue
            if f'txt2vid_ros.nodes.{name}' in words:
                return pid
        return None

    def node_pid(self, name: str) -> int:
        """Return the process id of a node that has to run."""
        pid = self.running(name)
        assert pid, f'no process of {name} in:\n{self.text}'
        return pid

    def remember(self) -> None:
        """Note the processes and shared memory segments that have to be gone in the end."""
        self._pids |= set(descendants(self.pid)) - {self.pid}
        self._segments |= {path for pid in self._pids for path in shared_memory(pid)}

    def assert_nothing_left(self) -> None:
        """Assert that no process and no shared memory segment has outlived the graph."""
        assert self._pids
        eventually(lambda: not any(alive(pid) for pid in self._pids), 'the end of all processes')
        left = [path for path in self._segments if Path(path).exists()]
        assert not left, f'{left} left behind by:\n{self.text}'

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it by a signal, assert that nothing is left, and return its exit status."""
        self.remember()
        self.process.send_signal(number)
        status = self.wait()
        self.assert_nothing_left()
        return status

    def close(self) -> None:
        """End it, and kill what is left of it, so that no test disturbs another."""
        super().close()
        for pid in self._pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
