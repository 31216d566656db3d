"""
Google Cloud Speech-to-Text (v1), streaming: text while somebody speaks.

Options are in docs/cloud.md. A stream is open only during a segment of speech, so that silence is
neither sent nor paid for.
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from pathlib import Path
from typing import Any, ClassVar

from google.cloud import speech_v1 as speech
from google.cloud.speech_v1.services.speech.transports import SpeechGrpcTransport
import grpc
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, SpeechToText
from txt2vid_ros.providers.cloud.credentials import endpoint_of
from txt2vid_ros.providers.cloud.google.client import connect, provider_error
from txt2vid_ros.providers.cloud.google.recognition import GoogleRecognition, SERVICE

HOST = 'speech.googleapis.com'
ENDPOINT_VARIABLE = 'TXT2VID_GOOGLE_STT_ENDPOINT'
_REGIONS = {'en': 'en-US', 'de': 'de-DE', 'fr': 'fr-FR', 'es': 'es-ES', 'it': 'it-IT',
            'pt': 'pt-BR', 'nl': 'nl-NL', 'ja': 'ja-JP', 'ko': 'ko-KR', 'zh': 'cmn-Hans-CN',
            'hi': 'hi-IN', 'ru': 'ru-RU', 'pl': 'pl-PL', 'tr': 'tr-TR', 'sv': 'sv-SE'}
"""The service wants a region; a language without one is taken for these."""


@dataclasses.dataclass(frozen=True)
class GoogleRecognizerOptions:
    """Options of the recognizer."""

    model: str = parameter('latest_long', "the service's model: latest_long, latest_short, "
                           'command_and_search, phone_call, ...')
    language: str = parameter('', 'BCP 47 tag with a region, in place of stt.locale')
    punctuation: bool = parameter(True, 'whether the service puts the punctuation in')
    phrases: str = parameter('', 'words and phrases that are likely, with semicolons between')
    boost: float = parameter(10.0, 'how much more likely they are', minimum=0.0, maximum=20.0)
    renew: float = parameter(240.0, 'seconds of a stream from which on it is renewed where a '
                             'sentence ends; at most limit', minimum=0.0, maximum=300.0)
    limit: float = parameter(290.0, 'seconds at which it is renewed in any case; the service ends '
                             'it at about 305', minimum=0.0, maximum=300.0)
    credentials: Path = parameter(Path(), 'JSON key file, in place of '
                                  'GOOGLE_APPLICATION_CREDENTIALS')
    endpoint: str = parameter('', 'HOST or HOST:PORT in place of the global service, for example '
                              'eu-speech.googleapis.com')
    timeout: float = parameter(10.0, 'seconds to wait for a connection, or for the last text '
                               'after the last sound', minimum=0.01, maximum=600.0)


class GoogleRecognizer(SpeechToText):
    """Opens a stream for each segment of speech."""

    name = 'google'
    Options: ClassVar[type[Any] | None] = GoogleRecognizerOptions

    def __init__(self, locale: str = 'en',
                 options: GoogleRecognizerOptions = GoogleRecognizerOptions()) -> None:
        """Take the locale that is spoken (BCP 47) and the options."""
        self._language = options.language or _REGIONS.get(locale.lower(), locale)
        self._options = options
        self._channel: grpc.Channel | None = None
        self._calls: Any = None

    @property
    def capabilities(self) -> RecognizerCapabilities:
        """Return that it streams, at 16 kHz."""
        return RecognizerCapabilities(SPEECH_RATE, streaming=True, confidence=True,
                                      locales=(self._language,))

    def load(self) -> None:
        """Connect, and ask for a stream without sound. Raises UserError and ProviderError."""
        options = self._options
        if not 0 < options.renew <= options.limit:
            raise UserError(f'stt.google.renew is {options.renew:g} and stt.google.limit '
                            f'{options.limit:g}',
                            'renew has to be above 0 and at most limit.')
        self.close()
        channel = connect(endpoint_of(options.endpoint, ENDPOINT_VARIABLE, HOST),
                          options.credentials)
        try:
            self._calls = SpeechGrpcTransport(channel=channel)
            self.check()
        except BaseException:
            channel.close()
            self._calls = None
            raise
        self._channel = channel

    def check(self) -> None:
        """
        Have the service check credentials and configuration, without any sound to pay for.

        Raises UserError and ProviderError.
        """
        call = self._calls.streaming_recognize(
            iter([self._configuration()]), timeout=self._options.timeout)
        try:
            for _ in call:
                pass
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.OUT_OF_RANGE:
                # It complains of the missing sound only, so it accepted the rest.
                return
            if error.code() == grpc.StatusCode.INVALID_ARGUMENT:
                # Only the configuration was sent, so the service's words repeat no speech.
                words = ' '.join(str(error.details()).split())
                if 'config' in words or 'language' in words or 'model' in words:
                    raise UserError(f'stt.google: {SERVICE} refuses its options: {words}',
                                    'See docs/cloud.md for what they can be.') from None
                return
            raise provider_error(error, SERVICE) from None

    def open(self) -> GoogleRecognition:  # noqa: A003
        """Begin with a segment of speech; a stream is opened with its first sound."""
        if self._calls is None:
            raise RuntimeError('load() comes first')
        options = self._options
        return GoogleRecognition(
            self._stream, renew=options.renew, limit=options.limit, timeout=options.timeout,
            spaced=self._language.partition('-')[0] not in ('zh', 'cmn', 'yue', 'ja', 'th'))

    def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._calls = None

    def _stream(self, sound: Iterator[bytes]) -> Any:
        """Start a stream for `sound`, 16-bit samples as they come; return the call."""
        def requests() -> Iterator[Any]:
            yield self._configuration()
            for part in sound:
                yield speech.StreamingRecognizeRequest(audio_content=part)

        return self._calls.streaming_recognize(requests(), timeout=self._options.limit + 60)

    def _configuration(self) -> Any:
        """Return the request that begins a stream."""
        options = self._options
        phrases = [part.strip() for part in options.phrases.split(';') if part.strip()]
        contexts = [speech.SpeechContext(phrases=phrases, boost=options.boost)] if phrases else []
        return speech.StreamingRecognizeRequest(
            streaming_config=speech.StreamingRecognitionConfig(
                interim_results=True, config=speech.RecognitionConfig(
                    encoding=speech.RecognitionConfig.AudioEncoding.LINEAR16,
                    sample_rate_hertz=SPEECH_RATE, language_code=self._language,
                    model=options.model,
                    enable_automatic_punctuation=options.punctuation,
                    speech_contexts=contexts)))
