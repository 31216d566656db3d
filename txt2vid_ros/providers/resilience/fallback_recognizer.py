"""
A recognizer with fall-back: speech that one cannot recognize goes, whole, to the next.

The sound of the segment that is being spoken is kept. A text comes only from a recognizer that was
given all of it, so nothing is lost or doubled where another takes over in the middle.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator, Sequence
import logging
import time

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.resampling import Resampler
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    SpeechToText,
    Transcript,
)
from txt2vid_ros.providers.resilience.fallback import FallbackChain, ProviderWork, StartedOver
from txt2vid_ros.providers.resilience.fallback_provider import FallbackProvider
from txt2vid_ros.providers.resilience.job_thread import CancelCheck
from txt2vid_ros.providers.resilience.probes import Probe
from txt2vid_ros.providers.resilience.provider_slot import ProviderSlot
from txt2vid_ros.providers.resilience.time_source import REAL_TIME, TimeSource

log = logging.getLogger(__name__)

Sound = NDArray[np.float32]
Call = Callable[[Recognition], Transcript]


class FallbackRecognizer(FallbackProvider[SpeechToText, RecognizerCapabilities], SpeechToText):
    """The recognizers of a list, in its order."""

    name = 'fallback'

    def __init__(self, slots: Sequence[ProviderSlot[SpeechToText]], longest: float = 30.0,
                 time_source: TimeSource = REAL_TIME) -> None:
        """Take at least one recognizer, not loaded; keep `longest` seconds of a segment."""
        super().__init__(FallbackChain('recognizer', slots, time_source),
                         RecognizerCapabilities(SPEECH_RATE), _combined)
        self._longest = round(longest * SPEECH_RATE)

    def open(self) -> Recognition:  # noqa: A003
        """Begin with a segment of speech; its sound is at SPEECH_RATE, whatever they want."""
        return _FallbackRecognition(self._chain, self._longest)


def _combined(recognizers: Sequence[SpeechToText]) -> RecognizerCapabilities:
    able = [recognizer.capabilities for recognizer in recognizers]
    return RecognizerCapabilities(
        SPEECH_RATE, all(each.streaming for each in able), all(each.confidence for each in able),
        able[0].locales)


class _Attempt:
    """One recognizer's recognition of a segment; touched on the thread of its slot only."""

    def __init__(self, slot: ProviderSlot[SpeechToText]) -> None:
        self.slot = slot
        self._recognition: Recognition | None = None
        self._resampler = Resampler(SPEECH_RATE, SPEECH_RATE)
        self._given = 0

    def call(self, recognizer: SpeechToText, sounds: Sequence[Sound], call: Call, whole: bool
             ) -> Transcript:
        """
        Give it what it has not had of all `sounds`; return what `call` returns.

        `whole`: whether they end with the segment.
        """
        if self._recognition is None:
            self._recognition = recognizer.open()
            self._resampler = Resampler(SPEECH_RATE, recognizer.capabilities.sample_rate)
        for sound in sounds[self._given:]:
            _push(self._recognition, self._resampler.push(sound))
            self._given += 1
        if whole:
            _push(self._recognition, self._resampler.rest())
        return call(self._recognition)

    def cancel(self) -> None:
        """Give it up."""
        if self._recognition is not None:
            self._recognition.cancel()
            self._recognition = None


class _FallbackRecognition(Recognition):
    """Keeps the sound of a segment, and the attempt that is under way."""

    def __init__(self, chain: FallbackChain[SpeechToText], longest: int) -> None:
        self._chain = chain
        self._longest = longest
        self._sounds: collections.deque[Sound] = collections.deque()
        self._attempt: _Attempt | None = None
        self._full = False

    def push(self, samples: Sound) -> None:
        if not len(samples):
            return
        room = self._longest - sum(len(sound) for sound in self._sounds)
        if len(samples) > room:
            if not self._full:
                log.warning('a segment of speech is longer than the %.0f s that are kept for the '
                            'recognizers; the rest of it is not recognized',
                            self._longest / SPEECH_RATE)
            self._full = True
            samples = samples[:max(0, room)]
        if len(samples):
            self._sounds.append(samples)

    def hypothesis(self) -> Transcript:
        """Return the text so far; an empty one where no recognizer works at present."""
        return self._guess(lambda recognition: recognition.hypothesis())

    def draft(self) -> Transcript:
        """Return a quick guess at it, likewise."""
        return self._guess(lambda recognition: recognition.draft())

    def _guess(self, call: Call) -> Transcript:
        try:
            return self._run(call, conclusive=False)
        except ProviderError as error:
            # It is only a guess: whether the segment is lost is known at its end.
            log.debug('%s', error)
            return Transcript('')

    def finish(self) -> Transcript:
        text = self._run(lambda recognition: recognition.finish(), conclusive=True)
        self._attempt = None
        return text

    def cancel(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            _give_up(attempt)

    def _run(self, call: Call, conclusive: bool) -> Transcript:
        if not self._sounds:
            return Transcript('')
        sounds = tuple(self._sounds)
        under_way = self._attempt

        def work_for(slot: ProviderSlot[SpeechToText]) -> ProviderWork[SpeechToText, Transcript]:
            nonlocal under_way
            if (under_way is None or under_way is not self._attempt
                    or under_way.slot is not slot):
                self.cancel()
                self._attempt = _Attempt(slot)
            # A second attempt at this call starts again, with all of the sound.
            under_way = None
            attempt = self._attempt
            assert attempt is not None

            def work(recognizer: SpeechToText, cancelled: CancelCheck
                     ) -> Generator[Transcript, None, None]:
                yield attempt.call(recognizer, sounds, call, conclusive)
            return work

        prefer = under_way.slot if under_way is not None else None
        found = Transcript('')
        try:
            for item in self._chain.run(work_for, _probe(sounds), lambda: False, prefer,
                                        conclusive):
                if not isinstance(item, StartedOver):
                    found = item
        except BaseException:
            self.cancel()
            raise
        return found


def _give_up(attempt: _Attempt) -> None:
    """Cancel a recognition on the thread on which it was made; nobody waits for that."""
    def work(recognizer: SpeechToText, cancelled: CancelCheck) -> Generator[None, None, None]:
        attempt.cancel()
        yield
    if attempt.slot.provider is not None:
        attempt.slot.submit(work)


def _probe(sounds: Sequence[Sound]) -> Probe[SpeechToText]:
    def work(recognizer: SpeechToText, cancelled: CancelCheck) -> Generator[float, None, None]:
        recognition = recognizer.open()
        resampler = Resampler(SPEECH_RATE, recognizer.capabilities.sample_rate)
        for sound in sounds:
            _push(recognition, resampler.push(sound))
        _push(recognition, resampler.rest())
        began = time.monotonic()
        recognition.finish()
        yield time.monotonic() - began
    return work


def _push(recognition: Recognition, samples: Sound) -> None:
    if len(samples):
        recognition.push(samples)
