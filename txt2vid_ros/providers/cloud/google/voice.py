"""
Google Cloud Text-to-Speech (v1): streaming where the voice can, else clause by clause.

Options are in docs/cloud.md. Each clause is one call; no sound is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
import dataclasses
import logging
from pathlib import Path
from typing import Any, ClassVar

from google.auth.exceptions import GoogleAuthError
from google.cloud import texttospeech_v1 as tts
from google.cloud.texttospeech_v1.services.text_to_speech.transports import (
    TextToSpeechGrpcTransport,
)
import grpc
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel
from txt2vid_ros.providers.cloud.credentials import endpoint_of
from txt2vid_ros.providers.cloud.google.client import connect, provider_error
from txt2vid_ros.providers.cloud.google.time_points import NOT_SUPPORTED, TimePoints
from txt2vid_ros.providers.cloud.google.voice_catalogue import (
    can_stream,
    choose_voice,
    language_of,
    list_voices,
    SERVICE,
)
from txt2vid_ros.providers.cloud.pcm_stream import PcmReader, WavReader
from txt2vid_ros.speaking.ssml import is_ssml, pronounceable
from txt2vid_ros.speaking.ssml_marks import MarkedText
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

log = logging.getLogger(__name__)

HOST = 'texttospeech.googleapis.com'
ENDPOINT_VARIABLE = 'TXT2VID_GOOGLE_TTS_ENDPOINT'
_TIME_POINTS = ('none', 'ssml', 'all')


@dataclasses.dataclass(frozen=True)
class GoogleVoiceOptions:
    """Options of the voice."""

    language: str = parameter('en-US', 'BCP 47 tag; only where no voice is named, whose name '
                              'begins with its language')
    pitch: float = parameter(0.0, 'semitones; not for voices that stream', minimum=-20.0,
                             maximum=20.0)
    streaming: bool = parameter(True, 'whether to stream where the voice can')
    credentials: Path = parameter(Path(), 'JSON key file, in place of '
                                  'GOOGLE_APPLICATION_CREDENTIALS')
    endpoint: str = parameter('', 'HOST or HOST:PORT in place of the global service, for example '
                              'eu-texttospeech.googleapis.com')
    time_points: str = parameter('ssml', 'which texts are asked for with the times of their '
                                 'words; all: those that are not streamed', choices=_TIME_POINTS)
    timeout: float = parameter(15.0, 'seconds that a request may take; a stream, which is long, '
                               'four times as many', minimum=0.01, maximum=600.0)

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)


class GoogleVoice(TextToSpeech):
    """One voice of the service, at its native rate."""

    name = 'google'
    Options: ClassVar[type[Any] | None] = GoogleVoiceOptions

    def __init__(self, voice: str = '', speed: float = 1.0,
                 options: GoogleVoiceOptions = GoogleVoiceOptions()) -> None:
        """Take the voice's name in the service, its pace (1 is usual), and the options."""
        self._voice = voice
        self._speed = speed
        self._options = options
        self._streams = False
        self._rate = VOICE_RATE
        self._channel: grpc.Channel | None = None
        self._calls: Any = None
        self._points: TimePoints | None = None
        """None where the voice has none."""

    @property
    def capabilities(self) -> VoiceCapabilities:
        """Return what the voice can do; before load(), what most voices can."""
        language = language_of(self._voice) or self._options.language
        return VoiceCapabilities(self._rate, streaming=self._streams, ssml=True,
                                 timings=self._wants_points('') and self._points is not None,
                                 languages=(language,))

    def load(self) -> None:
        """Connect and look the voice up. Raises UserError and ProviderError."""
        options = self._options
        self.close()
        channel = connect(endpoint_of(options.endpoint, ENDPOINT_VARIABLE, HOST),
                          options.credentials)
        try:
            transport = TextToSpeechGrpcTransport(channel=channel)
            self._choose(list_voices(tts.TextToSpeechClient(transport=transport),
                                     options.timeout))
        except BaseException:
            channel.close()
            raise
        self._channel, self._calls = channel, transport
        points = TimePoints(channel, self._voice)
        self._points = points if points.supported and options.time_points != 'none' else None

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause's sound as it comes. Raises ProviderError and UserError."""
        if self._calls is None:
            raise RuntimeError('load() comes first')
        if not pronounceable(clause):
            return
        begun = False
        try:
            # Streaming takes plain text only; SSML is synthesized whole.
            if self._streams and not is_ssml(clause):
                try:
                    for samples in self._streamed(clause, cancelled):
                        begun = True
                        yield SpeechChunk(samples)
                    if not begun and not cancelled():
                        raise ProviderError(f'{SERVICE} sent no sound', retriable=True)
                    return
                except grpc.RpcError as error:
                    if begun or error.code() not in NOT_SUPPORTED:
                        raise
                    self._streams = False
            yield from self._whole(clause, cancelled)
        except (grpc.RpcError, GoogleAuthError) as error:
            raise provider_error(error, SERVICE) from None

    def close(self) -> None:
        """Close the channel."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._calls = self._points = None

    def _choose(self, voices: Mapping[str, int]) -> None:
        self._voice = choose_voice(voices, self._voice, self._options.language)
        if can_stream(self._voice) and self._options.pitch:
            raise UserError(f'tts.google.pitch: the pitch of {self._voice} cannot be changed',
                            'Leave pitch out, or take a Neural2, Wavenet or Standard voice.')
        self._streams = can_stream(self._voice) and self._options.streaming
        self._rate = voices[self._voice]

    def _selection(self) -> Any:
        return tts.VoiceSelectionParams(
            name=self._voice, language_code=language_of(self._voice))

    def _streamed(self, clause: str, cancelled: Callable[[], bool]
                  ) -> Iterator[NDArray[np.float32]]:
        requests = [
            tts.StreamingSynthesizeRequest(streaming_config=tts.StreamingSynthesizeConfig(
                voice=self._selection(), streaming_audio_config=tts.StreamingAudioConfig(
                    audio_encoding=tts.AudioEncoding.PCM, sample_rate_hertz=self._rate,
                    speaking_rate=self._speed))),
            tts.StreamingSynthesizeRequest(input=tts.StreamingSynthesisInput(text=clause))]
        call = self._calls.streaming_synthesize(iter(requests), timeout=4 * self._options.timeout)
        reader = PcmReader(self._rate, self._rate)
        with AbortOnCancel(cancelled, call.cancel):
            for answer in call:
                samples = reader.push(answer.audio_content)
                if len(samples):
                    yield samples

    def _whole(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        """Yield the clause as one chunk, with the times of its sounds where there are any."""
        points = self._points
        text = (points.with_marks(clause) if points is not None and self._wants_points(clause)
                else None)
        if points is not None and text is not None:
            try:
                yield from self._timed(points, text, cancelled)
                return
            except grpc.RpcError as error:
                if error.code() not in NOT_SUPPORTED:
                    raise
        for samples in self._untimed(clause, cancelled):
            if text is not None:
                self._without_points()
            yield SpeechChunk(samples, last=True)

    def _wants_points(self, clause: str) -> bool:
        """Return whether time points are to be requested for a clause."""
        return is_ssml(clause) or (
            self._options.time_points == 'all' and not self._streams)

    def _timed(self, points: TimePoints, text: MarkedText, cancelled: Callable[[], bool]
               ) -> Iterator[SpeechChunk]:
        for answer in points.request(text, self._options.timeout, cancelled, **self._audio()):
            samples = self._samples(answer.content)
            if answer.timed:
                yield SpeechChunk(samples, answer.phonemes(samples, self._rate), last=True)
            else:
                self._without_points()
                yield SpeechChunk(samples, last=True)

    def _without_points(self) -> None:
        """Request no more time points from now on, and say so."""
        self._points = None
        log.warning('%s gives no time points for %s, or too few; the lips follow the sound alone',
                    SERVICE, self._voice)

    def _untimed(self, clause: str, cancelled: Callable[[], bool]
                 ) -> Iterator[NDArray[np.float32]]:
        text = {'ssml': clause} if is_ssml(clause) else {'text': clause}
        call = self._calls.synthesize_speech.future(tts.SynthesizeSpeechRequest(
            input=tts.SynthesisInput(**text), voice=self._selection(),
            audio_config=tts.AudioConfig(
                audio_encoding=tts.AudioEncoding.LINEAR16, **self._audio())),
            timeout=self._options.timeout)
        with AbortOnCancel(cancelled, call.cancel):
            yield self._samples(call.result().audio_content)

    def _audio(self) -> dict[str, float]:
        return {'sample_rate_hertz': self._rate, 'speaking_rate': self._speed,
                'pitch': self._options.pitch}

    def _samples(self, content: bytes) -> NDArray[np.float32]:
        samples = WavReader(self._rate).push(content, last=True)
        if not len(samples):
            raise ProviderError(f'{SERVICE} sent no sound', retriable=True)
        return samples
