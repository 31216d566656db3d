"""Frames of a driving video in bounded memory, of a long one on disk."""

from __future__ import annotations

import abc
import collections
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.models.store import cache_dir
from txt2vid_ros.media.driving.spill_file import SpillFile

Frame = NDArray[np.uint8]

RAW_LIMIT = 120_000_000
"""Bytes of frames that are held as they are."""
MEMORY_LIMIT = 120_000_000
"""Bytes of compressed frames that are held in memory."""
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]
_KEPT_DECODED = 4


class Frames(Sequence[Frame]):
    """A sequence of frames, each (height, width, 3) uint8 BGR, that are made when asked for."""

    @abc.abstractmethod
    def at(self, index: int) -> Frame:
        """Return frame `index`, from 0 to the number of frames less one."""

    def close(self) -> None:
        """Give back what they take; may be called twice. No frame can be had afterwards."""
        return

    @overload
    def __getitem__(self, index: int) -> Frame: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...

    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        """Return one frame, or a list of them. Raises IndexError."""
        places = range(len(self))[index]
        return [self.at(i) for i in places] if isinstance(places, range) else self.at(places)


class FrameStore(Frames):
    """
    A list of frames: raw while they are few, then compressed (JPEG), then in a file.

    Ten seconds of 1280x720 would take 690 MB raw; compressed it is about 50 MB, at 4 ms a frame
    to decode. What goes beyond `memory_limit` is appended to a file without a name, which is gone
    once the process is. A frame reads the same every time. Frames given out are read-only.
    """

    def __init__(self, raw_limit: int = RAW_LIMIT, memory_limit: int = MEMORY_LIMIT,
                 folder: Path | None = None) -> None:
        """Start empty; limits in bytes. `folder` of the file: the cache, where None."""
        self._raw_limit = raw_limit
        self._room = memory_limit
        self._items: list[Frame] = []
        """The frames that are in memory, which are the first ones."""
        self._bytes = 0
        self._compressed = False
        self._folder = folder
        self._file: SpillFile | None = None
        self._recent: collections.OrderedDict[int, Frame] = collections.OrderedDict()

    def append(self, frame: Frame) -> None:
        """Add a frame, (height, width, 3) uint8 BGR. Raises UserError where the disk is full."""
        self._bytes += frame.nbytes
        if not self._compressed and self._bytes > self._raw_limit:
            self._compressed = True
            self._items = [_compress(item) for item in self._items]
            self._room -= self.nbytes
        if not self._compressed:
            kept = frame.copy()
            kept.flags.writeable = False
            self._items.append(kept)
            return
        data = _compress(frame)
        if self._file is None and data.nbytes <= self._room:
            self._room -= data.nbytes
            self._items.append(data)
            return
        if self._file is None:
            self._file = SpillFile(self._folder or cache_dir())
        self._file.append(data)

    @property
    def nbytes(self) -> int:
        """Bytes held in memory for all frames."""
        return sum(item.nbytes for item in self._items)

    def close(self) -> None:
        """Drop all frames."""
        self._items.clear()
        self._recent.clear()
        if self._file is not None:
            self._file.close()

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._items) + (0 if self._file is None else len(self._file))

    def at(self, index: int) -> Frame:
        """Return a frame, decoded where it is held compressed."""
        if not self._compressed:
            return self._items[index]
        frame = self._recent.pop(index, None)
        if frame is None:
            decoded = cv2.imdecode(self._data(index), cv2.IMREAD_COLOR)
            frame = np.asarray(decoded, np.uint8)
            frame.flags.writeable = False
            if len(self._recent) >= _KEPT_DECODED:
                self._recent.popitem(last=False)
        self._recent[index] = frame
        return frame

    def _data(self, index: int) -> Frame:
        beyond = index - len(self._items)
        if beyond < 0 or self._file is None:
            return self._items[index]
        return self._file.read(beyond)


def _compress(frame: Frame) -> Frame:
    done, data = cv2.imencode('.jpg', frame, _QUALITY)
    if not done:
        raise ValueError(f'a frame of shape {frame.shape} cannot be compressed')
    return np.asarray(data, np.uint8)
