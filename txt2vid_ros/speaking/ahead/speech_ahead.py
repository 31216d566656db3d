"""Makes speech before it is due, on a thread of its own, for voices that are hardly fast."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import functools
import logging
import threading

from txt2vid_ros.speaking.ahead.utterance_speech import UtteranceSpeech
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.voice import TextToSpeech

log = logging.getLogger(__name__)


class SpeechAhead:
    """
    Makes what is said, and while that is heard what waits to be said, in order.

    As far ahead as the voice asks for, in all. So a voice that needs 0.9 s for a second of speech
    pauses before the first clause, long enough for those that follow (head_start.py). Clauses that
    come as utterances of their own are not known by then: it pauses before one that is longer
    than those before it together.
    Voices that ask for nothing are asked when their speech is due, on the thread that takes it.
    """

    def __init__(self, voice_for: Callable[[SpeechRequest], TextToSpeech],
                 done_with: Callable[[TextToSpeech], object],
                 queued: Callable[[], Iterable[SpeechRequest]], changed: threading.Condition,
                 rate: int, *, named_emoji: bool = False) -> None:
        """
        Take the voice of each utterance, and what waits to be said.

        `done_with` gets each voice that `voice_for` gave once it is needed no more. `queued` is
        called under the lock of `changed`, which is to be notified when there is more of it.
        """
        self._voice_for = voice_for
        self._done_with = done_with
        self._queued = queued
        self._changed = changed
        self._rate = rate
        self._named_emoji = named_emoji
        self._current: UtteranceSpeech | None = None
        self._ahead: list[UtteranceSpeech] = []
        """What was not taken yet, in order."""
        self._dropped: list[UtteranceSpeech] = []
        """What was made and is not said, until its voice is given back."""
        self._not_ahead: SpeechRequest | None = None
        """What waits for its turn, as its voice does not speak ahead."""
        self._closed = False
        self._asking = threading.Lock()
        """A voice may have to be loaded: once."""
        self._thread = threading.Thread(target=self._run, name='speech-ahead', daemon=True)

    def start(self) -> None:
        """Begin to make speech ahead."""
        self._thread.start()

    def close(self) -> None:
        """Make no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.drop()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def take(self, request: SpeechRequest, interrupted: Callable[[], bool]) -> UtteranceSpeech:
        """
        Return the speech of what is said next, which may have been made; finish() has to follow.

        `interrupted` tells whether it is wanted no more. Raises what the voice's choice raises.
        """
        voice = self._voice(request)
        made = None
        with self._changed:
            # Whatever was made before it has been overtaken.
            while self._ahead and made is None:
                made = self._ahead.pop(0)
                if made.request is not request or made.voice is not voice or made.unwanted():
                    self._drop([made])
                    made = None
            if made is not None:
                made.interrupted = interrupted
                self._current = made
        if made is not None:
            self._done_with(voice)
            return made
        speech = self._speech(request, voice)
        speech.interrupted = interrupted
        with self._changed:
            self._current = speech
            self._changed.notify_all()
        return speech

    def finish(self, speech: UtteranceSpeech) -> None:
        """Learn that no more of an utterance is said."""
        speech.drop()
        with self._changed:
            # A voice is used by one thread at a time.
            self._changed.wait_for(lambda: speech.complete)
            self._current = None
        self._done_with(speech.voice)

    def drop(self) -> None:
        """Forget what was made ahead: what waits is not said, or not next."""
        with self._changed:
            self._drop(self._ahead)
            self._ahead = []

    def _drop(self, unwanted: Iterable[UtteranceSpeech]) -> None:
        for speech in unwanted:
            speech.drop()
            self._dropped.append(speech)

    def _voice(self, request: SpeechRequest) -> TextToSpeech:
        with self._asking:
            return self._voice_for(request)

    def _speech(self, request: SpeechRequest, voice: TextToSpeech) -> UtteranceSpeech:
        return UtteranceSpeech(request, voice, self._rate, self._changed,
                               named_emoji=self._named_emoji)

    def _run(self) -> None:
        while not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: (
                    self._closed or self._dropped or self._unmade() or self._next()))
                speech, request = self._unmade(), self._next()
                dropped, self._dropped = self._dropped, []
            # What was dropped is made by nobody else.
            for each in dropped:
                self._done_with(each.voice)
            if speech is not None:
                speech.make(functools.partial(self._room, speech.most))
            elif request is not None:
                self._begin(request)
        with self._changed:
            for speech in self._known():
                speech.complete = True
            self._changed.notify_all()

    def _unmade(self) -> UtteranceSpeech | None:
        """Return the first that is not complete."""
        return next((speech for speech in self._known() if not speech.complete), None)

    def _known(self) -> list[UtteranceSpeech]:
        return [*([self._current] if self._current else []), *self._ahead]

    def _next(self) -> SpeechRequest | None:
        """Return what waits and is to be made ahead now; None where there is nothing."""
        known = self._known()
        if self._current is None or not self._current.most or not self._room(self._current.most):
            return None
        request = next((each for each in self._queued()
                        if all(each is not speech.request for speech in known)), None)
        return None if request is self._not_ahead else request

    def _room(self, most: int) -> bool:
        return self._closed or sum(speech.waiting for speech in self._known()) < most

    def _begin(self, request: SpeechRequest) -> None:
        """Prepare to make what waits; its voice may have to be loaded."""
        try:
            voice = self._voice(request)
        except Exception as error:
            # It is asked for again, and the error told, when its turn has come.
            log.debug('%s is not made ahead: %s', request.id, error)
            with self._changed:
                self._not_ahead = request
            return
        speech = self._speech(request, voice)
        with self._changed:
            waits = any(each is request for each in self._queued())
            if waits and speech.most:
                self._ahead.append(speech)
                return
            self._not_ahead = request
        self._done_with(voice)
