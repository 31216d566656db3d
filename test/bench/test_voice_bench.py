"""`bench voices` counts what it says it counts."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.bench.commands import voices
from txt2vid_ros.bench.speech import word_errors
from txt2vid_ros.bench.speech.sentences import SENTENCES
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 8000


class Plain(TextToSpeech):
    """Says a second of sound in two pieces; two languages, or that of its name."""

    name = 'plain'
    limits: TimeLimits = LOCAL

    def __init__(self, voice: str = '') -> None:
        self._language = {'pierre': 'fr', '': 'en'}.get(voice, 'es')
        self._silent = voice == 'mute'

    @classmethod
    def language_voices(cls) -> dict[str, str]:
        return {'en': '', 'fr': 'pierre'}

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(RATE, languages=(self._language,))

    def load(self) -> None:
        if self._language == 'fr':
            raise UserError('the French voice is away', 'Wait.')

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        for _ in range(0 if self._silent else 2):
            yield SpeechChunk(np.full(RATE // 2, 0.1, np.float32))


class Remote(Plain):
    """Costs money, and is not asked."""

    limits = TimeLimits()


class Meter:
    """Hears one word in ten wrong."""

    missing = ''

    def __init__(self, language: str, whisper: str) -> None:
        assert whisper == 'folder'

    def errors(self, samples: NDArray[np.float32], rate: int, text: str) -> tuple[int, int]:
        assert len(samples) in (0, RATE) and rate == RATE
        return 1, 10

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def rig(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {'plain': Plain, 'remote': Remote}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: kinds[name])
    monkeypatch.setattr(registry, 'names', lambda group: [*kinds])
    monkeypatch.setattr(word_errors, 'WordErrorMeter', Meter)


def run(named: str = '', languages: str = '') -> dict[str, object]:
    return voices.run(argparse.Namespace(voices=named, languages=languages, sentences=3,
                                         whisper='folder', no_face=False))


def test_every_voice_of_this_machine_in_each_of_its_languages() -> None:
    found = run()
    only, = found['voices']
    assert (only['name'], only['language']) == ('plain', 'en')
    assert only['word_error'] == pytest.approx(0.1)
    assert 0 <= only['first_audio_ms'] < 60_000 and only['real_time_factor'] >= 0
    assert only['opening_r'] is None  # its sounds have no times
    assert found['skipped'] == {'plain:pierre fr': 'the French voice is away'}


def test_voices_are_named_and_their_language_is_looked_up() -> None:
    found = run('plain:carmen,plain:mute', 'es')
    assert [each['name'] for each in found['voices']] == ['plain:carmen']
    assert 'plain:mute es' in found['skipped']
    assert run('plain:carmen', 'en')['voices'] == []
    with pytest.raises(UserError, match="no sentences in 'xx'"):
        run(languages='xx')


def test_the_codec_is_measured_on_each_language() -> None:
    bits = run('plain', 'en,ja')['codec']
    assert [*bits] == ['en', 'ja']
    assert 1 < bits['en'] < 3 < bits['ja'] < 30


@pytest.mark.parametrize(('text', 'language', 'words'), [
    ('Ça, c’est l’été !', 'fr', ['ça', 'c', 'est', 'l', 'été']),
    ('पुराना पुल।', 'hi', ['पुराना', 'पुल']),
    ('Straße', 'de', ['strasse'])])
def test_words_are_counted_without_case_and_marks(text: str, language: str, words: list[str]
                                                  ) -> None:
    assert word_errors.words_of(text, language) == words


def test_there_are_ten_sentences_of_each_language_with_a_front_end() -> None:
    assert [*SENTENCES] == ['en', 'de', 'es', 'fr', 'hi', 'it', 'pt-BR', 'ja', 'zh']
    assert {len({*sentences}) for sentences in SENTENCES.values()} == {10}
