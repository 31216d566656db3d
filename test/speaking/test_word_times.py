"""Every word of a clause gets a time, exact where the voice tells it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.speaking.voice import SpeechChunk, VoiceCapabilities
from txt2vid_ros.speaking.word_times import ClauseWords

RATE = 24000
WHOLE = VoiceCapabilities(RATE, timings=True)
STREAMED = VoiceCapabilities(RATE, streaming=True)


def chunk(seconds: float, *starts: float, last: bool = False) -> SpeechChunk:
    """Return a chunk in which words begin at `starts`, each of two sounds."""
    sounds = tuple(Phoneme('a', start + part, 0.05, begins_word=not part)
                   for start in starts for part in (0.0, 0.05))
    return SpeechChunk(np.zeros(round(seconds * RATE), np.float32), sounds or None, last)


def times(words: ClauseWords, *chunks: SpeechChunk) -> list[tuple[str, float]]:
    return [(word.text, pytest.approx(word.start))
            for each in chunks for word in words.chunk(each)]


def test_the_marks_of_the_voice_are_taken_where_there_is_one_for_each_word() -> None:
    words = ClauseWords('Two words.', WHOLE)
    assert times(words, chunk(1.0, 0.1, 0.6)) == [('Two', 0.1), ('words.', 0.6)]
    assert words.rest() == []


def test_else_the_letters_share_the_sound() -> None:
    assert times(ClauseWords('ab cd', WHOLE), chunk(1.0, 0.2)) == [('ab', 0.2), ('cd', 0.6)]
    assert times(ClauseWords('ab cdefgh', WHOLE), chunk(1.0)) == [('ab', 0.0), ('cdefgh', 0.25)]


def test_marks_without_a_letter_belong_to_the_word_before_or_to_the_first_one() -> None:
    words = ClauseWords('— Well … yes !', WHOLE)
    assert times(words, chunk(1.0, 0.1, 0.5)) == [('— Well …', 0.1), ('yes !', 0.5)]


def test_a_streaming_voice_has_words_before_its_last_chunk() -> None:
    words = ClauseWords('One two three.', STREAMED)
    first = words.chunk(chunk(0.3))
    assert [word.text for word in first] == ['One', 'two']
    assert first[0].start == 0
    assert words.chunk(chunk(0.05)) == []
    assert [word.text for word in words.chunk(chunk(0.5, last=True))] == ['three.']


def test_no_word_is_lost_where_the_sound_ends_early() -> None:
    words = ClauseWords('One two three.', STREAMED)
    words.chunk(chunk(0.01))
    assert [word.text for word in words.rest()] == ['two', 'three.']
    assert words.rest() == []


def test_the_words_of_ssml_are_those_that_are_spoken() -> None:
    words = ClauseWords('<speak>Hello <sub alias="World Wide Web">WWW</sub>.</speak>', WHOLE)
    assert [word.text for word in words.chunk(chunk(1.0))] == ['Hello', 'World', 'Wide', 'Web.']


@given(st.text('ab,. ', max_size=40), st.booleans(),
       st.lists(st.tuples(st.floats(0.0, 2.0), st.lists(st.floats(0.0, 1.9), max_size=4),
                          st.booleans()), max_size=4))
def test_each_word_comes_once_and_in_order(
        clause: str, streaming: bool, parts: list[tuple[float, list[float], bool]]) -> None:
    words = ClauseWords(clause, STREAMED if streaming else WHOLE)
    found = [word.text for seconds, starts, last in parts
             for word in words.chunk(chunk(seconds, *sorted(starts), last=last))]
    found += [word.text for word in words.rest()]
    letters = any(char in 'ab' for char in clause)
    assert ' '.join(found) == (' '.join(clause.split()) if letters else '')
