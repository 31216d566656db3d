"""The default voice says what it is given, and knows when it says which sound."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import itertools

from hearing import transcribed, words
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import onnxruntime
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.providers.tts import hibari
from txt2vid_ros.providers.tts.hibari import (
    HibariVoice,
    phonemes_from,
    SAMPLE_RATE,
    SAMPLES_PER_FRAME,
)
from txt2vid_ros.providers.tts.hibari_model import DURATIONS, HibariModel, model_file
from txt2vid_ros.providers.tts.onnx_output import with_output
from txt2vid_ros.speaking.clauses import compose
from txt2vid_ros.speaking.phonetics.silence import trim_silence
from txt2vid_ros.speaking.voice import SpeechChunk

SENTENCE = 'The quick brown fox jumps over the lazy dog.'


@pytest.fixture(scope='module')
def voice() -> Iterator[HibariVoice]:
    voice = HibariVoice()
    voice.load()
    yield voice
    voice.close()
    voice.close()


def speak(voice: HibariVoice, text: str) -> list[SpeechChunk]:
    return list(voice.synthesize(text, lambda: False))


def sound(chunks: list[SpeechChunk]) -> NDArray[np.float32]:
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.mark.parametrize('sentence', [
    SENTENCE, 'The train to the airport leaves at half past seven.',
    'My name is Peter and I live in London.',
    'Please bring me a cup of hot coffee with milk.'])
def test_what_it_says_is_understood_word_for_word(voice: HibariVoice, sentence: str) -> None:
    assert transcribed(sound(speak(voice, sentence)), SAMPLE_RATE) == words(sentence)


def test_it_says_the_same_every_time(voice: HibariVoice) -> None:
    np.testing.assert_array_equal(sound(speak(voice, SENTENCE)), sound(speak(voice, SENTENCE)))


def test_the_sounds_follow_each_other_within_the_speech(voice: HibariVoice) -> None:
    chunk, = speak(voice, SENTENCE)
    assert chunk.phonemes
    length = len(chunk.samples) / SAMPLE_RATE
    for sound_, after in itertools.pairwise(chunk.phonemes):
        assert sound_.duration > 0
        assert sound_.end <= after.start + 1e-9
    assert chunk.phonemes[0].start >= 0
    assert chunk.phonemes[-1].end <= length + 1e-9
    # Little more than a margin of silence lies before, after and between them.
    assert sum(each.duration for each in chunk.phonemes) > 0.75 * length
    assert chunk.phonemes[0].start < 0.15
    assert length - chunk.phonemes[-1].end < 0.25


def test_where_a_sound_is_said_to_be_it_is_heard(voice: HibariVoice) -> None:
    """A hiss has its energy in high frequencies; it agrees best where it is said to be."""
    step = SAMPLE_RATE // 100
    agreement = np.zeros(21)
    for text in ('Sixty-six sausages in a sack.', 'This system speaks what is sent.',
                 'Six sick seals sat by the shore, basking in the sunshine.'):
        for chunk in speak(voice, text):
            assert chunk.phonemes
            times = np.arange(step, len(chunk.samples) - step, step)
            hiss = np.log(0.05 + np.array([np.abs(np.fft.rfft(
                chunk.samples[at - step:at + step] * np.hanning(2 * step)))[80:].max()
                for at in times]))
            said = np.zeros(len(times))
            for each in chunk.phonemes:
                if each.symbol[0] in 'sʃzʒʧʤ':
                    start, end = each.start * SAMPLE_RATE, each.end * SAMPLE_RATE
                    said[(times >= start) & (times < end)] = 1
            agreement += [np.corrcoef(np.roll(said, shift), hiss)[0, 1]
                          for shift in range(-10, 11)]
    assert abs(int(np.argmax(agreement)) - 10) <= 2  # 10 ms each: half a frame of the picture
    assert agreement[10] / 3 > 0.4


def test_the_frames_of_all_symbols_are_the_sound_exactly(voice: HibariVoice) -> None:
    """As the model gives it, before the silence at both ends is cut off."""
    model = HibariModel.of('heart')
    for phonemes in model.phonemize(SENTENCE):
        spectra, symbols, frames = model.predict(phonemes, 1.0)
        wave = hibari.dsp.synth(*(getattr(spectra, field.name) for field in
                                  dataclasses.fields(spectra)), np.random.default_rng(0))
        assert frames.size == len(symbols)
        assert round(float(frames.sum())) * SAMPLES_PER_FRAME == len(wave)


def test_faster_is_shorter() -> None:
    lengths = []
    for speed in (0.7, 1.6):
        voice = HibariVoice(speed=speed)
        voice.load()
        lengths.append(len(sound(speak(voice, SENTENCE))))
        voice.close()
    assert lengths[0] > 1.5 * lengths[1]


def test_cancelled_it_says_nothing_more(voice: HibariVoice) -> None:
    assert list(voice.synthesize(SENTENCE, lambda: True)) == []


@settings(max_examples=25)
@given(st.text(max_size=40))
def test_no_text_breaks_it(voice: HibariVoice, text: str) -> None:
    for chunk in speak(voice, compose(text)):
        assert np.isfinite(chunk.samples).all()
        assert np.abs(chunk.samples).max() <= 1.5


@pytest.mark.parametrize('text', [
    '', ' ', '...', '😀', '?!', '你好', 'zzxqj', '3.14', 'A', 'a' * 240])
def test_odd_texts_give_sound_or_nothing(voice: HibariVoice, text: str) -> None:
    for chunk in speak(voice, text):
        assert len(chunk.samples) > 0


def test_an_unknown_voice_is_said() -> None:
    with pytest.raises(UserError, match=r'tts.voice: .*"heart"'):
        HibariVoice('nobody').load()


def test_it_has_to_be_loaded_first() -> None:
    with pytest.raises(RuntimeError, match='load'):
        speak(HibariVoice(), 'x')


def test_an_inner_tensor_of_a_model_becomes_an_output() -> None:
    model = model_file('heart').read_bytes()
    before = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    after = onnxruntime.InferenceSession(
        with_output(model, DURATIONS), providers=['CPUExecutionProvider'])
    assert ([each.name for each in after.get_outputs()]
            == [*(each.name for each in before.get_outputs()), DURATIONS])


def test_stress_belongs_to_the_sound_after_it_and_a_modifier_to_the_one_before() -> None:
    sounds = phonemes_from('hə ˈlOːt.', np.array([1, 2, 1, 1, 2, 3, 1, 2, 4], np.float32))
    frame = SAMPLES_PER_FRAME / SAMPLE_RATE
    assert [(each.symbol, each.stress) for each in sounds] == [
        ('h', 0), ('ə', 0), ('l', 2), ('oʊː', 0), ('t', 0)]
    assert [round(each.start / frame, 6) for each in sounds] == [0, 1, 4, 7, 11]
    assert [round(each.duration / frame, 6) for each in sounds] == [1, 2, 3, 4, 2]


def test_the_silence_at_the_ends_is_cut_and_the_sounds_move_with_it() -> None:
    samples = np.concatenate([np.zeros(12000), np.full(24000, 0.2), np.zeros(12000)]).astype('f4')
    chunk = trim_silence(samples, (
        Phoneme('x', 0.0, 0.1), Phoneme('a', 0.5, 1.0), Phoneme('y', 1.9, 0.1)), SAMPLE_RATE)
    assert chunk is not None
    assert chunk.phonemes == (Phoneme('a', pytest.approx(0.03), pytest.approx(1.0)),)
    assert len(chunk.samples) / SAMPLE_RATE == pytest.approx(1.06, abs=0.01)
    assert trim_silence(np.zeros(5000, np.float32), (), SAMPLE_RATE) is None
