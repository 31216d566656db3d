"""Text is cut so that it can be spoken soon, and not a word of it is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.speaking.clauses import (
    compose,
    MAX_CLAUSE,
    MAX_FIRST_CLAUSE,
    speakable,
    split_clauses,
)
from txt2vid_ros.speaking.synthesis import CLAUSE_PAUSE, pause_after, SENTENCE_PAUSE

WORDS = st.text(st.characters(exclude_categories=('C', 'Z')), min_size=1, max_size=30)
ENDS = st.sampled_from(['', '', '', ',', ';', '.', '!', '?', '…', '."', '!”', '.)', '?’', '。'])
PROSE = st.lists(st.builds(str.__add__, WORDS, ENDS), max_size=120).map(' '.join)


@given(PROSE)
def test_together_they_are_the_text(text: str) -> None:
    text = compose(text)
    assert ''.join(split_clauses(text)).replace(' ', '') == text.replace(' ', '')


@given(st.text(max_size=2000))
def test_whatever_the_text_none_is_too_long_or_empty_and_no_character_is_lost(text: str) -> None:
    text = compose(text)
    parts = list(split_clauses(text))
    assert all(0 < len(part) <= MAX_CLAUSE for part in parts)
    assert ''.join(parts).replace(' ', '') == text.replace(' ', '')


def test_quotation_marks_and_brackets_stay_with_their_sentence() -> None:
    assert list(split_clauses('She said "Stop." (Twice!) Then she left.')) == [
        'She said "Stop."', '(Twice!)', 'Then she left.']


def test_a_long_first_sentence_begins_with_a_short_clause() -> None:
    text = ('When the long winter had finally ended, the people of the valley came out of their '
            'houses, looked at the sky, and began to work in the fields as they always had.')
    parts = list(split_clauses(text))
    assert len(parts[0]) <= MAX_FIRST_CLAUSE
    assert ' '.join(parts) == text


def test_a_sentence_without_spaces_is_cut_at_its_commas_and_sooner_than_one_of_letters() -> None:
    text = '今天天气非常好，我们决定一起去公园散步，然后在湖边的餐厅吃午饭。下午三点回家。'
    parts = list(split_clauses(text))
    assert parts == ['今天天气非常好，我们决定一起去公园散步，', '然后在湖边的餐厅吃午饭。',
                     '下午三点回家。']


def test_later_sentences_stay_whole() -> None:
    second = ('When the long winter had finally ended, the people of the valley came out of '
              'their houses, looked at the sky, and began to work.')
    assert list(split_clauses('Listen. ' + second)) == ['Listen.', second]


def test_100_kilobytes_without_a_space() -> None:
    text = 'a' * 100_000
    parts = list(split_clauses(text))
    assert ''.join(parts) == text
    assert max(len(part) for part in parts) <= MAX_CLAUSE


def test_100_kilobytes_of_prose() -> None:
    text = compose('The quick brown fox jumps over the lazy dog, again and again. ' * 1600)
    assert ' '.join(split_clauses(text)) == text


@given(st.text(st.characters(), max_size=300))
def test_cleaned_text_can_be_sent_and_spoken(text: str) -> None:
    cleaned = compose(text)
    cleaned.encode('utf-8')
    assert cleaned == compose(cleaned)
    assert cleaned == ' '.join(cleaned.split())
    assert cleaned.isprintable()


@pytest.mark.parametrize(('text', 'expected'), [
    ('', ''), (' \t\n ', ''), ('a\x00b\x07c', 'abc'), ('one\ntwo\ttwo', 'one two two'),
    ('x\ud800y', 'xy'), ('e\u0301', 'é'), ('\u200bzero\ufeff', 'zero'), ('\ufffd?', '?'),
    ('a\u2028b', 'a b')])
def test_what_cannot_be_spoken_is_cleaned_away(text: str, expected: str) -> None:
    assert compose(text) == expected


@pytest.mark.parametrize(('text', 'expected'), [
    ('', False), ('...', False), ('😀👍🏽', False), ('— “ ”', False), ('7', True), ('é', True),
    ('你好', True), ('😀 hi', True)])
def test_only_letters_and_digits_can_be_pronounced(text: str, expected: bool) -> None:
    assert speakable(compose(text)) is expected


def test_the_pause_is_longer_behind_a_sentence_in_any_writing() -> None:
    for clause in ('Yes.', '「はい。」', '『本当？』', 'सत्यम् ॥'):
        assert pause_after(clause) == SENTENCE_PAUSE
    assert pause_after('「はい」') == pause_after('yes,') == CLAUSE_PAUSE
