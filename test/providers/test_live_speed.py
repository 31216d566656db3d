"""A voice that is too slow for a conversation here is found out once, and another one speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import json
import logging
from pathlib import Path

import numpy as np
import pytest
from txt2vid_ros.core import registry
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.models.manifest import load_manifest
from txt2vid_ros.core.process import machine
from txt2vid_ros.core.time_limits import LOCAL, TimeLimits
from txt2vid_ros.doctor.checks import NOTE, OK
from txt2vid_ros.doctor.voice_checks import check_live_voices
from txt2vid_ros.providers import live_speed
from txt2vid_ros.providers.live_speed import LiveSpeed
from txt2vid_ros.providers.resilience.job_thread import TimeLimitError
from txt2vid_ros.providers.voice_set import VoiceSet, VoiceSettings
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 24000


class Demanding(TextToSpeech):
    """Says a millisecond or ten seconds of sound, and works long enough to be measured."""

    name = 'demanding'
    limits = LOCAL
    capabilities = VoiceCapabilities(RATE, prepared=10.0)
    asked: list[str]

    def __init__(self, voice: str = '', speed: float = 1.0) -> None:
        self._samples = 24 if voice == 'slow' else 10 * RATE
        self.asked = asked

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        self.asked.append(clause)
        np.sort(np.random.default_rng(0).random(300_000))
        yield SpeechChunk(np.full(self._samples, 0.1, np.float32))


class Quick(Demanding):
    """Another voice."""

    name = 'quick'
    capabilities = VoiceCapabilities(8000)


class Kokoro(Demanding):
    """In the place of the real one."""

    name = 'kokoro'


asked: list[str] = []


@pytest.fixture(autouse=True)
def rig(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked.clear()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    monkeypatch.setattr(live_speed, 'usable_cores', lambda: 4)
    kinds = {'demanding': Demanding, 'quick': Quick, 'kokoro': Kokoro}
    monkeypatch.setattr(registry, 'load', lambda group, name, parameter: kinds[name])
    monkeypatch.setattr(registry, 'names', lambda group: [*kinds])


def voices(provider: tuple[str, ...], voice: str) -> VoiceSet:
    return VoiceSet(VoiceSettings(provider, voice, 1.0, '', TimeLimits(0, 0, 0, 0), {}))


def say(provider: tuple[str, ...], voice: str) -> tuple[int, int]:
    """Return the rate at which the list speaks, and the samples of a word."""
    made = voices(provider, voice)
    try:
        speaker = made.of('')
        return speaker.capabilities.sample_rate, sum(
            len(chunk.samples) for chunk in speaker.synthesize('word', lambda: False))
    finally:
        made.close()


def test_a_voice_that_is_too_slow_gives_way_to_the_next(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    assert say(('demanding', 'quick'), 'slow') == (8000, 10 * RATE)
    assert 'voice demanding is not used: demanding needs' in caplog.text
    assert 'cannot speak live' in caplog.text


def test_it_is_measured_once_but_a_busy_machine_is_no_verdict(
        monkeypatch: pytest.MonkeyPatch) -> None:
    for busy, again in ((True, 3), (False, 3), (False, 0)):
        # All the time that passes is the voice's own, or none of it.
        monkeypatch.setattr(live_speed, '_OWN', 1e9 if busy else 0.0)
        measured = len(asked)
        say(('demanding', 'quick'), 'slow')
        assert len(asked) == measured + again + 1
    assert live_speed.kept_speed('demanding') is not None
    assert 'the machine was busy' in LiveSpeed(2, 2, 'today', True).problem('it')
    assert LiveSpeed(0.5, 0.5, 'today', True).problem('it') == ''
    # With other options it is measured anew.
    monkeypatch.setattr(Demanding, 'measured_as', 'demanding-2', raising=False)
    measured = len(asked)
    say(('demanding', 'quick'), 'slow')
    assert len(asked) == measured + 3 + 1


@pytest.mark.parametrize('voice', ['slow', 'fast'])
def test_all_profiles_that_it_speaks_for_are_measured_as_one(
        voice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no verdict is kept, as the machine was busy."""
    monkeypatch.setattr(live_speed, '_OWN', 1e9)
    people = tmp_path / 'people.yaml'
    people.write_text('\n'.join(
        f'{name}: {{tts: demanding, speed: 1.{name[-1]}, voice: {voice}}}'
        for name in ('p1', 'p2', 'p3', 'p4', 'p5')), encoding='utf-8')
    VoiceSet(VoiceSettings(('quick',), '', 1.0, str(people), TimeLimits(0, 0, 0, 0), {})).close()
    assert len(asked) == 3


def test_alone_it_speaks_and_says_that_it_pauses(caplog: pytest.LogCaptureFixture) -> None:
    assert say(('demanding',), 'slow') == (RATE, 24)
    assert 'pauses between its clauses' in caplog.text


@pytest.mark.parametrize('error', [
    ProviderError('it broke off', retriable=True), UserError('it broke off'),
    TimeLimitError('it broke off')])
def test_one_that_cannot_be_measured_gives_way_or_speaks_where_it_is_alone(
        error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
        ) -> None:
    def fail(voice: TextToSpeech) -> LiveSpeed:
        raise error
    monkeypatch.setattr(live_speed, 'measured_speed', fail)
    assert say(('demanding', 'quick'), 'slow') == (8000, 10 * RATE)
    assert say(('demanding',), 'slow') == (RATE, 24)
    assert caplog.text.count('demanding could not be measured: it broke off') == 2


def test_measuring_may_take_as_long_as_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Demanding, 'limits', dataclasses.replace(LOCAL, first=1e-9, whole=1e-9))
    made = voices(('demanding',), 'fast')
    assert made.of('').loaded and live_speed.kept_speed('demanding') is not None
    made.close()


def test_one_that_is_fast_enough_speaks(caplog: pytest.LogCaptureFixture) -> None:
    assert say(('demanding', 'quick'), 'fast') == (RATE, 10 * RATE)
    assert caplog.text == ''
    kept = live_speed.kept_speed('demanding')
    assert kept is not None and 0 < kept.real_time_factor < 1


def test_the_rest_of_the_graph_needs_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = LiveSpeed(0.9, 0.9, '2026-11-27')
    assert speed.problem('it') == ''
    monkeypatch.setattr(live_speed, 'usable_cores', lambda: 1)
    assert 'needs 0.90 of the 1 cores' in speed.problem('it')
    assert 'needs 1.20 s' in dataclasses.replace(speed, real_time_factor=1.2).problem('it')


def test_the_figure_is_of_one_machine_and_a_damaged_note_is_none(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    say(('demanding',), 'fast')
    note, = (tmp_path / 'txt2vid_ros' / 'live_speed').iterdir()
    monkeypatch.setattr(live_speed, 'identity', lambda: 'another')
    assert live_speed.kept_speed('demanding') is None
    monkeypatch.undo()
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    note.write_text('{')
    assert live_speed.kept_speed('demanding') is None


def test_a_machine_is_known_by_its_id_and_its_processor(tmp_path: Path) -> None:
    one, other = tmp_path / 'one', tmp_path / 'other'
    one.write_text('1234\n')
    other.write_text('5678\n')
    assert machine.identity(one) == machine.identity(one) != machine.identity(other)
    assert machine.identity(tmp_path / 'none') not in ('', machine.identity(one))
    (tmp_path / 'cpuinfo').write_text('processor\t: 0\nmodel name\t: A Fast One\n')
    assert machine.cpu_model(tmp_path / 'cpuinfo') == 'A Fast One'
    assert machine.cpu_model(tmp_path / 'none')


def test_doctor_measures_once_and_says_whether_it_can_speak_live(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path / 'models'))
    assert [*check_live_voices()] == []
    (tmp_path / 'models').mkdir()
    for model in load_manifest().values():
        if model.collection == 'kokoro':
            (tmp_path / 'models' / model.file).write_bytes(b'')
    found, = check_live_voices()
    assert found.status == OK and 'can speak live' in found.detail
    measured = len(asked)
    assert [*check_live_voices()] == [found]
    assert len(asked) == measured
    assert [each.status for each in check_live_voices(again=True)] == [OK]
    assert len(asked) == 2 * measured
    kept, = (tmp_path / 'txt2vid_ros' / 'live_speed').iterdir()
    kept.write_text(json.dumps({'real_time_factor': 3.0, 'cores': 3.0, 'date': '2026-11-27'}))
    found, = check_live_voices()
    assert found.status == NOTE and 'cannot speak live' in found.detail
    assert '--tts kokoro,hibari' in found.remedy
