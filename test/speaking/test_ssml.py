"""A text with marks goes whole to a voice that takes them, and as words to any other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from txt2vid_ros.speaking.clauses import compose
from txt2vid_ros.speaking.ssml import is_ssml, plain_text, pronounceable
from txt2vid_ros.speaking.synthesis import synthesize_text
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

SSML = ('<speak>He said: <emphasis level="strong">Stop!</emphasis> <break time="1s"/> Then, after '
        'a while, he left.</speak>')


class Parrot(TextToSpeech):
    """Remembers the clauses that it was given."""

    name = 'parrot'

    def __init__(self, ssml):
        self.said = []
        self._ssml = ssml

    @property
    def capabilities(self):
        return VoiceCapabilities(16000, ssml=self._ssml)

    def load(self):
        pass

    def synthesize(self, clause, cancelled):
        self.said.append(clause)
        yield SpeechChunk(np.zeros(100, np.float32))


def said(text, ssml):
    voice = Parrot(ssml)
    assert list(synthesize_text(compose(text), voice, lambda: False))
    return voice.said


def test_a_voice_that_takes_it_gets_it_whole():
    assert said(SSML, ssml=True) == [SSML]


def test_another_gets_the_words_in_clauses():
    assert said(SSML, ssml=False) == ['He said: Stop!', 'Then, after a while, he left.']


@pytest.mark.parametrize(('text', 'words'), [
    ('1 < 2. 3 > 2.', 'one is less than two. three is greater than two.'),
    ('<speak>open', 'open'), ('I <speak>mid</speak>', 'I mid'), ('<speaker>x</speaker>', 'x'),
    ('<b>bold</b>', 'bold')])
def test_what_is_no_ssml_is_a_text_like_any_other(text, words):
    assert not is_ssml(text)
    assert ' '.join(said(text, ssml=True)) == words


@pytest.mark.parametrize(('text', 'words'), [
    ('<speak>Tom &amp; Jerry</speak>', 'Tom & Jerry'),
    ('<SPEAK version="1.1">Yes</SPEAK>', 'Yes'),
    ('<speak><p>One.</p><p>Two.</p></speak>', 'One. Two.'),
    ('<speak>one<break/>two</speak>', 'one two'),
    ('<speak>un<emphasis>believ</emphasis>able</speak>', 'unbelievable'),
    ('<speak><sub alias="World Wide Web">WWW</sub> it is</speak>', 'World Wide Web it is'),
    ('<speak><sub alias="a"><sub alias="b">c</sub></sub>d</speak>', 'ad'),
    ('<speak>in <lang xml:lang="fr">Paris</lang><mark name="x"/></speak>', 'in Paris'),
    ('<speak><!-- unsaid -->said</speak>', 'said'), ('<speak></speak>', ''),
    ('<speak>1 < 2</speak>', '1 < 2')])
def test_the_words_are_what_is_to_be_read(text, words):
    assert is_ssml(text)
    assert plain_text(text) == words


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    marked = compose(f'<speak>{text}</speak>')
    assert plain_text(marked) == compose(plain_text(marked))


@pytest.mark.parametrize(('text', 'expected'), [
    ('Yes.', True), ('...', False), ('<speak>7</speak>', True),
    ('<speak><break time="1s"/></speak>', False)])
def test_what_has_no_words_cannot_be_pronounced(text, expected):
    assert pronounceable(text) is expected
