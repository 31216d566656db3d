"""Every word of an SSML text gets a mark, and nothing else of the text is changed."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.speaking.clauses import compose
from txt2vid_ros.speaking.ssml import is_ssml, plain_text
from txt2vid_ros.speaking.ssml_marks import with_marks


def spans(text):
    return [(span.mark, span.words) for span in with_marks(text).spans]


@pytest.mark.parametrize(('text', 'expected', 'words'), [
    ('Yes, <emphasis>of course</emphasis>.',
     '|Yes, <emphasis>|of |course</emphasis>.', ['Yes,', 'of', 'course.']),
    ('un<emphasis>believ</emphasis>able', '|un<emphasis>believ</emphasis>able', ['unbelievable']),
    ('<p>One.</p><p><s>Two</s></p>', '<p>|One.</p><p><s>|Two</s></p>', ['One.', 'Two']),
    ('one<break/>two', '|one<break/>|two', ['one', 'two']),
    ('&quot;Tom &amp; Jerry&quot; — Ünï (two)', '&quot;|Tom &amp; |Jerry&quot; — |Ünï |(two)',
     ['Tom &', 'Jerry" —', 'Ünï', '(two)']),
    ('the <say-as interpret-as="characters">AB C</say-as> of',
     '|the |<say-as interpret-as="characters">AB C</say-as> |of', ['the', 'A B   C', 'of']),
    ('<sub alias="World Wide Web">W3</sub> it', '|<sub alias="World Wide Web">W3</sub> |it',
     ['World Wide Web', 'it']),
    ('a <audio src="x"><desc>b</desc>c</audio> d', '|a |<audio src="x"><desc>b</desc>c</audio> |d',
     ['a', '', 'd']),
    ('<lang xml:lang="fr">Bon jour</lang>', '<lang xml:lang="fr">|Bon |jour</lang>',
     ['Bon', 'jour']),
    ('a<!-- b c -->b', '|a<!-- b c -->b', ['ab']), ('...', '...', [])])
def test_marks_stand_before_words(text, expected, words):
    found = with_marks(f'<speak>{text}</speak>')
    assert re.sub(r'<mark name="w\d+"/>', '|', found.ssml) == f'<speak>{expected}</speak>'
    assert [span.words for span in found.spans] == words


def test_a_mark_that_stands_before_a_word_serves_for_it():
    text = '<speak>a <mark name="x"/>b <mark name="y"/><break/> c<mark name="z"/></speak>'
    assert spans(text) == [('w0', 'a'), ('x', 'b'), ('y', ''), ('w1', 'c'), ('z', '')]


@pytest.mark.parametrize('quote', ['"', "'"])
def test_new_names_are_not_those_that_are_there(quote):
    assert spans(f'<speak>a <mark name={quote}w0{quote}/>b c</speak>') == [
        ('w_0', 'a'), ('w0', 'b'), ('w_1', 'c')]


@pytest.mark.parametrize('text', [
    '1 < 2', 'a &nbsp; b', '<b>', '<![CDATA[a b]]>', '<par><media><speak>a</speak></media></par>',
    'a</speak><speak>b'])
def test_what_cannot_be_marked_is_left_alone(text):
    assert with_marks(f'<speak>{text}</speak>') is None


@given(st.lists(st.sampled_from([
    'a', 'two words', ' ', '. ', '&amp;', '&#72;i', '<break/>', '<mark name="m"/>', '<s>', '</s>',
    '<emphasis>', '</emphasis>', '<sub alias="it is">', '</sub>', 'ß—', '<!-- no -->'])))
def test_taken_off_again_the_text_is_what_it_was(parts):
    text = compose(f'<speak>{"".join(parts)}</speak>')
    found = with_marks(text)
    if found is not None:
        assert re.sub(r'<mark name="w\d+"/>', '', found.ssml) == text
        assert ''.join(''.join(span.words for span in found.spans).split()) in plain_text(
            text).replace(' ', '')


@given(st.text(max_size=100))
def test_no_text_breaks_it(text):
    raw = compose(f'<speak>{text}</speak>')
    with_marks(raw)
    escaped = compose(f'<speak>{escape(text)}</speak>')
    found = with_marks(escaped)
    assert found is None or is_ssml(found.ssml)
