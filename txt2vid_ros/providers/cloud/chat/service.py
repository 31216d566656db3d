"""
Answers of a chat service with OpenAI's interface, word by word as they are written.

POST BASE_URL/chat/completions with stream: true, which OpenAI, vLLM, Ollama, llama.cpp and others
offer: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel
from txt2vid_ros.providers.cloud.chat.events import EventReader
from txt2vid_ros.providers.cloud.credentials import checked_key, Secret
from txt2vid_ros.providers.cloud.http_call import HttpServer, StatusError
from txt2vid_ros.providers.cloud.openai.refusals import error_code, RETRIABLE
from txt2vid_ros.providers.cloud.openai.server import KEY_VARIABLE, OPENAI, URL_VARIABLE

SERVICE = 'the chat service'
MODEL_VARIABLE = 'OPENAI_MODEL'
OPENAI_MODEL = 'gpt-4o-mini'
MAX_BODY_BYTES = 1 << 20
"""Of an answer that comes whole, though a stream was requested."""
END_TIMEOUT = 0.1
"""Seconds to wait for the end of the stream behind its last event, to keep the connection."""


class ChatService:
    """
    One model of a chat service.

    The key is read from the environment when a request is sent, and is in no variable before.
    """

    def __init__(self, base_url: str = '', model: str = '', timeout: float = 20.0,
                 environment: Mapping[str, str] = os.environ) -> None:
        """
        Take the address up to /chat/completions, the model, and the longest silence in seconds.

        Where they are empty, OPENAI_BASE_URL and OPENAI_MODEL name them, else OpenAI's own. Raises
        UserError where the address cannot be, or a key or model is missing.
        """
        self._environment = environment
        address = base_url or environment.get(URL_VARIABLE, '') or OPENAI
        keyed = bool(self._key())
        if address == OPENAI and not keyed:
            raise UserError(
                f'{KEY_VARIABLE} is not set, and {OPENAI} answers only with a key',
                f'Set it; or let {URL_VARIABLE} name a service that needs none, such as '
                'http://127.0.0.1:11434/v1')
        if keyed:
            checked_key(Secret(self._key()), KEY_VARIABLE, 'It has to be one word.')
        self._model = (model or environment.get(MODEL_VARIABLE, '')
                       or (OPENAI_MODEL if address == OPENAI else ''))
        if not self._model:
            raise UserError(f'no model of {SERVICE} is named', f'Set {MODEL_VARIABLE} or the '
                            'parameter responder.model.')
        self._timeout = timeout
        self._server = HttpServer(address, SERVICE, timeout, URL_VARIABLE, keyed=keyed)
        self._path = urlsplit(address).path.rstrip('/') + '/chat/completions'

    def close(self) -> None:
        """Close the idle connection; may be called twice."""
        self._server.close()

    def answer(self, messages: Sequence[Mapping[str, str]], cancelled: Callable[[], bool]
               ) -> Iterator[str]:
        """
        Yield the text that follows `messages` as it is written; end once it is `cancelled`.

        Raises UserError for what only the user can mend, and ProviderError. Neither holds anything
        that was said, nor of the key.
        """
        body = json.dumps({'model': self._model, 'messages': [*messages], 'stream': True})
        call = self._server.call('POST', self._path, self._headers, body.encode())
        with AbortOnCancel(cancelled, call.abort):
            try:
                stream = _Stream(self._timeout)
                for received in call.answer():
                    yield from stream.feed(received)
                    if stream.complete:
                        break
                yield from stream.end()
                call.drain(END_TIMEOUT)
            except StatusError as refused:
                raise self._error(refused) from None

    def _key(self) -> str:
        return self._environment.get(KEY_VARIABLE, '').strip()

    def _headers(self) -> dict[str, str]:
        key = self._key()
        return {'Content-Type': 'application/json', 'Accept': 'text/event-stream',
                **({'Authorization': f'Bearer {key}'} if key else {})}

    def _error(self, refused: StatusError) -> Exception:
        """Return what a status means to the user; its text may quote the key or what was said."""
        status, code = refused.status, error_code(refused.body)
        said = f' ({code})' if code else ''
        if status in (401, 403):
            if self._key():
                return UserError(f'{SERVICE} refuses the key{said}: HTTP {status}',
                                 f'Correct {KEY_VARIABLE}.')
            return UserError(f'{SERVICE} asks for a key: HTTP {status}', f'Set {KEY_VARIABLE}.')
        if status == 404:
            return UserError(
                f'{SERVICE} has no model {self._model!r} at this address{said}: HTTP 404',
                f'Correct {MODEL_VARIABLE}, or {URL_VARIABLE}, which usually ends with /v1.')
        if status == 429:
            return ProviderError(f'{SERVICE} has had too many requests, or the account is used '
                                 f'up{said}: HTTP 429', retriable=code != 'insufficient_quota')
        if status in RETRIABLE:
            return ProviderError(f'{SERVICE} has a fault of its own: HTTP {status}',
                                 retriable=True)
        return ProviderError(f'{SERVICE} refuses the request{said}: HTTP {status}',
                             retriable=False)


class _Stream:
    """The texts in an answer's bytes: a stream of events, or one object that comes whole."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._events = EventReader(SERVICE)
        self._whole = bytearray()
        self._is_whole: bool | None = None
        self._wrote = time.monotonic()
        self._ended = self._any = False
        self.complete = False
        """Whether nothing more is to come."""

    def feed(self, received: bytes) -> Generator[str, None, None]:
        """Yield the texts. Raises ProviderError."""
        if self._is_whole is None and received.strip():
            self._is_whole = received.lstrip()[:1] == b'{'
        if self._is_whole:
            self._whole += received
            if len(self._whole) > MAX_BODY_BYTES:
                raise ProviderError(f'{SERVICE} sends more than {MAX_BODY_BYTES >> 20} MB',
                                    retriable=False)
            return
        for data in self._events.feed(received):
            yield from self._texts(data)
            if self.complete:
                return
        # Comments that keep the connection open are no words.
        if time.monotonic() - self._wrote > self._timeout:
            raise ProviderError(f'{SERVICE} wrote nothing for {self._timeout:g} s',
                                retriable=True)

    def end(self) -> Generator[str, None, None]:
        """Yield what is left, now that no more bytes come. Raises ProviderError."""
        if self._is_whole:
            yield from self._texts(self._whole.decode('utf-8', 'replace'))
        elif not self.complete:
            for data in self._events.end():
                yield from self._texts(data)
        if not self._any and not self._ended:
            raise ProviderError(f'{SERVICE} ended without an answer', retriable=True)

    def _texts(self, data: str) -> Generator[str, None, None]:
        if data.strip() == '[DONE]':
            self.complete = self._ended = True
            return
        try:
            content = json.loads(data)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise ProviderError(f'{SERVICE} sends what is not JSON', retriable=False)
        if content.get('error'):
            code = error_code(data)
            raise ProviderError(f'{SERVICE} broke off with an error{f" ({code})" if code else ""}',
                                retriable=not self._any)
        choice = _first(content.get('choices'))
        if choice.get('finish_reason'):
            self._ended = True
        part = choice.get('delta') or choice.get('message')
        text = part.get('content') if isinstance(part, dict) else None
        # Tool calls and the like have no content.
        if isinstance(text, str) and text:
            self._any, self._wrote = True, time.monotonic()
            yield text


def _first(choices: Any) -> dict[str, Any]:
    """Return the first choice; an empty one where there is none, as beside figures of usage."""
    found = choices[0] if isinstance(choices, list) and choices else {}
    return found if isinstance(found, dict) else {}
