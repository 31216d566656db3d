"""Who may speak, when a goal counts as heard, and who says what was asked for."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
import dataclasses
import threading
import time

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.core.clock import SECOND
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.media.captions import CUT
from txt2vid_ros.media.goals import arbiter as timing
from txt2vid_ros.media.goals.arbiter import GoalArbiter
from txt2vid_ros.media.goals.goal import Outcome, SpeechGoal
from txt2vid_ros.media.goals.speakers import KnownSpeaker, speaker_for

WAIT = 20.0
DUE = 5 * SECOND


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 1000 * SECOND

    def now(self) -> int:
        return self.time


class Voice:
    """Takes texts, and ends them when it is told to."""

    def __init__(self, clock: HandClock) -> None:
        self.there = True
        self.said: list[str] = []
        self.interrupted: list[str] = []
        self.confirms = True
        self._clock = clock
        self.arbiter: GoalArbiter | None = None

    def ready(self) -> bool:
        return self.there

    def say(self, goal: SpeechGoal) -> str:
        self.said.append(goal.text)
        return f'{goal.speaker}#{goal.text}'

    def interrupt(self, utterance: str) -> None:
        self.interrupted.append(utterance)
        if self.confirms and self.arbiter is not None:
            self.arbiter.ended(utterance, self._clock.now())


@dataclasses.dataclass
class Asked:
    """A goal, and what its client learned."""

    goal: SpeechGoal
    heard: list[tuple[str, float]]
    outcomes: list[Outcome]
    done: threading.Event

    def ends(self, outcome: Outcome) -> None:
        assert self.done.wait(WAIT), f'{self.goal.text} has not ended as {outcome}'
        assert self.outcomes == [outcome]


class Desk:
    """An arbiter with a voice and a clock, and clients."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.voice = Voice(self.clock)
        self.arbiter = GoalArbiter(self.clock, self.voice)
        self.voice.arbiter = self.arbiter
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.arbiter.run, args=(self._stop,))
        self._thread.start()

    def ask(self, text: str, priority: int = 128, *, queued: bool = False,
            letters: int = 10) -> Asked:
        heard: list[tuple[str, float]] = []
        outcomes: list[Outcome] = []
        done = threading.Event()

        def finished(outcome: Outcome) -> None:
            outcomes.append(outcome)
            done.set()

        goal = SpeechGoal(text, 'robot', '', priority, letters, finished,
                          lambda *what: heard.append(what), queued)
        self.arbiter.start(goal)
        return Asked(goal, heard, outcomes, done)

    def spoken(self, text: str) -> None:
        """Wait until the voice has a text."""
        deadline = time.monotonic() + WAIT
        while text not in self.voice.said:
            assert time.monotonic() < deadline, f'{text} was not said'
            time.sleep(0.001)

    def close(self) -> None:
        self.arbiter.close()
        self._stop.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def opened() -> Iterator[Desk]:
    desk = Desk()
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as desk:
        yield desk


def utter(desk: Desk, text: str, *words: str, end: int = DUE) -> None:
    """Have the voice say a text: all its sound is there at once, its words as they are heard."""
    desk.spoken(text)
    start = desk.clock.now()
    desk.arbiter.sound(f'robot#{text}', start)
    desk.arbiter.sound(f'robot#{text}', start + end - SECOND)
    desk.arbiter.ended(f'robot#{text}', start + end)
    for number in range(len(words)):
        desk.arbiter.caption('robot', start, ' '.join(words[:number + 1]), final=False)
    desk.clock.time = start + end
    desk.arbiter.caption('robot', start, ' '.join(words), final=True)


def test_a_goal_ends_when_its_last_sample_has_been_heard(desk: Desk) -> None:
    asked = desk.ask('one two', letters=6)
    desk.spoken('one two')
    start = desk.clock.now()
    desk.arbiter.sound('robot#one two', start)
    desk.arbiter.ended('robot#one two', start + DUE)
    desk.arbiter.caption('robot', start, 'one', final=False)
    desk.arbiter.caption('robot', start, 'one two', final=False)
    desk.arbiter.caption('robot', start, 'one two', final=True)
    desk.clock.time = start + DUE - 1
    assert not asked.done.wait(5 * timing.POLL_INTERVAL)
    desk.clock.time = start + DUE
    asked.ends(Outcome.HEARD)
    assert asked.heard == [('one', 0.5), ('two', 1.0)]


@pytest.mark.parametrize(('first', 'second', 'replaces'), [
    (128, 128, True), (128, 200, True), (128, 127, False), (255, 0, False), (0, 0, True)])
def test_the_same_or_a_higher_priority_takes_the_place_and_a_lower_one_does_not(
        desk: Desk, first: int, second: int, replaces: bool) -> None:
    one = desk.ask('one', first)
    desk.spoken('one')
    assert desk.arbiter.allows(second) is replaces
    two = desk.ask('two', second)
    if replaces:
        one.ends(Outcome.REPLACED)
        assert desk.voice.interrupted == ['robot#one']
        utter(desk, 'two', 'two')
        two.ends(Outcome.HEARD)
    else:
        two.ends(Outcome.REPLACED)
        assert desk.voice.interrupted == []
        utter(desk, 'one', 'one')
        one.ends(Outcome.HEARD)
        assert 'two' not in desk.voice.said


def test_a_cancelled_goal_ends_once_it_is_silent(desk: Desk) -> None:
    desk.voice.confirms = False
    asked = desk.ask('one')
    desk.spoken('one')
    desk.arbiter.sound('robot#one', desk.clock.now())
    desk.arbiter.cancel(asked.goal)
    assert not asked.done.wait(5 * timing.POLL_INTERVAL)
    desk.arbiter.caption('robot', desk.clock.now(), 'one', final=False)
    desk.arbiter.ended('robot#one', desk.clock.now())
    asked.ends(Outcome.CANCELLED)
    assert asked.heard == []
    desk.arbiter.cancel(asked.goal)


def test_silence_that_nobody_confirms_is_not_awaited_for_ever(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, 'SILENCE_TIMEOUT', 0.05)
    desk.voice.confirms = False
    asked = desk.ask('one')
    desk.spoken('one')
    desk.arbiter.cancel(asked.goal)
    asked.ends(Outcome.CANCELLED)


def test_what_others_end_is_told_from_what_was_heard(desk: Desk) -> None:
    one, two = desk.ask('one'), desk.ask('wait', queued=True)
    desk.spoken('one')
    start = desk.clock.now()
    desk.arbiter.sound('robot#one', start)
    desk.arbiter.sound('robot#one', start + SECOND)
    desk.arbiter.ended('robot#one', start + SECOND // 2)
    desk.clock.time += SECOND
    one.ends(Outcome.INTERRUPTED)
    desk.spoken('wait')
    start = desk.clock.now()
    desk.arbiter.sound('robot#wait', start)
    desk.arbiter.ended('robot#wait', start + SECOND)
    desk.clock.time += SECOND
    desk.arbiter.caption('robot', start, 'wait', final=False)
    desk.arbiter.caption('robot', start, f'wait{CUT}', final=True)
    two.ends(Outcome.INTERRUPTED)


def test_a_text_that_ends_with_a_dash_is_not_one_that_was_cut(desk: Desk) -> None:
    asked = desk.ask('well')
    utter(desk, 'well', f'well{CUT}')
    asked.ends(Outcome.HEARD)


def test_only_so_many_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, 'MOST_GOALS', 2)
    for name in ('one', 'two'):
        desk.ask(name, queued=True)
    desk.ask('three', queued=True).ends(Outcome.FULL)
    assert desk.arbiter.busy


def test_an_end_without_a_sample_is_no_success(desk: Desk) -> None:
    asked = desk.ask('...')
    desk.spoken('...')
    desk.arbiter.ended('robot#...', desk.clock.now())
    asked.ends(Outcome.UNSPOKEN)


def test_queued_goals_wait_and_nobody_takes_their_place(desk: Desk) -> None:
    first = desk.ask('first', queued=True, priority=0)
    second = desk.ask('second', queued=True, priority=0)
    goal = desk.ask('goal', priority=255)
    utter(desk, 'first', 'first')
    first.ends(Outcome.HEARD)
    utter(desk, 'second', 'second')
    second.ends(Outcome.HEARD)
    utter(desk, 'goal', 'goal')
    goal.ends(Outcome.HEARD)
    assert desk.voice.interrupted == []


def test_a_goal_waits_for_a_voice_but_not_for_ever(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.voice.there = False
    asked = desk.ask('one')
    assert not asked.done.wait(5 * timing.POLL_INTERVAL)
    desk.voice.there = True
    utter(desk, 'one', 'one')
    asked.ends(Outcome.HEARD)
    monkeypatch.setattr(timing, 'VOICE_TIMEOUT', 0.05)
    desk.voice.there = False
    desk.ask('two').ends(Outcome.LOST)
    assert 'two' not in desk.voice.said


def test_a_voice_that_starts_again_or_goes_away_has_lost_what_it_was_given(
        desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = desk.ask('one')
    desk.spoken('one')
    desk.arbiter.lost()
    asked.ends(Outcome.LOST)
    monkeypatch.setattr(timing, 'ABSENCE_TIMEOUT', 0.05)
    asked = desk.ask('two')
    desk.spoken('two')
    desk.voice.there = False
    asked.ends(Outcome.LOST)


def test_close_silences_and_ends_all() -> None:
    desk = Desk()
    asked, queued = desk.ask('one'), desk.ask('two', queued=True)
    desk.spoken('two')
    desk.close()
    asked.ends(Outcome.CLOSED)
    queued.ends(Outcome.CLOSED)
    assert sorted(desk.voice.interrupted) == ['robot#one', 'robot#two']


STEPS = st.lists(st.one_of(
    st.tuples(st.just('ask'), st.integers(0, 3), st.booleans()),
    st.tuples(st.sampled_from(('cancel', 'hear', 'cut', 'nothing')), st.integers(0, 9),
              st.just(False))), max_size=25)


@given(STEPS)
def test_every_goal_ends_once_and_one_speaks_at_a_time(steps: list[tuple[str, int, bool]]) -> None:
    with opened() as desk:
        every: list[Asked] = []
        for number, (step, value, queued) in enumerate(steps):
            if step == 'ask':
                speaking = [each for each in every if not each.outcomes and not each.goal.queued
                            and f'robot#{each.goal.text}' not in desk.voice.interrupted]
                assert len(speaking) <= 1
                allowed = desk.arbiter.allows(value)
                every.append(desk.ask(f'text {number}', value, queued=queued))
                if queued or allowed:
                    desk.spoken(f'text {number}')
                else:
                    every[-1].ends(Outcome.REPLACED)
                    assert speaking[0].goal.priority > value
            elif every:
                asked = every[value % len(every)]
                name = f'robot#{asked.goal.text}'
                if step == 'cancel':
                    desk.arbiter.cancel(asked.goal)
                elif name not in desk.voice.interrupted and asked.goal.text in desk.voice.said:
                    if step != 'nothing':
                        desk.arbiter.sound(name, desk.clock.now())
                        desk.arbiter.caption('robot', desk.clock.now(), 'some', final=False)
                        desk.arbiter.caption('robot', desk.clock.now(),
                                             'some' + CUT * (step == 'cut'), final=True)
                    desk.arbiter.ended(name, desk.clock.now())
                    assert asked.done.wait(WAIT)
        closing = [each for each in every if not each.outcomes]
        assert len([each for each in closing if not each.goal.queued
                    and f'robot#{each.goal.text}' not in desk.voice.interrupted]) <= 1
    for asked in every:
        assert len(asked.outcomes) == 1
        assert all(0.0 <= share <= 1.0 for _, share in asked.heard)


ANNA = KnownSpeaker('anna', 'heart', ('en-GB', 'de'))
PEOPLE = (KnownSpeaker('default', '', ('en-US',)), ANNA, KnownSpeaker('bert', 'basso', ('it',)))


@pytest.mark.parametrize(('voice', 'locale', 'speaker'), [
    ('', '', 'default'), ('', 'en_US', 'default'), ('', 'en_GB', 'anna'), ('', 'en', 'default'),
    ('', 'de_AT', 'anna'), ('', 'it', 'bert'), ('anna', '', 'anna'), ('heart', '', 'anna'),
    ('basso', 'it_IT', 'bert'), ('anna', 'de', 'anna')])
def test_who_speaks_is_found_by_name_voice_and_language(
        voice: str, locale: str, speaker: str) -> None:
    assert speaker_for(PEOPLE, voice, locale) == speaker


@pytest.mark.parametrize(('voice', 'locale', 'said'), [
    ('', 'fr_FR', r"no voice speaks 'fr_FR'\. Spoken: en-US, en-GB, de, it; give"),
    ('bert', 'en', r"no voice speaks 'en'\. Spoken: it"),
    ('carla', '', r"no speaker is called 'carla'.*There are default, anna, bert")])
def test_what_nobody_can_say_is_told(voice: str, locale: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        speaker_for(PEOPLE, voice, locale)


def test_before_the_speakers_are_known_a_voice_is_taken_for_one() -> None:
    assert speaker_for((), '', 'fr') == 'default'
    assert speaker_for((), 'anna', '') == 'anna'


def begin_held(desk: Desk, text: str, *, told_first: bool) -> int:
    """Have a text spoken, and held within its first second; return its start."""
    desk.spoken(text)
    start = desk.clock.now()
    desk.arbiter.sound(f'robot#{text}', start)
    desk.arbiter.sound(f'robot#{text}', start + SECOND)
    desk.arbiter.caption('robot', start, 'one', final=False)
    desk.clock.time = start + SECOND // 2
    if told_first:
        desk.arbiter.holding(True)
    desk.arbiter.ended(f'robot#{text}', desk.clock.now())
    if not told_first:
        desk.arbiter.holding(True)
    return start


@pytest.mark.parametrize('told_first', [True, False])
def test_a_goal_that_is_held_stays_in_progress_until_it_was_heard(
        desk: Desk, told_first: bool) -> None:
    asked = desk.ask('one two')
    start = begin_held(desk, 'one two', told_first=told_first)
    desk.clock.time += 10 * SECOND
    # Longer than the caption of an utterance that has ended may take.
    assert not asked.done.wait(0.7)
    desk.arbiter.holding(False)
    again = desk.clock.now()
    desk.arbiter.sound('robot#one two~1', again)
    desk.arbiter.ended('robot#one two~1', again + DUE)
    desk.arbiter.caption('robot', start, 'one two', final=False)
    desk.clock.time = again + DUE
    desk.arbiter.caption('robot', start, 'one two', final=True)
    asked.ends(Outcome.HEARD)
    assert [word for word, _ in asked.heard] == ['one', 'two']


def test_a_goal_that_is_dropped_while_it_is_held_was_interrupted(desk: Desk) -> None:
    asked = desk.ask('one two')
    start = begin_held(desk, 'one two', told_first=True)
    desk.arbiter.ended('robot#one two~1', desk.clock.now())
    desk.arbiter.caption('robot', start, 'one —', final=True)
    desk.arbiter.holding(False)
    asked.ends(Outcome.INTERRUPTED)


def test_a_goal_can_be_cancelled_while_it_is_held(desk: Desk) -> None:
    asked = desk.ask('one two')
    begin_held(desk, 'one two', told_first=True)
    desk.arbiter.cancel(asked.goal)
    asked.ends(Outcome.CANCELLED)
    assert desk.voice.interrupted == ['robot#one two']
