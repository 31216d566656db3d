"""A sound or video file as if it came from a microphone."""

from __future__ import annotations

from collections.abc import Iterator
import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.clock import Clock
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.conditioning import Conditioner
from txt2vid_ros.media.capture.paced_source import PacedSource
from txt2vid_ros.media.sound_file import read_sound

log = logging.getLogger(__name__)


class FileSource(PacedSource):
    """
    Any file that ffmpeg reads; after its end it is silent, or starts over.

    Like a microphone, it never ends; so endpointing finds the end of the last word.
    """

    def __init__(self, clock: Clock, file: Path, *, speed: float = 1.0, loop: bool = False
                 ) -> None:
        """Take the file. `speed` as for every paced source."""
        super().__init__(clock, speed)
        self.name = file.name
        self._file = file
        self._loop = loop
        self._pieces: Iterator[NDArray[np.float32]] | None = None
        self._held: NDArray[np.float32] = np.zeros(0, np.float32)
        self._conditioner = Conditioner(SPEECH_RATE, self.statistics)
        self.ended = False
        """Whether the file has been played to its end at least once."""

    def open(self) -> None:  # noqa: A003
        """Begin at the start of the file. Raises UserError where it has no sound."""
        self._pieces = self._read()
        self._held = next(self._pieces)
        super().open()

    def close(self) -> None:
        """Release the file."""
        self._pieces = None

    def _read(self) -> Iterator[NDArray[np.float32]]:
        yield from read_sound(self._file, SPEECH_RATE, name='mic.file')

    def _next(self, count: int) -> NDArray[np.float32]:
        while len(self._held) < count:
            piece = next(self._pieces, None) if self._pieces is not None else None
            if piece is None:
                piece = self._after(count)
            self._held = np.concatenate([self._held, piece])
        samples, self._held = self._held[:count], self._held[count:]
        return self._conditioner.process(samples)

    def _after(self, count: int) -> NDArray[np.float32]:
        """Return what follows the end of the file."""
        if not self.ended:
            log.info('%s has been played to its end; %s', self.name,
                     'beginning again' if self._loop else 'silence follows')
        self.ended = True
        if not self._loop:
            self._pieces = None
            return np.zeros(count, np.float32)
        self._pieces = self._read()
        piece = next(self._pieces, None)
        if piece is None:
            raise UserError(f'mic.file: {self._file} no longer has sound',
                            'Give an audio or video file.')
        return piece
