"""A recognizer that is several: speech that one cannot recognize is given whole to the next.

The sound of the piece that is being spoken is kept. A text comes only from a recognizer that has
had all of it, so nothing is lost or doubled where another takes over in the middle.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator, Sequence
import logging
import time

import numpy as np
from numpy.typing import NDArray
import soxr

from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    SpeechToText,
    Transcript,
)
from txt2vid_ros.providers.resilience.fallback import Ask, Fallback, Restart
from txt2vid_ros.providers.resilience.health import Pace
from txt2vid_ros.providers.resilience.job_thread import Cancelled
from txt2vid_ros.providers.resilience.provider_slot import Member

log = logging.getLogger(__name__)

RATE = 16000
"""Hz of the sound that is taken, whatever the recognizers want."""

Sound = NDArray[np.float32]
Call = Callable[[Recognition], Transcript]


class FallbackRecognizer(SpeechToText):
    """The recognizers of a list, in its order."""

    name = 'fallback'

    def __init__(self, members: Sequence[Member[SpeechToText]], longest: float = 30.0,
                 pace: Pace = Pace()) -> None:  # noqa: B008
        """Take at least one recognizer, not loaded; keep at most `longest` seconds of a piece."""
        self._fallback = Fallback('recognizer', members, pace)
        self._longest = round(longest * RATE)
        self._capabilities = RecognizerCapabilities(RATE)

    @property
    def capabilities(self) -> RecognizerCapabilities:
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
            self._capabilities = RecognizerCapabilities(
                RATE, all(each.streaming for each in able), all(each.confidence for each in able),
                able[0].locales)

    def open(self) -> Recognition:  # noqa: A003
        """Begin with a piece of speech."""
        return _FallbackRecognition(self._fallback, self._longest)

    def close(self) -> None:
        """Release all."""
        self._fallback.close()


class _Attempt:
    """One recognizer's recognition of a piece; touched on that one's thread only."""

    def __init__(self, member: Member[SpeechToText]) -> None:
        self.member = member
        self._recognition: Recognition | None = None
        self._given = 0

    def call(self, recognizer: SpeechToText, pieces: Sequence[Sound], call: Call) -> Transcript:
        """Give it what it has not had of all `pieces`; return what `call` says."""
        if self._recognition is None:
            self._recognition = recognizer.open()
        for piece in pieces[self._given:]:
            self._recognition.push(_at_rate(piece, recognizer.capabilities.sample_rate))
            self._given += 1
        return call(self._recognition)

    def cancel(self) -> None:
        """Give it up."""
        if self._recognition is not None:
            self._recognition.cancel()
            self._recognition = None


class _FallbackRecognition(Recognition):
    """Keeps the sound of a piece, and who is recognizing it."""

    def __init__(self, fallback: Fallback[SpeechToText], longest: int) -> None:
        self._fallback = fallback
        self._longest = longest
        self._pieces: collections.deque[Sound] = collections.deque()
        self._attempt: _Attempt | None = None
        self._full = False

    def push(self, samples: Sound) -> None:
        if not len(samples):
            return
        room = self._longest - sum(len(piece) for piece in self._pieces)
        if len(samples) > room:
            if not self._full:
                log.warning('a piece of speech is longer than the %.0f s that are kept for the '
                            'recognizers; what follows is not recognized', self._longest / RATE)
            self._full = True
            samples = samples[:max(0, room)]
        if len(samples):
            self._pieces.append(samples)

    def hypothesis(self) -> Transcript:
        """Return the text so far; an empty one where no recognizer works at present."""
        return self._guess(lambda recognition: recognition.hypothesis())

    def draft(self) -> Transcript:
        """Return a quick guess at it, likewise."""
        return self._guess(lambda recognition: recognition.draft())

    def _guess(self, call: Call) -> Transcript:
        try:
            return self._ask(call, proof=False)
        except ProviderError as error:
            # It is only a guess: whether the piece is lost is known at its end.
            log.debug('%s', error)
            return Transcript('')

    def finish(self) -> Transcript:
        text = self._ask(lambda recognition: recognition.finish(), proof=True)
        self._attempt = None
        return text

    def cancel(self) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            _give_up(attempt)

    def _ask(self, call: Call, proof: bool) -> Transcript:
        if not self._pieces:
            return Transcript('')
        pieces = tuple(self._pieces)
        began = self._attempt

        def ask(member: Member[SpeechToText]) -> Ask[SpeechToText, Transcript]:
            nonlocal began
            if began is None or began is not self._attempt or began.member is not member:
                self.cancel()
                self._attempt = _Attempt(member)
            # A second try of this call begins anew.
            began = None
            attempt = self._attempt
            assert attempt is not None

            def work(recognizer: SpeechToText, cancelled: Cancelled
                     ) -> Generator[Transcript, None, None]:
                yield attempt.call(recognizer, pieces, call)
            return work

        prefer = began.member if began is not None else None
        found = Transcript('')
        try:
            for item in self._fallback.run(ask, _trial(pieces), lambda: False, prefer,
                                           proof):
                if not isinstance(item, Restart):
                    found = item
        except BaseException:
            self.cancel()
            raise
        return found


def _give_up(attempt: _Attempt) -> None:
    """Cancel a recognition where it was made; nobody waits for that."""
    def work(recognizer: SpeechToText, cancelled: Cancelled) -> Generator[None, None, None]:
        attempt.cancel()
        yield
    if attempt.member.provider is not None:
        attempt.member.begin(work)


def _trial(pieces: Sequence[Sound]) -> Ask[SpeechToText, float]:
    def work(recognizer: SpeechToText, cancelled: Cancelled) -> Generator[float, None, None]:
        recognition = recognizer.open()
        for piece in pieces:
            recognition.push(_at_rate(piece, recognizer.capabilities.sample_rate))
        began = time.monotonic()
        recognition.finish()
        yield time.monotonic() - began
    return work


def _at_rate(samples: Sound, rate: int) -> Sound:
    return samples if rate == RATE else np.asarray(soxr.resample(samples, RATE, rate), np.float32)
