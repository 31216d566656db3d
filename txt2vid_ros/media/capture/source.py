"""The contract of a sound source: mono sound at one rate, with the time it was captured at."""

from __future__ import annotations

import abc
import dataclasses
import threading

import numpy as np
from numpy.typing import NDArray


@dataclasses.dataclass(frozen=True)
class SoundBlock:
    """Mono float32 samples in -1..1 at SPEECH_RATE; the first was captured at `stamp` (ns)."""

    stamp: int
    samples: NDArray[np.float32]


@dataclasses.dataclass
class SourceStatistics:
    """Counts since the start, for diagnostics."""

    overruns: int = 0
    """Times at which sound was lost because the machine did not take it in time."""
    clipped: int = 0
    """Samples at full scale."""
    invalid: int = 0
    """Samples that were NaN or infinite and became silence."""


class SoundSource(abc.ABC):
    """Sound from somewhere. Used by one thread: open, read until stopped, close."""

    name: str = ''
    """What the sound is labelled with: the device, the file."""

    def __init__(self) -> None:
        """Prepare; nothing is opened yet."""
        self.statistics = SourceStatistics()

    @abc.abstractmethod
    def open(self) -> None:  # noqa: A003
        """
        Begin to capture.

        Raises UnavailableError, or UserError where waiting would not help.
        """

    @abc.abstractmethod
    def read(self, stop: threading.Event) -> SoundBlock | None:
        """
        Return the next block when it is there; None once `stop` is set.

        Raises UnavailableError where no more comes.
        """

    def close(self) -> None:
        """Stop capturing; may be called twice, and open() may follow."""
        return
