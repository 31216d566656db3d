"""Other voices take the place of those that speak: what is the same stays, what is over goes."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
import dataclasses
from pathlib import Path

import pytest
from rig import until
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
from txt2vid_ros.providers.voice_set import VoiceChange, VoiceSet, VoiceSettings
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

log: collections.Counter[str] = collections.Counter()
"""How often each voice was loaded and closed: 'load anna', 'close anna'."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Of the voice."""

    pitch: float = parameter(0.0, 'semitones')


class Logged(TextToSpeech):
    """A voice that is loaded and closed, and says nothing."""

    name = 'logged'
    limits = LOCAL
    Options = Options
    capabilities = VoiceCapabilities(8000)

    def __init__(self, voice: str, speed: float, options: Options) -> None:
        self._called = f'{voice} {speed:g} {options.pitch:g}'

    def load(self) -> None:
        log[f'load {self._called}'] += 1
        if 'nobody' in self._called:
            raise UserError('there is no voice of that name', 'Use another.')
        if 'away' in self._called:
            raise ProviderError('it cannot be reached', retriable=True)

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        yield from ()

    def close(self) -> None:
        log[f'close {self._called}'] += 1


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> None:
    log.clear()
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: Logged)
    monkeypatch.setattr(registry, 'names', lambda group: ['logged'])


def settings(people: Path, **other: object) -> VoiceSettings:
    return dataclasses.replace(VoiceSettings(
        ('logged',), 'me', 1.0, str(people), TimeLimits(0.0, 0.0, 0.0, 0.0), {}), **other)


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / 'people.yaml'
    file.write_text('anna: {voice: anna, speed: 0.8}\n')
    return file


def test_only_what_differs_is_loaded_and_only_that_is_closed(people: Path) -> None:
    voices = VoiceChange(VoiceSet(settings(people)))
    assert log == {'load me 1 0': 1, 'load anna 0.8 0': 1}
    anna = voices.voices.of('anna')
    voices.use(VoiceSet(settings(people, speed=2.0), voices.voices))
    until(lambda: log['close me 1 0'] == 1)
    assert log['load me 2 0'] == 1
    assert voices.voices.of('anna') is anna
    assert log['load anna 0.8 0'] == 1 and log['close anna 0.8 0'] == 0
    # An option is for all.
    voices.use(VoiceSet(settings(people, options={'logged.pitch': 3.0}), voices.voices))
    until(lambda: log['close anna 0.8 0'] == log['close me 2 0'] == 1)
    voices.close()
    until(lambda: log['close anna 0.8 3'] == log['close me 1 3'] == 1)


def test_a_voice_that_speaks_is_closed_once_its_utterance_is_made(people: Path) -> None:
    voices = VoiceChange(VoiceSet(settings(people)))
    speaking = voices.take('me')
    for speed in (1.5, 1.6):
        voices.use(VoiceSet(settings(people, speed=speed), voices.voices))
    until(lambda: log['close me 1.5 0'] == 1)
    assert log['close me 1 0'] == 0 and speaking.loaded
    voices.give_back(speaking)
    until(lambda: log['close me 1 0'] == 1)
    assert voices.take('me') is not speaking
    voices.close()
    assert log['close me 1.6 0'] == 1


def test_everybody_is_told_with_the_name_of_the_voice_wherever_it_is_set(people: Path) -> None:
    people.write_text('anna: {voice: low}\nben: {options: {logged.voice: deep}}\nclara: {}\n')
    voices = VoiceSet(settings(people))
    assert {speaker: voice for speaker, voice, _ in voices.speakers()} == {
        'default': 'me', 'anna': 'low', 'ben': 'deep', 'clara': 'me'}
    voices.close()


@pytest.mark.parametrize(('name', 'why'), [('nobody', 'no voice of that name'),
                                           ('away', 'it cannot be reached')])
def test_where_none_can_be_loaded_those_before_stay(people: Path, name: str, why: str) -> None:
    before = VoiceSet(settings(people))
    with pytest.raises(UserError, match=why):
        VoiceSet(settings(people, voice=name), before)
    assert before.of('me').loaded and before.of('anna').loaded
    assert not any('close' in line and name not in line for line in log if log[line])
    before.close()
