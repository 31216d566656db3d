"""`txt2vid voice` as a user runs it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from command_line import txt2vid
import numpy as np
import pytest
import soxr
import speech_clips
from tiny_pocket_tts import untrained_model
from txt2vid_ros.core.people import People
from txt2vid_ros.providers.tts.hibari import HibariVoice
from txt2vid_ros.providers.tts.pocket.enrolment import consent_sentence


def test_a_voice_is_set_to_a_recording_once_the_speaker_agrees(tmp_path: Path) -> None:
    file = speech_clips.clip('0870').file
    people = tmp_path / 'people.yaml'
    people.write_text('# ours\nben: {speed: 1.1}\n')
    words = ('voice', 'match', '--file', str(file), '--into', str(people), 'ben')
    done = txt2vid(*words, stdin='no\n')
    assert done.returncode == 2 and 'nobody said that the speaker agrees' in done.stderr
    assert people.read_text() == '# ours\nben: {speed: 1.1}\n'
    done = txt2vid(*words, stdin='Yes\n')
    assert done.returncode == 0, done.stderr
    assert 'pitch 10' in done.stdout  # 101 Hz
    assert '# ours\n' in people.read_text() and 'with consent' in people.read_text()
    ben = People.load(str(people)).get('ben')
    assert ben.speed == 1.1
    # He speaks almost an octave under the built-in voice.
    assert ben.options['hibari.pitch'] == pytest.approx(-11, abs=1)
    assert ben.options['hibari.formant'] == pytest.approx(0.83, abs=0.02)


def recorded(file: Path, text: str) -> Path:
    """Write what the built-in voice says to a file, and return that."""
    voice = HibariVoice()
    voice.load()
    sound = np.concatenate([chunk.samples for chunk in voice.synthesize(text, lambda: False)])
    rate = voice.capabilities.sample_rate
    voice.close()
    return speech_clips.write(file, soxr.resample(sound, rate, speech_clips.RATE))


def test_a_voice_is_enrolled_with_a_consent_listed_and_removed(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('pocket_tts')
    pytest.importorskip('sentencepiece')
    monkeypatch.setenv('TXT2VID_VOICES', str(tmp_path / 'voices'))
    model = tmp_path / 'model'
    model.mkdir()
    untrained_model(model)
    me = speech_clips.clip('0870').file
    sentence = consent_sentence('anna')
    words = ('voice', 'enroll', str(me), '--name', 'anna', '--model', str(model))
    done = txt2vid(*words, stdin='no\n')
    assert done.returncode == 2 and sentence in done.stdout
    assert 'the consent was not given' in done.stderr
    other = recorded(tmp_path / 'other.wav', 'I do not agree that anybody has this voice.')
    done = txt2vid(*words, '--consent-file', str(other))
    assert done.returncode == 2 and 'was not heard in it' in done.stderr
    assert 'anna' not in txt2vid('voice', 'list').stdout
    done = txt2vid(*words, stdin=f'{sentence}\n')
    assert done.returncode == 0 and '--tts pocket-tts,hibari --voice anna' in done.stdout
    assert f'anna: {model}, consent typed on 20' in txt2vid('voice', 'list').stdout
    done = txt2vid(*words, '--consent-file', str(recorded(tmp_path / 'consent.wav', sentence)))
    assert done.returncode == 0, done.stderr
    assert f'anna: {model}, consent spoken on 20' in txt2vid('voice', 'list').stdout
    (tmp_path / 'voices' / 'anna' / 'consent.json').unlink()
    assert "the voice 'anna' has no consent" in txt2vid('voice', 'list').stdout
    assert txt2vid('voice', 'list', '--remove', 'anna').stdout == 'anna: removed\n'
    done = txt2vid('voice', 'list', '--remove', 'anna')
    assert done.returncode == 2 and "no voice 'anna'" in done.stderr


def test_without_the_package_enroll_says_what_to_install_before_it_asks(tmp_path: Path) -> None:
    if importlib.util.find_spec('pocket_tts') is not None:
        pytest.skip('pocket-tts is installed')
    done = txt2vid('voice', 'enroll', str(speech_clips.clip('0870').file), '--name', 'anna',
                   environment={'TXT2VID_VOICES': str(tmp_path)})
    assert done.returncode == 2 and '.[clone]' in done.stderr
    assert 'Type this sentence' not in done.stdout
    assert txt2vid('voice', 'list', environment={'TXT2VID_VOICES': str(tmp_path)}
                   ).stdout == f'voices in {tmp_path}\n'
