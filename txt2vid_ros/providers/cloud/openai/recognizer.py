"""
A recognizer of any server with OpenAI's interface: POST BASE_URL/audio/transcriptions.

Each text is made from the whole sound of a segment, which is sent as a WAV file. Options are in
docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses
import io
import json
import secrets
from typing import Any, ClassVar
import wave

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.locales import language_of, spoken_locales
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import SPEECH_RATE, to_s16
from txt2vid_ros.listening.recognizer import (
    Recognition,
    RecognizerCapabilities,
    Transcript,
    WholeRecognizer,
)
from txt2vid_ros.providers.cloud.http_call import StatusError
from txt2vid_ros.providers.cloud.openai.server import (
    LIMITS,
    OpenAiServer,
    ServerOptions,
    warmed_up,
)
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination

TRANSCRIPTIONS = '/audio/transcriptions'
OPENAI_MODEL = 'gpt-4o-mini-transcribe'
MAX_TEXT_BYTES = 1 << 20
DETECT = 'auto'


@dataclasses.dataclass(frozen=True)
class TranscriptionOptions(ServerOptions):
    """Options of the recognizer."""

    language: str = parameter('', 'language that is sent; empty for that of stt.locale, auto to '
                              'have the server find it')
    prompt: str = parameter('', 'words that are likely, which some servers take into account')
    drafts: bool = parameter(True, 'whether the text so far is asked for while somebody speaks; '
                             'each is a request with all of the sound, which may cost money')


class OpenAiRecognizer(WholeRecognizer):
    """One model of the server."""

    name = 'openai'
    limits = LIMITS
    Options: ClassVar[type[Any] | None] = TranscriptionOptions

    def __init__(self, locale: str = 'en',
                 options: TranscriptionOptions = TranscriptionOptions()) -> None:
        """Take the locale, or several separated by commas, or auto; and the options."""
        self._locales = spoken_locales(locale)
        self._options = options
        language = options.language or (
            language_of(self._locales[0]) if len(self._locales) == 1 else DETECT)
        self._language = '' if language == DETECT else language
        self._model = ''
        self._server: OpenAiServer | None = None

    @classmethod
    def understands(cls, locale: str) -> bool:
        """Return True: the server finds the language where it is not told."""
        return True

    @property
    def capabilities(self) -> RecognizerCapabilities:
        """Return what it can do."""
        return RecognizerCapabilities(SPEECH_RATE, locales=self._locales)

    def load(self) -> None:
        """Find the model; have one's own server load it. Raises UserError and ProviderError."""
        self.close()
        server = OpenAiServer(self._options, 'stt.openai')
        self._model = server.model(self._options.model, OPENAI_MODEL)
        self._server = server
        warmed_up(server, self._options, self.check)

    def open(self) -> Recognition:  # noqa: A003
        """Begin with a segment of speech."""
        whole = super().open()
        return whole if self._options.drafts else _WithoutDrafts(whole)

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples at 16 kHz. Raises UserError and ProviderError."""
        server = self._server
        if server is None:
            raise RuntimeError('load() comes first')
        fields = {'model': self._model, 'response_format': 'json',
                  'language': self._language, 'prompt': self._options.prompt}
        content_type, body = form({name: text for name, text in fields.items() if text},
                                  wav_file(samples))
        call = server.call('POST', TRANSCRIPTIONS, body, content_type)
        try:
            answer = server.whole(call, MAX_TEXT_BYTES)
        except StatusError as refused:
            raise server.error(refused, {'model': self._model}, TRANSCRIPTIONS) from None
        text = _text_in(answer.decode('utf-8', 'replace'))
        if text is None:
            raise ProviderError(f'{server.service} sends no text of what it heard',
                                retriable=False)
        return Transcript(drop_hallucination(text, len(samples) / SPEECH_RATE))

    def close(self) -> None:
        """Close the connection."""
        if self._server is not None:
            self._server.close()
        self._server = None

    def check(self) -> None:
        """Have a second of silence transcribed. Raises UserError and ProviderError."""
        try:
            self.transcribe(np.zeros(SPEECH_RATE, np.float32))
        except ProviderError as error:
            # Some refuse a sound without speech; whoever is not there at all may be later.
            if error.retriable:
                raise


class _WithoutDrafts(Recognition):
    """Asks for a text only where the segment pauses or ends."""

    def __init__(self, whole: Recognition) -> None:
        self._whole = whole

    def push(self, samples: NDArray[np.float32]) -> None:
        self._whole.push(samples)

    def hypothesis(self) -> Transcript:
        return self._whole.hypothesis()

    def draft(self) -> Transcript:
        return Transcript('')

    def finish(self) -> Transcript:
        return self._whole.finish()


def wav_file(samples: NDArray[np.float32]) -> bytes:
    """Return a WAV file of mono samples at SPEECH_RATE, 16 bits each."""
    content = io.BytesIO()
    with wave.open(content, 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SPEECH_RATE)
        file.writeframes(to_s16(samples).tobytes())
    return content.getvalue()


def form(fields: Mapping[str, str], sound: bytes) -> tuple[str, bytes]:
    """Return the Content-Type and the body of a form with a WAV file (RFC 7578)."""
    boundary = secrets.token_hex(16)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
             f'{text}\r\n'.encode() for name, text in fields.items()]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; '
                 'filename="speech.wav"\r\nContent-Type: audio/wav\r\n\r\n'.encode())
    return (f'multipart/form-data; boundary={boundary}',
            b''.join([*parts, sound, f'\r\n--{boundary}--\r\n'.encode()]))


def _text_in(answer: str) -> str | None:
    """Return the text of an answer: JSON, or bare where a server knows no JSON; None for none."""
    stripped = answer.strip()
    if not stripped.startswith(('{', '[')):
        return None if stripped.startswith('<') else stripped
    try:
        content = json.loads(stripped)
    except ValueError:
        return None
    if not isinstance(content, dict) or content.get('error'):
        return None
    if isinstance(content.get('text'), str):
        return str(content['text'])
    segments = content.get('segments')
    texts = [each.get('text') for each in segments if isinstance(each, dict)
             ] if isinstance(segments, list) else [None]
    return ' '.join(text.strip() for text in texts if isinstance(text, str)
                    ) if all(isinstance(text, str) for text in texts) else None
