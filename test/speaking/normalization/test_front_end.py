"""Markup, lines, characters and foreign writing on their way to what is said."""

from __future__ import annotations

import pytest
from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.normalization.front_end import normalize
from txt2vid_ros.speaking.normalization.scripts import described


def said(text: str) -> str:
    return normalize(text).text


def sentences(text: str) -> list[str]:
    return list(split_clauses(said(text)))


@pytest.mark.parametrize(('text', 'words'), [
    ('## A heading\nand a line', 'A heading. and a line'),
    ('Setext\n======\nThen text.', 'Setext. Then text.'),
    ('* one\n* two\n\nThen more.', 'one. two. Then more.'),
    ('1. Open it.\n2. Close it.', 'one: Open it. two: Close it.'),
    ('- [x] done\n- [ ] open', 'done. open'),
    ('> quoted\n> text', 'quoted text'),
    ('This is ***very*** __strong__ and ~~gone~~.', 'This is very strong and gone.'),
    ('Use `foo bar` now.', 'Use foo bar now.'),
    ('```python\nprint("hi")\n```', 'print hi'),
    ('See [the page](https://x.org/a_(b) "title").', 'See the page.'),
    ('![A cat](cat.png) sits.', 'A cat sits.'),
    ('[![badge](a.svg)](https://x.org) Hello.', 'badge Hello.'),
    ('As [said][1].\n\n[1]: https://x.org/page', 'As said.'),
    ('A note.[^1]', 'A note.'),
    ('| Name | Age |\n| --- | --: |\n| Anna | 5 |', 'Name, Age. Anna, five'),
    ('above\n\n---\n\nbelow', 'above. below'),
    ('<p>One</p><p>Two</p>', 'One. Two'),
    ('<ul><li>one</li><li>two</li></ul>', 'one. two'),
    ('<script>alert(1)</script>Hello', 'Hello'),
    ('a &lt; b &amp;&nbsp;c', 'a is less than b and c'),
    ('<!-- hidden -->Shown', 'Shown'),
    ('Go to <https://example.com>.', 'Go to example dot com.'),
    ('snake_case and 2 * 3 * 4', 'snake case and two times three times four'),
])
def test_markup_is_not_read_aloud(text: str, words: str) -> None:
    assert said(text) == words


@pytest.mark.parametrize('text', [
    'See [help](/kˈɪl/) for more.', 'See [help]( /kˈɪl/ ) for more.',
    'See [help](</kˈɪl/>) for more.',
    'See [**help**](/kˈɪl/) for more.', 'See [help][/kˈɪl/] for more.'])
def test_the_target_of_a_link_is_never_pronounced(text: str) -> None:
    assert said(text) == 'See help for more.'


@pytest.mark.parametrize(('text', 'expected'), [
    ('This is plan A. That is plan B.', ['This is plan A.', 'That is plan B.']),
    ('I met Prof. Miller of Apple Inc. yesterday. He left.',
     ['I met Professor Miller of Apple Incorporated yesterday.', 'He left.']),
    ('J. K. Rowling wrote it. Michael J. Fox read it.',
     ['J K Rowling wrote it.', 'Michael J Fox read it.']),
    ('It costs 3.50 dollars. Fine.', ['It costs three point five dollars.', 'Fine.']),
    ('She came at 5 p.m. He left.', ['She came at five P M.', 'He left.']),
    ('He said "Stop." (Twice!) Then he left.', ['He said Stop.', 'Twice!', 'Then he left.']),
    ('Apples, pears, etc. They are fruit.', ['Apples, pears, et cetera.', 'They are fruit.']),
    ('Take No. 5 or fig. 3, e.g. now.', ['Take number five or figure three, for example now.']),
])
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize(('language', 'text', 'expected'), [
    ('zh', '你好。我很好！再见', ['你好。', '我很好！', '再见']),
    ('ja', '「はい。」と言った。そうです。', ['「はい。」', 'と言った。', 'そうです。']),
    ('hi', 'नमस्ते। आप कैसे हैं?', ['नमस्ते।', 'आप कैसे हैं?']),
    ('ur', 'سلام۔ آپ کیسے ہیں؟ ٹھیک', ['سلام۔', 'آپ کیسے ہیں؟', 'ٹھیک'])])
def test_sentences_end_in_other_writings_too(
        language: str, text: str, expected: list[str]) -> None:
    assert list(split_clauses(normalize(text, (language,)).text)) == expected


def test_a_line_is_a_pause_only_where_it_was_ended_on_purpose() -> None:
    wrapped = ('It was a dark and stormy night in the old town by\nthe sea, and nobody in the '
               'streets had seen anything\nlike it for as long as they could remember.')
    assert said(wrapped) == wrapped.replace('\n', ' ')
    assert said('Roses are red\nViolets are blue\n\nThe end') == (
        'Roses are red. Violets are blue. The end')
    assert said('A hyphen-\nated word') == 'A hyphenated word'


@pytest.mark.parametrize(('text', 'words'), [
    ('I ❤️ you 😀! 👩‍👩‍👧 Great 👍🏽', 'I you! Great'), ('😀', ''),
    ('Thanks :-) bye', 'Thanks bye'),
    ('At 8:00 (sharp)', "At eight o'clock, sharp")])
def test_emoji_are_left_out(text: str, words: str) -> None:
    assert said(text) == words


def test_emoji_are_named_where_that_is_wanted() -> None:
    assert normalize('Well done 👍🏽 🇩🇪', named_emoji=True).text == (
        'Well done thumbs up sign flag D E')


@pytest.mark.parametrize(('text', 'language', 'words', 'left_out'), [
    ('Hello 世界, how are you?', 'en', 'Hello, how are you?', ('世界',)),
    ('Привет', 'en', '', ('Привет',)), ('Привет', 'ru', 'Привет', ()),
    ('Hello 世界', 'zh-CN', 'Hello 世界', ()), ('你好 नमस्ते', 'zh', '你好', ('नमस्ते',)),
    ('Café in Łódź', 'en', 'Café in Lódz', ())])
def test_what_a_language_has_no_sounds_for_is_left_out_and_told(
        text: str, language: str, words: str, left_out: tuple[str, ...]) -> None:
    spoken = normalize(text, (language,))
    assert (spoken.text, spoken.left_out) == (words, left_out)


def test_foreign_words_are_described_by_their_writing() -> None:
    assert described(['世界', 'Привет']) == '2 words in Chinese and Cyrillic'
    assert described(['boom']) == '1 word'


def test_ssml_stays_as_it_is_for_a_voice_that_takes_it() -> None:
    text = '<speak>It costs <say-as interpret-as="currency">$5</say-as>.</speak>'
    assert normalize(text, ssml=True).text == text
    assert normalize(text).text == 'It costs five dollars.'
