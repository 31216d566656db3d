"""The contract of a speech-to-text provider: the sound of a segment in, its text out."""

from __future__ import annotations

import abc
import dataclasses
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.locales import AUTO, joined
from txt2vid_ros.core.time_limits import TimeLimits

DRAFT_WINDOW = 4.0
"""Seconds of sound above which a draft is put together from parts."""


@dataclasses.dataclass(frozen=True)
class RecognizerCapabilities:
    """What a recognizer can do; the caller adapts to it."""

    sample_rate: int
    """Hz of the sound that it takes; always mono."""
    streaming: bool = False
    """Whether it works while sound comes in; else each text is made from the whole sound."""
    confidence: bool = False
    """Whether its transcripts say how sure it is."""
    locales: tuple[str, ...] = ('en',)
    """BCP 47 tags of what it understands."""


@dataclasses.dataclass(frozen=True)
class Transcript:
    """What was said, as far as it is known."""

    text: str
    confidence: float | None = None
    """0 to 1; None where the provider does not tell."""
    locale: str = ''
    """BCP 47 tag of its language; '' where the provider does not tell."""


class Recognition(abc.ABC):
    """
    One segment of speech being recognized. Used by one thread.

    Any method may raise ProviderError; the segment is then recognized again from its start, by
    this recognizer or another.
    """

    @abc.abstractmethod
    def push(self, samples: NDArray[np.float32]) -> None:
        """Add the samples that follow, in -1..1; returns soon."""

    @abc.abstractmethod
    def hypothesis(self) -> Transcript:
        """Return what has been said so far; it may still change. May take its time."""

    def draft(self) -> Transcript:
        """Return a quick guess at what has been said so far, to be shown while speech goes on."""
        return self.hypothesis()

    @abc.abstractmethod
    def finish(self) -> Transcript:
        """Return the final text of all that was pushed; nothing follows."""

    def cancel(self) -> None:
        """Give up; may be called at any time, and more than once."""
        return


class SpeechToText(abc.ABC):
    """A recognizer. Load once, then open one recognition after the other."""

    name: ClassVar[str]
    limits: ClassVar[TimeLimits] = TimeLimits()
    """How long it may take; LOCAL where it computes on this machine."""
    Options: ClassVar[type[Any] | None] = None
    """What the user may set: a frozen dataclass whose fields are core.parameters.parameter(). The
    constructor then takes an instance of it as `options`."""

    @classmethod
    def understands(cls, locale: str) -> bool:
        """
        Return whether it is of use where `locale` is spoken: a tag, 'auto', or several as 'en,es'.

        One that is not is left out of a list of recognizers in which another one is.
        """
        return locale != AUTO and ',' not in locale

    @property
    @abc.abstractmethod
    def capabilities(self) -> RecognizerCapabilities:
        """Return what the loaded recognizer can do."""

    @abc.abstractmethod
    def load(self) -> None:
        """Load models or connect; may take seconds. Raises UserError or ProviderError."""

    @abc.abstractmethod
    def open(self) -> Recognition:  # noqa: A003
        """Begin with a segment of speech."""

    def close(self) -> None:
        """Release what load() took; may be called twice."""
        return


class WholeRecognizer(SpeechToText):
    """
    A recognizer that can only turn a whole sound into text, such as an encoder-decoder.

    Its hypotheses are made from all the sound so far, and one that has heard everything is the
    final text.
    """

    @abc.abstractmethod
    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples in -1..1, at the rate of the capabilities."""

    def finished(self, transcript: Transcript) -> None:
        """Learn the final text of a segment."""
        return

    def open(self) -> Recognition:  # noqa: A003
        """Begin with a segment of speech."""
        return _WholeRecognition(self)


class _WholeRecognition(Recognition):
    """Collects the sound, and remembers what the last text was made from."""

    def __init__(self, recognizer: WholeRecognizer) -> None:
        self._recognizer = recognizer
        self._sounds: list[NDArray[np.float32]] = []
        self._known: Transcript | None = None
        self._drafted: list[str] = []
        self._drafted_to = 0

    def push(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            self._sounds.append(samples)
            self._known = None

    def hypothesis(self) -> Transcript:
        if not self._sounds:
            return Transcript('')
        if self._known is None:
            self._sounds = [np.concatenate(self._sounds)]
            self._known = self._recognizer.transcribe(self._sounds[0])
        return self._known

    def draft(self) -> Transcript:
        if self._known is not None or not self._sounds:
            return self.hypothesis()
        # Transcribing takes more time than the sound is longer: older parts stay as drafted.
        self._sounds = [np.concatenate(self._sounds)]
        rest = self._sounds[0][self._drafted_to:]
        rate = self._recognizer.capabilities.sample_rate
        if len(rest) > DRAFT_WINDOW * rate:
            cut = _quietest(rest, rate)
            self._drafted.append(self._recognizer.transcribe(rest[:cut]).text)
            self._drafted_to += cut
            rest = rest[cut:]
        last = self._recognizer.transcribe(rest)
        return Transcript(joined((*self._drafted, last.text), last.locale), last.confidence,
                          last.locale)

    def finish(self) -> Transcript:
        transcript = self.hypothesis()
        self._recognizer.finished(transcript)
        return transcript


def _quietest(samples: NDArray[np.float32], rate: int) -> int:
    """Return a sample between two words, if there is such a place in the last seconds but one."""
    block = rate // 20
    first = len(samples) // block // 2
    power = np.square(samples[:len(samples) // block * block].reshape(-1, block)).mean(axis=1)
    last = len(power) - rate // 2 // block
    return (first + int(np.argmin(power[first:last]))) * block + block // 2
