"""
A speech server with OpenAI's interface on this machine, over HTTP.

It can deviate as Kokoro-FastAPI, speaches, LocalAI, vLLM and others do. It says every text as a
tone, unless it is given a voice.
"""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import dataclasses
from email.parser import BytesParser
from email.policy import HTTP
import io
import json
import ssl
from typing import Any
import wave

from local_server import LocalServer
import numpy as np
from numpy.typing import NDArray
from trouble import Trouble, Troubles
from troubled_handler import TroubledHandler
from txt2vid_ros.core.pcm import to_s16

PIECE = 3001
RATE = 24000


@dataclasses.dataclass
class Answer:
    """An answer of the server's own making, in place of the sound or the text."""

    status: int = 200
    body: bytes = b''
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


class FakeOpenAi:
    """One server; `address` is for the option base_url."""

    def __init__(self, key: str = '', certificate: Any = None) -> None:
        self.key = key
        self.models = ['tiny']
        self.voices: list[Any] | None = ['af_heart', 'am_michael']
        self.formats = ('pcm', 'wav')
        self.format_refusal = Answer(400, b'{"error": {"message": "Unsupported response_format"}}')
        self.headers: dict[str, str] = {'Content-Type': 'audio/pcm'}
        self.rate = RATE
        self.container = False
        """Whether a WAV file is sent even where bare samples were requested."""
        self.say: Callable[[str, int, float], NDArray[np.float32]] = tone
        self.hear: Callable[[NDArray[np.float32]], str] = lambda sound: 'Two words.'
        self.speech: list[Answer] = []
        self.texts: list[Answer] = []
        """Answers to the next requests for sound, and for text."""
        self.troubles = Troubles()
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.connections = 0
        fake = self

        class Handler(_Handler):
            server_of = fake
            troubles = fake.troubles

        tls = None
        if certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate.chain)
        server = LocalServer(Handler, tls)
        self.address = f'{server.address}/v1'
        self.close = server.close

    def asked(self, path: str) -> list[Any]:
        """Return the bodies of all requests to a path."""
        return [body for _, where, _, body in self.requests if where == path]


class _Handler(TroubledHandler):
    server_of: FakeOpenAi

    def setup(self) -> None:
        super().setup()
        self.server_of.connections += 1

    def do_GET(self) -> None:  # noqa: N802
        fake = self.server_of
        self._note(None)
        if not self._admitted():
            return
        if self.path == '/v1/models':
            self._json(200, {'object': 'list', 'data': [{'id': name} for name in fake.models]})
        elif self.path == '/v1/audio/voices' and fake.voices is not None:
            self._json(200, {'voices': fake.voices})
        else:
            self._json(404, {'detail': 'Not Found'})

    def do_POST(self) -> None:  # noqa: N802
        fake = self.server_of
        data = self.body()
        work = {'/v1/audio/speech': self._speech,
                '/v1/audio/transcriptions': self._transcription}.get(self.path)
        body = json.loads(data) if self.path.endswith('speech') else self._form(data)
        self._note(body)
        if not self._admitted():
            return
        if work is None:
            self._json(404, {'detail': 'Not Found'})
            return
        trouble = fake.troubles.next()
        if trouble.delay and self.gone(trouble.delay):
            return
        if trouble.error is not None:
            self._send(Answer(trouble.error, trouble.says.encode()))
        else:
            work(body, trouble)

    def _speech(self, body: dict[str, Any], trouble: Trouble) -> None:
        fake = self.server_of
        if fake.speech:
            self._send(fake.speech.pop(0))
        elif body['response_format'] not in fake.formats:
            self._send(fake.format_refusal)
        elif fake.voices is not None and body.get('voice') not in (*map(_id, fake.voices), None):
            self._json(400, {'detail': {
                'error': 'validation_error', 'type': 'invalid_request_error', 'message':
                f"Voice '{body['voice']}' not found. Available voices: {fake.voices}"}})
        else:
            data = to_s16(fake.say(body['input'], fake.rate, body.get('speed', 1.0))).tobytes()
            if fake.container or body['response_format'] == 'wav':
                data = wav(data, fake.rate)
            self._stream(data, trouble)

    def _transcription(self, body: dict[str, Any], _: Trouble) -> None:
        if self.server_of.texts:
            self._send(self.server_of.texts.pop(0))
            return
        with wave.open(io.BytesIO(body['file'])) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16000)
            samples = np.frombuffer(file.readframes(file.getnframes()), '<i2')
        self._json(200, {'text': self.server_of.hear(samples.astype(np.float32) / 32768)})

    def _note(self, body: Any) -> None:
        self.server_of.requests.append((self.command, self.path, {
            name.lower(): value for name, value in self.headers.items()}, body))

    def _admitted(self) -> bool:
        key = self.server_of.key
        if key and self.headers.get('authorization') != f'Bearer {key}':
            self._json(401, {'error': {'message': f'Incorrect API key: {key}',
                                       'code': 'invalid_api_key'}})
            return False
        return True

    def _form(self, data: bytes) -> dict[str, Any]:
        message = BytesParser(policy=HTTP).parsebytes(
            b'Content-Type: ' + self.headers['content-type'].encode() + b'\r\n\r\n' + data)
        fields: dict[str, Any] = {}
        for part in message.iter_parts():
            name = part.get_param('name', header='content-disposition')
            content = part.get_payload(decode=True)
            fields[name] = content if part.get_filename() else content.decode()
        return fields

    def _stream(self, data: bytes, trouble: Trouble) -> None:
        ends = [*range(PIECE, len(data), PIECE), len(data)]
        self.stream(data, ends, trouble, self.server_of.headers)

    def _json(self, status: int, content: Any) -> None:
        self._send(Answer(status, json.dumps(content).encode(),
                          {'Content-Type': 'application/json'}))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header('Content-Length', str(len(answer.body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(answer.body)


def tone(text: str, rate: int, speed: float = 1.0) -> NDArray[np.float32]:
    """Return a tone of 50 ms a letter."""
    at = np.arange(int(0.05 * len(text) * rate / speed), dtype=np.float32) / rate
    return 0.3 * np.sin(2 * np.pi * 220 * at, dtype=np.float32)


def wav(data: bytes, rate: int) -> bytes:
    """Return bare samples as a WAV file."""
    content = io.BytesIO()
    with wave.open(content, 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(data)
    return content.getvalue()


def _id(voice: Any) -> str:
    return voice if isinstance(voice, str) else voice['id']
