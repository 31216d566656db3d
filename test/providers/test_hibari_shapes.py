"""One voice becomes several: each has its own pitch, size and pace, and is understood."""

from __future__ import annotations

from collections.abc import Iterator
import functools
import gc
from pathlib import Path
from typing import ClassVar
import weakref

from hearing import transcribed, words
from hibari.voices import VOICES
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.listening.speaker_measurement.pitch import pitch_track
from txt2vid_ros.listening.speaker_measurement.speaker_voice import measured
from txt2vid_ros.providers.tts import hibari_model
from txt2vid_ros.providers.tts.hibari import HibariVoice, SAMPLE_RATE
from txt2vid_ros.providers.tts.hibari_model import HibariModel, model_file
from txt2vid_ros.providers.tts.voice_match import matched, PASSAGE, reference
from txt2vid_ros.providers.tts.voice_shape import NAMED, VoiceShape
from txt2vid_ros.speaking.voice import SpeechChunk

SENTENCE = 'My name is Peter and I live in London.'


@pytest.fixture(scope='module', autouse=True)
def model() -> Iterator[HibariModel]:
    """Keep the network loaded, so that each voice takes it from here."""
    yield HibariModel.of('heart')
    say.cache_clear()


@functools.cache
def say(voice: str = '', text: str = SENTENCE, **shape: float) -> SpeechChunk:
    made = HibariVoice(voice, options=VoiceShape(**shape))
    made.load()
    chunk, = made.synthesize(text, lambda: False)
    made.close()
    return chunk


def melody(chunk: SpeechChunk) -> NDArray[np.float64]:
    f0 = pitch_track(chunk.samples, SAMPLE_RATE)
    return f0[f0 > 0]


@pytest.mark.parametrize('name', NAMED)
def test_each_voice_has_the_pitch_that_it_is_said_to_have_and_is_understood(
        model: HibariModel, name: str) -> None:
    chunk = say(name)
    # The sentence may lie somewhat higher or lower than the voice does on average.
    higher = 12 * np.log2(np.median(melody(chunk)) / np.median(melody(say())))
    assert higher == pytest.approx(NAMED[name].pitch, abs=0.8)
    assert transcribed(chunk.samples, SAMPLE_RATE) == words(SENTENCE)


def test_the_melody_is_wider_or_flat() -> None:
    def spread(**shape: float) -> float:
        f0 = melody(say(**shape))
        low, high = np.quantile(12 * np.log2(f0), (0.1, 0.9))
        return float(high - low)
    assert spread(range=0.0) < 1 < 0.8 * spread() < 0.6 * spread(range=1.6)


def vowels(chunk: SpeechChunk) -> NDArray[np.float64]:
    """Return the mean spectrum in dB, over an axis of semitones from 200 Hz to 5 kHz."""
    frames = np.lib.stride_tricks.sliding_window_view(chunk.samples, 1024)[::240]
    power = (np.abs(np.fft.rfft(frames * np.hanning(1024), 4096)) ** 2).mean(axis=0)
    wanted = 200 * 2 ** (np.arange(0, 56, 0.25) / 12)
    smooth = np.convolve(power, np.ones(41) / 41, 'same')
    return 10 * np.log10(np.interp(wanted, np.fft.rfftfreq(4096, 1 / SAMPLE_RATE), smooth))


@pytest.mark.parametrize('factor', [0.85, 1.15])
def test_the_formants_move_and_the_pitch_does_not(factor: float) -> None:
    before, after = say(), say(formant=factor)
    one, other = vowels(before), vowels(after)
    shifts = range(-20, 21)  # quarters of a semitone
    alike = [np.corrcoef(one[20:-20], np.roll(other, -shift)[20:-20])[0, 1] for shift in shifts]
    assert shifts[int(np.argmax(alike))] / 4 == pytest.approx(12 * np.log2(factor), abs=1)
    assert np.median(melody(after)) == pytest.approx(np.median(melody(before)), rel=0.02)


def test_breath_is_noise_between_the_harmonics(model: HibariModel) -> None:
    """Of a monotone, whose harmonics stay where they are, in the range of the upper formants."""
    def clear(breath: float) -> float:
        samples = say(text='Mary may run a mile.', range=0.0, breath=breath).samples
        middle = samples[len(samples) // 6:-len(samples) // 6]
        power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
        frequency = np.fft.rfftfreq(len(middle), 1 / SAMPLE_RATE)
        beside = np.abs(frequency / model.pitch - np.round(frequency / model.pitch))
        upper = (frequency > 1500) & (frequency < 3500)
        return 10 * float(np.log10(power[upper & (beside < 0.1)].mean()
                                   / power[upper & (beside > 0.4)].mean()))
    assert clear(-9.0) > clear(0.0) + 3
    assert clear(0.0) > clear(9.0) + 3


def test_a_brighter_voice_is_as_loud() -> None:
    dark, plain, bright = (say(tilt=tilt) for tilt in (-4.0, 0.0, 4.0))
    octaves = 3.0
    slope = [float(np.diff(vowels(chunk)[[32, 32 + round(octaves * 48)]])[0]) / octaves
             for chunk in (dark, plain, bright)]  # from 317 Hz to 2.5 kHz
    assert slope[0] == pytest.approx(slope[1] - 4, abs=1)
    assert slope[2] == pytest.approx(slope[1] + 4, abs=1)
    for chunk in (dark, bright):
        assert chunk.samples.std() == pytest.approx(plain.samples.std(), rel=0.25)


@pytest.mark.parametrize('pace', [0.75, 1.3])
def test_at_another_pace_a_sound_is_heard_where_it_is_said_to_be(pace: float) -> None:
    """The s of each word is where its hiss is."""
    step = SAMPLE_RATE // 100
    chunk = say('oak', 'Six sick seals sat by the sea, basking in the sunshine.', pace=pace)
    assert chunk.phonemes
    times = np.arange(step, len(chunk.samples) - step, step)
    heard = np.log(0.05 + np.array([np.abs(np.fft.rfft(
        chunk.samples[at - step:at + step] * np.hanning(2 * step)))[80:].max() for at in times]))
    said = np.zeros(len(times))
    for each in chunk.phonemes:
        if each.symbol[0] in 'sʃz':
            said[(times >= each.start * SAMPLE_RATE) & (times < each.end * SAMPLE_RATE)] = 1
    alike = [np.corrcoef(np.roll(said, shift), heard)[0, 1] for shift in range(-12, 13)]
    assert abs(int(np.argmax(alike)) - 12) <= 3
    assert chunk.phonemes[-1].end <= len(chunk.samples) / SAMPLE_RATE + 1e-9


@pytest.mark.parametrize('pace', [0.94, 1.06, 1.3])
def test_the_pace_is_what_it_is_said_to_be(model: HibariModel, pace: float) -> None:
    phonemes, = model.phonemize('A small boat moved slowly past the lighthouse in the fog.')
    _, _, own = model.predict(phonemes, 1.0)
    spectra, _, frames = model.predict(phonemes, pace)
    assert own.sum() / frames.sum() == pytest.approx(pace, rel=0.05)
    assert float(frames.sum()) * 2 == pytest.approx(len(spectra.f0), abs=0.01)


def test_the_ends_of_all_ranges_give_sound(model: HibariModel) -> None:
    for shape in ({'pitch': -18.0, 'formant': 0.7, 'range': 2.0, 'pace': 2.0, 'breath': 12.0,
                   'tilt': -6.0},
                  {'pitch': 12.0, 'formant': 1.35, 'range': 2.0, 'pace': 0.5, 'breath': -12.0,
                   'tilt': 6.0}):
        samples = say('oak' if shape['pitch'] < 0 else 'wren', 'Hello there.', **shape).samples
        assert np.isfinite(samples).all()
        assert 0.05 < np.abs(samples).max() < 1.5


def test_all_shapes_share_one_network_which_goes_with_the_last() -> None:
    class Counted(HibariModel):
        """Has its own table of what is loaded, and loads nothing."""

        _loaded: ClassVar[weakref.WeakValueDictionary[str, HibariModel]] = (
            weakref.WeakValueDictionary())

        def __init__(self, voice: str, file: Path) -> None:
            """Load nothing."""
    one, other = Counted.of('heart'), Counted.of('heart')
    assert one is other and len(Counted._loaded) == 1
    del one, other
    gc.collect()
    assert not Counted._loaded


def test_a_voice_whose_file_is_missing_is_named_with_the_file(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path / 'models'))
    monkeypatch.setenv('HIBARI_HOME', str(tmp_path))
    with pytest.raises(UserError, match=r"'fenrir' needs the file am_fenrir_v2\.int8\.onnx, .*"
                       r'Run: txt2vid models fetch am_fenrir_v2\.int8\.onnx'):
        HibariVoice('fenrir').load()
    file = tmp_path / VOICES['fenrir']['file']
    file.write_bytes(b'not a model')
    with pytest.raises(UserError, match=r"'fenrir' is not as published: .*truncated"):
        model_file('fenrir')
    monkeypatch.setattr(hibari_model, 'unverified_reason', lambda path: None)
    assert model_file('fenrir') == file
    with pytest.raises(UserError, match=r'fenrir.*cannot be used: .*Download it again'):
        HibariVoice('fenrir').load()


@pytest.mark.parametrize('known', [*VOICES, *NAMED])
def test_a_name_that_is_nearly_right_is_suggested(known: str) -> None:
    with pytest.raises(UserError, match=f'Did you mean {known!r}'):
        HibariVoice(known + known[-1]).load()


def test_a_voice_is_matched_to_what_was_measured() -> None:
    own = reference()
    assert matched(own, own) == {
        'hibari.voice': 'heart', 'hibari.pitch': 0.0, 'hibari.formant': 1.0,
        'hibari.range': 1.0, 'hibari.pace': 1.0}
    shape = VoiceShape(pitch=-9.0, range=0.8, pace=0.85)
    other = HibariVoice(options=shape)
    other.load()
    sound = np.concatenate([chunk.samples for text in PASSAGE
                            for chunk in other.synthesize(text, lambda: False)])
    options = matched(measured(sound, SAMPLE_RATE), own)
    assert options['hibari.pitch'] == pytest.approx(shape.pitch, abs=0.5)
    assert options['hibari.formant'] == pytest.approx(0.855, abs=0.02)
    assert options['hibari.range'] == pytest.approx(shape.range, abs=0.15)
    assert options['hibari.pace'] == pytest.approx(shape.pace, abs=0.12)
