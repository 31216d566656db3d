"""Google's time points: when in the sound each mark of an SSML text is reached.

Only v1beta1 of the service has them, and only for some voices; those of the kind Standard tell
of fewer marks than there are.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from txt2vid_ros.providers.cloud.background_iterator import Arriving
from txt2vid_ros.speaking.phonetics.lexicon import EnglishLexicon
from txt2vid_ros.speaking.phonetics.word_timing import matched, spread
from txt2vid_ros.speaking.ssml import is_ssml
from txt2vid_ros.speaking.ssml_marks import marked, MarkedText

LONGEST = 5000
"""Bytes that the service takes as one text; the marks must not be what makes it longer."""
ENOUGH = 0.5
"""Share of the words whose beginning has to be told; with fewer the sound alone tells as much."""
NOT_TAKEN = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNIMPLEMENTED)
"""What a service answers that knows no time points, or none of this voice."""
_BRITISH = ('en-GB', 'en-AU')


@dataclasses.dataclass(frozen=True)
class PointedSpeech:
    """An answer: a WAV file, and what it tells of the words in it."""

    content: bytes
    starts: list[float | None]
    """Seconds at which each part of the text begins; None where that is not told."""
    sounds: list[tuple[str, ...]]
    """The IPA symbols of each part."""

    @property
    def told(self) -> bool:
        """Return whether the beginnings of enough words are known."""
        known = [start is not None for start, symbols in zip(
            self.starts, self.sounds, strict=True) if symbols]
        return sum(known) >= ENOUGH * len(known)

    def phonemes(self, samples: NDArray[np.float32], rate: int) -> tuple[Phoneme, ...] | None:
        """Return the sounds with their times; `samples` at `rate` Hz are the content's."""
        return spread(self.starts, self.sounds, samples, rate) or None


class TimePoints:
    """Asks for one voice's speech with time points, over a channel of somebody else's."""

    def __init__(self, channel: grpc.Channel, name: str) -> None:
        """Take the voice's name, which begins with its language."""
        self._transport = TextToSpeechGrpcTransport(channel=channel)
        self._language = '-'.join(name.split('-')[:2])
        self._name = name
        self._lexicon = EnglishLexicon(british=self._language in _BRITISH)

    @property
    def understood(self) -> bool:
        """Return whether the sounds of the voice's words are known: those of English are."""
        return self._language.startswith('en-')

    def marked(self, clause: str) -> MarkedText | None:
        """Return a clause, SSML or not, with marks; None where there can be none."""
        text = marked(clause if is_ssml(clause) else f'<speak>{escape(clause)}</speak>')
        return text if text is not None and len(text.ssml.encode()) <= LONGEST else None

    def ask(self, text: MarkedText, timeout: float, **audio: Any) -> Arriving[PointedSpeech]:
        """Ask for a text; `audio` is what the service calls AudioConfig. Raises RpcError there."""
        call = self._transport.synthesize_speech.future(tts.SynthesizeSpeechRequest(
            input=tts.SynthesisInput(ssml=text.ssml),
            voice=tts.VoiceSelectionParams(name=self._name, language_code=self._language),
            audio_config=tts.AudioConfig(audio_encoding=tts.AudioEncoding.LINEAR16, **audio),
            enable_time_pointing=[tts.SynthesizeSpeechRequest.TimepointType.SSML_MARK]),
            timeout=timeout)

        def fetch() -> Iterator[PointedSpeech]:
            # While the service works.
            sounds = self._lexicon.sounds([span.words for span in text.spans])
            answer = call.result()
            yield PointedSpeech(answer.audio_content, matched(
                [span.mark for span in text.spans],
                [(point.mark_name, point.time_seconds) for point in answer.timepoints]), sounds)
        return Arriving(fetch, call.cancel)
