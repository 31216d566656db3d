"""Other voices take the place of those that speak: what is the same stays, what is over goes."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
import dataclasses
from pathlib import Path
import threading

import pytest
from rig import until
from txt2vid_ros.core import registry
from txt2vid_ros.core.backoff import Backoff
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.parameters import parameter
from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
from txt2vid_ros.providers.resilience import health
from txt2vid_ros.providers.spoken_language import LanguageChoice
from txt2vid_ros.providers.voice_change import VoiceChange
from txt2vid_ros.providers.voice_set import VoiceSet, VoiceSettings
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


def test_a_voice_that_was_away_at_the_start_speaks_its_language_once_it_is_back(
        people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, 'OPEN_TIME', Backoff(first=0.0, largest=0.0))
    monkeypatch.setattr(Logged, 'capabilities', VoiceCapabilities(8000, languages=('de-DE',)))
    voices, choice = VoiceSet(settings(people, voice='away')), LanguageChoice()
    assert not voices.of('').loaded
    assert choice.choose(voices, '', 'Guten Tag.', 'de-DE') == 'de-DE'
    monkeypatch.setattr(Logged, 'load', lambda voice: None)
    voice = voices.of('', 'de-DE')
    assert [*voice.synthesize('Guten Tag.', lambda: False)] == [] and voice.loaded
    assert voices.languages('') == ('de-DE',)
    assert choice.choose(voices, '', 'Bonjour.', 'fr') is None
    voices.close()


class German(Logged):
    """A voice that is meant for German before it is loaded, and cannot be loaded at first."""

    capabilities = VoiceCapabilities(8000, languages=('de-DE',))
    fault: Exception | None = None

    def load(self) -> None:
        log['load german'] += 1
        if self.fault is not None:
            raise self.fault


@pytest.fixture
def without_network(people: Path, monkeypatch: pytest.MonkeyPatch
                    ) -> Callable[[float], VoiceSet]:
    """Return what makes voices of which the first, for German, is away; and when it is retried."""
    kinds = {'german': German, 'logged': Logged}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: kinds[name])
    monkeypatch.setattr(registry, 'names', lambda group: [*kinds])
    monkeypatch.setattr(German, 'fault', ProviderError('it cannot be reached', retriable=True))
    people.write_text('')

    def voices(after: float) -> VoiceSet:
        monkeypatch.setattr(health, 'OPEN_TIME', Backoff(first=after, largest=after))
        return VoiceSet(settings(people, provider=('german', 'logged'), voice='anna'))

    return voices


def test_a_voice_of_a_list_that_was_away_at_the_start_is_tried_again_for_its_language(
        without_network: Callable[[float], VoiceSet], monkeypatch: pytest.MonkeyPatch) -> None:
    voices, choice = without_network(0.0), LanguageChoice()
    assert log['load german'] == 1 and voices.of('', 'en').loaded
    for attempt in (2, 3):
        assert choice.choose(voices, '', 'Guten Tag.', 'de-AT') == 'de-AT'
        with pytest.raises(UserError, match='german could not be loaded: it cannot be reached'):
            voices.of('', 'de-AT')
        assert log['load german'] == attempt
    monkeypatch.setattr(German, 'fault', None)
    # Also where only the words tell.
    assert LanguageChoice().choose(
        voices, '', 'Guten Morgen, wie geht es dir heute?', '') == 'de-DE'
    voice = voices.of('', 'de-DE')
    assert voice.capabilities.languages == ('de-DE',) and log['load german'] == 4
    assert voices.of('', 'de') is voice
    assert voices.of('', 'en') is not voice
    voices.close()


def test_it_is_not_tried_before_its_time_and_its_language_is_told_all_the_same(
        without_network: Callable[[float], VoiceSet]) -> None:
    voices, choice = without_network(1000.0), LanguageChoice()
    for _ in range(3):
        assert choice.choose(voices, '', 'Guten Tag.', 'de') is None
    assert choice.choose(voices, '', 'Guten Morgen, wie geht es dir heute?', '') == 'en'
    assert log['load german'] == 1
    assert [*voices.speakers()] == [('default', 'anna', ('en', 'de-DE'))]
    voices.close()


def test_it_is_given_up_once_only_the_user_can_mend_it(
        without_network: Callable[[float], VoiceSet], monkeypatch: pytest.MonkeyPatch) -> None:
    voices, choice = without_network(0.0), LanguageChoice()
    monkeypatch.setattr(German, 'fault', UserError('there is no voice of that name', 'Rename it.'))
    with pytest.raises(UserError, match='no voice of that name'):
        voices.of('', 'de')
    assert choice.choose(voices, '', 'Guten Tag.', 'de') is None
    assert log['load german'] == 2
    assert 'no voice of that name' in voices.health.complaint()
    voices.close()


OF_LANGUAGES = {'en-GB': 'emma', 'en-US': 'heart', 'es': 'dora', 'zh': 'xiao'}


class Polyglot(Logged):
    """A provider with voices for several languages."""

    Options = None

    def __init__(self, voice: str, speed: float) -> None:
        self._called = f'{voice} {speed:g}'
        self.capabilities = VoiceCapabilities(8000, languages=tuple(
            tag for tag, name in OF_LANGUAGES.items() if name == voice))

    @classmethod
    def language_voices(cls) -> dict[str, str]:
        return OF_LANGUAGES


def test_while_a_voice_is_loaded_nobody_waits_and_others_may_take_its_place(
        people: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: Polyglot)
    people.write_text('')
    voices = VoiceChange(VoiceSet(settings(people, voice='heart')))
    before, loading, go = voices.take(''), threading.Event(), threading.Event()
    load = Polyglot.load

    def slow(voice: Polyglot) -> None:
        load(voice)
        if voice._called == 'dora 1':
            loading.set()
            assert go.wait(30)

    monkeypatch.setattr(Polyglot, 'load', slow)
    with ThreadPoolExecutor(2) as pool:
        taken = pool.submit(voices.take, '', 'es')
        assert loading.wait(30)
        others = VoiceSet(settings(people, voice='heart', speed=2.0), voices.voices)
        changed = pool.submit(lambda: (voices.give_back(before), voices.use(others)))
        try:
            changed.result(30)
        finally:
            go.set()
        assert taken.result(30) is others.of('', 'es')
    until(lambda: log['close dora 1'] == log['close heart 1'] == 1)
    voices.close()


@pytest.fixture
def spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], str]:
    """Return what says which voice a speaker has for a language."""
    kinds = {'logged': Logged, 'polyglot': Polyglot}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: kinds[name])
    monkeypatch.setattr(registry, 'names', lambda group: [*kinds])
    file = tmp_path / 'people.yaml'
    file.write_text("""
anna: {voice: anna, voices: {es: polyglot:dora, de-AT: german, en-GB: "polyglot:"}}
bob: {tts: polyglot, voice: heart}
""")
    voices = VoiceSet(settings(file))

    def name(speaker: str, locale: str) -> str:
        voice = voices.of(speaker, locale)
        return voice._chain.loaded[0]._called.split()[0]

    name.voices = voices
    return name


def test_each_language_has_a_voice_of_the_profile_or_of_the_provider(spoken: object) -> None:
    assert {locale: spoken('anna', locale) for locale in ('', 'es', 'es-MX', 'de', 'en_GB')} == {
        '': 'anna', 'es': 'dora', 'es-MX': 'dora', 'de': 'german', 'en_GB': 'emma'}
    assert log['load dora 1'] == 1 and log['load xiao 1'] == 0
    assert {locale: spoken('bob', locale) for locale in ('', 'en-GB', 'es', 'cmn')} == {
        '': 'heart', 'en-GB': 'heart', 'es': 'dora', 'cmn': 'xiao'}
    spoken('bob', 'zh-TW')
    assert log['load xiao 1'] == 1
    with pytest.raises(UserError, match=r"no voice of bob speaks 'fr'. Spoken: en-US, en-GB, es"):
        spoken('bob', 'fr')
    told = {speaker: languages for speaker, _, languages in spoken.voices.speakers()}
    assert told == {'default': ('en',), 'anna': ('en', 'es', 'de-AT', 'en-GB'),
                    'bob': ('en-US', 'en-GB', 'es', 'zh')}
    spoken.voices.close()


def test_a_text_is_refused_in_a_language_that_nobody_speaks_and_recognized_without_one(
        spoken: object, caplog: pytest.LogCaptureFixture) -> None:
    choice, voices = LanguageChoice(), spoken.voices
    assert [choice.choose(voices, 'bob', text, '') for text in (
        'Buenos días, ¿cómo estás hoy?', 'Sí.', 'Good morning, how are you today?', 'No.',
        '早上好，你今天怎么样？', 'Guten Morgen, wie geht es dir?')] == [
            'es', 'es', 'en-US', 'en-US', 'zh', 'zh']
    assert choice.complaint == ''
    for _ in range(3):
        assert choice.choose(voices, 'bob', 'Guten Tag.', 'de_DE') is None
    assert choice.refused == 3 and choice.complaint == 'a text in German was not said'
    assert caplog.text.count("a text is in 'de-DE', but the voice of bob speaks en-US, ") == 1
    assert choice.choose(voices, 'anna', 'Guten Tag.', 'de_DE') == 'de-DE'
    voices.close()
