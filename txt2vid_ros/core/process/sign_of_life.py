"""When a process of a kind was last alive, for its successor: a file that a killed one leaves."""

from __future__ import annotations

import contextlib
from pathlib import Path
import time


class SignOfLife:
    """A file whose time of change says it; where there can be none, it is only not known later."""

    def __init__(self, file: Path) -> None:
        """Name the file; it, and its folder, are made with the first sign."""
        self._file = file

    def left_of(self, seconds: float) -> float:
        """Return what is left of the `seconds` after the last sign; 0 after an orderly end."""
        try:
            left = self._file.stat().st_mtime + seconds - time.time()
        except OSError:
            return 0.0
        return min(max(left, 0.0), seconds)

    def give(self) -> None:
        """Say that the process is alive."""
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.touch()

    def end(self) -> None:
        """Say that it has ended in an orderly way."""
        with contextlib.suppress(OSError):
            self._file.unlink()
