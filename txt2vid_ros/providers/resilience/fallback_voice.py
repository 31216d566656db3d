"""
A voice with fall-back: a clause that one voice cannot say is said by the next.

A clause is spoken whole by one voice. Where that voice fails in the middle, the sound that it made
and nobody has taken is dropped, and the next voice says the clause again from its start, after a
pause by which the listener can tell that it starts again. A voice that knows that it has yielded
all of a clause says so (SpeechChunk.last): what goes wrong after that does not matter any more.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
import dataclasses
import logging
import time

import numpy as np
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.resilience.fallback import FallbackChain, StartedOver
from txt2vid_ros.providers.resilience.fallback_provider import FallbackProvider
from txt2vid_ros.providers.resilience.job_thread import CancelCheck, TimeLimitError
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot
from txt2vid_ros.providers.resilience.time_source import REAL_TIME, TimeSource
from txt2vid_ros.speaking.resampled_voice import ClauseResampler
from txt2vid_ros.speaking.ssml import is_ssml
from txt2vid_ros.speaking.synthesis import synthesize_text
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

log = logging.getLogger(__name__)

REPEAT_PAUSE = 0.3
"""Seconds of silence before a clause that is said again."""


class FallbackVoice(FallbackProvider[TextToSpeech, VoiceCapabilities], TextToSpeech):
    """The voices of a list, in its order. The sample rate is the highest of those loaded."""

    name = 'fallback'

    def __init__(self, slots: Sequence[ProviderSlot[TextToSpeech]],
                 time_source: TimeSource = REAL_TIME) -> None:
        """Take at least one voice, not loaded."""
        super().__init__(FallbackChain('voice', slots, time_source), VoiceCapabilities(VOICE_RATE),
                         _combined)
        self._meant: dict[str, tuple[str, ...]] = {}

    def awaited(self) -> dict[str, tuple[str, ...]]:
        """
        Return the voices that could not be loaded yet, each with the languages that it is for.

        Not those that only the user can mend. A voice that knows its languages only once it is
        loaded has none here.
        """
        slots = [slot for slot in self._chain.slots if slot.awaited]
        for slot in slots:
            if slot.name not in self._meant:
                self._meant[slot.name] = _meant_for(slot)
        return {slot.name: self._meant[slot.name] for slot in slots}

    def give_up(self, others: FallbackVoice) -> None:
        """Give no work to voices of which other lists know that only the user can mend them."""
        found = {slot.name: slot.disabled_by for slot in others._chain.slots}
        for slot in self._chain.slots:
            if slot.awaited and (error := found.get(slot.name)) is not None:
                slot.disable(error)

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's speech. Raises ProviderError where no voice is left."""
        rate = self.capabilities.sample_rate
        resampler: ClauseResampler | None = None
        for item in self._chain.run(lambda slot: _speaking(clause), _probe(clause), cancelled):
            if isinstance(item, StartedOver):
                if resampler is not None:
                    yield from resampler.rest()
                resampler = None
                yield SpeechChunk(np.zeros(round(REPEAT_PAUSE * rate), np.float32))
                continue
            own_rate, chunk = item
            if own_rate == rate:
                yield chunk
                continue
            if resampler is None:
                resampler = ClauseResampler(own_rate, rate)
            yield from resampler.chunk(chunk)
        if resampler is not None and not cancelled():
            yield from resampler.rest()
        self._learn_languages()

    def _learn_languages(self) -> None:
        """Take over the languages of a voice that was loaded late, and not its rate."""
        loaded = self._chain.loaded
        if loaded and (not self.known or loaded[0] is self._chain.slots[0].provider):
            # Sound at another rate is resampled: whoever listens was told of that rate.
            self._capabilities = dataclasses.replace(
                self._capabilities, languages=loaded[0].capabilities.languages)
            self.known = True

    def leave_out_slow(self, problem_of: Callable[[TextToSpeech], str]) -> None:
        """
        Give a voice no work that is too slow for a conversation, where there is another one.

        `problem_of` says of a loaded voice why it is, '' where it is not, on that voice's thread.
        """
        for slot in self._chain.slots:
            if slot.provider is None or not slot.provider.capabilities.prepared:
                continue
            problem = _measured(slot, problem_of)
            if not problem:
                continue
            if len(self._chain.loaded) == 1:
                log.warning('%s; as no other voice is named it speaks all the same, and pauses '
                            'between its clauses where it is slow', problem)
                continue
            slot.disable(UserError(problem, 'Run it on a faster machine, or name other voices; '
                                   '`txt2vid doctor --measure` measures again.'))
            log.error('voice %s is not used: %s', slot.name, slot.disabled_by)
            slot.close()
        # All may have been released meanwhile.
        if self._chain.loaded:
            self._capabilities = self._combine(self._chain.loaded)


def _meant_for(slot: ProviderSlot[TextToSpeech]) -> tuple[str, ...]:
    try:
        return slot.made().capabilities.languages
    except RuntimeError as error:
        log.debug('voice %s does not tell its languages before it is loaded: %s', slot.name, error)
        return ()


def _measured(slot: ProviderSlot[TextToSpeech], problem_of: Callable[[TextToSpeech], str]) -> str:
    """Return what `problem_of` says of a loaded voice, or why nothing could be found out."""
    # It says several sentences, of which the limits know nothing.
    limits = dataclasses.replace(slot.limits, first=slot.limits.load, whole=slot.limits.load)
    job = slot.submit(_answer(problem_of))
    try:
        return job.take(limits) or ''
    except (TimeLimitError, ProviderError, UserError) as error:
        return (f'{slot.name} could not be measured: '
                f'{error if isinstance(error, TimeLimitError) else error.problem}')
    finally:
        job.drop()


def _answer(problem_of: Callable[[TextToSpeech], str]
            ) -> Callable[[TextToSpeech, CancelCheck], Generator[str, None, None]]:
    def work(voice: TextToSpeech, cancelled: CancelCheck) -> Generator[str, None, None]:
        yield problem_of(voice)
    return work


def _combined(voices: Sequence[TextToSpeech]) -> VoiceCapabilities:
    able = [voice.capabilities for voice in voices]
    return VoiceCapabilities(
        max(each.sample_rate for each in able), all(each.timings for each in able),
        all(each.streaming for each in able), able[0].languages, any(each.ssml for each in able),
        max(each.prepared for each in able))


def _speaking(clause: str) -> Callable[[TextToSpeech, CancelCheck],
                                       Generator[tuple[int, SpeechChunk], None, None]]:
    def work(voice: TextToSpeech, cancelled: CancelCheck
             ) -> Generator[tuple[int, SpeechChunk], None, None]:
        # Here, on the voice's own thread: one that is loaded late says its rate only now.
        for chunk in _speech(voice, clause, cancelled):
            yield voice.capabilities.sample_rate, chunk
    return work


def _probe(clause: str) -> Callable[[TextToSpeech, CancelCheck], Generator[float, None, None]]:
    def work(voice: TextToSpeech, cancelled: CancelCheck) -> Generator[float, None, None]:
        began, first = time.monotonic(), None
        for _ in _speech(voice, clause, cancelled):
            if first is None:
                first = time.monotonic() - began
        yield first or 0.0
    return work


def _speech(voice: TextToSpeech, clause: str, cancelled: CancelCheck) -> Iterator[SpeechChunk]:
    """Yield the speech of a clause; of its words alone where the voice takes no SSML."""
    if not is_ssml(clause) or voice.capabilities.ssml:
        for chunk in voice.synthesize(clause, cancelled):
            yield chunk
            if chunk.last:
                return
        return
    for spoken in synthesize_text(clause, voice, cancelled):
        if spoken.pause:
            silence = np.zeros(round(spoken.pause * voice.capabilities.sample_rate), np.float32)
            yield SpeechChunk(silence)
        yield spoken.chunk
