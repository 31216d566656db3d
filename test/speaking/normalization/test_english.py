"""
What is written in English is what is said, and a voice's own rules find nothing left to change.

english_texts.jsonl holds one text a line with the words that are right for it, and what of it no
English voice can say.
"""

from __future__ import annotations

import json
from pathlib import Path
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.normalization.front_end import normalize

TEXTS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name('english_texts.jsonl').read_text('utf-8').splitlines()]
# Rules of the voice's package that err on plain words, such as "Queen Victoria" and "I say no.":
# what they change says nothing about what they are given.
ERRING = ('RE_ROMAN_C', 'RE_ROMAN_O', 'RE_ABBREV', 'RE_TITLE')


@pytest.mark.parametrize('each', TEXTS, ids=lambda each: each['text'][:40])
def test_what_is_written_is_what_is_said(each: dict[str, Any]) -> None:
    spoken = normalize(each['text'])
    assert spoken.text == each['words']
    assert list(spoken.left_out) == each.get('left_out', [])


@pytest.fixture
def their_rules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return the text normalization of the voice's package, without the rules that err."""
    module = pytest.importorskip('hibari.g2p.normalize')
    for name in ERRING:
        monkeypatch.setattr(module, name, re.compile(r'(?!)'))
    return module.normalize


def test_the_rules_of_the_voice_find_nothing_to_change(their_rules: Any) -> None:
    changed = [(words, theirs) for each in TEXTS if (words := each['words'])
               and (theirs := their_rules(words)) != words]
    assert changed == []


@pytest.mark.parametrize('each', TEXTS, ids=lambda each: each['text'][:40])
def test_words_are_not_changed_again(each: dict[str, Any]) -> None:
    assert normalize(each['words']).text == each['words']


def test_no_figure_and_no_symbol_is_left() -> None:
    for each in TEXTS:
        assert re.fullmatch(r"[^\W\d_]*(?:[ ,.;:!?…—'-]+[^\W\d_]*)*", each['words']), each


@given(st.text(max_size=200))
def test_any_text_becomes_words_that_can_be_spoken(text: str) -> None:
    words = normalize(text).text
    assert words == ' '.join(words.split())
    assert not re.search(r'[\d<>{}\[\]|*_#@~^\\]', words)
    assert ''.join(split_clauses(words)).replace(' ', '') == words.replace(' ', '')


@given(st.lists(st.sampled_from([
    '5', '10', '3.5', '1,000', '-', '–', '/', ':', '%', '$', '€', 'km', 'm', 'No.', 'Jan.', 'pm',
    'A', 'I', 'IV', 'Dr.', 'St.', 'x', '^', '(', ')', "'", '"', '.', ',', ' ', ' ', ' ', 'the',
    'May', 'of', 'is', '1st', '2024', '00', '°', 'C', '@', '#', 'com', 'www.'
]), max_size=14).map(''.join))
def test_no_mixture_of_figures_and_signs_is_left_half_done(text: str) -> None:
    assert not re.search(r'[\d°%$€@#^/]', normalize(text).text)


def test_a_long_text_is_read_as_its_sentences_are() -> None:
    sentence = 'On Jan. 5 we paid $5.50 for 2 km. '
    words = normalize(sentence).text
    assert normalize(sentence * 500).text == ' '.join([words] * 500)
