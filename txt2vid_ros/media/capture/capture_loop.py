"""Keeps a source running and cuts its sound into equal chunks, whatever the source does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import threading

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UnavailableError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.media.capture.source import SoundBlock, SoundSource
from txt2vid_ros.media.device_faults import DeviceFaults

OPEN_BACKOFF = Backoff(first=0.5, largest=5.0)
"""Pauses before a lost source is reopened."""
SEAM_NANOSECONDS = SECOND // 50
"""Nanoseconds by which a block's stamp may be off and still count as continuous sound."""


class CaptureLoop:
    """Reads a source on the caller's thread, and opens it again when it is lost."""

    def __init__(self, source: SoundSource, take: Callable[[SoundBlock], None],
                 chunk: float = 0.032,
                 ready: Callable[[threading.Event], bool] = lambda stop: True) -> None:
        """
        Give `take` blocks of `chunk` seconds; the last one before a gap may be shorter.

        `ready(stop)` waits until there is somebody to give them to; false if stopped first.
        """
        self._source = source
        self._take = take
        self._ready = ready
        self._chunker = Chunker(round(chunk * SPEECH_RATE))
        self.faults = DeviceFaults()
        self.chunks = 0

    def run(self, stop: threading.Event) -> None:
        """Record until `stop` is set. Raises UserError where waiting would not help."""
        failures = 0
        try:
            while self._ready(stop) and not stop.is_set():
                try:
                    self._source.open()
                    if self._record(stop):
                        failures = 0
                except UnavailableError as error:
                    self.faults.failed(str(error))
                self._source.close()
                for rest in self._chunker.flush():
                    self._give(rest)
                failures += 1
                stop.wait(OPEN_BACKOFF.after(failures))
        finally:
            self._source.close()

    def _record(self, stop: threading.Event) -> bool:
        """Read until stopped or lost; return whether there was any sound."""
        heard = False
        try:
            while (block := self._source.read(stop)) is not None:
                heard = True
                name, overruns = self._source.name, self._source.statistics.overruns
                self.faults.works(f'{name} delivers sound again')
                self.faults.count_losses(overruns, (
                    f'{name}: sound was lost ({overruns} times so far), because this machine is '
                    'too busy. Close other programs'))
                for chunk in self._chunker.push(block):
                    self._give(chunk)
        except UnavailableError as error:
            self.faults.failed(str(error))
        return heard

    def _give(self, chunk: SoundBlock) -> None:
        self.chunks += 1
        self._take(chunk)


class Chunker:
    """Cuts blocks into chunks of equal length without moving any sample in time."""

    def __init__(self, length: int) -> None:
        """Take the length of a chunk in samples."""
        self._length = length
        self._stamp = 0
        self._held: NDArray[np.float32] = np.zeros(0, np.float32)

    def push(self, block: SoundBlock) -> Iterator[SoundBlock]:
        """Yield the chunks that are complete now."""
        expected = self._stamp + len(self._held) * SECOND // SPEECH_RATE
        if len(self._held) and abs(block.stamp - expected) > SEAM_NANOSECONDS:
            yield from self.flush()
        # The newest stamp is the best estimate, so the samples held are dated back from it.
        self._stamp = block.stamp - len(self._held) * SECOND // SPEECH_RATE
        self._held = np.concatenate([self._held, block.samples])
        while len(self._held) >= self._length:
            yield SoundBlock(self._stamp, self._held[:self._length])
            self._held = self._held[self._length:]
            self._stamp += self._length * SECOND // SPEECH_RATE

    def flush(self) -> Iterator[SoundBlock]:
        """Yield what is left."""
        if len(self._held):
            yield SoundBlock(self._stamp, self._held)
            self._held = np.zeros(0, np.float32)
