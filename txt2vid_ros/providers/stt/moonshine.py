"""
The default recognizer: Moonshine tiny, English, on the CPU; its package carries the model.

N. Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands",
arXiv 2410.15608.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import language_of
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.core.time_limits import LOCAL
from txt2vid_ros.listening.recognizer import RecognizerCapabilities, Transcript, WholeRecognizer
from txt2vid_ros.providers.stt.hallucination_filter import drop_hallucination

# The caller finds voice activity, with the rest of the sentence in view; the library's own
# detector would cut the sound a second time.
OPTIONS = {'vad_threshold': 0}
PADDING = 0.3
"""Seconds of silence added before and after: it halves the errors on short clips."""


class MoonshineRecognizer(WholeRecognizer):
    """Sentences of up to half a minute; no word times and no confidence."""

    name = 'moonshine'
    limits = LOCAL
    capabilities = RecognizerCapabilities(SPEECH_RATE)

    def __init__(self, locale: str = 'en') -> None:
        """Take the locale; only English is in the package."""
        self._locale = locale
        self._transcriber: Any = None

    @classmethod
    def understands(cls, locale: str) -> bool:
        """Return whether English is spoken, and nothing else."""
        return ',' not in locale and language_of(locale) == 'en'

    def load(self) -> None:
        """Load the model and transcribe silence once: the first call takes longer."""
        if not self.understands(self._locale):
            raise UserError(f'stt.locale is {self._locale!r}, and moonshine understands English',
                            'Use en, or another stt.provider: faster-whisper, which '
                            'pip install ".[languages]" in the checkout brings.')
        try:
            # It imports sounddevice, and with it the PortAudio library.
            library = importlib.import_module('moonshine_voice.transcriber')
        except OSError as error:
            raise UserError(f'moonshine needs the PortAudio library: {error}',
                            'Run: apt-get install libportaudio2') from error
        utils = importlib.import_module('moonshine_voice.utils')
        model = utils.get_assets_path() / 'tiny-en'
        if not model.is_dir():
            raise UserError('this release of moonshine-voice comes without its model',
                            'Run: pip install moonshine-voice==0.1.0')
        self._transcriber = library.Transcriber(model, library.ModelArch.TINY, options=OPTIONS)
        self.transcribe(np.zeros(SPEECH_RATE, np.float32))

    def transcribe(self, samples: NDArray[np.float32]) -> Transcript:
        """Return the text of mono samples at 16 kHz."""
        if self._transcriber is None:
            raise RuntimeError('load() comes first')
        sound = np.pad(samples, int(PADDING * SPEECH_RATE))
        found = self._transcriber.transcribe_without_streaming(sound.tolist(), SPEECH_RATE)
        text = ' '.join(line.text.strip() for line in found.lines if line.text)
        return Transcript(drop_hallucination(text, len(samples) / SPEECH_RATE))

    def close(self) -> None:
        """Release the model."""
        if self._transcriber is not None:
            self._transcriber.close()
            self._transcriber = None
