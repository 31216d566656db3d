"""The contract of a text-to-speech provider: a clause in, sound and timings out."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Mapping
import dataclasses
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.time_limits import TimeLimits


@dataclasses.dataclass(frozen=True)
class VoiceCapabilities:
    """What a voice can do; the caller adapts to it."""

    sample_rate: int
    """Hz of the samples it yields; always mono."""
    timings: bool = False
    """Whether chunks carry phonemes with times."""
    streaming: bool = False
    """Whether the first chunk comes before the whole clause is synthesized."""
    languages: tuple[str, ...] = ('en',)
    """BCP 47 tags of what it can read."""
    ssml: bool = False
    """Whether it takes a whole SSML text as one clause; else it gets the words alone."""
    prepared: float = 0.0
    """Seconds of speech to be made before they are due, for a voice that is hardly faster than
    real time; 0 where each clause may wait for the one before to be nearly over."""


@dataclasses.dataclass(frozen=True)
class SpeechChunk:
    """
    A part of a clause: mono samples in -1..1, and its phonemes where the voice knows them.

    Phoneme times are seconds from the first sample of this chunk.
    """

    samples: NDArray[np.float32]
    phonemes: tuple[Phoneme, ...] | None = None
    last: bool = False
    """Whether the clause is known to be complete with it. A voice over a connection that can break
    should say so where it knows; else a break after the last sample has the clause said again."""
    words: tuple[float, ...] | None = None
    """Seconds at which the next words of the clause begin, for a voice that tells of them chunk by
    chunk; None where it does not, and `phonemes` may tell of all of them."""


class TextToSpeech(abc.ABC):
    """A voice. Load once, then synthesize clause after clause from one thread."""

    name: ClassVar[str]
    limits: ClassVar[TimeLimits] = TimeLimits()
    """How long it may take; LOCAL where it computes on this machine."""
    Options: ClassVar[type[Any] | None] = None
    """What the user may set: a frozen dataclass whose fields are core.parameters.parameter(). The
    constructor then takes an instance of it as `options`."""

    @classmethod
    def language_voices(cls) -> Mapping[str, str]:
        """
        Return its names of voices by the language (BCP 47) that each is meant for.

        Empty where no name has to be chosen for a language.
        """
        return {}

    @property
    def measured_as(self) -> str:
        """Return the name under which its speed is kept: other options may need another."""
        return self.name

    @property
    @abc.abstractmethod
    def capabilities(self) -> VoiceCapabilities:
        """
        Return what the loaded voice can do.

        Before load() what it is meant for: in a list of voices, one that cannot be loaded for the
        time being is tried again for a text in one of its languages. RuntimeError where only
        loading tells.
        """

    @abc.abstractmethod
    def load(self) -> None:
        """Load models or connect; may take seconds. Raises UserError or ProviderError."""

    @abc.abstractmethod
    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """
        Yield the clause's speech in order; stop soon after `cancelled()` turns true.

        A clause with nothing to pronounce yields nothing. Raises ProviderError for what fails
        outside the program, UserError for what only the user can mend.
        """

    def close(self) -> None:
        """Release what load() took; may be called twice."""
        return
