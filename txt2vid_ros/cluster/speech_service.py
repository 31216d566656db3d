"""What a replica answers to providers/cloud/ray: speech, and text of speech."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Hashable
import contextlib
import logging
from typing import Any, Generic

from txt2vid_ros.cluster.provider_threads import ProviderThreads
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.listening.recognizer import SpeechToText
from txt2vid_ros.providers.cloud.ray import wire
from txt2vid_ros.providers.cloud.ray.wire import Message
from txt2vid_ros.providers.resilience.job_thread import CancelCheck, TimeLimitError
from txt2vid_ros.providers.resilience.provider_slot import P
from txt2vid_ros.speaking.voice import TextToSpeech

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Requests of one replica that are answered side by side; others wait, or go to another."""
KEPT = 8
"""Voices, or recognizers of a locale, that stay loaded."""
SLOWEST = 0.1
"""Pace of a voice; the fastest is as much the other way."""


Work = Callable[[Any, CancelCheck], Generator[bytes, None, None]]


class SpeechService(Generic[P]):
    """Answers requests, each with the provider that it names."""

    def __init__(self, make: Callable[..., P],
                 understood: Callable[[Message], tuple[tuple[Hashable, ...], Work]]) -> None:
        """`make` returns a provider, not loaded; for the rest see voices() and recognizers()."""
        self.threads: ProviderThreads[P] = ProviderThreads(make, KEPT, AT_ONCE)
        self._understood = understood

    async def answer(self, body: bytes) -> AsyncGenerator[bytes, None]:
        """Yield the messages of the answer to a request; whoever ceases to listen cancels it."""
        try:
            arguments, work = self._understood(wire.unpack(body))
        except ValueError as error:
            yield wire.pack_error(ProviderError(f'{error}', retriable=False))
            return
        try:
            async with contextlib.aclosing(self.threads.run(arguments, work)) as parts:
                async for part in parts:
                    yield part
        except TimeLimitError as late:
            yield wire.pack_error(ProviderError(f'{late}', retriable=False))
        except (ProviderError, UserError) as error:
            yield wire.pack_error(error)
        except Exception as error:
            # A provider's code is its own; whoever asked learns of it, and check() counts.
            log.exception('a request could not be answered')
            yield wire.pack_error(error)
        else:
            yield wire.pack_end()


def voices(make: Callable[[str, float], TextToSpeech]) -> SpeechService[TextToSpeech]:
    """Return what speaks; `make` returns a voice of this name and speed, not loaded."""
    return SpeechService(make, _voice_request)


def recognizers(make: Callable[[str], SpeechToText]) -> SpeechService[SpeechToText]:
    """Return what listens; `make` returns a recognizer for this locale, not loaded."""
    return SpeechService(make, _recognizer_request)


def _voice_request(asked: Message) -> tuple[tuple[Hashable, ...], Work]:
    match asked.fields:
        case {'ask': str(what), 'voice': str(voice), 'speed': float() | int() as speed
              } if SLOWEST <= speed <= 1 / SLOWEST:
            arguments = voice, float(speed)
            if what == wire.CAPABILITIES:
                return arguments, _capabilities
            if what == wire.SPEECH and isinstance(clause := asked.fields.get('clause'), str):
                return arguments, _speech(clause)
    raise ValueError('this is no request for speech')


def _recognizer_request(asked: Message) -> tuple[tuple[Hashable, ...], Work]:
    match asked.fields:
        case {'ask': wire.CAPABILITIES, 'locale': str(locale)}:
            return (locale,), _capabilities
        case {'ask': wire.TEXT, 'locale': str(locale)}:
            return (locale,), _text(asked)
    raise ValueError('this is no request for text')


def _capabilities(provider: Any, cancelled: CancelCheck) -> Generator[bytes, None, None]:
    yield wire.pack_capabilities(provider.capabilities)


def _speech(clause: str) -> Work:
    def work(voice: TextToSpeech, cancelled: CancelCheck) -> Generator[bytes, None, None]:
        for chunk in voice.synthesize(clause, cancelled):
            yield wire.pack_chunk(chunk)
    return work


def _text(asked: Message) -> Work:
    def work(recognizer: SpeechToText, cancelled: CancelCheck) -> Generator[bytes, None, None]:
        recognition = recognizer.open()
        recognition.push(asked.sound)
        # One that makes texts of whole sounds may remember the last final text, which here would
        # be somebody else's.
        found = (recognition.finish() if recognizer.capabilities.streaming
                 else recognition.hypothesis())
        yield wire.pack({'text': found.text, 'confidence': found.confidence,
                         'locale': found.locale})
    return work
