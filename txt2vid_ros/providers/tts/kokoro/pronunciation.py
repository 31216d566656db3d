"""Which program says how a language is pronounced."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.locales import language_of
from txt2vid_ros.providers.tts.kokoro.espeak_phonemes import EspeakPhonemes

Pronunciation = Callable[[str], str]
"""From a clause of normalized text to phonemes, with spaces and punctuation."""

_ESPEAK = {'es': 'es', 'fr': 'fr-fr', 'hi': 'hi', 'it': 'it', 'pt-BR': 'pt-br'}
"""The voices of eSpeak NG; why it and not piper-plus-g2p: docs/voices.md has the word errors."""


def pronunciation(language: str) -> Pronunciation:
    """
    Return how a language (a BCP 47 tag of voices.DEFAULTS) is pronounced.

    Raises UserError where a package or program that it needs is missing.
    """
    if language in _ESPEAK:
        return EspeakPhonemes(_ESPEAK[language])
    try:
        return _MAKE[language_of(language)](language)
    except ModuleNotFoundError as missing:
        extra = f'voices-{language_of(language)}'.removesuffix('-en')
        raise UserError(f'kokoro needs the Python package {missing.name!r} to pronounce '
                        f'{language}, and it is not installed',
                        f'Run: pip install ".[{extra}]" in the checkout') from missing


def _english(language: str) -> Pronunciation:
    from txt2vid_ros.providers.tts.hibari_words import WordPhonemes
    return WordPhonemes(british=language == 'en-GB')


def _japanese(_: str) -> Pronunciation:
    from txt2vid_ros.providers.tts.kokoro.japanese import JapanesePhonemes
    return JapanesePhonemes()


def _chinese(_: str) -> Pronunciation:
    from txt2vid_ros.providers.tts.kokoro.chinese import ChinesePhonemes
    return ChinesePhonemes(_english('en-US'))


_MAKE: Mapping[str, Callable[[str], Pronunciation]] = {
    'en': _english, 'ja': _japanese, 'zh': _chinese}
