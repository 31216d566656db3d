"""The contract of a voice activity detector: how likely it is that somebody speaks."""

from __future__ import annotations

import abc
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray


class VoiceActivity(abc.ABC):
    """A detector over one continuous sound at 16 kHz; it remembers what it has heard."""

    name: ClassVar[str]
    window: ClassVar[int]
    """Samples that probability() takes at a time."""

    @abc.abstractmethod
    def load(self) -> None:
        """Load its model. Raises UserError."""

    @abc.abstractmethod
    def probability(self, samples: NDArray[np.float32]) -> float:
        """Return the probability, 0 to 1, of speech in the next `window` samples in -1..1."""

    @abc.abstractmethod
    def reset(self) -> None:
        """Forget: what comes next does not follow what came before."""

    def close(self) -> None:
        """Release what load() took; may be called twice."""
        return
