"""Providers are chosen by lists of names, with options for each."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any, ClassVar

import pytest

from txt2vid_ros.bench.speech.clap import ClapVoice
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.time_limits import TimeLimits
from txt2vid_ros.providers.choice import (
    make_recognizer,
    make_voice,
    options_by_provider,
    provider_names,
)
from txt2vid_ros.providers.resilience.health import HealthRegistry
from txt2vid_ros.providers.stt.moonshine import MoonshineRecognizer


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


def test_options_are_sorted_by_the_provider_before_their_name() -> None:
    assert options_by_provider('a.pitch=-2 b.note="two words" a.x=1.5', ['a', 'b'], 'o') == {
        'a': 'pitch=-2 x=1.5', 'b': "'note=two words'"}
    assert options_by_provider('pitch=-2 a.note=c.wav', ['a'], 'o') == {'a': 'pitch=-2 note=c.wav'}
    assert options_by_provider('path=/a.b/c=d', ['a'], 'o') == {'a': 'path=/a.b/c=d'}


@pytest.mark.parametrize(('text', 'said'), [
    ('pitch=2', r'does not say which provider it is for\. Write a\.pitch=2'),
    ('goggle.pitch=2', "is for none of a, google. Did you mean 'google'"),
    ('a.note="', 'Close the quotation marks')])
def test_options_that_are_for_nobody(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        options_by_provider(text, ['a', 'google'], 'tts.options')


def test_each_gets_its_own_options_and_the_first_the_voice() -> None:
    voice = make_voice('pitched,clap', 'ann', 1.2, 'pitched.pitch=-2 clap.voice=x')
    voice.load()
    assert Made.made == [{'voice': 'ann', 'speed': 1.2, 'options': Made.Options(pitch=-2.0)}]
    voice.close()
    Made.made.clear()
    voice = make_voice('clap pitched', 'x', options='pitched.voice=bob pitched.note="a b"')
    voice.load()
    voice.close()
    assert Made.made == [{'voice': 'bob', 'speed': 1.0, 'options': Made.Options(note='a b')}]
    recognizer = make_recognizer('patient', 'de', 'pitch=1')
    recognizer.load()
    recognizer.close()
    assert Made.made[1:] == [{'locale': 'de', 'options': Made.Options(pitch=1.0)}]


@pytest.mark.parametrize(('names', 'options', 'said'), [
    ('pitched', 'pich=2', r"tts.options: 'pich=2' sets no option.*Did you mean 'pitch'"),
    ('pitched', 'pitch=high', 'pitch is .high.*a number'),
    ('clap', 'pitch=2', 'tts.options: provider clap has no options'),
    ('clap,pichted', '', "tts.provider: there is no provider 'pichted'"),
    ('needy', '', 'pip install it')])
def test_what_is_wrong_in_the_choice_is_told_at_once(names: str, options: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        make_voice(names, options=options, parameter='tts.provider')


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


def test_people_may_write_a_list(tmp_path: pathlib.Path) -> None:
    from txt2vid_ros.core.people import People
    file = tmp_path / 'people.yaml'
    file.write_text('ann: {tts: [resemble, google, hibari], options: google.pitch=-2}\n'
                    'bob: {tts: "google, hibari"}\n')
    people = People.load(str(file))
    assert people.get('ann').tts == 'resemble,google,hibari'
    assert people.get('ann').options == 'google.pitch=-2'
    assert provider_names(people.get('bob').tts, 'tts') == ['google', 'hibari']
    file.write_text('ann: {tts: [1, 2]}')
    with pytest.raises(UserError, match='a list of texts'):
        People.load(str(file))
