"""
A voice of any server with OpenAI's interface: POST BASE_URL/audio/speech, streamed as PCM.

Servers that know no PCM are asked for WAV from then on. Options are in docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
import dataclasses
import json
from typing import Any, ClassVar

from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.cloud.http_call import HttpCall, StatusError
from txt2vid_ros.providers.cloud.openai.refusals import about
from txt2vid_ros.providers.cloud.openai.server import (
    LIMITS,
    OpenAiServer,
    ServerOptions,
    warmed_up,
)
from txt2vid_ros.providers.cloud.openai.sound import OtherFormatError, SAMPLE_RATES, SoundReader
from txt2vid_ros.providers.cloud.spoken_answer import SoundPart, spoken
from txt2vid_ros.speaking.ssml import pronounceable
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

SPEECH = '/audio/speech'
OPENAI_MODEL, OPENAI_VOICE = 'gpt-4o-mini-tts', 'alloy'
MAX_SOUND_BYTES = 64 << 20
"""Of the sound of a clause: 22 minutes at 24 kHz."""
_OWN_FIELDS = frozenset({'input', 'response_format'})
_NO_SUCH_FORMAT = (400, 406, 415, 422, 500, 501)


@dataclasses.dataclass(frozen=True)
class SpeechOptions(ServerOptions):
    """Options of the voice."""

    rate: int = parameter(VOICE_RATE, 'Hz of bare samples, unless the server says it itself',
                          minimum=4000, maximum=192000)
    language: str = parameter('en', 'BCP 47 tag of what the voice reads, for captions and the '
                              'choice of a voice; it is not sent')
    response_format: str = parameter('pcm', 'what is requested first', choices=('pcm', 'wav'))
    extra: str = parameter('', 'further fields of each request, as JSON: {"instructions": '
                           '"Cheerful."}, {"lang_code": "e"}, {"stream": true}')

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        super().__post_init__()
        self.fields()

    def fields(self) -> Mapping[str, Any]:
        """Return the further fields. Raises UserError."""
        try:
            fields = json.loads(self.extra or '{}')
        except ValueError:
            fields = None
        if not isinstance(fields, dict) or _OWN_FIELDS & fields.keys():
            raise UserError(f'extra is {self.extra!r}', 'It has to be a JSON object of fields '
                            'other than input and response_format.')
        return fields


class OpenAiVoice(TextToSpeech):
    """One voice of the server."""

    name = 'openai'
    limits = LIMITS
    Options: ClassVar[type[Any] | None] = SpeechOptions

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: SpeechOptions = SpeechOptions()) -> None:
        """Take the server's name of a voice, its pace (1 is usual), and the options."""
        self._voice = voice
        self._speed = speed
        self._options = options
        self._format = options.response_format
        self._model = ''
        self._server: OpenAiServer | None = None

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return that it streams, and at what rate."""
        return VoiceCapabilities(self._options.rate, streaming=True,
                                 languages=(self._options.language,))

    def load(self) -> None:
        """Find the model; have one's own server load it. Raises UserError and ProviderError."""
        self.close()
        server = OpenAiServer(self._options, 'tts.openai')
        self._model = server.model(self._options.model, OPENAI_MODEL)
        self._server = server
        warmed_up(server, self._options,
                  lambda: [*self.synthesize('Ready.', lambda: False)])

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's sound as it comes. Raises ProviderError and UserError."""
        server = self._server
        if server is None:
            raise RuntimeError('load() comes first')
        if not pronounceable(clause):
            return
        try:
            try:
                yield from self._chunks(server, clause, cancelled)
            except (StatusError, OtherFormatError) as other:
                if self._format == 'wav' or not _without_pcm(other):
                    raise
                self._format = 'wav'
                yield from self._chunks(server, clause, cancelled)
        except StatusError as refused:
            raise server.error(refused, {'voice': self._voice, 'model': self._model}, SPEECH
                               ) from None
        except OtherFormatError as other:
            if other.textual:
                raise ProviderError(f'{server.service} sends {other.kind}, no sound',
                                    retriable=False) from None
            raise UserError(f'{server.service} sends {other.kind}, whatever is requested',
                            'Use a server that can send PCM or WAV.') from None

    def close(self) -> None:
        """Close the connection."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def _chunks(self, server: OpenAiServer, clause: str, cancelled: Callable[[], bool]
                ) -> Iterator[SpeechChunk]:
        call = server.call('POST', SPEECH, self._body(server, clause))
        yield from spoken(call, self._sound(server, call), cancelled, server.service)

    def _sound(self, server: OpenAiServer, call: HttpCall) -> Iterator[SoundPart]:
        """Yield the samples of an answer, each with whether they are known to be the last."""
        reader: SoundReader | None = None
        received = 0
        for data in call.answer():
            if reader is None:
                reader = SoundReader(self._options.rate, _stated_rate(call) or self._options.rate,
                                     call.header('content-type'))
            received += len(data)
            if received > MAX_SOUND_BYTES:
                raise ProviderError(f'{server.service} sends more than a clause', retriable=False)
            yield reader.push(data), reader.complete
            if reader.complete:
                return
        if reader is not None:
            yield reader.push(b'', last=True), True

    def _body(self, server: OpenAiServer, clause: str) -> bytes:
        voice = self._voice or (OPENAI_VOICE if server.hosted else '')
        body = {'model': self._model, 'input': clause, 'response_format': self._format,
                **({'voice': voice} if voice else {}),
                # Not where it is usual: some servers then do not stream, or refuse it.
                **({'speed': self._speed} if self._speed != 1.0 else {}),
                **self._options.fields()}
        return json.dumps(body).encode()


def _stated_rate(call: HttpCall) -> int:
    """Return the Hz in a header of the answer, 0 where none says; SGLang's and vLLM's have it."""
    stated = call.header('x-sample-rate')
    return int(stated) if stated.isdecimal() and int(stated) in SAMPLE_RATES else 0


def _without_pcm(other: StatusError | OtherFormatError) -> bool:
    """Return whether a server may do better when it is asked for WAV."""
    if isinstance(other, StatusError):
        return other.status in _NO_SUCH_FORMAT and about(other.body) == 'format'
    return not other.textual
