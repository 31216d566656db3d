"""A program on one of the two machines of a test (txt2vid_ros.bench.rig.machines)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import subprocess
import sys
import threading

from graph_harness import eventually, interrupt, node_environment
from txt2vid_ros.bench.rig.machines import Machines


class MachineProcess:
    """A Python module or script on one of the machines; its lines are collected."""

    def __init__(self, machine: str, folder: Path, domain: int, *words: str,
                 environment: Mapping[str, str] | None = None, keyboard: bool = False) -> None:
        # Over the network only: in truth the machines share no memory.
        environment = {**node_environment(folder, domain),
                       'FASTDDS_BUILTIN_TRANSPORTS': 'UDPv4',
                       'ROS_AUTOMATIC_DISCOVERY_RANGE': 'SUBNET', **(environment or {})}
        self.process = subprocess.Popen(
            [*Machines.within(machine), sys.executable, *words], env=environment,
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

    def kill(self) -> None:
        """Kill it, so that it can tidy up nothing."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it."""
        interrupt(self.process)
        self._reader.join(5)
