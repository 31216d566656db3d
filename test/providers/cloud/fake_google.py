"""
Google's two speech services on this machine: real gRPC over TLS, real tokens, real speech.

They keep to what their documentation says: a stream is ended at 305 s of sound, results become
final where there is a pause, only Chirp voices stream and have no time points, those named
Standard tell of few, v1 knows none, each key is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent import futures
import dataclasses
import datetime
import io
import threading
import time
from typing import Any
import wave
from xml.parsers import expat

from cloud_keys import Certificate, ServiceAccount
from fake_voices import heard, pcm, spoken, Timed, timed
from google.cloud import speech_v1 as speech
from google.cloud import texttospeech_v1 as tts
from google.cloud import texttospeech_v1beta1 as tts_beta
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
import grpc
from grpc_status import rpc_status
import numpy as np
from numpy.typing import NDArray
from trouble import Trouble, Troubles

RATE = 16000
LIMIT = 305.0
PAUSE = int(0.3 * RATE)
LOUD = 0.01
INTERIM = int(1.0 * RATE)
"""Samples from one interim result to the next."""
PIECE = 3333
"""Bytes of sound in an answer; not a whole number of samples."""
VOICES = {'en-US-Chirp3-HD-Charon': 24000, 'en-US-Chirp3-HD-Kore': 24000,
          'en-US-Neural2-A': 24000, 'en-US-Standard-B': 16000, 'de-DE-Wavenet-C': 24000}


@dataclasses.dataclass
class HeardStream:
    """What came over one stream."""

    config: Any = None
    samples: int = 0
    texts: list[str] = dataclasses.field(default_factory=list)


class FakeGoogle:
    """Both services on one port; `address` is what the option endpoint takes."""

    def __init__(self, certificate: Certificate, account: ServiceAccount,
                 hear: Callable[[NDArray[np.float32]], str] = heard) -> None:
        self.hear = hear
        self.limit = LIMIT
        self.pauses = True
        """Whether results become final at pauses, not only at the end."""
        self.speech, self.voice = Troubles(), Troubles()
        self.streams: list[HeardStream] = []
        self.requests: list[Any] = []
        self.pointed: list[Any] = []
        """Requests to v1beta1; those to v1 are in `requests`."""
        self.said: list[Timed] = []
        """What was answered to them."""
        self.beta: grpc.StatusCode | None = None
        """What v1beta1 answers instead, if anything."""
        self.expired: set[str] = set()
        self.sent_at: list[float] = []
        """When the first sound of each clause was sent, time.perf_counter()."""
        self._account = account
        self._certificate = certificate
        self.port = 0
        self._server: Any = None
        self.start()

    @property
    def address(self) -> str:
        return f'127.0.0.1:{self.port}'

    def start(self) -> None:
        """Begin to serve, on the same port as before."""
        self._server = grpc.server(futures.ThreadPoolExecutor(8), options=[
            ('grpc.so_reuseport', 0)])
        self._server.add_generic_rpc_handlers((
            _handlers('google.cloud.speech.v1.Speech', {
                'StreamingRecognize': (grpc.stream_stream_rpc_method_handler, self._recognize,
                                       speech.StreamingRecognizeRequest,
                                       speech.StreamingRecognizeResponse)}),
            _handlers('google.cloud.texttospeech.v1.TextToSpeech', {
                'ListVoices': (grpc.unary_unary_rpc_method_handler, self._list,
                               tts.ListVoicesRequest, tts.ListVoicesResponse),
                'SynthesizeSpeech': (grpc.unary_unary_rpc_method_handler, self._whole,
                                     tts.SynthesizeSpeechRequest, tts.SynthesizeSpeechResponse),
                'StreamingSynthesize': (grpc.stream_stream_rpc_method_handler, self._stream,
                                        tts.StreamingSynthesizeRequest,
                                        tts.StreamingSynthesizeResponse)}),
            _handlers('google.cloud.texttospeech.v1beta1.TextToSpeech', {
                'SynthesizeSpeech': (grpc.unary_unary_rpc_method_handler, self._whole_beta,
                                     tts_beta.SynthesizeSpeechRequest,
                                     tts_beta.SynthesizeSpeechResponse)})))
        self.port = self._server.add_secure_port(
            f'127.0.0.1:{self.port}', grpc.ssl_server_credentials(
                [(self._certificate.key, self._certificate.certificate)]))
        self._server.start()

    def stop(self) -> None:
        """Vanish: every call breaks off."""
        self._server.stop(0).wait(10)

    def _recognize(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        self._admit(context)
        trouble = self.speech.next()
        served = _watched(context, self.speech)
        stream = HeardStream(next(requests).streaming_config)
        self.streams.append(stream)
        if stream.config.config.language_code not in ('en-US', 'de-DE', 'ja-JP'):
            _fail(context, grpc.StatusCode.INVALID_ARGUMENT, '',
                  "Invalid recognition 'config': bad language code.")
        _wait(context, trouble.delay)
        heard, shown, sent = Heard(self.pauses), 0, 0
        for request in requests:
            ends = heard.push(np.frombuffer(request.audio_content, '<i2').astype('f4') / 32768)
            stream.samples = heard.end
            if stream.samples > self.limit * RATE:
                _fail(context, grpc.StatusCode.OUT_OF_RANGE, '',
                      'Exceeded maximum allowed stream duration of 305 seconds.')
            if not ends and heard.end - max(shown, heard.begin) < INTERIM:
                continue
            if trouble.error is not None and sent >= trouble.after:
                _fail(context, trouble.error, trouble.says)
            for end in ends:
                yield self._final(stream, heard.take(end), end)
            if not ends:
                shown = heard.end
                yield _interim(self.hear(heard.sound()))
            sent += 1
        if trouble.error is not None:
            _fail(context, trouble.error, trouble.says)
        sound = heard.sound()
        if len(sound) and np.abs(sound).max() > LOUD:
            yield self._final(stream, sound, heard.end)
        served.set()

    def _final(self, stream: HeardStream, sound: NDArray[np.float32], end: int) -> Any:
        stream.texts.append(self.hear(sound))
        return speech.StreamingRecognizeResponse(results=[speech.StreamingRecognitionResult(
            is_final=True, result_end_time=datetime.timedelta(seconds=end / RATE),
            alternatives=[speech.SpeechRecognitionAlternative(
                # As the service does: what follows begins with a space.
                transcript=' ' + stream.texts[-1], confidence=0.9)])])

    def _list(self, request: Any, context: Any) -> Any:
        self._admit(context)
        return tts.ListVoicesResponse(voices=[
            tts.Voice(name=name, language_codes=[name[:5]], natural_sample_rate_hertz=rate)
            for name, rate in VOICES.items()])

    def _whole(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.requests.append(request)
        trouble, served = self._begun(request, context)
        audio = request.audio_config
        data = _wav(spoken(request.input.ssml or request.input.text, audio.sample_rate_hertz,
                           audio.speaking_rate), audio.sample_rate_hertz)
        served.set()
        self.sent_at.append(time.perf_counter())
        return tts.SynthesizeSpeechResponse(
            audio_content=data if trouble.body is None else trouble.body)

    def _whole_beta(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self.pointed.append(request)
        if self.beta is not None:
            _fail(context, self.beta, '')
        _, served = self._begun(request, context)
        audio = request.audio_config
        said = timed(request.input.ssml, audio.sample_rate_hertz, audio.speaking_rate)
        self.said.append(said)
        kind = tts_beta.SynthesizeSpeechRequest.TimepointType.SSML_MARK
        points = said.marks if kind in request.enable_time_pointing else []
        if 'Chirp' in request.voice.name:
            points = []
        elif 'Standard' in request.voice.name:
            points = points[::4]
        served.set()
        return tts_beta.SynthesizeSpeechResponse(
            audio_content=_wav(said.samples, audio.sample_rate_hertz), timepoints=[
                tts_beta.Timepoint(mark_name=name, time_seconds=seconds)
                for name, seconds in points])

    def _begun(self, request: Any, context: Any) -> tuple[Trouble, threading.Event]:
        trouble = self.voice.next()
        served = _watched(context, self.voice)
        _wait(context, trouble.delay)
        if trouble.error is not None:
            _fail(context, trouble.error, trouble.says)
        if request.input.ssml:
            try:
                expat.ParserCreate().Parse(request.input.ssml, True)
            except expat.ExpatError:
                _fail(context, grpc.StatusCode.INVALID_ARGUMENT, '', 'Invalid SSML.')
        return trouble, served

    def _stream(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        self._admit(context)
        config = next(requests).streaming_config
        self.requests.append(config)
        trouble = self.voice.next()
        served = _watched(context, self.voice)
        if 'Chirp3-HD' not in config.voice.name:
            _fail(context, grpc.StatusCode.INVALID_ARGUMENT, '')
        _wait(context, trouble.delay)
        audio = config.streaming_audio_config
        data = b''.join(pcm(spoken(request.input.text, audio.sample_rate_hertz,
                                   audio.speaking_rate)) for request in requests)
        yield from self._pieces(data, trouble, context)
        served.set()

    def _pieces(self, data: bytes, trouble: Trouble, context: Any) -> Iterator[Any]:
        for number, at in enumerate(range(0, len(data), PIECE)):
            if trouble.error is not None and number == trouble.after:
                _fail(context, trouble.error, trouble.says)
            if trouble.cut and number == trouble.after:
                threading.Thread(target=self.stop).start()
                _wait(context, 60)
            if number:
                _wait(context, trouble.gap)
            else:
                self.sent_at.append(time.perf_counter())
            yield tts.StreamingSynthesizeResponse(audio_content=data[at:at + PIECE])
        if trouble.error is not None and trouble.after < 0:
            _fail(context, trouble.error, trouble.says)

    def _admit(self, context: Any) -> None:
        token = dict(context.invocation_metadata()).get('authorization', '')
        if self._account.id in self.expired:
            _fail(context, grpc.StatusCode.UNAUTHENTICATED, 'ACCESS_TOKEN_EXPIRED')
        if not self._account.signed(token.removeprefix('Bearer ')):
            _fail(context, grpc.StatusCode.UNAUTHENTICATED, 'CREDENTIALS_MISSING')


def _wav(samples: NDArray[np.float32], rate: int) -> bytes:
    content = io.BytesIO()
    with wave.open(content, 'wb') as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm(samples))
    return content.getvalue()


def _handlers(service: str, methods: dict[str, Any]) -> Any:
    return grpc.method_handlers_generic_handler(service, {
        name: kind(function, request_deserializer=request.deserialize,
                   response_serializer=response.serialize)
        for name, (kind, function, request, response) in methods.items()})


def _fail(context: Any, code: grpc.StatusCode, reason: str, message: str = 'refused') -> None:
    status = status_pb2.Status(code=code.value[0], message=message)
    if reason:
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=reason, domain='googleapis.com'))
        status.details.append(detail)
    context.abort_with_status(rpc_status.to_status(status))


def _watched(context: Any, troubles: Troubles) -> threading.Event:
    """Count a client that leaves before what is returned is set."""
    served = threading.Event()
    context.add_callback(lambda: None if served.is_set() else troubles.left.release())
    return served


def _wait(context: Any, seconds: float) -> None:
    """Wait, unless the client leaves."""
    left = threading.Event()
    if seconds and (not context.add_callback(left.set) or left.wait(seconds)):
        raise ConnectionAbortedError('the client has left')


class Heard:
    """The sound of a stream that has not become final; positions count from its beginning."""

    def __init__(self, pauses: bool) -> None:
        self._pauses = pauses
        self._pieces: list[NDArray[np.float32]] = []
        self._loud: int | None = None
        self.begin = self.end = 0

    def push(self, piece: NDArray[np.float32]) -> list[int]:
        """Take what follows; return where sentences end, in the pauses behind them."""
        loud = np.flatnonzero(np.abs(piece) > LOUD) + self.end
        if self._loud is not None:
            loud = np.concatenate([[self._loud], loud])
        self._pieces.append(piece)
        self.end += len(piece)
        ends = [int(loud[at]) + PAUSE // 2 for at in np.flatnonzero(np.diff(loud) >= PAUSE)]
        self._loud = int(loud[-1]) if len(loud) else None
        if self._loud is not None and self.end - self._loud >= PAUSE:
            ends.append(self._loud + PAUSE // 2)
            self._loud = None
        return ends if self._pauses else []

    def sound(self) -> NDArray[np.float32]:
        self._pieces = [np.concatenate(self._pieces)] if self._pieces else []
        return self._pieces[0] if self._pieces else np.zeros(0, np.float32)

    def take(self, end: int) -> NDArray[np.float32]:
        """Return the sound up to `end`, which has become final."""
        sound = self.sound()
        self._pieces = [sound[end - self.begin:]]
        taken, self.begin = sound[:end - self.begin], end
        return taken


def _interim(text: str) -> Any:
    half = text.split()
    middle = len(half) // 2
    # As the service does: what is steadier and what is not, in two results.
    return speech.StreamingRecognizeResponse(results=[
        speech.StreamingRecognitionResult(stability=stability, alternatives=[
            speech.SpeechRecognitionAlternative(transcript=' '.join(words))])
        for stability, words in ((0.9, half[:middle]), (0.01, half[middle:])) if words])
