"""Pieces of data in a file that has no name, so that nothing of it stays behind."""

from __future__ import annotations

import array
import os
from pathlib import Path
import tempfile
import weakref

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError

Data = NDArray[np.uint8]


class SpillFile:
    """
    Appended to by one thread, then read by any.

    On disk, not where temporary files go: that is memory on many machines.
    """

    def __init__(self, folder: Path) -> None:
        """Make it in a folder, which is made as well. Raises UserError."""
        self._folder = folder
        self._ends = array.array('Q')
        try:
            folder.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix='clip-', dir=folder)
            self._descriptor = number
            # Also where nobody calls close(), as after an error of somebody else.
            self._closing = weakref.finalize(self, os.close, number)
            Path(name).unlink()
        except OSError as error:
            raise self._failed(error) from error

    def __len__(self) -> int:
        """Return the number of pieces."""
        return len(self._ends)

    def append(self, data: Data) -> None:
        """Add a piece of bytes. Raises UserError where there is no room for it."""
        view, at = memoryview(data.data).cast('B'), self._ends[-1] if self._ends else 0
        try:
            while len(view):
                done = os.pwrite(self._descriptor, view, at)
                view, at = view[done:], at + done
        except OSError as error:
            raise self._failed(error) from error
        self._ends.append(at)

    def read(self, index: int) -> Data:
        """Return piece `index`. Raises OSError where the disk fails, and once it is closed."""
        start, end = self._ends[index - 1] if index else 0, self._ends[index]
        data = os.pread(self._descriptor, end - start, start)
        if len(data) < end - start:
            raise OSError(f'the frames of a clip in {self._folder} are cut off')
        return np.frombuffer(data, np.uint8)

    def close(self) -> None:
        """Give back its room; may be called twice."""
        self._ends = array.array('Q')
        self._closing()

    def _failed(self, error: OSError) -> UserError:
        return UserError(
            f'the frames of the face video cannot be kept in {self._folder}: {error.strerror}',
            'Make room there, set XDG_CACHE_HOME to a folder on another disk, or use less of the '
            'video by face.max_seconds')
