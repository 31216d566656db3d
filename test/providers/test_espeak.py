"""The voice of eSpeak NG, with the real program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import shutil
import stat

from hearing import transcribed
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.providers.choice import make_voice
from txt2vid_ros.providers.tts.espeak import EspeakVoice, SAMPLE_RATE


def say(text: str, voice: str = '', speed: float = 1.0) -> NDArray[np.float32]:
    """Return a text as it is heard; loaded by its name, as a user would."""
    if shutil.which('espeak-ng') is None:
        pytest.skip('there is no espeak-ng')
    loaded = make_voice('espeak', voice, speed)
    loaded.load()
    assert loaded.capabilities.sample_rate == SAMPLE_RATE
    chunks = [chunk.samples for chunk in loaded.synthesize(text, lambda: False)]
    loaded.close()
    return np.concatenate(chunks) if chunks else np.zeros(0, np.float32)


def test_it_says_the_words_at_the_speed_that_is_asked_for() -> None:
    sound = say('The number is twenty seven.')
    assert transcribed(sound, SAMPLE_RATE)[-2:] == ['twenty', 'seven']
    assert 0.05 < np.abs(sound).max() <= 1
    assert len(say('The number is twenty seven.', speed=2.0)) < 0.7 * len(sound)
    assert len(say('The number is twenty seven.', 'en-us+f3')) > 0


@pytest.mark.parametrize('text', ['-v xx --help', '<break time="9s"/>', 'naïve café 你好 😀'])
def test_a_text_is_a_text_whatever_is_in_it(text: str) -> None:
    assert 0.2 < len(say(text)) / SAMPLE_RATE < 8


def test_what_has_no_sound_yields_nothing() -> None:
    assert len(say(' ')) == 0
    assert list(EspeakVoice().synthesize('word', lambda: True)) == []


def test_a_wrong_voice_names_near_ones() -> None:
    if shutil.which('espeak-ng') is None:
        pytest.skip('there is no espeak-ng')
    with pytest.raises(UserError, match=r"no voice 'eng-gb'\. Near: .*en-gb"):
        EspeakVoice('eng-gb').load()


def test_without_the_program_it_says_how_to_get_it(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(UserError, match='apt-get install espeak-ng'):
        EspeakVoice().load()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put a program of that name first that crashes."""
    program = tmp_path / 'espeak-ng'
    program.write_text('#!/bin/sh\nexit 3\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    yield


@pytest.mark.usefixtures('broken')
def test_a_program_that_ends_badly_is_a_fault_that_another_voice_makes_good() -> None:
    with pytest.raises(ProviderError, match='ended with status 3'):
        list(EspeakVoice().synthesize('word', lambda: False))
