"""
The port that the system found for port 0, kept so that a server that starts again has it again.

Who was connected knows no other address: pages that are open would never come back.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
import re

from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.core.storage.state import state_dir

log = logging.getLogger(__name__)


class LastPort:
    """One port in a file; where there is no file it is not kept."""

    def __init__(self, file: Path | None, of: str = 'web') -> None:
        """Neither read nor write it yet; `of` is the server, for what is logged."""
        self._file = file
        self._of = of

    def read(self) -> int:
        """Return the port, 0 where none is known."""
        if self._file is None:
            return 0
        try:
            port = int(self._file.read_bytes()[:6])
        except (OSError, ValueError):
            return 0
        return port if 0 < port < 65536 else 0

    def keep(self, port: int) -> None:
        """Write it down; where that fails it is only not known later."""
        if self._file is None or port == self.read():
            return
        try:
            with replacing(self._file) as written:
                written.write_text(f'{port}\n')
        except OSError as error:
            log.warning('After a restart %s may serve on another port than %d, because %s cannot '
                        'be written: %s', self._of, port, self._file, error.strerror)

    def forget(self) -> None:
        """Have nobody look for the server there any more, as it has ended."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()


def port_file(domain: int, namespace: str, node: str = 'web') -> Path:
    """Return where a node of a namespace in a ROS domain keeps its port."""
    name = re.sub('[^A-Za-z0-9]+', '-', f'{domain}-{namespace.strip("/")}')
    return state_dir() / f'{node}-{name}'
