"""The speech of a slow voice is made ahead, as far as it asks for, and no further than wanted."""

from __future__ import annotations

import collections
from collections.abc import Callable, Generator, Iterator
import threading

import numpy as np
import pytest
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.core.mouth import Phoneme
from txt2vid_ros.speaking.ahead.speech_ahead import SpeechAhead
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities
from txt2vid_ros.speaking.word_times import ClauseWords

RATE = 1000
WAIT = 30.0


class SlowVoice(TextToSpeech):
    """Makes a second of speech of each clause, and tells what it has made."""

    name = 'slow'

    def __init__(self, prepared: float) -> None:
        self._able = VoiceCapabilities(RATE, prepared=prepared)
        self.made: list[str] = []
        self.threads: set[str] = set()
        self._changed = threading.Condition()

    @property
    def capabilities(self) -> VoiceCapabilities:
        return self._able

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        with self._changed:
            self.threads.add(threading.current_thread().name)
            self.made.append(clause)
            self._changed.notify_all()
        if 'gone' in clause:
            raise ProviderError('gone', retriable=False)
        yield SpeechChunk(np.zeros(RATE, np.float32))

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.made) >= count, WAIT)


class Stage:
    """A queue, and what makes the speech of it ahead."""

    def __init__(self, prepared: float) -> None:
        self.voice = SlowVoice(prepared)
        self.queue: collections.deque[SpeechRequest] = collections.deque()
        self.changed = threading.Condition()
        self.taken: list[TextToSpeech] = []
        self.interrupted = False
        self.ahead = SpeechAhead(self._voice, self.taken.remove, lambda: self.queue, self.changed,
                                 RATE)
        self.ahead.start()

    def _voice(self, request: SpeechRequest) -> TextToSpeech:
        if request.speaker == 'nobody':
            raise UserError('nobody speaks', 'Name somebody.')
        self.taken.append(self.voice)
        return self.voice

    def say(self, *texts: str, speaker: str = '') -> None:
        with self.changed:
            self.queue += [SpeechRequest(text, text, speaker, 0) for text in texts]
            self.changed.notify_all()

    def clauses(self) -> Generator[str, None, None]:
        """Take what is next in the queue."""
        with self.changed:
            request = self.queue.popleft()
        speech = self.ahead.take(request, lambda: self.interrupted)
        try:
            for spoken in speech.chunks():
                yield spoken.clause
        finally:
            self.ahead.finish(speech)


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage(prepared=3.0)
    yield stage
    stage.ahead.close()
    assert stage.taken == []


COLOURS = ('Red.', 'Blue.', 'Green.', 'Pink.', 'Gold.', 'Brown.', 'Black.', 'White.', 'Grey.',
           'Violet.')


def test_while_one_clause_is_heard_the_next_are_made(stage: Stage) -> None:
    stage.say(' '.join(COLOURS))
    speech = stage.clauses()
    assert next(speech) == 'Red.'
    # Three seconds wait, and one chunk more that has no room yet.
    stage.voice.wait(5)
    assert next(speech) == 'Blue.'
    stage.voice.wait(6)
    assert len(stage.voice.made) <= 6
    assert [*speech] == [*COLOURS[2:]]
    assert len(stage.voice.made) == 10


def test_while_one_utterance_is_heard_those_that_wait_are_made(stage: Stage) -> None:
    """An answer that comes clause by clause: each is an utterance."""
    stage.say('One.', 'Two.')
    first = stage.clauses()
    assert next(first) == 'One.'
    stage.voice.wait(2)
    stage.say('Three.', 'Four.', 'Five.', 'Six.', 'Seven.')
    # Three seconds wait.
    stage.voice.wait(4)
    assert [*first] == []
    assert stage.voice.made == ['One.', 'Two.', 'Three.', 'Four.']
    for text in ('Two.', 'Three.', 'Four.', 'Five.', 'Six.', 'Seven.'):
        assert [*stage.clauses()] == [text]
    assert stage.voice.made == ['One.', 'Two.', 'Three.', 'Four.', 'Five.', 'Six.', 'Seven.']
    assert stage.voice.threads == {'speech-ahead'}


def test_a_voice_that_asks_for_nothing_is_asked_when_it_is_due() -> None:
    stage = Stage(prepared=0.0)
    stage.say('One. Two. Three.', 'Four.')
    speech = stage.clauses()
    assert next(speech) == 'One.'
    assert stage.voice.made == ['One.']
    assert len([*speech]) == 2
    assert stage.voice.made == ['One.', 'Two.', 'Three.']
    assert stage.voice.threads == {threading.current_thread().name}
    stage.ahead.close()
    assert stage.taken == []


def test_what_is_not_taken_any_more_is_not_made(stage: Stage) -> None:
    stage.say('Word. ' * 1000)
    speech = stage.clauses()
    next(speech)
    speech.close()
    assert len(stage.voice.made) <= 5


def test_what_was_made_ahead_and_is_interrupted_is_not_said(stage: Stage) -> None:
    stage.say('One.', 'Word. ' * 1000, 'Three.')
    first = stage.clauses()
    next(first)
    stage.voice.wait(4)
    with stage.changed:
        stage.queue.clear()
        stage.interrupted = True
        stage.ahead.drop()
    first.close()
    made = len(stage.voice.made)
    stage.interrupted = False
    stage.say('Four.')
    assert [*stage.clauses()] == ['Four.']
    assert stage.voice.made[made:] == ['Four.']


def test_a_text_that_comes_first_after_all_is_said_first(stage: Stage) -> None:
    stage.say('One.', 'Two.')
    first = stage.clauses()
    next(first)
    stage.voice.wait(2)
    with stage.changed:
        stage.queue.appendleft(SpeechRequest('Before.', 'Before.', '', 0))
    assert [*first] == []
    assert [*stage.clauses()] == ['Before.']
    assert [*stage.clauses()] == ['Two.']


def test_another_voice_that_has_come_meanwhile_says_what_waits(stage: Stage) -> None:
    stage.say('One.', 'Two.')
    first = stage.clauses()
    next(first)
    stage.voice.wait(2)
    stage.voice = SlowVoice(3.0)
    assert [*first] == []
    assert [*stage.clauses()] == ['Two.']
    assert stage.voice.made == ['Two.']


def test_a_fault_is_raised_in_its_place(stage: Stage) -> None:
    stage.say('One. Two. It is gone.', 'Four.')
    speech = stage.clauses()
    assert [next(speech), next(speech)] == ['One.', 'Two.']
    with pytest.raises(ProviderError, match='gone'):
        next(speech)
    assert [*stage.clauses()] == ['Four.']


def test_who_has_no_voice_costs_no_other_utterance(stage: Stage) -> None:
    stage.say('One.')
    stage.say('Two.', speaker='nobody')
    stage.say('Three.')
    assert [*stage.clauses()] == ['One.']
    with pytest.raises(UserError, match='nobody speaks'):
        next(stage.clauses())
    assert [*stage.clauses()] == ['Three.']


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
