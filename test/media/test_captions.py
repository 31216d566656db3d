"""Captions say what is heard when it is heard, and where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
import threading

import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.media.captions import Caption, Captions

WAIT = 30.0


class Reader:
    """Follows captions on a clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 100 * SECOND
        self.read: list[str | bool] = []
        self.captions: list[Caption] = []
        self.tool = Captions(self, self._on_caption, self._on_speaking)
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.tool.run, args=(self._stop,))
        self._thread.start()
        self.expect(False)

    def now(self) -> int:
        return self.time

    def at(self, seconds: float, *wanted: str | bool) -> None:
        """Move the clock to `seconds` after the start; assert that just `wanted` comes out."""
        self.time = round((100 + seconds) * SECOND)
        self.expect(*wanted)

    def expect(self, *wanted: str | bool) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.read) >= len(wanted), WAIT), self.read
            assert self.read == list(wanted)
            self.read.clear()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()

    def _on_caption(self, caption: Caption) -> None:
        with self._changed:
            self.captions.append(caption)
            self.read.append(caption.text + ('|' if caption.final else ''))
            self._changed.notify_all()

    def _on_speaking(self, speaking: bool) -> None:
        with self._changed:
            self.read.append(speaking)
            self._changed.notify_all()


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


def ns(seconds: float) -> int:
    return round((100 + seconds) * SECOND)


def test_words_come_when_they_are_heard(reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(1))
    reader.tool.words('ann#1', [(ns(1.1), 'Good'), (ns(1.5), 'day.')], 'en')
    reader.tool.ended('ann#1', ns(2))
    reader.at(1.0, True)
    reader.at(1.1, 'Good')
    reader.at(1.6, 'Good day.')
    reader.at(2.0, False, 'Good day.|')
    assert {each.start for each in reader.captions} == {ns(1)}
    assert {each.locale for each in reader.captions} == {'en'}


def test_an_interrupted_caption_says_where_it_stopped(reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(0))
    reader.tool.words('ann#1', [(ns(0), 'One'), (ns(1), 'two'), (ns(2), 'three.')], 'en')
    reader.expect(True, 'One')
    reader.at(1, 'One two')
    reader.tool.ended('ann#1', ns(1), interrupted=True)
    reader.expect(False, 'One two —|')


def test_what_cannot_be_said_is_named_even_where_nothing_else_is(reader: Reader) -> None:
    reader.tool.left_out('ann#1', '2 words in Chinese')
    reader.tool.ended('ann#1', ns(0))
    reader.expect('[2 words in Chinese not said]|')
    reader.tool.audio('ann#2', ns(0))
    reader.tool.words('ann#2', [(ns(0), 'Hello.')], 'en')
    reader.expect(True, 'Hello.')
    reader.tool.left_out('ann#2', '1 word in Arabic')
    reader.tool.ended('ann#2', ns(0))
    reader.expect(False, 'Hello. [1 word in Arabic not said]|')


def test_two_utterances_one_behind_the_other_are_one_speech(reader: Reader) -> None:
    for name, start in (('ann#1', 0), ('ben#2', 1)):
        reader.tool.audio(name, ns(start))
        reader.tool.words(name, [(ns(start), name)], 'en')
        if start == 0:
            reader.expect(True, name)
        reader.tool.ended(name, ns(start + 1))
    reader.at(1, 'ann#1|', 'ben#2')
    reader.at(2, False, 'ben#2|')


def test_what_was_never_heard_has_no_caption(reader: Reader) -> None:
    reader.tool.ended('ann#1', ns(0), interrupted=True)
    reader.tool.audio('ann#2', ns(0))
    reader.expect(True)


def test_silence_is_told_at_the_end(reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(0))
    reader.expect(True)
    reader.close()
    reader.expect(False)


def test_held_it_pauses_and_goes_on_as_one_caption(reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(0))
    reader.tool.words('ann#1', [(ns(0), 'One,'), (ns(1), 'two'), (ns(2), 'three.')], 'en')
    reader.expect(True, 'One,')
    reader.at(1.5, 'One, two')
    reader.tool.held('ann#1', ns(1.5), 'ann#1~1', 1)
    reader.expect(False)
    reader.tool.audio('ann#1~1', ns(4))
    reader.tool.words('ann#1~1', [(ns(4), 'two'), (ns(5), 'three.')], 'en')
    reader.tool.ended('ann#1~1', ns(6))
    reader.at(4.5, True)
    reader.at(5, 'One, two three.')
    reader.at(6, False, 'One, two three.|')
    assert {each.start for each in reader.captions} == {ns(0)}


def test_a_word_that_was_told_when_it_was_just_cut_off_is_not_told_as_unsaid(
        reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(0))
    reader.tool.words('ann#1', [(ns(0), 'One'), (ns(1), 'two'), (ns(2), 'three.')], 'en')
    reader.expect(True, 'One')
    # Told, while who cuts it off has looked at the clock already.
    reader.at(1.01, 'One two')
    reader.tool.held('ann#1', ns(0.99), 'ann#1~1', 1)
    reader.expect(False)
    reader.tool.ended('ann#1~1', ns(1.01), interrupted=True, unsaid='two three.')
    reader.expect('One two —|')
    assert reader.captions[-1].unsaid == 'three.'


def test_what_is_silenced_within_its_first_word_says_so_too(reader: Reader) -> None:
    reader.tool.audio('ann#1', ns(0))
    reader.tool.words('ann#1', [(ns(0.5), 'One'), (ns(1), 'two.')], 'en')
    reader.at(0.2, True)
    reader.tool.ended('ann#1', ns(0.2), interrupted=True, unsaid='One two.')
    reader.expect(False, '—|')
    assert reader.captions[-1].unsaid == 'One two.'
