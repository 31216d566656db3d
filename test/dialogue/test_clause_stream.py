"""What is written piece by piece is said in pieces that are whole, without what is not spoken."""

from __future__ import annotations

from hypothesis import given, strategies
import pytest
from txt2vid_ros.dialogue.clause_stream import ClauseStream, MAX_PIECE


def pieces(text: str, step: int, locale: str = '') -> list[str]:
    stream = ClauseStream(locale)
    found = [piece for at in range(0, len(text), step)
             for piece in stream.feed(text[at:at + step])]
    return found + stream.finish()


def test_the_first_clause_is_there_while_the_sentence_goes_on() -> None:
    stream = ClauseStream()
    assert stream.feed('The capital of France is Paris, w') == ['The capital of France is Paris,']
    assert stream.feed('hich lies on the Seine, and people like it.') == []
    assert stream.feed(' It has') == ['which lies on the Seine, and people like it.']
    assert stream.feed(' two airports.') == []
    assert stream.finish() == ['It has two airports.']


def test_a_sentence_is_there_before_the_next_one_begins() -> None:
    stream = ClauseStream()
    assert stream.feed('Hello there. ') == ['Hello there.']
    assert stream.feed('How are you today, in this weather, my friend?') == []
    assert stream.pause() == ['How are you today, in this weather, my friend?']


def test_a_pause_of_the_writer_ends_no_number_abbreviation_or_word() -> None:
    for written, rest, whole in (
            ('It costs 3.', '5 euros.', 'It costs 3.5 euros.'),
            ('I know Dr.', ' Smith well.', 'I know Dr. Smith well.'),
            ('See no.', ' 5.', 'See no. 5.'),
            ('This is unfin', 'ished.', 'This is unfinished.'),
            ('Look at `a.', 'b` now.', 'Look at a.b now.')):
        stream = ClauseStream()
        assert stream.feed(written) == []
        assert stream.pause() == []
        assert stream.feed(rest) + stream.finish() == [whole]


@pytest.mark.parametrize(('written', 'said'), [
    ('At 5 p.m. we leave for 3.5 hours with Dr. Smith and see https://a.com/b.c?d=1. Yes.',
     ['At 5 p.m. we leave for 3.5 hours with Dr. Smith and see https://a.com/b.c?d=1.', 'Yes.']),
    ('The U.S. Army came in no. 5. It left.', ['The U.S. Army came in no. 5.', 'It left.']),
    ('**Bold. Still bold.** And _more. Of it_ then.',
     ['Bold. Still bold.', 'And more. Of it then.']),
    ('# A title\n\n- one thing\n- two\n* [x y](https://a.b/c_(d)) *is* it\n1. First\n2. Second',
     ['A title.', 'one thing. two. x y is it. 1. First. 2. Second.']),
    ('Use `os.path. join` here:\n\n```python\nprint("No. Never.")\n# no\n```\nDone. 😀👍🏽',
     ['Use os.path. join here:', 'Done.']),
    ('Before it.\n~~~\n``` not this\n~~~\n', ['Before it.']),
    ('Before it.\n\n```\nnever closed. no.', ['Before it.']),
    ('<think>\nSay no. Hm.\n</think>\n\nYes.', ['Yes.']),
    ('<thinking>never closed', []),
    ('| city | size |\n|---|---:|\n| Rome | 3 |\n', ['city, size.', 'Rome, 3.']),
    ('A line that is wrapped\nat its end goes on. Yes.',
     ['A line that is wrapped at its end goes on.', 'Yes.']),
    ('2 * 3 * 4 is 24. A stray ** and ` are silent.', ['2 * 3 * 4 is 24.',
                                                       'A stray and are silent.']),
    ('He said: "Go." Then he went.', ['He said: "Go."', 'Then he went.']),
    ('Wait... what? Yes!', ['Wait...', 'what? Yes!']),
    ('元気ですか？はい。', ['元気ですか？', 'はい。']),
    ('---\n\n***\n😀', []),
    ('', []),
])
def test_pieces_are_whole_and_hold_only_what_is_spoken(written: str, said: list[str]) -> None:
    for step in (1, 3, 1000):
        assert pieces(written, step) == said, step


@pytest.mark.parametrize(('locale', 'written', 'said'), [
    ('ja', 'こんにちは。今日は良い天気ですね、散歩に行きませんか。'
     '「はい。行きます。」と彼は言いました。値段は3.5万円です。',
     ['こんにちは。', '今日は良い天気ですね、散歩に行きませんか。',
      '「はい。行きます。」と彼は言いました。', '値段は3.5万円です。']),
    ('ja-JP', '- 一つ\n- 二つ\n\n終わりです。', ['一つ。', '二つ。終わりです。']),
    ('hi', 'नमस्ते। डॉ. शर्मा कल आएँगे और वे 3.5 घंटे रुकेंगे। क्या आप आएँगे? हाँ।',
     ['नमस्ते।', 'डॉ. शर्मा कल आएँगे और वे 3.5 घंटे रुकेंगे।', 'क्या आप आएँगे? हाँ।']),
    ('es', 'El Sr. García llega a las 5 p. m. con 3,5 kg. de pan. ¿Cómo está Ud.? '
     'EE. UU. es grande. ¡Adiós!',
     ['El Sr. García llega a las 5 p. m. con 3,5 kg. de pan.',
      '¿Cómo está Ud.? EE. UU. es grande. ¡Adiós!']),
    ('de', 'Hallo! Am 3. Mai kommt Dr. Schmidt mit ca. 3,5 Mio. Euro. '
     'Wir fahren z. B. mit Linie 5 bzw. 7, d. h. mit der Bahn.',
     ['Hallo!', 'Am 3. Mai kommt Dr. Schmidt mit ca. 3,5 Mio. Euro.',
      'Wir fahren z. B. mit Linie 5 bzw. 7, d. h. mit der Bahn.']),
    ('fr', 'Oui. M. Dupont et Mme Roy viennent à 5 h. Il y a p. ex. du pain, etc. pour tous.',
     ['Oui.', 'M. Dupont et Mme Roy viennent à 5 h. Il y a p. ex. du pain, etc. pour tous.']),
    ('zh', '你好。今天天气很好，我们去公园走走吧。价格是3.5元。', [
        '你好。', '今天天气很好，我们去公园走走吧。', '价格是3.5元。']),
])
def test_sentences_end_where_those_of_their_language_do(
        locale: str, written: str, said: list[str]) -> None:
    for step in (1, 3, 1000):
        assert pieces(written, step, locale) == said, step


def test_the_first_clause_of_a_long_japanese_sentence_ends_at_its_comma() -> None:
    stream = ClauseStream('ja')
    assert stream.feed('明日の午後は雨が降ると思いますので、傘を') == [
        '明日の午後は雨が降ると思いますので、']
    assert stream.feed('持って行ってください。') == []
    assert stream.finish() == ['傘を持って行ってください。']


def test_the_words_tell_a_language_that_nobody_has_named() -> None:
    stream = ClauseStream('en')
    stream.feed('Guten Tag, wie geht es Ihnen heute? ')
    assert stream.locale == 'de'
    assert stream.feed('Am 3. Oktober ist bei uns ein Feiertag. ') + stream.finish() == [
        'Am 3. Oktober ist bei uns ein Feiertag.']
    assert stream.locale == 'de'


def test_text_without_an_end_comes_all_the_same() -> None:
    for written in ('word ' * 400, 'word, ' * 400, 'x' * 9000, '**open ' * 200, '[link ' * 200):
        found = pieces(written, 7)
        assert max(map(len, found)) <= max(MAX_PIECE, 2000)
        joined = ''.join(found).replace(' ', '')
        assert joined == written.replace(' ', '').replace('*', '')


@given(strategies.text('ab. ,!?\n*_`~[]()<>#-1|é😀。、「」はक।', max_size=80),
       strategies.integers(1, 9), strategies.sampled_from(['', 'de', 'ja', 'hi']))
def test_anything_may_be_written_and_no_letter_is_lost_by_how_it_is_cut(
        written: str, step: int, locale: str) -> None:
    def letters(found: list[str]) -> str:
        return ''.join(char for piece in found for char in piece if char.isalnum())

    assert letters(pieces(written, step, locale)) == letters(pieces(written, 1000, locale))
