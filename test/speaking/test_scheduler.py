"""Utterances are spoken in order and on time, and silenced at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import dataclasses
import itertools
import threading

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from numpy.typing import NDArray
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.mouth import MouthTrack, Phoneme, SHAPES
from txt2vid_ros.speaking.scheduler import SpeechScheduler
from txt2vid_ros.speaking.speech_sink import SpeechRequest
from txt2vid_ros.speaking.synthesis import CLAUSE_PAUSE, SENTENCE_PAUSE
from txt2vid_ros.speaking.voice import SpeechChunk, TextToSpeech, VoiceCapabilities

RATE = 24000
LETTER = RATE // 20  # samples of one character
TODAY = 1_763_800_000 * SECOND
LEAD = 0.1
WAIT = 30.0


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = TODAY

    def now(self) -> int:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += round(seconds * SECOND)


class LetterVoice(TextToSpeech):
    """Says each character in 50 ms; raises on 'boom' and on 'sorry', waits at 'wait'."""

    name = 'letters'

    def __init__(self, rate: int = RATE) -> None:
        self._rate = rate
        self.reached, self.go = threading.Event(), threading.Event()

    @property
    def capabilities(self) -> VoiceCapabilities:
        return VoiceCapabilities(self._rate, timings=True)

    def load(self) -> None:
        """Do nothing."""

    def synthesize(self, clause: str, cancelled: Callable[[], bool]) -> Iterator[SpeechChunk]:
        if 'boom' in clause:
            raise RuntimeError('the voice is broken')
        if 'sorry' in clause:
            raise UserError('the voice is hoarse', 'Give it tea.')
        if 'wait' in clause:
            self.reached.set()
            assert self.go.wait(WAIT)
        seconds = len(clause) * 0.05
        yield SpeechChunk(np.full(round(seconds * self._rate), 0.1, np.float32),
                          (Phoneme('a', 0.0, seconds),))


@dataclasses.dataclass
class Event:
    """What came out, and when."""

    kind: str
    id: str  # noqa: A003
    time: int
    clock: int
    samples: int = 0

    @property
    def end(self) -> int:
        return self.time + self.samples * SECOND // RATE


class Recorder:
    """Takes what a scheduler puts out; tests await it."""

    def __init__(self, clock: HandClock) -> None:
        self._clock = clock
        self.events: list[Event] = []
        self._changed = threading.Condition()

    def _add(self, kind: str, name: str, time: int, samples: int = 0) -> None:
        with self._changed:
            self.events.append(Event(kind, name, time, self._clock.now(), samples))
            self._changed.notify_all()

    def audio(self, utterance: str, start: int, samples: NDArray[np.float32], rate: int) -> None:
        assert rate == RATE
        self._add('audio', utterance, start, len(samples))

    def mouth(self, utterance: str, track: MouthTrack) -> None:
        self._add('mouth', utterance, round(track.times[0] * SECOND))

    def words(self, utterance: str, words: list[tuple[int, str]], locale: str) -> None:
        for time, word in words:
            self._add(f'word {word}', utterance, time)

    def expression(self, utterance: str, start: int, name: str) -> None:
        self._add(f'expression {name}', utterance, start)

    def left_out(self, utterance: str, described: str) -> None:
        self._add(f'left out {described}', utterance, 0)

    def ended(self, utterance: str, end: int, *, interrupted: bool = False, unsaid: str = ''
              ) -> None:
        self._add('ended', utterance, end)

    def wait(self, condition: Callable[[list[Event]], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: condition(self.events), WAIT)

    def wait_ended(self, name: str) -> Event:
        self.wait(lambda events: any(e.kind == 'ended' and e.id == name for e in events))
        return next(e for e in self.events if e.kind == 'ended' and e.id == name)

    def of(self, name: str, kind: str = 'audio') -> list[Event]:
        return [event for event in self.events if event.id == name and event.kind == kind]


def articulate(phonemes: tuple[Phoneme, ...], samples: NDArray[np.float32], rate: int
               ) -> MouthTrack:
    return MouthTrack(np.array([0.0, phonemes[-1].end]), np.zeros((2, len(SHAPES)), np.float32))


class Stage:
    """A scheduler with all that it needs."""

    def __init__(self, ahead: float = 100_000.0, queue: int = 64, rate: int = RATE) -> None:
        self.clock = HandClock()
        self.out = Recorder(self.clock)
        self.voice = LetterVoice(rate)
        self.scheduler = SpeechScheduler(
            lambda speaker: self.voice, articulate, self.out, self.clock, lambda: LEAD, rate=RATE,
            ahead=ahead, spacing=0, queue=queue)

    def say(self, name: str, text: str) -> bool:
        return self.scheduler.say(SpeechRequest(name, text, 'someone', self.clock.now()))


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.scheduler.start()
    yield stage
    stage.voice.go.set()
    stage.scheduler.close()


def check(events: list[Event]) -> None:
    """Check what must hold for everything that a scheduler puts out."""
    ended: set[str] = set()
    for event in events:
        assert event.id not in ended, f'{event.kind} of {event.id} after its end'
        if event.kind == 'ended':
            ended.add(event.id)
    last = 0
    for event in events:
        if event.kind == 'audio':
            assert event.samples > 0
            assert event.time >= last
            last = event.end
        elif event.kind == 'ended':
            last = min(last, event.time)


def test_the_first_sample_is_heard_the_lead_from_now_and_the_rest_is_counted(
        stage: Stage) -> None:
    stage.say('a', 'x' * 37)
    end = stage.out.wait_ended('a')
    chunks = stage.out.of('a')
    assert chunks[0].time == TODAY + round(LEAD * SECOND)
    done = 0
    for chunk in chunks:
        assert chunk.time == chunks[0].time + done * SECOND // RATE
        assert chunk.samples <= 0.04 * RATE
        done += chunk.samples
    assert done == 37 * LETTER
    assert end.time == chunks[0].time + done * SECOND // RATE
    mouth, = stage.out.of('a', 'mouth')
    assert abs(mouth.time - chunks[0].time) < 1000
    assert stage.out.events.index(mouth) < stage.out.events.index(chunks[0])
    check(stage.out.events)


def test_the_next_begins_where_the_one_before_ends_and_later_when_it_comes_later(
        stage: Stage) -> None:
    stage.say('a', 'x' * 20)
    stage.say('b', 'y' * 10)
    end = stage.out.wait_ended('b')
    # With the pause that there is between clauses of one text.
    assert stage.out.of('b')[0].time == (
        stage.out.wait_ended('a').time + round(CLAUSE_PAUSE * SECOND))
    stage.clock.advance(60)
    stage.say('c', 'z' * 10)
    stage.out.wait_ended('c')
    assert stage.out.of('c')[0].time == TODAY + round((60 + LEAD) * SECOND)
    assert stage.out.of('c')[0].time > end.time
    check(stage.out.events)


def test_there_are_pauses_between_clauses_and_longer_ones_between_sentences(stage: Stage) -> None:
    stage.say('a', 'First. ' + 'x' * 50 + ', ' + 'y' * 50)
    stage.say('b', 'x' * 50 + ', ' + 'y' * 50)
    stage.out.wait_ended('b')

    def gaps(name: str) -> list[float]:
        chunks = stage.out.of(name)
        return [round((after.time - before.end) / SECOND, 3)
                for before, after in itertools.pairwise(chunks) if after.time - before.end > 1000]

    assert gaps('a') == [SENTENCE_PAUSE]
    assert gaps('b') == [CLAUSE_PAUSE]
    check(stage.out.events)


def test_a_voice_of_another_rate_is_resampled() -> None:
    stage = Stage(rate=16000)
    stage.scheduler.start()
    stage.say('a', 'x' * 20)
    stage.out.wait_ended('a')
    stage.scheduler.close()
    assert sum(chunk.samples for chunk in stage.out.of('a')) == pytest.approx(20 * LETTER, abs=2)


def test_nothing_is_handed_out_earlier_than_asked_for() -> None:
    stage = Stage(ahead=0.3)
    stage.scheduler.start()
    stage.say('a', 'x' * 40)
    while not stage.out.of('a', 'ended'):
        known = len(stage.out.events)
        stage.clock.advance(0.02)
        if stage.out.of('a') and stage.out.of('a')[-1].end - stage.clock.now() < 0.2 * SECOND:
            stage.out.wait(lambda events, known=known: len(events) > known)
    stage.scheduler.close()
    assert all(event.time - event.clock <= 0.3 * SECOND for event in stage.out.of('a'))
    assert sum(event.samples for event in stage.out.of('a')) == 40 * LETTER
    check(stage.out.events)


def test_an_interruption_silences_what_is_heard_and_drops_what_waits() -> None:
    stage = Stage(ahead=0.3)
    stage.scheduler.start()
    stage.say('a', 'x' * 100)
    stage.say('b', 'y' * 100)
    stage.out.wait(lambda events: len(events) >= 6)
    stage.clock.advance(0.2)
    assert stage.scheduler.busy
    assert stage.scheduler.interrupt() == 2
    ends = {name: stage.out.of(name, 'ended')[0].time for name in 'ab'}
    assert ends == {'a': stage.clock.now(), 'b': stage.clock.now()}
    assert not stage.scheduler.busy
    stage.say('c', 'z' * 3)
    stage.out.wait_ended('c')
    assert stage.out.of('c')[0].time == stage.clock.now() + round(LEAD * SECOND)
    assert not stage.out.of('b')
    assert stage.scheduler.interrupt() == 1  # c is still to be heard
    stage.clock.advance(10)
    assert stage.scheduler.interrupt() == 0
    stage.scheduler.close()
    assert stage.scheduler.statistics.interrupted == 3
    ended = [event.id for event in stage.out.events if event.kind == 'ended']
    assert ended == ['a', 'b', 'c', 'c']


def test_one_utterance_ends_and_the_others_go_on() -> None:
    stage = Stage(ahead=0.3)
    stage.scheduler.start()
    for name in 'abcd':
        stage.say(name, name * 100)
    stage.out.wait(lambda events: len(events) >= 6)
    stage.clock.advance(0.2)
    assert stage.scheduler.interrupt_one('c')
    assert stage.scheduler.interrupt_one('a')
    ends = {name: stage.out.of(name, 'ended')[0].time for name in 'ac'}
    assert ends == {'a': stage.clock.now(), 'c': stage.clock.now()}
    # The next one is not late for what is not said any more.
    stage.out.wait(lambda events: any((e.kind, e.id) == ('audio', 'b') for e in events))
    assert stage.out.of('b')[0].time == stage.clock.now() + round(LEAD * SECOND)
    while not stage.out.of('d', 'ended'):
        stage.clock.advance(0.05)
        stage.out.wait(lambda events: True)
    stage.scheduler.close()
    assert sum(event.samples for event in stage.out.of('b')) == 100 * LETTER
    assert stage.out.of('d')[0].time >= stage.out.wait_ended('b').time
    assert not stage.out.of('c')
    assert stage.scheduler.statistics.interrupted == 2
    check(stage.out.events)


def test_what_is_handed_out_already_ends_without_moving_what_follows(stage: Stage) -> None:
    stage.say('a', 'x' * 20)
    stage.out.wait_ended('a')
    stage.say('wait', 'wait')
    assert stage.voice.reached.wait(WAIT)
    stage.clock.advance(0.3)
    assert stage.scheduler.interrupt_one('a')
    assert stage.out.of('a', 'ended')[-1].time == stage.clock.now()
    stage.voice.go.set()
    stage.out.wait_ended('wait')
    assert stage.out.of('wait')[0].time == stage.clock.now() + round(LEAD * SECOND)
    later = stage.out.wait_ended('wait').time
    stage.say('b', 'x' * 20)
    stage.out.wait_ended('b')
    assert stage.scheduler.interrupt_one('wait')
    assert stage.out.of('b')[0].time == later + round(CLAUSE_PAUSE * SECOND)


def test_what_is_unwanted_before_it_comes_is_not_said(stage: Stage) -> None:
    assert not stage.scheduler.interrupt_one('a')
    assert stage.say('a', 'x' * 20)
    assert stage.out.wait_ended('a').time == stage.clock.now()
    stage.say('b', 'x')
    stage.out.wait_ended('b')
    assert not stage.out.of('a')
    # Once: ids come again after a long time.
    stage.say('a', 'x')
    stage.out.wait(lambda events: bool([e for e in events if (e.kind, e.id) == ('audio', 'a')]))


def test_what_the_voice_still_makes_after_an_interruption_is_not_heard(stage: Stage) -> None:
    stage.say('a', 'wait for it')
    assert stage.voice.reached.wait(WAIT)
    assert stage.scheduler.interrupt() == 1
    stage.voice.go.set()
    stage.say('b', 'more')
    stage.out.wait_ended('b')
    assert not stage.out.of('a')
    assert len(stage.out.of('a', 'ended')) == 1
    check(stage.out.events)


def test_many_texts_without_words_do_not_hide_what_is_being_heard(stage: Stage) -> None:
    stage.say('a', 'x' * 10)
    stage.out.wait_ended('a')
    for turn in range(200):
        while not stage.say(f'empty {turn}', '…'):
            stage.out.wait_ended(f'empty {turn - 1}')
    stage.out.wait_ended('empty 199')
    known = len(stage.out.events)
    stage.scheduler.interrupt()
    assert [(event.kind, event.id) for event in stage.out.events[known:]] == [('ended', 'a')]


@pytest.mark.parametrize('text', [
    '', '   ', '😀🎉👍🏽', '\x00\x07\x1b', '\ud800\udfff', '?!…', '\u200b'])
def test_what_cannot_be_spoken_ends_at_once_and_is_counted(
        stage: Stage, text: str, caplog: pytest.LogCaptureFixture) -> None:
    stage.say('a', text)
    stage.say('b', 'words')
    stage.out.wait_ended('b')
    assert not stage.out.of('a')
    assert len(stage.out.of('a', 'ended')) == 1
    assert stage.scheduler.statistics.unspeakable == 1
    assert 'send words or numbers' in caplog.text
    check(stage.out.events)


def test_surrogates_and_control_characters_within_words_do_no_harm(stage: Stage) -> None:
    stage.say('a', 'he\x00l\ud800lo\x1b')
    stage.out.wait_ended('a')
    assert sum(chunk.samples for chunk in stage.out.of('a')) == 5 * LETTER


def test_100_kilobytes_are_spoken_to_the_end(stage: Stage) -> None:
    stage.say('long', 'word ' * 20_000)
    stage.out.wait_ended('long')
    assert sum(chunk.samples for chunk in stage.out.of('long')) > 99_000 * LETTER
    check(stage.out.events)


def test_a_voice_that_fails_costs_one_utterance(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.say('a', 'sorry')
    stage.out.wait_ended('a')
    assert stage.scheduler.statistics.last_failed
    stage.say('b', 'fine')
    stage.out.wait_ended('b')
    assert stage.scheduler.statistics.failed == 1
    # So that diagnostics return to OK.
    assert not stage.scheduler.statistics.last_failed
    assert not stage.out.of('a')
    assert len(stage.out.of('a', 'ended')) == 1
    assert 'Give it tea.' in caplog.text
    check(stage.out.events)


def test_a_bug_of_a_voice_costs_a_word_which_is_spelled(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.say('a', 'Good words. These go boom here. More words.')
    stage.out.wait_ended('a')
    said = 'Good words.' + 'These go' + 'b o o m' + 'here.' + 'More words.'
    assert sum(chunk.samples for chunk in stage.out.of('a')) == len(said) * LETTER
    assert stage.scheduler.statistics.failed == 0
    assert 'it is spelled' in caplog.text
    assert 'boom' not in caplog.text  # a log is no place for what is said
    check(stage.out.events)


def test_what_the_voice_cannot_say_is_counted_and_named_by_its_writing(
        stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    stage.say('a', 'Hello 世界 there')
    stage.say('b', 'Привет')
    stage.out.wait_ended('b')
    assert sum(chunk.samples for chunk in stage.out.of('a')) == len('Hello there') * LETTER
    assert not stage.out.of('b')
    statistics = stage.scheduler.statistics
    assert (statistics.unsaid_words, statistics.unspeakable) == (2, 1)
    assert '1 word in Chinese' in caplog.text and '1 word in Cyrillic' in caplog.text


def test_a_voice_that_fails_in_the_middle_is_followed_by_the_next_utterance(stage: Stage) -> None:
    stage.say('a', 'Begin. boom')
    stage.say('b', 'fine')
    stage.out.wait_ended('b')
    assert stage.out.of('b')[0].time == (
        stage.out.wait_ended('a').time + round(CLAUSE_PAUSE * SECOND))
    check(stage.out.events)


def test_a_full_queue_refuses() -> None:
    stage = Stage(queue=2)
    assert stage.say('a', 'x')
    assert stage.say('b', 'x')
    assert not stage.say('c', 'x')
    assert stage.scheduler.statistics.refused == 1
    stage.scheduler.start()
    stage.out.wait_ended('b')
    assert stage.say('d', 'x')
    stage.out.wait_ended('d')
    stage.scheduler.close()
    assert not stage.out.of('c')


def test_closed_while_it_speaks_it_says_no_more() -> None:
    stage = Stage(ahead=0.2)
    stage.scheduler.start()
    stage.say('a', 'x' * 1000)
    stage.out.wait(lambda events: len(events) > 3)
    stage.scheduler.close()
    known = len(stage.out.events)
    stage.clock.advance(100)
    assert not stage.say('b', 'x')
    stage.scheduler.close()
    assert len(stage.out.events) == known


def test_closed_before_it_was_started() -> None:
    stage = Stage()
    stage.scheduler.close()
    assert not stage.say('a', 'x')


@pytest.mark.parametrize('moment', ['between', 'within'])
def test_after_the_clock_went_back_speech_goes_on_from_there(moment: str) -> None:
    stage = Stage(ahead=0.3)
    stage.scheduler.start()
    name = 'b' if moment == 'between' else 'a'
    stage.say('a', 'x' * 3 if moment == 'between' else 'x' * 100)
    if moment == 'between':
        stage.out.wait_ended('a')
    else:
        stage.out.wait(lambda events: len(events) >= 4)
    stage.clock.advance(-3600)
    stage.say('b', 'y')
    stage.out.wait(lambda events: any(
        e.kind == 'audio' and e.id == name and e.time < TODAY - 3000 * SECOND for e in events))
    later = [e for e in stage.out.events if e.kind == 'audio' and e.time < TODAY - 3000 * SECOND]
    assert all(e.time - e.clock <= 0.31 * SECOND for e in later)
    stage.scheduler.close()


@settings(max_examples=25)
@given(st.lists(st.one_of(
    st.tuples(st.just('say'), st.integers(1, 60)), st.tuples(st.just('interrupt'), st.just(0)),
    st.tuples(st.just('interrupt one'), st.integers(0, 20)),
    st.tuples(st.just('advance'), st.integers(1, 500)),
    st.tuples(st.just('events'), st.integers(1, 10))), max_size=25))
def test_whatever_is_said_and_interrupted_nothing_comes_after_its_end(
        steps: list[tuple[str, int]]) -> None:
    stage = Stage(ahead=0.5, queue=8)
    stage.scheduler.start()
    said = []
    for number, (step, size) in enumerate(steps):
        if step == 'say':
            if stage.say(f'u{number}', 'x' * size):
                said.append(f'u{number}')
        elif step == 'interrupt':
            stage.scheduler.interrupt()
        elif step == 'interrupt one':
            if said:
                stage.scheduler.interrupt_one(said[size % len(said)])
        elif step == 'advance':
            stage.clock.advance(size / 1000)
        elif stage.scheduler.busy:
            known = len(stage.out.events)
            stage.clock.advance(0.04 * size)
            if not stage.out.of(said[-1], 'ended'):
                stage.out.wait(lambda events, known=known: len(events) > known)
    stage.scheduler.interrupt()
    known = len(stage.out.events)
    stage.say('last', 'x')
    stage.out.wait_ended('last')
    stage.scheduler.close()
    assert all(event.id == 'last' for event in stage.out.events[known:])
    for name in said:
        assert stage.out.of(name, 'ended')
    seen: set[str] = set()
    for event in stage.out.events:
        assert event.kind == 'ended' or event.id not in seen
        if event.kind == 'ended':
            seen.add(event.id)
