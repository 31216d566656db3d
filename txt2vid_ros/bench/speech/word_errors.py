"""How much of what a voice says is understood: transcribed back, word for word."""

from __future__ import annotations

from collections.abc import Callable
import importlib
import re
import unicodedata

import numpy as np
from numpy.typing import NDArray
import soxr
from txt2vid_ros.bench.commands.sender import distance
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import language_of
from txt2vid_ros.core.options import prefix_of
from txt2vid_ros.core.pcm import SPEECH_RATE
from txt2vid_ros.providers.choice import make_recognizer
from txt2vid_ros.providers.resilience.fallback_recognizer import FallbackRecognizer


def words_of(text: str, language: str) -> list[str]:
    """
    Return the words of a text as they sound, without case and punctuation.

    Of Japanese the letters of its reading, of Chinese the syllables of its, where the packages
    that know them are there, else the characters: one word is written in several ways.
    """
    bare = ''.join(char if unicodedata.category(char)[0] in 'LMN' else ' '
                   for char in unicodedata.normalize('NFC', text).casefold())
    reading = _READINGS.get(language_of(language))
    return reading(''.join(bare.split())) if reading is not None else bare.split()


def _japanese(text: str) -> list[str]:
    try:
        kana = importlib.import_module('pyopenjtalk').g2p(text, kana=True)
    except ModuleNotFoundError:
        return list(text)
    return re.findall('[ァ-ヶー]', kana)


def _chinese(text: str) -> list[str]:
    try:
        return [*importlib.import_module('pypinyin').lazy_pinyin(text)]
    except ModuleNotFoundError:
        return list(text)


_READINGS: dict[str, Callable[[str], list[str]]] = {'ja': _japanese, 'zh': _chinese}


class WordErrorMeter:
    """Transcribes one language; None where no recognizer for it is installed."""

    def __init__(self, language: str, whisper: str = '') -> None:
        """Take the language, and the folder of a Whisper model, '' for the one installed."""
        self._language = language
        english = language_of(language) == 'en'
        name = 'moonshine' if english else 'faster-whisper'
        options = {f'{prefix_of(name)}.model': whisper} if whisper and not english else {}
        self.missing = ''
        """Why there is none."""
        self._recognizer: FallbackRecognizer | None = None
        try:
            recognizer = make_recognizer(name, language_of(language), options, parameter='--stt')
            recognizer.load()
        except UserError as error:
            self.missing = error.problem
        else:
            self._recognizer = recognizer

    def errors(self, samples: NDArray[np.float32], rate: int, text: str) -> tuple[int, int] | None:
        """Return how many words of a text are heard wrong in mono sound, and how many it has."""
        if self._recognizer is None:
            return None
        said = words_of(text, self._language)
        if not len(samples):
            return len(said), len(said)
        recognition = self._recognizer.open()
        silence = np.zeros(SPEECH_RATE // 4, np.float32)
        heard = soxr.resample(samples, rate, SPEECH_RATE).astype(np.float32)
        recognition.push(np.concatenate([silence, heard, silence]))
        return distance(said, words_of(recognition.finish().text, self._language)), len(said)

    def close(self) -> None:
        """Release the recognizer."""
        if self._recognizer is not None:
            self._recognizer.close()
