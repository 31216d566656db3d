"""What several processes print, each line after a name; why one cannot work comes last."""

from __future__ import annotations

import math
import os
import re
import threading
import time
from typing import IO, NamedTuple

_FATAL = re.compile(r'\bFATAL\b(?!.*internal error:$)')
"""In a line that says why a node cannot work, and what to do. A traceback stays in one piece."""


class _HeldLine(NamedTuple):
    since: float
    name: str
    colour: int
    line: str


class PrefixedOutput:
    """Prints lines of several sources; may be used by several threads."""

    def __init__(self, output: IO[str], width: int) -> None:
        """Print on `output`, with `width` characters for a name."""
        self._output, self._width = output, width
        self._lock = threading.Lock()
        self._held: list[_HeldLine] = []

    def print(self, name: str, colour: int, line: str) -> None:  # noqa: A003
        """Print a line of `name`; nothing where nobody reads any more."""
        prefix = f'{name:>{self._width}} | '
        if self._output.isatty() and 'NO_COLOR' not in os.environ:
            prefix = f'\x1b[{colour}m{prefix}\x1b[0m'
        with self._lock:
            try:
                self._output.write(f'{prefix}{line}\n')
                self._output.flush()
            except (OSError, ValueError):
                # Nobody reads any more, or the disk is full: the graph goes on until it is told
                # to stop, and its output must still be drained, or its nodes would block.
                return

    def relay(self, name: str, colour: int, stream: IO[bytes] | None) -> threading.Thread:
        """
        Print the lines of a stream under a name, on a thread of its own.

        Those that say why it cannot work are held back until release(): whatever the others have
        to say meanwhile would push them out of sight.
        """
        assert stream is not None

        def follow() -> None:
            for raw in stream:
                line = raw.decode('utf-8', 'replace').rstrip('\r\n')
                if _FATAL.search(line):
                    with self._lock:
                        self._held.append(_HeldLine(time.monotonic(), name, colour, line))
                else:
                    self.print(name, colour, line)

        thread = threading.Thread(target=follow, daemon=True, name=f'{name} output')
        thread.start()
        return thread

    def release(self, name: str = '', older: float = -math.inf) -> None:
        """Print what is held back: of `name` or of all, where it is for `older` seconds."""
        until = time.monotonic() - older
        with self._lock:
            due = [each for each in self._held
                   if name in ('', each.name) and each.since <= until]
            self._held = [each for each in self._held if each not in due]
        for each in due:
            self.print(each.name, each.colour, each.line)
