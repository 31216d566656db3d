"""Speaker profiles: who has which voice and face."""

from __future__ import annotations

import pathlib

import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.people import NamedVoice, People, Person, speaker_of, utterance_id
from txt2vid_ros.core.storage.share import share


def load(folder: pathlib.Path, text: str) -> People:
    """Return what a people.yaml of this text means."""
    (folder / 'people.yaml').write_text(text, encoding='utf-8')
    return People.load(str(folder / 'people.yaml'))


def test_profiles_are_read_and_faces_lie_beside_the_file(tmp_path: pathlib.Path) -> None:
    people = load(tmp_path, """
ann: {tts: hibari, voice: heart, speed: 1.2, face: faces/ann.jpg}
7: {face: /abs/seven.mp4}
default: {speed: 2}
""")
    assert people.get('ann') == Person(('hibari',), 'heart', 1.2, str(tmp_path / 'faces/ann.jpg'))
    assert people.get('7').face == '/abs/seven.mp4'
    assert people.get('nobody').speed == 2.0
    assert len(list(people)) == 3


def test_a_voice_for_each_language_is_read(tmp_path: pathlib.Path) -> None:
    voices = load(tmp_path, 'ann: {voices: {es: "kokoro:ef_dora", pt_BR: dora, no: "espeak:"}}'
                  ).get('ann').voices
    assert voices == {'es': NamedVoice('kokoro', 'ef_dora'), 'pt_BR': NamedVoice('', 'dora'),
                      'no': NamedVoice('espeak', '')}


@pytest.mark.parametrize('text', [
    '{google.pitch: 2, google.language: "no"}', '{google: {pitch: 2, language: "no"}}'])
def test_options_are_a_mapping_flat_or_nested(tmp_path: pathlib.Path, text: str) -> None:
    people = load(tmp_path, f'ann: {{tts: [google, hibari], options: {text}}}')
    assert people.get('ann').options == {'google.pitch': 2, 'google.language': 'no'}
    assert people.get('ann').where == f'people: {tmp_path / "people.yaml"}: ann'


@pytest.mark.parametrize('text', ['', '# nothing yet\n', '{}'])
def test_an_empty_file_and_none_give_the_default(tmp_path: pathlib.Path, text: str) -> None:
    assert load(tmp_path, text).get('default') == People.load('').get('default') == Person()


def test_the_one_that_is_shipped_is_good() -> None:
    people = People.load(str(share('config', 'people.yaml')))
    assert people.get('default') == Person()  # as the nodes' parameters have it


@pytest.mark.parametrize(('text', 'said'), [
    ('a: [', 'is not YAML'), ('- a\n- b', 'does not map'), ('just words', 'does not map'),
    ('ann: heart', 'ann is no profile'), ('ann:', 'ann is no profile'),
    ('ann: {vioce: x}', "ann has an unknown field 'vioce'"),
    ('ann: {voice: 3}', 'ann.voice is 3'), ('ann: {speed: fast}', 'has to be a number'),
    ('ann: {speed: true}', 'ann.speed is True'), ('ann: {speed: -1}', 'from 0.5 to 2.0'),
    ('ann: {speed: .nan}', 'from 0.5 to 2.0'),
    ('ann: {options: 3}', r'ann\.options is 3. It has to be a mapping'),
    ('ann: {voices: es}', 'has to be a mapping, as {es: kokoro:ef_dora}'),
    ('ann: {voices: {Spanish voice: x}}', "voices has 'Spanish voice', which names no language"),
    ('ann: {voices: {es: 3}}', r'ann\.voices\.es is 3. It has to be PROVIDER:VOICE'),
    ('ann: {voices: {es: " : "}}', 'has to be PROVIDER:VOICE'),
    ('ann: {face: [a]}', 'has to be a text'), ('a: "\x00"', 'is not YAML')])
def test_what_is_wrong_is_said_in_one_line(tmp_path: pathlib.Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        load(tmp_path, text)
    assert '\n' not in str(caught.value)
    assert 'people.yaml' in str(caught.value)


def test_a_file_that_is_missing_a_folder_or_no_text_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match=r'none\.yaml cannot be read'):
        People.load(str(tmp_path / 'none.yaml'))
    with pytest.raises(UserError, match='cannot be read'):
        People.load(str(tmp_path))
    (tmp_path / 'binary').write_bytes(b'\xff\xfe\x00\x80')
    with pytest.raises(UserError, match='is not YAML'):
        People.load(str(tmp_path / 'binary'))


def test_an_unknown_speaker_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    people = People()
    for _ in range(3):
        assert people.get('bob') == Person()
        assert people.get('eve') == Person()
    assert len(caplog.records) == 2
    assert "'bob' has no profile" in caplog.text


def test_thousands_of_unknown_speakers_are_not_all_remembered() -> None:
    people = People()
    for number in range(5000):
        people.get(f'stranger {number}')
    assert len(people._warned) <= 1000


@pytest.mark.parametrize('speaker', ['ann', 'a#b', 'Ünï'])
def test_an_utterance_knows_its_speaker(speaker: str) -> None:
    assert speaker_of(utterance_id(speaker, 123)) == speaker


def test_without_a_speaker_it_is_the_default() -> None:
    assert speaker_of(utterance_id('', 5)) == 'default'
    assert speaker_of('') == 'default'
