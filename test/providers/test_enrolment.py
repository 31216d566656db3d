"""A voice is stored beside a consent that belongs to it, or not at all."""

from __future__ import annotations

import json
import stat

from hearing import transcribed
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.providers.tts.pocket import enrolment

RATE = 24000
SENTENCE = enrolment.consent_sentence('anna')
SOUND = (0.2 * np.sin(np.arange(5 * RATE) / 25)).astype(np.float32)


@pytest.fixture
def voices(tmp_path, monkeypatch):
    monkeypatch.setenv('TXT2VID_VOICES', str(tmp_path / 'voices'))
    return tmp_path / 'voices'


def stored(name='anna', spoken=None):
    voice = enrolment.OwnVoice(name)
    voice.store(lambda file: file.write_bytes(b'state'),
                enrolment.typed_consent(name, enrolment.consent_sentence(name)),
                model='english', weights='0' * 64, recording=b'sound', spoken=spoken)
    return voice


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_voice_and_consent_lie_side_by_side_for_their_owner_alone(voices):
    voice = stored(spoken=b'RIFF')
    assert sorted(path.name for path in voice.folder.iterdir()) == [
        'consent.json', 'consent.wav', 'state.safetensors']
    assert mode(voice.folder) == 0o700
    assert {mode(path) for path in voice.folder.iterdir()} == {0o600}
    details = voice.details()
    assert details['sentence'] == SENTENCE and details['how'] == 'typed'
    assert enrolment.names() == ['anna']
    stored()
    assert not (voice.folder / 'consent.wav').exists(), 'the consent before is gone'
    voice.remove()
    assert not voices.joinpath('anna').exists() and enrolment.names() == []


def test_without_its_consent_a_voice_is_not_spoken_with(voices):
    voice = stored()
    file = voice.folder / 'consent.json'
    good = json.loads(file.read_text())
    for bad in (
            {**good, 'sentence': 'Something else.'}, {**good, 'state_sha256': 'other'}, [], {}):
        file.write_text(json.dumps(bad))
        with pytest.raises(UserError, match='has no consent that belongs to it'):
            voice.details()
    file.unlink()
    with pytest.raises(UserError, match='has no consent'):
        voice.details()
    stored('berta').state.rename(voice.state)
    with pytest.raises(UserError, match='has no consent'):
        voice.details()


def test_a_state_that_cannot_be_written_leaves_no_consent_behind(voices):
    voice = stored()

    def fails(file):
        raise OSError(28, 'No space left on device')
    with pytest.raises(UserError, match='No space left'):
        voice.store(fails, enrolment.typed_consent('anna', SENTENCE), model='', weights='',
                    recording=b'')
    with pytest.raises(UserError, match='has no consent'):
        voice.details()


@pytest.mark.parametrize('name', ['', '.', '..', '../x', 'a/b', 'a b', '-x', 'x' * 65, 'ä\n'])
def test_a_name_leads_nowhere_else(voices, name):
    with pytest.raises(UserError, match='is no name of a voice'):
        enrolment.OwnVoice(name)


def test_a_consent_is_typed_as_it_is_written_but_for_case_and_marks():
    given = enrolment.typed_consent('anna', SENTENCE.upper().replace(',', ' ').replace('.', ''))
    assert given.sentence == SENTENCE
    for text in (
            '', 'yes', SENTENCE.replace('anna', 'berta'), SENTENCE.replace('agree', 'refuse')):
        with pytest.raises(UserError, match='consent was not given'):
            enrolment.typed_consent('anna', text)


def test_a_spoken_consent_may_be_heard_with_slips():
    heard = 'this is my own voice and i agree that text to vid imitate it under the name hannah'
    assert enrolment.spoken_consent('anna', heard).how == 'spoken'
    for other in ('', 'this is my voice', 'I do not agree that anybody uses a voice like mine'):
        with pytest.raises(UserError, match='was not heard in it'):
            enrolment.spoken_consent('anna', other)


def test_the_consent_is_heard_in_a_recording_of_it_and_in_no_other():
    voice = HibariVoice()
    voice.load()
    for text, agrees in ((SENTENCE, True), ('I do not agree that anybody has this voice.', False)):
        sound = np.concatenate([chunk.samples for chunk in voice.synthesize(text, lambda: False)])
        heard = ' '.join(transcribed(sound, voice.capabilities.sample_rate))
        if agrees:
            assert enrolment.spoken_consent('anna', heard).given == heard
        else:
            with pytest.raises(UserError, match='was not heard in it'):
                enrolment.spoken_consent('anna', heard)
    voice.close()


@pytest.mark.parametrize(('sound', 'says'), [
    (np.zeros(5 * RATE, np.float32), 'silent'), (SOUND[:2 * RATE], r'has 2\.0 s of sound'),
    (SOUND / 30, 'too quiet'), (np.clip(SOUND * 20, -1, 1), 'clipped')])
def test_a_recording_that_makes_no_voice_is_told(sound, says):
    with pytest.raises(UserError, match=says):
        enrolment.prompt_of(sound, RATE)


def test_what_is_too_long_is_cut():
    assert len(enrolment.prompt_of(np.tile(SOUND, 8), RATE)) == enrolment.LONGEST * RATE
