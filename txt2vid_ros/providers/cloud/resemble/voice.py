"""
Resemble's voices: over its streaming endpoint, or direct synthesis where that is refused.

Options are in docs/cloud.md. The sound comes in the answer to the request, so this machine does
not have to be reachable from outside.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
import dataclasses
import json
from pathlib import Path
import re
from typing import Any, ClassVar

from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.providers.cloud.credentials import endpoint_of, Secret
from txt2vid_ros.providers.cloud.http_call import HttpServer, StatusError
from txt2vid_ros.providers.cloud.pcm_stream import WavReader
from txt2vid_ros.providers.cloud.resemble.account import provider_error, ResembleAccount, SERVICE
from txt2vid_ros.providers.cloud.resemble.config import read_config
from txt2vid_ros.providers.cloud.resemble.text import EMOTIONS, with_prosody
from txt2vid_ros.providers.cloud.spoken_answer import SoundPart, spoken
from txt2vid_ros.speaking.ssml import pronounceable
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

SYNTHESIS = 'https://f.cluster.resemble.ai'
ENDPOINT_VARIABLE = 'TXT2VID_RESEMBLE_ENDPOINT'
RATES = (8000, 16000, 22050, 32000, 44100, 48000)
MAX_ANSWER_BYTES = 64 << 20
"""Of an answer with a whole clause: 48 MB of sound in base64."""
_ID = re.compile(r'[0-9a-f]{8}')
_NO_STREAMING = (404, 405, 501)
_PERHAPS_NO_STREAMING = (400, 403, 422)


@dataclasses.dataclass(frozen=True)
class ResembleOptions:
    """Options of the voice."""

    project: str = parameter('', 'id of the project that the clips are saved to; else '
                             "the config's, else none")
    emotion: str = parameter('', 'emotion; empty for the voice as it is', choices=('', *EMOTIONS))
    rate: int = parameter(32000, 'Hz of the sound that is asked for', choices=RATES)
    streaming: bool = parameter(True, 'whether to use the streaming endpoint; else direct '
                                'synthesis')
    api_key_file: Path = parameter(Path(), 'file with the API key, in place of RESEMBLE_API_KEY')
    config: Path = parameter(Path(), "the prototype's resemble_config.json: names of voices with "
                             'their ids and keys')
    endpoint: str = parameter('', 'the synthesis server, https://HOST')
    account: str = parameter('', "the server that knows the voices' names; usually "
                             'https://app.resemble.ai')
    timeout: float = parameter(10.0, 'seconds for which a server may send nothing', minimum=0.01,
                               maximum=600.0)

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)


class ResembleVoice(TextToSpeech):
    """One voice of the service."""

    name = 'resemble'
    Options: ClassVar[type[Any] | None] = ResembleOptions

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: ResembleOptions = ResembleOptions()) -> None:
        """Take a voice's name or id, its pace (1 is usual), and the options."""
        self._voice = voice
        self._speed = speed
        self._options = options
        self._streams = options.streaming
        self._id = self._project = ''
        self._key: Secret | None = None
        self._server: HttpServer | None = None
        self._account: ResembleAccount | None = None

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return that it streams, takes SSML, and at what rate the sound is asked for."""
        return VoiceCapabilities(self._options.rate, streaming=self._streams, ssml=True)

    def load(self) -> None:
        """Look the key and the voice up. Raises UserError and ProviderError."""
        options = self._options
        self.close()
        config = read_config(options.config)
        if not self._voice and len(config.voices) == 1:
            self._voice = next(iter(config.voices))
        address = endpoint_of(options.endpoint, ENDPOINT_VARIABLE, SYNTHESIS)
        server = HttpServer(address, SERVICE, options.timeout, 'tts.resemble.endpoint')
        key = config.key_for(self._voice, options.api_key_file)
        self._account = ResembleAccount(options.account, key, options.timeout)
        names = self._account.voices()
        known = config.voices.get(self._voice)
        voice_id = known.voice_id if known is not None else names.get(self._voice.lower(), '')
        if not voice_id and _ID.fullmatch(self._voice):
            voice_id = self._voice
        if not voice_id:
            raise self._account.unknown(self._voice, [*config.voices, *names])
        self._id, self._project = voice_id, options.project or config.project
        self._key, self._server = key, server

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's sound as it comes. Raises ProviderError and UserError."""
        if self._server is None:
            raise RuntimeError('load() comes first')
        if not pronounceable(clause):
            return
        if self._streams:
            try:
                yield from self._chunks('/stream', clause, cancelled, self._streamed)
                return
            except StatusError as refused:
                if not _no_streaming(refused):
                    raise self._voice_error(refused) from None
                self._streams = False
        try:
            yield from self._chunks('/synthesize', clause, cancelled, self._whole)
        except StatusError as refused:
            raise self._voice_error(refused) from None

    def close(self) -> None:
        """Close the connections."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def _chunks(self, path: str, clause: str, cancelled: Callable[[], bool],
                read: Callable[[Iterator[bytes]], Iterator[SoundPart]]) -> Iterator[SpeechChunk]:
        assert self._server is not None
        call = self._server.call('POST', path, lambda: self._headers(path),
                                 self._body(path, clause))
        yield from spoken(call, read(call.answer()), cancelled, SERVICE)

    def _streamed(self, answer: Iterator[bytes]) -> Iterator[SoundPart]:
        reader = WavReader(self._options.rate)
        for data in answer:
            samples = reader.push(data)
            yield samples, reader.complete
        yield reader.push(b'', last=True), True

    def _whole(self, answer: Iterator[bytes]) -> Iterator[SoundPart]:
        body = bytearray()
        for data in answer:
            body += data
            if len(body) > MAX_ANSWER_BYTES:
                raise ProviderError(f'{SERVICE} sent more than a clause', retriable=False)
        try:
            sound = base64.b64decode(json.loads(body)['audio_content'], validate=True)
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise ProviderError(f'{SERVICE} sent an answer without sound', retriable=True
                                ) from None
        yield WavReader(self._options.rate).push(sound, last=True), True

    def _headers(self, path: str) -> dict[str, str]:
        assert self._key is not None
        key = self._key.reveal()
        # Each endpoint has a header of its own for the key.
        return {'Content-Type': 'application/json', **(
            {'x-access-token': key} if path == '/stream' else {'Authorization': f'Bearer {key}'})}

    def _body(self, path: str, clause: str) -> bytes:
        body = {'voice_uuid': self._id,
                'data': with_prosody(clause, self._options.emotion, self._speed),
                'precision': 'PCM_16', 'sample_rate': self._options.rate}
        if self._project:
            body['project_uuid'] = self._project
        if path != '/stream':
            body['output_format'] = 'wav'
        return json.dumps(body).encode()

    def _voice_error(self, refused: StatusError) -> Exception:
        assert self._account is not None
        if refused.status in (400, 404, 422) and 'voice' in refused.body.lower():
            return self._account.unknown(self._voice, list(self._account.voices()))
        return provider_error(refused)


def _no_streaming(refused: StatusError) -> bool:
    words = refused.body.lower()
    return (refused.status in _NO_STREAMING and 'voice' not in words) or (
        refused.status in _PERHAPS_NO_STREAMING and 'stream' in words)
