"""A voice at another rate: the chunks of a clause are resampled as one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.core.resampling import Resampler
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities


class ClauseResampler:
    """Converts the chunks of one clause; sounds stay at their times in the clause."""

    def __init__(self, rate: int, wanted: int) -> None:
        """Take the rate of the chunks and the rate to return, Hz."""
        self._resampler = Resampler(rate, wanted)
        self._phonemes: tuple[Phoneme, ...] = ()
        """Those whose chunk has not come out yet, from the next sample that does."""
        self._words: tuple[float, ...] | None = None
        """The beginnings of words, likewise."""

    def chunk(self, chunk: SpeechChunk) -> Iterator[SpeechChunk]:
        """Take a chunk; yield what is certain by now, all of the clause if it is the last."""
        # The last samples of the chunk before come out with this one, so it begins later.
        later = self._resampler.held
        self._phonemes += tuple(dataclasses.replace(each, start=each.start + later)
                                for each in chunk.phonemes or ())
        if chunk.words is not None:
            self._words = (*(self._words or ()), *(word + later for word in chunk.words))
        samples = self._resampler.push(chunk.samples)
        if chunk.last:
            samples = np.concatenate([samples, self._resampler.rest()])
        if len(samples) or chunk.last:
            yield self._made(samples, chunk.last)

    def rest(self) -> Iterator[SpeechChunk]:
        """Yield what is held back, at the end of the clause."""
        samples = self._resampler.rest()
        if len(samples) or self._phonemes or self._words:
            yield self._made(samples)

    def _made(self, samples: NDArray[np.float32], last: bool = False) -> SpeechChunk:
        chunk = SpeechChunk(samples, self._phonemes or None, last, self._words)
        self._phonemes, self._words = (), None
        return chunk


class ResampledVoice(TextToSpeech):
    """Another voice, whose samples it yields at the rate that is wanted."""

    name = 'resampled'

    def __init__(self, voice: TextToSpeech, rate: int) -> None:
        """Take the voice, which stays the caller's to load and close, and the rate in Hz."""
        self._voice = voice
        self._rate = rate

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the voice can do, at the rate wanted."""
        return dataclasses.replace(self._voice.capabilities, sample_rate=self._rate)

    def load(self) -> None:
        """Load the voice."""
        self._voice.load()

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech; where the voice fails, what it had said until then, too."""
        own = self._voice.capabilities.sample_rate
        if own == self._rate:
            yield from self._voice.synthesize(clause, cancelled)
            return
        resampler = ClauseResampler(own, self._rate)
        try:
            for chunk in self._voice.synthesize(clause, cancelled):
                yield from resampler.chunk(chunk)
        except Exception:
            yield from resampler.rest()
            raise
        yield from resampler.rest()
