"""A voice of one's own is enrolled, streams, and can be interrupted: with an untrained model."""

from __future__ import annotations

import socket
import threading

import numpy as np
import pytest
from tiny_pocket_tts import untrained_model
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.pcm import VOICE_RATE
from txt2vid_ros.providers.tts.pocket.enrolment import (
    consent_sentence,
    OwnVoice,
    prompt_of,
    typed_consent,
)

pytest.importorskip('pocket_tts')
pytest.importorskip('sentencepiece')
safetensors = pytest.importorskip('safetensors.torch')
from txt2vid_ros.providers.tts.pocket.voice import PocketVoice, voice_state  # noqa: E402

TEXT = 'Hello there, my friend.'


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    """Return the folder of the smallest model of the package, with weights that know nothing."""
    return untrained_model(tmp_path_factory.mktemp('model'))


@pytest.fixture
def voice(model, tmp_path, monkeypatch):
    """Return a function that loads the voice anna, which was enrolled; nothing is downloaded."""
    monkeypatch.setenv('TXT2VID_VOICES', str(tmp_path / 'voices'))
    monkeypatch.setattr(socket.socket, 'connect', lambda *_: pytest.fail('it asks the network'))
    at = np.arange(5 * VOICE_RATE) / VOICE_RATE
    sound = (0.3 * np.sin(2 * np.pi * 150 * at)).astype(np.float32)
    write, weights = voice_state(str(model), prompt_of(sound, VOICE_RATE), VOICE_RATE)
    OwnVoice('anna').store(write, typed_consent('anna', consent_sentence('anna')),
                           model=str(model), weights=weights, recording=b'sound')
    loaded = []

    def load(name='anna', **options):
        loaded.append(PocketVoice(name, options=PocketVoice.Options(
            **{'model': str(model), **options})))
        loaded[-1].load()
        return loaded[-1]
    yield load
    for each in loaded:
        each.close()
        each.close()


@pytest.mark.parametrize('timings', [True, False])
def test_it_streams_what_it_says(voice, timings):
    loaded = voice(timings=timings)
    assert loaded.capabilities.streaming and loaded.capabilities.timings == timings
    chunks = list(loaded.synthesize(TEXT, lambda: False))
    sound = np.concatenate([chunk.samples for chunk in chunks])
    assert np.isfinite(sound).all() and len(sound) > 0.3 * VOICE_RATE
    if timings:
        assert sum(len(chunk.words) for chunk in chunks) == 4 and chunks[-1].last
    assert not list(loaded.synthesize('...', lambda: False))


def test_it_is_interrupted_in_the_middle_and_speaks_again(voice):
    loaded = voice(timings=False)
    leave = threading.Event()
    before = threading.active_count()
    for count, _ in enumerate(loaded.synthesize(TEXT * 5, leave.is_set)):
        assert count < 3
        if count == 1:
            leave.set()
    speech = loaded.synthesize(TEXT, lambda: False)
    next(speech)
    speech.close()
    assert threading.active_count() <= before + 1
    assert list(loaded.synthesize(TEXT, lambda: False))


def test_other_weights_and_missing_files_are_told(voice, model, tmp_path):
    with pytest.raises(UserError, match=r"no voice 'ana'.*Near ones: anna"):
        voice('ana')
    other = tmp_path / 'other'
    other.mkdir()
    for file in ('config.yaml', 'tokenizer.model'):
        (other / file).write_bytes((model / file).read_bytes())
    with pytest.raises(UserError, match=r'model\.safetensors is missing\. Fetch it'):
        voice(model=str(other))
    weights = safetensors.load_file(model / 'model.safetensors')
    safetensors.save_file({name: value + 0.001 if value.dtype.is_floating_point else value
                           for name, value in weights.items()}, other / 'model.safetensors')
    with pytest.raises(UserError, match='made with other weights'):
        voice(model=str(other))
    (other / 'model.safetensors').write_bytes(b'no weights')
    with pytest.raises(UserError, match='cannot be loaded'):
        voice(model=str(other))


def test_where_the_package_would_download_it_says_what_to_fetch(voice, tmp_path, monkeypatch):
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    with pytest.raises(UserError, match=r'english/model\.safetensors is missing.*of kyutai/pocket-'
                       r'tts, languages/english, revision [0-9a-f]{12}, and tokenizer\.json'):
        voice(model='english')
    with pytest.raises(UserError, match="knows no model 'klingon'"):
        voice(model='klingon')
