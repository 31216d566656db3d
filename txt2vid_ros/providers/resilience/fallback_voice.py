"""A voice that is several: a clause that one cannot say is said by the next.

A clause is handed out whole by one voice. Where that one fails in the middle, what it has made
and nobody has taken is dropped, and the next says the clause again from its start, after a pause
in which the listener can tell that it begins anew. A voice that knows that it has given
everything says so (SpeechChunk.last): what goes wrong behind that does not matter any more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
import dataclasses
import time

import numpy as np
import soxr

from txt2vid_ros.providers.resilience.fallback import Fallback, Restart
from txt2vid_ros.providers.resilience.health import Pace
from txt2vid_ros.providers.resilience.job_thread import Cancelled
from txt2vid_ros.providers.resilience.provider_slot import Member
from txt2vid_ros.speaking.ssml import is_ssml
from txt2vid_ros.speaking.synthesis import spoken
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RESTART = 0.3
"""Seconds of silence before a clause that is said again."""
RATE = 24000
"""Hz, where no voice could be loaded yet that says its own."""


class FallbackVoice(TextToSpeech):
    """The voices of a list, in its order. The sample rate is the highest of those loaded."""

    name = 'fallback'

    def __init__(self, members: Sequence[Member[TextToSpeech]],
                 pace: Pace = Pace()) -> None:  # noqa: B008
        """Take at least one voice, not loaded."""
        self._fallback = Fallback('voice', members, pace)
        self._capabilities = VoiceCapabilities(RATE)

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what all can do that are loaded."""
        return self._capabilities

    @property
    def trying(self) -> bool:
        """Return whether one that failed is being tried."""
        return self._fallback.trying

    def load(self) -> None:
        """Load all. Raises UserError where the user has to mend every one of them."""
        self._fallback.load()
        able = [provider.capabilities for provider in self._fallback.loaded]
        if able:
            self._capabilities = VoiceCapabilities(
                max(each.sample_rate for each in able), all(each.timings for each in able),
                all(each.streaming for each in able), able[0].languages,
                any(each.ssml for each in able))

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech. Raises ProviderError where no voice is left."""
        rate = self._capabilities.sample_rate
        resampler: _Resampler | None = None
        for item in self._fallback.run(lambda member: _saying(clause), _trial(clause), cancelled):
            if isinstance(item, Restart):
                resampler = None
                yield SpeechChunk(np.zeros(round(RESTART * rate), np.float32))
                continue
            own, chunk = item
            if own == rate:
                yield chunk
                continue
            if resampler is None:
                resampler = _Resampler(own, rate)
            yield from resampler.chunk(chunk)
        if resampler is not None and not cancelled():
            yield from resampler.rest()

    def close(self) -> None:
        """Release all."""
        self._fallback.close()


class _Resampler:
    """Brings the chunks of one clause to another rate without a seam between them."""

    def __init__(self, rate: int, wanted: int) -> None:
        self._stream = soxr.ResampleStream(rate, wanted, 1, dtype='float32')

    def chunk(self, chunk: SpeechChunk) -> Iterator[SpeechChunk]:
        samples = self._stream.resample_chunk(chunk.samples)
        if len(samples):
            yield dataclasses.replace(chunk, samples=samples)

    def rest(self) -> Iterator[SpeechChunk]:
        samples = self._stream.resample_chunk(np.zeros(0, np.float32), last=True)
        if len(samples):
            yield SpeechChunk(samples)


def _saying(clause: str) -> Callable[[TextToSpeech, Cancelled],
                                     Generator[tuple[int, SpeechChunk], None, None]]:
    def work(voice: TextToSpeech, cancelled: Cancelled
             ) -> Generator[tuple[int, SpeechChunk], None, None]:
        # Here, on the voice's own thread: one that is loaded late says its rate only now.
        for chunk in _said(voice, clause, cancelled):
            yield voice.capabilities.sample_rate, chunk
    return work


def _trial(clause: str) -> Callable[[TextToSpeech, Cancelled], Generator[float, None, None]]:
    def work(voice: TextToSpeech, cancelled: Cancelled) -> Generator[float, None, None]:
        began, first = time.monotonic(), None
        for _ in _said(voice, clause, cancelled):
            if first is None:
                first = time.monotonic() - began
        yield first or 0.0
    return work


def _said(voice: TextToSpeech, clause: str, cancelled: Cancelled) -> Iterator[SpeechChunk]:
    """Yield the speech of a clause; of the words alone where the voice takes no SSML."""
    if not is_ssml(clause) or voice.capabilities.ssml:
        for chunk in voice.synthesize(clause, cancelled):
            yield chunk
            if chunk.last:
                return
        return
    for pause, chunk in spoken(clause, voice, cancelled):
        if pause:
            silence = np.zeros(round(pause * voice.capabilities.sample_rate), np.float32)
            yield SpeechChunk(silence)
        yield chunk
