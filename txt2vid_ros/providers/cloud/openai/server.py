"""
A server with OpenAI's interface: its address, its key, its models, and what its refusals mean.

https://platform.openai.com/docs/api-reference/audio, which Kokoro-FastAPI, speaches, LocalAI, vLLM
and others offer. They differ in what they require and in how they refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import contextlib
import dataclasses
import difflib
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.cloud.credentials import checked_key, read_key_file, Secret
from txt2vid_ros.providers.cloud.http_call import (
    HttpCall,
    HttpServer,
    split_address,
    StatusError,
)
from txt2vid_ros.providers.cloud.openai.refusals import about, error_code, RETRIABLE

URL_VARIABLE, KEY_VARIABLE = 'OPENAI_BASE_URL', 'OPENAI_API_KEY'
OPENAI = 'https://api.openai.com/v1'
LIMITS = TimeLimits(first=8.0, gap=3.0, load=60.0)
"""Between those of a cloud and of a model on this machine: it may be either."""
MAX_LIST_BYTES = 4 << 20


@dataclasses.dataclass(frozen=True)
class ServerOptions:
    """Where the server is and how it is asked."""

    base_url: str = parameter('', 'address of the server, up to /audio, such as '
                              'http://127.0.0.1:8880/v1; empty for OPENAI_BASE_URL, else OpenAI')
    model: str = parameter('', "the server's name of the model; empty for OpenAI's usual one, or "
                           'for the only one that another server has')
    api_key_file: Path = parameter(Path(), 'file with the key, in place of a variable')
    key_variable: str = parameter('', 'environment variable with the key; empty for '
                                  'OPENAI_API_KEY, which goes to no server that base_url names')
    timeout: float = parameter(10.0, 'seconds for which the server may send nothing',
                               minimum=0.01, maximum=600.0)
    warm_up: bool = parameter(True, 'whether the server is given a word to work on when it is '
                              "loaded, so that it has its model ready; OpenAI's never is")

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)


class OpenAiServer:
    """One server; the key is read from its variable when a request is sent, not before."""

    def __init__(self, options: ServerOptions, prefix: str,
                 environment: Mapping[str, str] = os.environ) -> None:
        """
        Take the options, and what stands before their names, such as 'tts.openai'.

        Raises UserError where the address cannot be, or a key is missing.
        """
        self._prefix = prefix
        self._environment = environment
        usual = environment.get(URL_VARIABLE, '') or OPENAI
        address = (options.base_url or usual).rstrip('/')
        source = f'{prefix}.base_url' if options.base_url else URL_VARIABLE
        parts = split_address(address, source)
        self.hosted = parts.hostname == urlsplit(OPENAI).hostname
        """Whether it is OpenAI's own, where each request costs money."""
        self._key_name = options.key_variable or (
            KEY_VARIABLE if address in (usual.rstrip('/'), OPENAI) else '')
        self._file_key: Secret | None = None
        if options.api_key_file != Path():
            self._key_name = f'{prefix}.api_key_file'
            self._file_key = read_key_file(options.api_key_file, self._key_name)
        self._check_key(options)
        self.service = f'the server at {parts.netloc.rpartition("@")[2]}'
        self._server = HttpServer(address, self.service, options.timeout, source,
                                  keyed=self._key() is not None)
        self._path = parts.path.rstrip('/')

    def call(self, method: str, path: str, body: bytes = b'',
             content_type: str = 'application/json') -> HttpCall:
        """Return a request, which is sent when its answer is first read."""
        return self._server.call(method, self._path + path,
                                 lambda: self._headers(content_type), body)

    def whole(self, call: HttpCall, limit: int) -> bytes:
        """Return the whole answer. Raises StatusError, and ProviderError where it is too long."""
        answer = bytearray()
        for part in call.answer():
            answer += part
            if len(answer) > limit:
                raise ProviderError(f'{self.service} sends more than {limit >> 20} MB',
                                    retriable=False)
        return bytes(answer)

    def model(self, chosen: str, usual: str) -> str:
        """Return the model to ask for: the chosen one, OpenAI's usual one, or the only one."""
        if chosen or self.hosted:
            # This also tells whether the key is good.
            self.names('/models')
            return chosen or usual
        known = self.names('/models')
        if len(known) == 1:
            return known[0]
        near = ', '.join(known[:8]) + (', ...' if len(known) > 8 else '')
        raise UserError(f'{self._prefix}.model: no model of {self.service} is named',
                        f'It has {near}.' if known else 'Its documentation names them.')

    def names(self, path: str) -> list[str]:
        """Return the models or voices that the server lists; none where it has no such list."""
        try:
            content = json.loads(self.whole(self.call('GET', path), MAX_LIST_BYTES))
        except StatusError as refused:
            if refused.status in (401, 403):
                raise self.error(refused, {}, path) from None
            return []
        except ValueError:
            return []
        return _names_in(content)

    def error(self, refused: StatusError, asked: Mapping[str, str], path: str) -> Exception:
        """
        Return what a status means to the user.

        `asked` are the 'voice' and the 'model' of the request, `path` where it went.
        """
        status, code, subject = refused.status, error_code(refused.body), about(refused.body)
        said = f' ({code})' if code else ''
        if status in (401, 403):
            if self._key() is not None:
                return UserError(f'{self.service} refuses the key{said}: HTTP {status}',
                                 f'Correct {self._key_name}.')
            return UserError(f'{self.service} asks for a key: HTTP {status}',
                             f'Set {KEY_VARIABLE}, or {self._prefix}.key_variable or '
                             '.api_key_file for a server that base_url names.')
        if 300 <= status < 400:
            return UserError(f'{self.service} sends requests elsewhere: HTTP {status}',
                             f'Give its final address as {self._prefix}.base_url.')
        if status in (400, 404, 422) and subject in asked:
            return self._unknown(subject, asked[subject], said, status)
        if status in (404, 405):
            return UserError(f'{self.service} has no {path} at this address: HTTP {status}',
                             f'Correct {self._prefix}.base_url, which usually ends with /v1.')
        if status == 429:
            return ProviderError(
                f'{self.service} has had too many requests, or the account is used up{said}: '
                'HTTP 429', retriable=code != 'insufficient_quota')
        hint = f'; it is about the {subject}' if subject else ''
        if status in RETRIABLE:
            return ProviderError(f'{self.service} has a fault of its own{said}: HTTP '
                                 f'{status}{hint}', retriable=True)
        return ProviderError(f'{self.service} refuses the request{said}: HTTP {status}{hint}',
                             retriable=False)

    def close(self) -> None:
        """Close the idle connection; may be called twice."""
        self._server.close()

    def _unknown(self, subject: str, name: str, said: str, status: int) -> UserError:
        """Return the error of a voice or a model that does not exist, with similar names."""
        option = 'tts.voice' if subject == 'voice' else f'{self._prefix}.{subject}'
        known: list[str] = []
        with contextlib.suppress(ProviderError, UserError):
            # Where there is no list, it is still known what was refused.
            known = sorted(set(self.names('/audio/voices' if subject == 'voice' else '/models')))
        near = difflib.get_close_matches(name, known, n=5, cutoff=0.4) or known[:5]
        problem = (f'{option}: {self.service} has no {subject} {name!r}' if name else
                   f'{option}: {self.service} wants a {subject} to be named')
        return UserError(f'{problem}{said}: HTTP {status}', f'Near ones: {", ".join(near)}.'
                         if near else f'Correct {option}.')

    def _check_key(self, options: ServerOptions) -> None:
        key = self._key()
        if key is not None:
            checked_key(key, self._key_name, 'It has to be one word.')
        elif options.key_variable:
            # Its name is not shown: it may be the key itself, put there by mistake.
            raise UserError(f'the variable that {self._prefix}.key_variable names is not set',
                            'Set it to the key, or leave the option empty.')
        elif self.hosted:
            raise UserError(f'{KEY_VARIABLE} is not set, and {OPENAI} answers only with a key',
                            f'Set it; or let {self._prefix}.base_url name another server, such as '
                            'http://127.0.0.1:8880/v1')

    def _key(self) -> Secret | None:
        if self._file_key is not None:
            return self._file_key
        text = self._environment.get(self._key_name, '').strip() if self._key_name else ''
        return Secret(text) if text else None

    def _headers(self, content_type: str) -> dict[str, str]:
        key = self._key()
        return {'Content-Type': content_type,
                **({'Authorization': f'Bearer {key.reveal()}'} if key is not None else {})}


def warmed_up(server: OpenAiServer, options: ServerOptions, work: Callable[[], object]) -> None:
    """Have a server that is not OpenAI's do `work` once; what its words are to it is no matter."""
    if options.warm_up and not server.hosted:
        work()


def _names_in(content: Any) -> list[str]:
    """Return the names in {"data": [...]}, {"voices": [...]} or a list, of texts or objects."""
    if isinstance(content, dict):
        content = content.get('data') or content.get('voices') or content.get('models')
    found = [each if isinstance(each, str) else
             each.get('id') or each.get('voice_id') or each.get('name')
             for each in content if isinstance(each, (str, dict))
             ] if isinstance(content, list) else []
    return [name for name in found if isinstance(name, str) and name]
