"""
Google's time points: when in the sound each mark of an SSML text is reached.

Only v1beta1 of the service has them, and only for some voices; Standard voices report fewer marks
than the text has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
from typing import Any
from xml.sax.saxutils import escape

from google.cloud import texttospeech_v1beta1 as tts
from google.cloud.texttospeech_v1beta1.services.text_to_speech.transports import (
    TextToSpeechGrpcTransport,
)
import grpc
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.providers.cloud.abort_on_cancel import AbortOnCancel
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.phonetics.word_timing import distribute_phonemes, match_marks
from txt2vid_ros.speaking.ssml import is_ssml
from txt2vid_ros.speaking.ssml_marks import MarkedText, with_marks

MAX_TEXT_BYTES = 5000
"""That the service takes as one text; the marks must not be what makes it longer."""
MIN_TIMED_SHARE = 0.5
"""Of the words whose beginning has to be known; with fewer, the sound alone tells as much."""
NOT_SUPPORTED = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED)
"""What a service answers that does not support streaming or time points, or not for a voice."""
_BRITISH = ('en-GB', 'en-AU')


@dataclasses.dataclass(frozen=True)
class TimedSpeech:
    """An answer: a WAV file, and when its words begin."""

    content: bytes
    starts: list[float | None]
    """Seconds at which each part of the text begins; None where that is not known."""
    sounds: list[tuple[str, ...]]
    """The IPA symbols of each part."""

    @property
    def timed(self) -> bool:
        """Return whether the beginnings of enough words are known."""
        known = [start is not None for start, symbols in zip(
            self.starts, self.sounds, strict=True) if symbols]
        return sum(known) >= MIN_TIMED_SHARE * len(known)

    def phonemes(self, samples: NDArray[np.float32], rate: int) -> tuple[Phoneme, ...] | None:
        """Return the sounds with their times; `samples` at `rate` Hz are the content's."""
        return distribute_phonemes(self.starts, self.sounds, samples, rate) or None


class TimePoints:
    """Requests the speech of one voice with time points, over a channel that the caller owns."""

    def __init__(self, channel: grpc.Channel, name: str) -> None:
        """Take the voice's name, which begins with its language."""
        self._transport = TextToSpeechGrpcTransport(channel=channel)
        self._language = '-'.join(name.split('-')[:2])
        self._name = name
        self._lexicon = EnglishLexicon(british=self._language in _BRITISH)

    @property
    def supported(self) -> bool:
        """Return whether there is a lexicon of the voice's language: there is one of English."""
        return self._language.startswith('en-')

    def with_marks(self, clause: str) -> MarkedText | None:
        """Return a clause, SSML or not, with marks; None where there can be none."""
        text = with_marks(clause if is_ssml(clause) else f'<speak>{escape(clause)}</speak>')
        return text if text is not None and len(text.ssml.encode()) <= MAX_TEXT_BYTES else None

    def request(self, text: MarkedText, timeout: float, cancelled: Callable[[], bool],
                **audio: Any) -> Iterator[TimedSpeech]:
        """
        Yield the speech of a text, nothing if `cancelled()`; `audio` is the AudioConfig.

        Raises grpc.RpcError.
        """
        call = self._transport.synthesize_speech.future(tts.SynthesizeSpeechRequest(
            input=tts.SynthesisInput(ssml=text.ssml),
            voice=tts.VoiceSelectionParams(name=self._name, language_code=self._language),
            audio_config=tts.AudioConfig(audio_encoding=tts.AudioEncoding.LINEAR16, **audio),
            enable_time_pointing=[tts.SynthesizeSpeechRequest.TimepointType.SSML_MARK]),
            timeout=timeout)
        with AbortOnCancel(cancelled, call.cancel):
            # While the service works.
            sounds = self._lexicon.sounds([span.words for span in text.spans])
            answer = call.result()
            yield TimedSpeech(answer.audio_content, match_marks(
                [span.mark for span in text.spans],
                [(point.mark_name, point.time_seconds) for point in answer.timepoints]), sounds)
