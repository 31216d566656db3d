"""The contract of a text-to-speech provider: a clause in, sound and timings out."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator
import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from txt2vid_ros.mouth import Phoneme


@dataclasses.dataclass(frozen=True)
class VoiceCapabilities:
    """What a voice can do; the caller adapts to it."""

    sample_rate: int
    """Hz of the samples it yields; always mono."""
    timings: bool = False
    """Whether chunks carry phonemes with times."""
    streaming: bool = False
    """Whether the first chunk comes before the whole clause is made."""
    languages: tuple[str, ...] = ('en',)
    """BCP 47 tags of what it can read."""
    ssml: bool = False
    """Whether it takes a whole SSML text as one clause; else it gets the words of it."""


@dataclasses.dataclass(frozen=True)
class SpeechChunk:
    """A piece of a clause: mono samples in -1..1, and its sounds where the voice knows them.

    Phoneme times are seconds from the first sample of this chunk.
    """

    samples: NDArray[np.float32]
    phonemes: tuple[Phoneme, ...] | None = None


class TextToSpeech(abc.ABC):
    """A voice. Load once, then synthesize clause after clause from one thread."""

    name: ClassVar[str]

    @property
    @abc.abstractmethod
    def capabilities(self) -> VoiceCapabilities:
        """Return what the loaded voice can do."""

    @abc.abstractmethod
    def load(self) -> None:
        """Load models or connect; may take seconds. Raises UserError."""

    @abc.abstractmethod
    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech in order; stop soon after `cancelled()` turns true.

        A clause with nothing to pronounce yields nothing.
        """

    def close(self) -> None:
        """Release what load() took; may be called twice."""
        return
