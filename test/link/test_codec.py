"""The text codec: lossless for anything, small for conversation, safe on garbage."""

from __future__ import annotations

import contextlib
import os
import pathlib
import time

from hypothesis import example, given, settings
from hypothesis import strategies as st
import pytest
from txt2vid_ros.bench.link import train_codec
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.link.codec import model
from txt2vid_ros.link.codec.context import TextContext
from txt2vid_ros.link.codec.languages import LanguageModels
from txt2vid_ros.link.codec.symbols import CodecError
from txt2vid_ros.link.codec.text import TextCodec
from txt2vid_ros.link.codec.tokens import join, Tokenizer

CODEC = TextCodec()
BENCH = pathlib.Path(model.__file__).parents[2] / 'bench' / 'link' / 'data' / 'conversation.txt'
CONVERSATION = BENCH.read_text('utf-8').splitlines()
ANY_TEXT = st.text(st.characters(), max_size=60)
SPOKEN = st.lists(st.sampled_from(' '.join(CONVERSATION).split()), max_size=30).map(' '.join)


def context_of(texts: list[str]) -> TextContext:
    context = TextContext()
    for text in texts:
        context = CODEC.after(context, text, CODEC.encode(text, context))
    return context


@settings(max_examples=300, deadline=None)
@given(ANY_TEXT | SPOKEN, st.lists(ANY_TEXT | SPOKEN, max_size=3))
@example('', [])
@example(' ', [])
@example('  two  spaces ', [])
@example('\ud800 lone surrogate', [])
@example('It’s only curly.', [])
@example("It’s both'", [])
@example('McDonald iPhone USA x', [])
@example('\x00\x7f\uffff\U0010ffff', ['\x00'])
@example("''a'b''", [])
@example('Зима', ['Привет, зима'])
def test_any_text_comes_back(text: str, before: list[str]) -> None:
    context = context_of(before)
    coded = CODEC.encode(text, context)
    assert CODEC.decode(coded, context) == text
    assert len(coded) <= len(text.encode('utf-8', 'surrogatepass')) + 2


@given(ANY_TEXT)
def test_tokens_join_to_the_text(text: str) -> None:
    assert join(Tokenizer().split(text)) == text


def bits_per_character(context: bool) -> float:
    bits = characters = 0
    known = TextContext()
    for text in CONVERSATION:
        coded = CODEC.encode(text, known)
        bits += 8 * len(coded)
        characters += len(text)
        known = CODEC.after(known, text, coded) if context else known
    return bits / characters


@pytest.mark.parametrize('context', [False, True])
def test_conversation_costs_little(context: bool) -> None:
    assert bits_per_character(context) <= 2.0


def test_coding_a_sentence_takes_less_than_20_ms_and_priming_less_than_500() -> None:
    """Of processor time: what a busy machine adds is not the codec's."""
    model.load.cache_clear()
    begun = time.process_time()
    codec = TextCodec()
    codec.models.get('en')
    assert time.process_time() - begun < 0.5
    encode, decode, context = [], [], TextContext()
    for text in CONVERSATION:
        begun = time.process_time()
        coded = codec.encode(text, context)
        between = time.process_time()
        codec.decode(coded, context)
        encode.append(between - begun)
        decode.append(time.process_time() - between)
        context = codec.after(context, text, coded)
    for times in (encode, decode):
        assert sorted(times)[len(times) * 95 // 100] < 0.02


@pytest.mark.parametrize('text', [
    'Guten Morgen, wie geht es dir heute? Wir fahren am Samstag zum See.',
    'Привет, как у тебя дела сегодня?', '今日はいい天気ですね。', 'xq9#kZ%w2@@v!p0^mB7&', '🙂👍🏽',
])
def test_other_languages_and_noise_never_cost_more_than_plain_text(text: str) -> None:
    assert len(CODEC.encode(text)) <= len(text.encode()) + 2


def test_what_was_said_before_makes_it_cheaper() -> None:
    text = 'Szczepański met Mrs. Ozolniece in Ouagadougou.'
    assert len(CODEC.encode(text, context_of([text]))) < len(CODEC.encode(text)) / 2


def test_contexts_forget_what_is_long_ago() -> None:
    context = context_of(['word ' * 50] * 100)
    assert len(context.keys) <= 256


def test_the_same_bytes_on_every_platform() -> None:
    """Bytes as recorded once: arithmetic that differs anywhere would change them."""
    assert model.load().digest.hex()[:8] == GOLDEN_MODEL
    context = context_of(['Hi there, can you hear me all right?'])
    coded = [CODEC.encode(text).hex() for text in GOLDEN]
    assert coded == list(GOLDEN.values())
    assert CODEC.encode('Yes, I can hear you.', context).hex() == GOLDEN_IN_CONTEXT


@settings(max_examples=int(os.environ.get('TXT2VID_FUZZ_INPUTS', '250')), deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_garbage_gives_text_or_a_codec_error(data: bytes, context: bool) -> None:
    known = context_of(CONVERSATION[:5]) if context else TextContext()
    with contextlib.suppress(CodecError):
        CODEC.decode(data, known)


def test_a_long_text_comes_back() -> None:
    text = '\n'.join(CONVERSATION * 2)
    assert CODEC.decode(CODEC.encode(text)) == text


def test_a_rare_word_comes_back_when_it_has_been_forgotten() -> None:
    text = 'Qwyjibo ' + 'one two three ' * 100 + 'qwyjibo'
    assert CODEC.decode(CODEC.encode(text)) == text
    han = '雨' + ''.join(map(chr, range(0x4E00, 0x4F40))) + '雨'
    english = CODEC._encode(han, TextContext(), 'en')
    assert CODEC.decode(english) == han


def test_a_missing_or_damaged_model_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(UserError, match=r'text model .*none\.model'):
        model.load(tmp_path / 'none.model')
    damaged = tmp_path / 'damaged.model'
    damaged.write_bytes(model.ENGLISH.read_bytes()[:1000])
    with pytest.raises(UserError, match='Install the package again'):
        model.load(damaged)


def test_a_model_can_be_counted_from_text(tmp_path: pathlib.Path,
                                          monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, out = (tmp_path / name for name in ('first.txt', 'second.txt', 'own.model'))
    first.write_text('\n'.join(CONVERSATION * 8), 'utf-8')
    second.write_text('Der Zug fährt um acht Uhr ab.\n' * 10 + 'Rarely.\n', 'utf-8')
    monkeypatch.setattr('sys.argv', ['train', '--out', str(out), str(first), str(second)])
    train_codec.main()
    own = TextCodec(LanguageModels({'en': out}))
    text = 'Der Zug fährt um acht Uhr ab.'
    assert own.decode(own.encode(text)) == text
    assert len(own.encode(text)) < len(CODEC.encode(text)) / 2
    assert own.digest != CODEC.digest


GOLDEN_MODEL = 'ebaef2c0'
GOLDEN: dict[str, str] = {
    'Hi there, can you hear me all right?':
        'cdd0e445d27276a2',
    'The robot is stuck in the hallway again, and its battery is at nine percent.':
        '313bb924d608b39866e18ce0cdc73e828c3e',
    "It's 7:41, isn't it? Ask McDonald - quickly!":
        '932bc96aa568775dcbca50e402062b7c9dd9903c',
    'Zurück nach Ouagadougou 🙂':
        '0847db615be933e731f2004b498b77480b523d26b1c05d27bf40',
}
GOLDEN_IN_CONTEXT = 'a53fe81223'
