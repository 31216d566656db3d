"""Whether the cloud services with a key can be used, and how quickly they answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
import dataclasses
import os
from pathlib import Path
import time
from typing import Any

from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.doctor.checks import Finding, MISSING, NOTE, OK
from txt2vid_ros.providers.cloud.credentials import (
    GOOGLE_VARIABLE,
    resemble_key,
    RESEMBLE_VARIABLE,
)
from txt2vid_ros.providers.cloud.openai.server import (
    KEY_VARIABLE,
    OpenAiServer,
    ServerOptions,
    URL_VARIABLE,
)
from txt2vid_ros.providers.cloud.resemble.account import ResembleAccount
from txt2vid_ros.speaking.voice import TextToSpeech

WORD = 'Ready.'
"""What the voices say, which costs money."""
_OWN_SERVER = ('no matter if the server is for chat, or another server speaks or hears; else set '
               'openai.model or openai.base_url of tts or stt: docs/providers.md')
ANSWER_TIMEOUT = 10.0
"""Seconds that a service may take to answer."""


def check_cloud(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Yield a finding for each service; one without a key is only noted."""
    for subject, variable, checks in (
            ('google', GOOGLE_VARIABLE, (_google_recognizer, _google_voice)),
            ('resemble', RESEMBLE_VARIABLE, (_resemble_voice,))):
        if not environment.get(variable):
            yield Finding(subject, NOTE, f'not asked: {variable} is not set', 'see docs/cloud.md')
            continue
        for check in checks:
            yield _finding(subject, check)
    yield from _openai(environment)


def _openai(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a server with OpenAI's interface can do; one of one's own may only chat."""
    if not (environment.get(KEY_VARIABLE) or environment.get(URL_VARIABLE)):
        yield Finding('openai', NOTE, f'not asked: neither {KEY_VARIABLE} nor {URL_VARIABLE} is '
                      'set', 'see docs/providers.md')
        return
    reached = _finding('openai', lambda: _openai_server(environment))
    yield reached
    if reached.status != OK:
        return
    own = bool(environment.get(URL_VARIABLE))
    for check in (_openai_voice, _openai_recognizer):
        found = _finding('openai', check)
        yield (dataclasses.replace(found, status=NOTE, remedy=_OWN_SERVER)
               if own and found.status == MISSING else found)


def _openai_server(environment: Mapping[str, str]) -> str:
    server = OpenAiServer(ServerOptions(timeout=ANSWER_TIMEOUT), 'openai', environment)
    try:
        names: list[str] = []
        asked = _seconds(lambda: names.extend(server.names('/models')))
    finally:
        server.close()
    some = f': {", ".join(names[:8])}{", ..." if len(names) > 8 else ""}' if names else ''
    return (f'{server.service} has {len(names)} model{"" if len(names) == 1 else "s"}{some}; '
            f'round trip {asked * 1000:.0f} ms')


def _openai_voice() -> str:
    return _spoken(registry.load(registry.VOICES, 'openai', 'doctor')())


def _openai_recognizer() -> str:
    return _understood('openai', 'a second of sound in')


def _finding(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, OK, check())
    except UserError as error:
        return Finding(subject, MISSING, error.problem, error.remedy)
    except ProviderError as error:
        return Finding(subject, MISSING, error.problem, 'try again later, or see the network'
                       if error.retriable else 'see docs/cloud.md')


def _google_recognizer() -> str:
    return _understood('google', 'round trip')


def _understood(provider: str, asked: str) -> str:
    """Return how long a recognizer takes to connect and to answer; `asked` says what."""
    recognizer = registry.load(registry.RECOGNIZERS, provider, 'doctor')()
    try:
        connected = _seconds(recognizer.load)
        return (f'speech to text: connected in {connected * 1000:.0f} ms, {asked} '
                f'{_seconds(recognizer.check) * 1000:.0f} ms')
    finally:
        recognizer.close()


def _google_voice() -> str:
    return _spoken(registry.load(registry.VOICES, 'google', 'doctor')())


def _resemble_voice() -> str:
    names: dict[str, str] = {}
    account = ResembleAccount('', resemble_key(Path()), ANSWER_TIMEOUT)
    asked = _seconds(lambda: names.update(account.voices()))
    if not names:
        raise account.unknown('', ())
    provider = registry.load(registry.VOICES, 'resemble', 'doctor')
    return f'{len(names)} voices, round trip {asked * 1000:.0f} ms; ' + _spoken(
        provider(next(iter(names.values()))))


def _spoken(voice: TextToSpeech) -> str:
    """Return how quickly a voice speaks. Raises UserError and ProviderError."""
    try:
        loaded = _seconds(voice.load)
        _first_sound(voice)
        # The first includes setting up the connection; a conversation has the second.
        first = _first_sound(voice)
    finally:
        voice.close()
    return (f'text to speech: connected in {loaded * 1000:.0f} ms, first sound after '
            f'{first * 1000:.0f} ms')


def _first_sound(voice: TextToSpeech) -> float:
    begun = time.perf_counter()
    first = 0.0
    for _ in voice.synthesize(WORD, lambda: False):
        first = first or time.perf_counter() - begun
    return first


def _seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
