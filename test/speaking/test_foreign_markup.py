"""Markup that is not ours is left out, and nothing else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.speaking.foreign_markup import without_foreign_markup


@pytest.mark.parametrize(('text', 'said'), [
    ('Hello.', 'Hello.'),
    ('<set expression(happy)>Hello, I am <do motion(wave)/> Emy.', 'Hello, I am Emy.'),
    ('<emotion(happiness)> hello', 'hello'),
    ('Hello <b>there</b>, friend', 'Hello there, friend'),
    ('hello<break time="1s"/>world', 'hello world'),
    ('hello<br>world', 'hello world'),
    ('<set expression(sad)>', ''),
    ('  ', ''),
    ('3 < 5 and 7 > 6', '3 < 5 and 7 > 6'),
    ('if x<y and z>w', 'if x<y and z>w'),
    ('I <3 you', 'I <3 you'),
    ('<speak>One <break time="1s"/><set x(1)>two</speak>',
     '<speak>One <break time="1s"/> two</speak>'),
])
def test_tags_are_left_out(text: str, said: str) -> None:
    assert without_foreign_markup(text) == said


@given(st.text(st.sampled_from('ab <>/="(.5'), max_size=30))
def test_no_letter_outside_of_a_tag_is_lost(text: str) -> None:
    said = without_foreign_markup(text)
    outside = text.count('<') == 0 or text.count('>') == 0
    if outside:
        assert said.replace(' ', '') == text.replace(' ', '')
    assert without_foreign_markup(said) == said or '<' in said
