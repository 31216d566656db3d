"""
A bad path between two machines of a test.

Netem makes it bad where the kernel has it; else a relay in user space does: for UDP with loss,
duplication, delay and reordering, for TCP with delay and connections that are cut.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
from pathlib import Path
import subprocess
import sys

from txt2vid_ros.bench.rig.machines import ADDRESSES, CABLE, Machines

RELAYS = {'udp': Path(__file__).with_name('udp_relay.py'),
          'tcp': Path(__file__).with_name('tcp_relay.py')}
RELAYED = 1
"""What the port of a relay is beyond the one that it relays to."""
CUT_AFTER = 1.5
"""Seconds after which a relay cuts a TCP connection."""


@dataclasses.dataclass(frozen=True)
class BadPath:
    """What happens each way. Seconds and shares."""

    loss: float = 0.0
    duplication: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0

    @contextlib.contextmanager
    def between(self, machines: Machines, at: str, port: int, transport: str = 'udp'
                ) -> Iterator[int]:
        """Make the path to `port` at the address of machine `at` bad; yield the port to call."""
        try:
            for name in machines.names:
                subprocess.run([*machines.within(name), 'tc', 'qdisc', 'add', 'dev', CABLE, 'root',
                                'netem', *self._netem()], check=True, capture_output=True)
        except (subprocess.CalledProcessError, FileNotFoundError):
            # This kernel has no netem, or there is no tc.
            with self._relayed(machines, at, port, transport) as relayed:
                yield relayed
        else:
            yield port

    @contextlib.contextmanager
    def _relayed(self, machines: Machines, at: str, port: int, transport: str) -> Iterator[int]:
        values = (dataclasses.asdict(self) if transport == 'udp'
                  else {'delay': self.delay, 'cut': CUT_AFTER})
        target = f'{ADDRESSES[machines.names.index(at)]}:{port}'
        with subprocess.Popen(
                [*machines.within(at), sys.executable, str(RELAYS[transport]),
                 '--listen', str(port + RELAYED), '--target', target,
                 *(word for name, value in values.items() for word in (f'--{name}', str(value)))],
                stdout=subprocess.PIPE, text=True) as relay:
            assert relay.stdout is not None
            assert relay.stdout.readline() == 'ready\n'
            try:
                yield port + RELAYED
            finally:
                relay.kill()

    def _netem(self) -> list[str]:
        words = ['loss', f'{self.loss:.0%}', 'duplicate', f'{self.duplication:.0%}']
        return [*words, 'delay', f'{self.delay + self.jitter / 2:.3f}s', f'{self.jitter / 2:.3f}s']
