"""The speech of a slow voice is made ahead, as far as it asks for, and no further than wanted."""

from __future__ import annotations

from collections.abc import Iterator
import threading

import numpy as np
import pytest
from txt2vid_ros.core.errors import ProviderError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.speaking.speech_ahead import SpeechAhead
from txt2vid_ros.speaking.synthesis import SpokenChunk
from txt2vid_ros.speaking.voice import SpeechChunk, VoiceCapabilities
from txt2vid_ros.speaking.word_times import ClauseWords

RATE = 1000
WAIT = 30.0


class Maker:
    """Makes chunks of a second, and tells how many there are."""

    def __init__(self, chunks: int) -> None:
        self._chunks = chunks
        self.made = 0
        self._changed = threading.Condition()

    def chunks(self) -> Iterator[SpokenChunk]:
        for number in range(self._chunks):
            with self._changed:
                self.made = number + 1
                self._changed.notify_all()
            yield SpokenChunk(0.0, SpeechChunk(np.zeros(RATE, np.float32)), str(number))

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.made >= count, WAIT)


def test_while_one_chunk_is_heard_the_next_are_made() -> None:
    maker = Maker(10)
    ahead = SpeechAhead(VoiceCapabilities(RATE, prepared=3.0), lambda: False)
    speech = ahead.of(maker.chunks())
    assert next(speech).clause == '0'
    # Three seconds wait, and one chunk more that has no room yet.
    maker.wait(5)
    assert next(speech).clause == '1'
    maker.wait(6)
    assert maker.made <= 6
    assert [chunk.clause for chunk in speech] == [*map(str, range(2, 10))]
    assert maker.made == 10


def test_a_voice_that_asks_for_nothing_is_asked_when_it_is_due() -> None:
    maker = Maker(3)
    speech = SpeechAhead(VoiceCapabilities(RATE, prepared=0.0), lambda: False).of(maker.chunks())
    assert next(speech).clause == '0'
    assert maker.made == 1
    assert len([*speech]) == 2


def test_what_is_not_taken_any_more_is_not_made() -> None:
    maker = Maker(1000)
    ahead = SpeechAhead(VoiceCapabilities(RATE, prepared=2.0), lambda: False)
    before = threading.active_count()
    for _ in ahead.of(maker.chunks()):
        break
    assert ahead.unwanted()
    assert threading.active_count() == before
    assert maker.made <= 4
    assert SpeechAhead(VoiceCapabilities(RATE, prepared=2.0), lambda: True).unwanted()


def test_a_fault_is_raised_in_its_place() -> None:
    def chunks() -> Iterator[SpokenChunk]:
        yield from Maker(2).chunks()
        raise ProviderError('gone', retriable=False)

    speech = SpeechAhead(VoiceCapabilities(RATE, prepared=5.0), lambda: False).of(chunks())
    assert [next(speech).clause, next(speech).clause] == ['0', '1']
    with pytest.raises(ProviderError, match='gone'):
        next(speech)


def test_words_of_a_piece_are_those_whose_beginnings_are_marked() -> None:
    words = ClauseWords('One two, three four.',
                        VoiceCapabilities(RATE, timings=True, streaming=True))

    def piece(*starts: float, last: bool = False) -> SpeechChunk:
        return SpeechChunk(np.zeros(RATE, np.float32),
                           tuple(Phoneme('a', start, 0.1, 0, True) for start in starts), last)

    assert [(word.text, word.start) for word in words.chunk(piece(0.1, 0.5))] == [
        ('One', 0.1), ('two,', 0.5)]
    assert [(word.text, word.start) for word in words.chunk(piece(0.2, 0.6, last=True))] == [
        ('three', 0.2), ('four.', 0.6)]
