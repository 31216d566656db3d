"""Providers are chosen by lists of names, with options for each."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any, ClassVar

import pytest
from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import People
from txt2vid_ros.core.storage.share import share
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import (
    make_recognizer,
    make_voice,
    person_options,
    provider_names,
    voice_options,
)
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer
from txt2vid_ros.providers.tts.voice_shape import NAMED


class Made:
    """Remembers with what its kind was made."""

    made: ClassVar[list[dict[str, Any]]] = []

    @dataclasses.dataclass(frozen=True)
    class Options:
        pitch: float = 0.0
        note: str = ''

    def __init__(self, **arguments: Any) -> None:
        self.made.append(arguments)


class Pitched(Made, ClapVoice):
    """A voice with options."""


class Patient(Made, MoonshineRecognizer):
    """A recognizer with options, and without a model."""

    def load(self) -> None:
        """Do nothing."""


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two providers of a third party among those that are there."""
    Made.made.clear()
    known = {'pitched': Pitched, 'patient': Patient}
    names, load = registry.names, registry.load

    def find(group: str, name: str, parameter: str) -> Any:
        if name == 'needy':
            raise UserError('needy needs a package', 'Run: pip install it')
        return known[name] if name in known else load(group, name, parameter)

    monkeypatch.setattr(registry, 'load', find)
    monkeypatch.setattr(registry, 'names', lambda group: [*names(group), *known, 'needy'])


@pytest.mark.parametrize('text', ['a,b,c', ' a, b ,c ', 'a b c', '[a, b, c]', 'a,,b,c,'])
def test_a_list_of_names(text: str) -> None:
    assert provider_names(text, 'tts.provider') == ['a', 'b', 'c']


@pytest.mark.parametrize(('text', 'said'), [
    ('', 'tts.provider is empty'), (' , ', 'tts.provider is empty'),
    ('a,b,a', "'a' is in the list twice")])
def test_a_list_that_is_none(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        provider_names(text, 'tts.provider')


def test_each_gets_its_own_options_and_the_first_the_voice() -> None:
    voice = make_voice('pitched,clap', 'ann', 1.2, {
        'pitched.pitch': -2, 'clap.voice': 'x', 'other.pitch': 3})
    voice.load()
    assert Made.made == [{'voice': 'ann', 'speed': 1.2, 'options': Made.Options(pitch=-2.0)}]
    voice.close()
    Made.made.clear()
    voice = make_voice('clap pitched', 'x', options={
        'pitched.voice': 'bob', 'pitched.note': 'a b'})
    voice.load()
    voice.close()
    assert Made.made == [{'voice': 'bob', 'speed': 1.0, 'options': Made.Options(note='a b')}]
    recognizer = make_recognizer('patient', 'de', {'patient.pitch': '1'})
    recognizer.load()
    recognizer.close()
    assert Made.made[1:] == [{'locale': 'de', 'options': Made.Options(pitch=1.0)}]


@pytest.mark.parametrize(('names', 'said'), [
    ('clap,pichted', "tts.provider: there is no provider 'pichted'"),
    ('needy', 'pip install it')])
def test_what_is_wrong_in_the_choice_is_told_at_once(names: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make_voice(names, parameter='tts.provider')


@pytest.mark.parametrize(('options', 'said'), [
    ({'pitched.pich': 2}, r"tts\.pitched\.pich: there is no such.*Did you mean 'pitch'"),
    ({'pitched.pitch': 'high'}, r"tts\.pitched\.pitch is 'high'\. It has to be a number"),
    ({'clap.pitch': 2}, r'tts\.clap\.pitch: there is no such option\. Available: voice')])
def test_options_that_a_voice_does_not_have_are_told(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        voice_options(['pitched', 'clap']).check(options, 'tts.{}')


def test_options_of_voices_that_are_not_in_use_are_one_warning_each() -> None:
    tables = voice_options(['clap', 'needy'])
    assert tables.check({'pitched.pitch': 2, 'needy.x': 1}, 'tts.{}') == ({}, [
        'tts.pitched.pitch has no effect: pitched is not a provider in use: clap, needy',
        'tts.needy.x has no effect: needy needs a package'])


def test_a_package_that_is_missing_is_made_good_by_the_next(
        caplog: pytest.LogCaptureFixture) -> None:
    health = HealthRegistry()
    voice = make_voice('needy,clap', health=health)
    voice.load()
    assert len(list(voice.synthesize('xx', lambda: False))) == 2
    voice.close()
    assert [record.message for record in caplog.records] == [
        'voice needy is not used: needy needs a package. Run: pip install it']
    assert health.complaint() == 'needy is out: needy needs a package. Run: pip install it'


def test_time_limits_of_the_user_take_the_place_of_a_provider_s_own() -> None:
    own = TimeLimits(1.0, 2.0, 3.0, 4.0)
    assert own.overridden_by(TimeLimits(0.0, 5.0, 0.0, 0.0)) == TimeLimits(1.0, 5.0, 3.0, 4.0)


def people(folder: pathlib.Path, text: str) -> People:
    (folder / 'people.yaml').write_text(text)
    return People.load(str(folder / 'people.yaml'))


def test_people_may_write_a_list(tmp_path: pathlib.Path) -> None:
    known = people(tmp_path, 'ann: {tts: [resemble, google, hibari]}\nbob: {tts: a b}')
    assert known.get('ann').tts == ('resemble', 'google', 'hibari')
    assert known.get('bob').tts == ('a', 'b')
    with pytest.raises(UserError, match='a list of texts'):
        people(tmp_path, 'ann: {tts: [1, 2]}')


@pytest.mark.parametrize('options', ['{pitched.pitch: -2}', '{pitched: {pitch: "-2"}}'])
def test_the_options_of_people_are_checked_by_the_table(
        tmp_path: pathlib.Path, options: str) -> None:
    ann = people(tmp_path, f'ann: {{tts: [pitched, clap], options: {options}}}').get('ann')
    assert person_options(ann, voice_options(ann.tts), ann.tts) == ({'pitched.pitch': -2.0}, [])


def test_what_a_profile_says_of_a_voice_that_is_not_in_use_waits(tmp_path: pathlib.Path) -> None:
    ann = people(tmp_path, 'ann: {options: {hibari.voice: oak, pitched.pitch: 1}}').get('ann')
    assert person_options(ann, voice_options(['pitched']), ['pitched']) == (
        {'pitched.pitch': 1.0}, [])


def test_the_speakers_that_are_shipped_have_a_voice_each() -> None:
    shipped = People.load(str(share('config', 'people.yaml')))
    tables = voice_options(['hibari'])
    voices = [person_options(person, tables, ['hibari'])[0].get('hibari.voice', '')
              for person in shipped]
    assert sorted(voices) == ['', *sorted(NAMED)]


@pytest.mark.parametrize(('options', 'said'), [
    ('{pitched.pich: 2}', r"ann\.options\.pitched\.pich: .*Did you mean 'pitch'"),
    ('{pitched: {pitch: high}}', r"ann\.options\.pitched\.pitch is 'high'. It has to be a number"),
    ('pich=2', r'ann\.options: pich: there is no such option'),
])
def test_a_wrong_option_of_people_names_file_person_and_option(
        tmp_path: pathlib.Path, options: str, said: str) -> None:
    ann = people(tmp_path, f'ann: {{tts: pitched, options: {options}}}').get('ann')
    with pytest.raises(UserError, match=rf'people: {tmp_path}/people\.yaml: {said}'):
        person_options(ann, voice_options(ann.tts), ann.tts)


def test_the_old_text_of_people_works_with_one_warning(tmp_path: pathlib.Path) -> None:
    ann = people(tmp_path, 'ann: {tts: pitched, options: pitch=-2 pitched.note=x}').get('ann')
    where = f'people: {tmp_path}/people.yaml: ann.options'
    assert person_options(ann, voice_options(['clap', 'pitched']), ann.tts) == (
        {'pitched.pitch': -2.0, 'pitched.note': 'x'},
        [f'{where} works in this release only: set {where}.pitched.pitch, {where}.pitched.note '
         'instead'])
