"""Two machines on one: network namespaces, and a cable between them that can be unplugged."""

from __future__ import annotations

import os
import shutil
import subprocess
from types import TracebackType

from txt2vid_ros.core.errors import UserError

CABLE = 'cable'
"""The name of the network interface at either end."""
ADDRESSES = ('10.78.0.1', '10.78.0.2')


class Machines:
    """Two network namespaces of this process, connected by a cable; a context manager."""

    def __init__(self) -> None:
        """Make them. Raises UserError where that is not possible, which needs root."""
        if os.geteuid() != 0 or not shutil.which('ip'):
            raise UserError('network namespaces need root and iproute2',
                            'Run this as root, with iproute2 installed.')
        self.names = (f't2v{os.getpid()}a', f't2v{os.getpid()}b')
        self._made: list[str] = []
        try:
            self._connect()
        except UserError:
            self.close()
            raise

    def _connect(self) -> None:
        near, far = self.names
        for name in self.names:
            self._make(name)
        ip('link', 'add', CABLE, 'netns', near, 'type', 'veth', 'peer', 'name', CABLE,
           'netns', far)
        for name, address in zip(self.names, ADDRESSES, strict=True):
            self._attach(name, CABLE, address)
            self._route(name)

    def _make(self, name: str) -> None:
        ip('netns', 'add', name)
        self._made.append(name)
        ip('-n', name, 'link', 'set', 'lo', 'up')

    @staticmethod
    def _attach(name: str, interface: str, address: str) -> None:
        ip('-n', name, 'address', 'add', f'{address}/24', 'dev', interface)
        ip('-n', name, 'link', 'set', interface, 'up')

    @staticmethod
    def within(name: str) -> tuple[str, ...]:
        """Return the words before a command that have it run on a machine."""
        return 'ip', 'netns', 'exec', name

    def plug(self, there: bool) -> None:
        """Unplug the cable, or plug it in again."""
        ip('-n', self.names[0], 'link', 'set', CABLE, 'up' if there else 'down')
        if there:
            # A link that goes down takes its routes with it; what manages a machine's network
            # puts them back.
            self._route(self.names[0])

    def _route(self, name: str) -> None:
        # What a machine's default route does: discovery goes to all that is there.
        ip('-n', name, 'route', 'replace', 'default', 'dev', CABLE)

    def close(self) -> None:
        """Remove them."""
        for name in self._made:
            subprocess.run(['ip', 'netns', 'delete', name], check=False, capture_output=True)

    def __enter__(self) -> Machines:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        """Remove them."""
        self.close()


def ip(*words: str) -> str:
    """Return what `ip` prints. Raises UserError."""
    done = subprocess.run(['ip', *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f'no network namespaces here: {done.stderr.strip()}',
                        'Run this as root, on a kernel that has network namespaces and veth.')
    return done.stdout
