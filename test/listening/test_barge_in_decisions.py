"""Who speaks over the face interrupts it; who coughs makes it pause."""

from __future__ import annotations

import pytest
from txt2vid_ros.listening.barge_in import BargeIn, BargeInSettings, Decision
from txt2vid_ros.listening.fillers import has_words

STEP = 0.032
HOLD, RESUME, DROP = Decision.HOLD, Decision.RESUME, Decision.DROP


class Listener:
    """Gives a BargeIn windows of time that a test steps through."""

    def __init__(self, hold: float = 0.1, after: float = 0.25) -> None:
        self.decided: list[Decision] = []
        self.times: list[float] = []
        self.time = 0.0
        self.tool = BargeIn(BargeInSettings(hold=hold, after=after), STEP, self._decide)

    def _decide(self, decision: Decision) -> None:
        self.decided.append(decision)
        self.times.append(self.time)

    def hear(self, seconds: float, probability: float, *, over_voice: bool = True) -> None:
        for _ in range(round(seconds / STEP)):
            self.time += STEP
            self.tool.window(probability, over_voice=over_voice)

    def take(self) -> list[Decision]:
        taken, self.decided = self.decided, []
        return taken


def test_the_voice_is_held_at_the_first_sign_and_dropped_at_the_first_word() -> None:
    listener = Listener()
    listener.hear(1.0, 0.1)
    listener.hear(0.8, 0.9)
    assert listener.decided == [HOLD]
    assert listener.times[0] == pytest.approx(1.0 + 0.1, abs=STEP)
    assert not listener.tool.text('uh', final=False)
    assert listener.tool.text('uh wait', final=False)
    assert listener.take() == [HOLD, DROP]
    # What the same person goes on to say interrupts nothing else, and is passed on.
    listener.hear(1.0, 0.9)
    assert listener.tool.text('uh wait a moment', final=True)
    listener.tool.over()
    assert not listener.decided
    counted = listener.tool.statistics
    assert (counted.interruptions, counted.false_starts) == (1, 0)


def test_after_a_cough_it_goes_on_at_once_whatever_a_recognizer_makes_of_it() -> None:
    listener = Listener()
    listener.hear(0.16, 0.8)
    listener.hear(0.5, 0.05)
    assert listener.take() == [HOLD, RESUME]
    assert listener.times[1] == pytest.approx(0.16 + 0.3, abs=2 * STEP)
    assert not listener.tool.text('Thank you.', final=True)
    listener.tool.over()
    assert not listener.decided
    assert listener.tool.statistics.false_starts == 1


def test_a_long_sound_without_words_is_waited_for_and_lets_it_go_on() -> None:
    listener = Listener()
    listener.hear(1.0, 0.8)
    listener.hear(0.6, 0.1)
    assert listener.take() == [HOLD]
    assert not listener.tool.text('Mm-hmm.', final=True)
    listener.tool.over()
    assert listener.take() == [RESUME]
    # The next is heard as if nothing had been.
    listener.hear(0.5, 0.9)
    assert listener.tool.text('Stop.', final=True)
    assert listener.take() == [HOLD, DROP]


@pytest.mark.parametrize(('guesses', 'text', 'interrupts'), [
    ((), 'Stop.', True), (('Stop.',), 'Stop.', True), (('Yeah.',), 'Yes.', True),
    (('Okay.',), 'Timer', False), (('Mm-hmm,', 'Okay'), 'Okay', False), (('Hm',), 'Hm', False)])
def test_a_short_sound_is_words_where_a_recognizer_keeps_to_what_it_said(
        guesses: tuple[str, ...], text: str, interrupts: bool) -> None:
    listener = Listener()
    listener.hear(0.4, 0.8)
    for guess in guesses:
        listener.hear(0.1, 0.1)
        assert not listener.tool.text(guess, final=False)
    assert listener.tool.text(text, final=True) == interrupts
    listener.tool.over()
    assert listener.take() == [HOLD, DROP if interrupts else RESUME]


def test_a_recognizer_that_says_nothing_does_not_silence_it_for_good() -> None:
    listener = Listener()
    listener.hear(1.0, 0.8)
    listener.hear(6.0, 0.1)
    assert listener.take() == [HOLD, RESUME]


def test_clicks_and_speech_while_the_face_is_silent_interrupt_nothing() -> None:
    listener = Listener()
    for _ in range(20):
        listener.hear(STEP, 0.9)
        listener.hear(0.1, 0.1)
    listener.hear(3.0, 0.9, over_voice=False)
    assert listener.tool.text('Hello there.', final=True)
    listener.tool.over()
    assert not listener.decided


def test_a_face_that_begins_while_somebody_speaks_is_held_too() -> None:
    listener = Listener()
    listener.hear(2.0, 0.9, over_voice=False)
    listener.hear(STEP, 0.9)
    assert listener.take() == [HOLD]
    assert listener.tool.text('and besides', final=False)
    assert listener.take() == [DROP]


def test_the_answer_to_a_long_question_is_not_held() -> None:
    listener = Listener()
    listener.hear(8.0, 0.9, over_voice=False)
    listener.hear(0.5, 0.1, over_voice=False)
    listener.hear(3.0, 0.1)
    assert not listener.decided


def test_settings_can_be_changed_while_it_listens() -> None:
    listener = Listener(hold=0.25)
    listener.hear(0.2, 0.9)
    assert not listener.decided
    listener.tool.settings = BargeInSettings(hold=0.1)
    listener.hear(STEP, 0.9)
    assert listener.take() == [HOLD]


@pytest.mark.parametrize('text', [
    '', 'Hm.', 'Hmm', 'mhm', 'Mm-hmm.', 'Uh, um…', 'Ahem!', 'Oh.', '[cough]',
    '(laughs) Haha.', '…'])
def test_noises_are_no_words(text: str) -> None:
    assert not has_words(text)


@pytest.mark.parametrize('text', [
    'No.', 'Um, stop', 'Hm, yes', 'OK', '42', 'はい', 'Oh no!', "I'm", 'her'])
def test_words_are(text: str) -> None:
    assert has_words(text)
