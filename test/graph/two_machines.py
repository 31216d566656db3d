"""Two machines for tests: network namespaces, and a cable between them that can be unplugged."""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import subprocess
import sys
import threading

from graph_harness import eventually, interrupt, node_environment


class Machines:
    """Two network namespaces, connected by a cable that can be unplugged."""

    def __init__(self) -> None:
        self.names = [f't2v{os.getpid()}{end}' for end in ('send', 'recv')]
        for name in self.names:
            _ip('ip', 'netns', 'add', name)
        _ip('ip', 'link', 'add', 'cable', 'netns', self.names[0], 'type', 'veth', 'peer', 'name',
            'cable', 'netns', self.names[1])
        for number, name in enumerate(self.names, 1):
            self.run(name, 'ip', 'address', 'add', f'10.78.0.{number}/24', 'dev', 'cable')
            self.run(name, 'ip', 'link', 'set', 'cable', 'up')
            self.run(name, 'ip', 'link', 'set', 'lo', 'up')
            # What a machine's default route does: discovery goes to all that is there.
            self.run(name, 'ip', 'route', 'add', 'default', 'dev', 'cable')

    def run(self, name: str, *words: str) -> None:
        """Run a command on a machine."""
        _ip('ip', 'netns', 'exec', name, *words)

    def plug(self, there: bool) -> None:
        """Unplug the cable, or plug it in again."""
        self.run(self.names[0], 'ip', 'link', 'set', 'cable', 'up' if there else 'down')
        if there:
            # A link that goes down takes its routes with it; what manages a machine's network
            # puts them back.
            self.run(self.names[0], 'ip', 'route', 'replace', 'default', 'dev', 'cable')

    def close(self) -> None:
        """Remove them."""
        for name in self.names:
            subprocess.run(['ip', 'netns', 'delete', name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)


class MachineProcess:
    """A Python module or script on one of the machines; its lines are collected."""

    def __init__(self, machine: str, folder: Path, domain: int, *words: str,
                 environment: Mapping[str, str] | None = None, keyboard: bool = False) -> None:
        # Over the network only: in truth the machines share no memory.
        environment = {**node_environment(folder, domain, environment),
                       'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4',
                       'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET'}
        self.process = subprocess.Popen(
            ['ip', 'netns', 'exec', machine, sys.executable, *words], env=environment,
            stdin=subprocess.PIPE if keyboard else subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait_line(self, part: str) -> None:
        """Wait for a line that contains `part`."""
        eventually(lambda: any(part in line for line in self.lines) or self._ended(),
                   f'{part!r} in {self.lines}')
        assert any(part in line for line in self.lines), self.lines

    def type(self, line: str) -> None:  # noqa: A003
        """Type a line on its keyboard."""
        assert self.process.stdin is not None
        self.process.stdin.write(f'{line}\n')
        self.process.stdin.flush()

    def _ended(self) -> bool:
        return self.process.poll() is not None and not self._reader.is_alive()

    def close(self) -> None:
        """End it."""
        interrupt(self.process)
        self._reader.join(5)
