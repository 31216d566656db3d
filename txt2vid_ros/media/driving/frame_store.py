"""Frames of a driving video in bounded memory."""

from __future__ import annotations

import abc
import collections
from collections.abc import Sequence
from typing import overload

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

RAW_LIMIT = 120_000_000
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]
_KEPT_DECODED = 4


class Frames(Sequence[Frame]):
    """A sequence of frames, each (height, width, 3) uint8 BGR, that are made when asked for."""

    @abc.abstractmethod
    def at(self, index: int) -> Frame:
        """Return frame `index`, from 0 to the number of frames less one."""

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
    A list of frames, raw while they are few, compressed (JPEG) once they pass `raw_limit`.

    Ten seconds of 1280x720 would take 690 MB raw; compressed it is about 50 MB, at 4 ms a frame
    to decode. A frame reads the same every time. Frames given out are read-only.
    """

    def __init__(self, raw_limit: int = RAW_LIMIT) -> None:
        """Start empty; `raw_limit` in bytes."""
        self._raw_limit = raw_limit
        self._items: list[Frame] = []
        self._bytes = 0
        self._compressed = False
        self._recent: collections.OrderedDict[int, Frame] = collections.OrderedDict()

    def append(self, frame: Frame) -> None:
        """Add a frame, (height, width, 3) uint8 BGR."""
        self._bytes += frame.nbytes
        if not self._compressed and self._bytes > self._raw_limit:
            self._compressed = True
            self._items = [_compress(item) for item in self._items]
        if self._compressed:
            self._items.append(_compress(frame))
        else:
            kept = frame.copy()
            kept.flags.writeable = False
            self._items.append(kept)

    @property
    def nbytes(self) -> int:
        """Bytes held for all frames."""
        return sum(item.nbytes for item in self._items)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._items)

    def at(self, index: int) -> Frame:
        """Return a frame, decoded where it is held compressed."""
        if not self._compressed:
            return self._items[index]
        frame = self._recent.pop(index, None)
        if frame is None:
            decoded = cv2.imdecode(self._items[index], cv2.IMREAD_COLOR)
            frame = np.asarray(decoded, np.uint8)
            frame.flags.writeable = False
            if len(self._recent) >= _KEPT_DECODED:
                self._recent.popitem(last=False)
        self._recent[index] = frame
        return frame


def _compress(frame: Frame) -> Frame:
    done, data = cv2.imencode('.jpg', frame, _QUALITY)
    if not done:
        raise ValueError(f'a frame of shape {frame.shape} cannot be compressed')
    return np.asarray(data, np.uint8)
