"""The voice kokoro, on a network of the same inputs and outputs that says anything at once."""

from __future__ import annotations

from collections.abc import Iterator
import gc
from pathlib import Path
import shutil
import threading
import unicodedata
import weakref

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import load_manifest
from txt2vid_ros.providers.tts.kokoro import alphabet, voices
from txt2vid_ros.providers.tts.kokoro import voice as kokoro
from txt2vid_ros.providers.tts.kokoro.network import DURATIONS, KokoroNetwork, SAMPLE_RATE
from txt2vid_ros.providers.tts.kokoro.pieces import MIN_FIRST, pieces
from txt2vid_ros.speaking.phonetics.ipa import MODIFIERS, PAUSES, STRESS
from txt2vid_ros.speaking.visemes.table import visemes_of

FRAME = 600
FRAMES = 4
"""Of each symbol, at speed 1."""
TONE = 1e-2
"""What the network makes of a style, which is the number of its row."""


def tiny_network(path: Path, rounds: int = 1) -> None:
    """Write a network that gives each symbol FRAMES frames, after so many rounds of nothing."""
    def constant(name: str, value: object, kind: type) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(value, kind), name)

    more = helper.make_graph(
        [helper.make_node('Identity', ['go'], ['on']),
         helper.make_node('Add', ['x', 'one'], ['y'])],
        'round', [helper.make_tensor_value_info('n', TensorProto.INT64, []),
                  helper.make_tensor_value_info('go', TensorProto.BOOL, []),
                  helper.make_tensor_value_info('x', TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info('on', TensorProto.BOOL, []),
         helper.make_tensor_value_info('y', TensorProto.FLOAT, [1])])
    nodes = [
        helper.make_node('Loop', ['rounds', 'true', 'zero'], ['looped'], body=more),
        helper.make_node('Mul', ['looped', 'zero'], ['nothing']),
        helper.make_node('Cast', ['tokens'], ['numbers'], to=TensorProto.FLOAT),
        helper.make_node('Mul', ['numbers', 'zero'], ['zeros']),
        helper.make_node('Div', ['frames', 'speed'], ['each']),
        helper.make_node('Add', ['zeros', 'each'], ['lengths']),
        helper.make_node('Clip', ['lengths'], [DURATIONS]),
        helper.make_node('ReduceSum', [DURATIONS], ['sum'], keepdims=0),
        helper.make_node('Mul', ['sum', 'frame'], ['length']),
        helper.make_node('Cast', ['length'], ['count'], to=TensorProto.INT64),
        helper.make_node('Reshape', ['count', 'single'], ['shape']),
        helper.make_node('ReduceMax', ['style'], ['row'], keepdims=0),
        helper.make_node('Mul', ['row', 'tone'], ['level']),
        helper.make_node('Add', ['level', 'nothing'], ['heard']),
        helper.make_node('Expand', ['heard', 'shape'], ['audio'])]
    graph = helper.make_graph(
        nodes, 'tiny', [helper.make_tensor_value_info('tokens', TensorProto.INT64, [1, 'n']),
                        helper.make_tensor_value_info('style', TensorProto.FLOAT, [1, 256]),
                        helper.make_tensor_value_info('speed', TensorProto.FLOAT, [1])],
        [helper.make_tensor_value_info('audio', TensorProto.FLOAT, ['length_of_it'])],
        [constant('rounds', rounds, np.int64), constant('true', True, np.bool_),
         constant('zero', [0], np.float32), constant('one', [1], np.float32),
         constant('frames', [FRAMES], np.float32), constant('frame', FRAME, np.float32),
         constant('single', [1], np.int64), constant('tone', TONE, np.float32)])
    onnx.save(helper.make_model(graph, ir_version=8,
                                opset_imports=[helper.make_opsetid('', 17)]), path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of models; every voice has 0, 1, 2, ... as its styles."""
    tiny_network(tmp_path / kokoro.NETWORK)
    table = np.repeat(np.arange(voices.STYLES, dtype='<f4'), voices.STYLE)
    with (tmp_path / kokoro.VOICES).open('wb') as file:
        for _ in voices.NAMES:
            file.write(table.tobytes())
    monkeypatch.setenv('TXT2VID_MODELS', str(tmp_path))
    # This tiny network is nobody's.
    monkeypatch.setattr(kokoro, 'published', lambda path: path)
    # What is said is written in the network's alphabet.
    monkeypatch.setattr(kokoro, 'pronunciation', lambda language: str)
    return tmp_path


@pytest.fixture
def voice(folder: Path) -> Iterator[kokoro.KokoroVoice]:
    made = kokoro.KokoroVoice()
    made.load()
    yield made
    made.close()


FIRST, SECOND = 'mˈama bˈopa tˈiku', 'ˈola mi fˈalu, ˈo te mˈena'
CLAUSE = f'{FIRST}, {SECOND}.'


def test_a_clause_comes_piece_by_piece_with_the_times_of_its_sounds(
        voice: kokoro.KokoroVoice) -> None:
    first, second = voice.synthesize(CLAUSE, lambda: False)
    assert (first.last, second.last) == (False, True)
    assert voice.capabilities.streaming and voice.capabilities.prepared > 0
    for chunk, said in ((first, f'{FIRST},'), (second, f'{SECOND}.')):
        assert chunk.phonemes is not None
        symbols = ''.join(sound.symbol for sound in chunk.phonemes)
        assert symbols == ''.join(char for char in said if char.isalpha() and char not in STRESS)
        assert sum(sound.begins_word for sound in chunk.phonemes) == len(said.split())
        # As long as the network says, both edges included.
        silence = 0 if chunk.last else round(kokoro.PIECE_PAUSE * SAMPLE_RATE)
        assert len(chunk.samples) - silence == (len(said) + 2) * FRAMES * FRAME
        at = said.index('m') + 1
        sound = next(each for each in chunk.phonemes if each.symbol == 'm')
        assert sound.start == pytest.approx(at * FRAMES / 40 - kokoro.SOUND_LEAD, abs=1e-6)
        assert sound.duration == pytest.approx(FRAMES / 40, abs=1e-6)
        # Of all styles, the one for so many symbols.
        assert chunk.samples[100] == pytest.approx((len(said) - 1) * TONE, rel=1e-5)


def test_speed_is_that_of_all_voices_or_its_own(folder: Path) -> None:
    lengths = []
    for speed, own in ((1.0, 0.0), (2.0, 0.0), (1.0, 2.0)):
        voice = kokoro.KokoroVoice(speed=speed, options=kokoro.KokoroVoice.Options(speed=own))
        voice.load()
        chunk, = voice.synthesize('mama', lambda: False)
        lengths.append(len(chunk.samples))
        voice.close()
    assert lengths[0] == 2 * lengths[1] == 2 * lengths[2]


def test_its_speed_is_that_of_its_threads() -> None:
    assert [kokoro.KokoroVoice(options=kokoro.KokoroVoice.Options(threads=threads)).measured_as
            for threads in (1, 2)] == ['kokoro-1', 'kokoro-2']


def test_all_voices_share_one_loaded_network_as_long_as_one_of_them_is_in_use(
        folder: Path) -> None:
    made = [KokoroNetwork(folder / kokoro.NETWORK, threads) for threads in (1, 1, 2)]
    assert made[0]._session is made[1]._session is not made[2]._session
    loaded = weakref.ref(made[0]._session)
    for network in made:
        network.close()
    del made[0], network
    assert loaded() is not None
    del made[0]
    gc.collect()
    assert loaded() is None


def test_nothing_to_say_makes_no_sound(voice: kokoro.KokoroVoice) -> None:
    assert [*voice.synthesize('...', lambda: False)] == []
    assert [*voice.synthesize('', lambda: False)] == []
    assert [*voice.synthesize('\u4e00', lambda: False)] == []
    assert [*voice.synthesize(CLAUSE, lambda: True)] == []


def test_a_computation_ends_in_its_midst_when_it_is_cancelled(tmp_path: Path) -> None:
    tiny_network(tmp_path / 'endless.onnx', rounds=2 ** 60)
    network = KokoroNetwork(tmp_path / 'endless.onnx', 1)
    asked = threading.Event()
    styles = np.ones((4, 256), np.float32)

    def cancelled() -> bool:
        # Asked while it computes: the first time it is still wanted.
        before = asked.is_set()
        asked.set()
        return before

    assert network.say('mama', styles, 1.0, cancelled) is None
    network.close()


def test_what_is_missing_or_damaged_is_told_with_the_remedy(folder: Path) -> None:
    network, table = folder / kokoro.NETWORK, folder / kokoro.VOICES
    network.write_bytes(b'no network')
    with pytest.raises(UserError, match='is not the network of kokoro') as caught:
        kokoro.KokoroVoice().load()
    assert 'txt2vid models verify kokoro' in caught.value.remedy
    table.write_bytes(b'short')
    with pytest.raises(UserError, match='is not what the voices of kokoro are in'):
        kokoro.KokoroVoice().load()
    table.unlink()
    with pytest.raises(UserError, match='which is not there') as caught:
        kokoro.KokoroVoice().load()
    assert caught.value.remedy == 'Run: txt2vid models fetch kokoro'


@pytest.mark.parametrize(('name', 'chosen', 'language'), [
    ('', 'af_heart', 'en-US'), ('bm_george', 'bm_george', 'en-GB'), ('fr', 'ff_siwis', 'fr'),
    ('pt-br', 'pf_dora', 'pt-BR'), ('pt', 'pf_dora', 'pt-BR'), ('en_GB', 'bf_emma', 'en-GB'),
    ('zm_yunxi', 'zm_yunxi', 'zh')])
def test_a_voice_is_chosen_by_name_or_language(name: str, chosen: str, language: str) -> None:
    assert voices.chosen(name) == chosen
    assert kokoro.KokoroVoice(name).capabilities.languages == (language,)


def test_an_unknown_voice_gets_those_with_names_like_it() -> None:
    with pytest.raises(UserError, match="no voice 'af_hart'") as caught:
        kokoro.KokoroVoice('af_hart')
    assert 'af_heart' in caught.value.remedy
    with pytest.raises(UserError, match="no voice 'de'"):
        kokoro.KokoroVoice('de')


def test_the_voices_are_those_of_the_list_in_its_order() -> None:
    members = load_manifest()[kokoro.VOICES].parts[0].members
    assert [Path(member).stem for member in members] == [*voices.NAMES]
    assert len(voices.NAMES) == 54
    assert load_manifest()[kokoro.VOICES].size == 54 * voices.STYLES * voices.STYLE * 4
    assert {*kokoro.KokoroVoice.language_voices().values()} <= {*voices.NAMES}
    assert all(voices.language(name) == tag for tag, name in voices.DEFAULTS.items())


def test_the_lips_know_every_sound_of_the_alphabet() -> None:
    marks = {*STRESS, *PAUSES, *MODIFIERS}
    for symbol in alphabet.known(''.join(map(chr, range(0x3000))) + 'ꭧ→↓↗↘'):
        if symbol in marks:
            continue
        sound, = kokoro.timed_phonemes(symbol, [0, 1, 0])
        assert visemes_of(sound.symbol), f'{symbol} {unicodedata.name(symbol)}'


def test_tones_belong_to_the_vowel_before_them() -> None:
    first, second = kokoro.timed_phonemes('a↓o', [0.0, 0.2, 0.1, 0.3, 0.0])
    assert second.start - first.start == pytest.approx(0.3)
    assert first.duration == pytest.approx(0.3)
    assert not second.begins_word


@pytest.mark.parametrize(('phonemes', 'cut'), [
    ('si, a.', ['si, a.']),
    ('mama bopa tiku, a.', ['mama bopa tiku, a.']),
    ('mama bopa tiku, ola mi falu.', ['mama bopa tiku,', 'ola mi falu.']),
    ('', []),
    ('a' * 600, ['a' * 510, 'a' * 90]),
    ('ma ' * 200, [('ma ' * 170).strip(), ('ma ' * 30).strip()])])
def test_the_first_piece_is_short_and_none_is_too_long(phonemes: str, cut: list[str]) -> None:
    assert [*pieces(phonemes)] == cut
    assert all(len(piece) >= min(MIN_FIRST, len(phonemes)) for piece in cut)


@pytest.mark.skipif(shutil.which('espeak-ng') is None, reason='espeak-ng is not installed')
def test_espeak_pronounces_and_the_marks_stay() -> None:
    from txt2vid_ros.providers.tts.kokoro.pronunciation import pronunciation
    said = pronunciation('it')('Ciao, amici: (andiamo?) No…')
    assert ''.join(char for char in said if char in ',:()?…') == ',:(?)…'
    assert said.startswith('ʧ')
    assert pronunciation('hi')('नमस्ते।').endswith('.')
    assert pronunciation('es')('') == ''
    assert '¿' not in pronunciation('es')('¿Qué?')
    assert alphabet.known(said) == said


def test_japanese_is_read_mora_by_mora() -> None:
    pytest.importorskip('pyopenjtalk')
    from txt2vid_ros.providers.tts.kokoro.japanese import JapanesePhonemes
    read = JapanesePhonemes()
    assert read('東京へ行きます。') == 'toːkʲoːe ikʲimasɨ.'
    assert read('シャンプー') == 'ɕampɯː'
    assert read('ファックス、ティー、ウィーン') == 'ɸaʔkɯsɨ, tʲiː, βiːɴ'
    assert alphabet.known(read('ヴァイオリンとチェロ')) == read('ヴァイオリンとチェロ')
    assert read('') == ''


def test_chinese_has_tones_and_reads_latin_words_as_english() -> None:
    pytest.importorskip('misaki.zh')
    from txt2vid_ros.providers.tts.kokoro.chinese import ChinesePhonemes
    read = ChinesePhonemes(lambda words: words.lower())
    assert read('你好。') == 'ni↓xau↓.'
    assert read('我用Linux，好吗？') == 'wo↓jʊ↘ŋ linux, xau↓ ma?'
    assert 'a→' in read('3') and read('') == ''


MODELS = [Path(kokoro.models_dir()) / name for name in (kokoro.NETWORK, kokoro.VOICES)]


@pytest.mark.skipif(not all(path.is_file() for path in MODELS),
                    reason='not fetched: txt2vid models fetch kokoro')
def test_the_real_network_is_understood_and_its_times_add_up() -> None:
    from hearing import transcribed
    voice = kokoro.KokoroVoice('am_michael')
    voice.load()
    chunk, = voice.synthesize('Please bring me a map of Peru.', lambda: False)
    assert {'please', 'bring', 'map', 'peru'} <= {*transcribed(chunk.samples, SAMPLE_RATE)}
    assert chunk.phonemes is not None
    ends = [sound.end for sound in chunk.phonemes]
    assert ends == sorted(ends)
    assert sum(sound.begins_word for sound in chunk.phonemes) == 7
    voice.close()
