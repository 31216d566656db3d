"""The sound of a recognition that has no final result yet, and how much of it was sent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.pcm import SPEECH_RATE, to_s16

BYTES_PER_SECOND = 2 * SPEECH_RATE
REQUEST_BYTES = 6400
"""Of sound in a request, 0.2 s; the service recommends 0.1 s and takes up to 15 kB."""


class UnsettledSound:
    """16-bit sound; positions are bytes from the beginning of the stream that is open."""

    def __init__(self) -> None:
        """Begin without any sound."""
        self._sound = bytearray()
        self._base = 0
        """The position of the first byte kept."""
        self.sent = 0
        """How much of the stream was sent."""
        self.end: int | None = None
        """Where the sound of the stream ends; None while it goes on."""

    def __len__(self) -> int:
        """Return the bytes that are kept."""
        return len(self._sound)

    @property
    def waiting(self) -> float:
        """Return the seconds that are still to be sent."""
        return (self._base + len(self._sound) - self.sent) / BYTES_PER_SECOND

    @property
    def sent_since_result(self) -> float:
        """Return the seconds that were sent and have no final result yet."""
        return (self.sent - self._base) / BYTES_PER_SECOND

    def push(self, samples: NDArray[np.float32]) -> None:
        """Add samples in -1..1."""
        self._sound += to_s16(samples).tobytes()

    def start_stream(self) -> None:
        """Begin a stream, which is sent all that is kept."""
        self._base = self.sent = 0
        self.end = None

    def unsent(self) -> bytes:
        """Return the next bytes to send; b'' where there are none."""
        at = max(self.sent, self._base) - self._base
        return bytes(self._sound[at:at + REQUEST_BYTES])

    def send(self) -> bytes:
        """Take the next bytes to send; b'' ends the sound of the stream."""
        part = b'' if self.end is not None else self.unsent()
        self.sent = max(self.sent, self._base) + len(part)
        if not part:
            self.end = self.sent
        return part

    def settle(self, end: int) -> None:
        """Forget the sound up to `end`: it has become text."""
        drop = min(max(0, end - self._base), len(self._sound))
        del self._sound[:drop]
        self._base += drop
