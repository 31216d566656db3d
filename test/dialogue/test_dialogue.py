"""A conversation by turns: what is written is said, what is heard is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import itertools
import queue
from typing import Any

import pytest
from txt2vid_ros.core.errors import ProviderError, UserError
from txt2vid_ros.dialogue.dialogue import Dialogue, DialogueSettings
from txt2vid_ros.dialogue.history import ASSISTANT, History, MAX_CHARACTERS, USER

WAIT = 30.0


class Stage:
    """The dialogue, with who writes and who speaks in the hands of the test."""

    def __init__(self, **settings: Any) -> None:
        self.requests: queue.Queue[list[Mapping[str, str]]] = queue.Queue()
        self.written: queue.Queue[str | Exception | None] = queue.Queue()
        self.said: queue.Queue[str] = queue.Queue()
        self.locales: list[str] = []
        self.problems: queue.Queue[str] = queue.Queue()
        self.ended: queue.Queue[str] = queue.Queue()
        """'cancelled' or 'complete' for each answer that is written no more."""
        self.silenced = 0
        self.dialogue = Dialogue(self.ask, self, DialogueSettings(**settings))
        self.dialogue.start()

    def ask(self, messages: Sequence[Mapping[str, str]], cancelled: Callable[[], bool]
            ) -> Iterator[str]:
        self.requests.put([*messages])
        while not cancelled():
            try:
                part = self.written.get(timeout=0.01)
            except queue.Empty:
                continue
            if isinstance(part, Exception):
                raise part
            if part is None:
                self.ended.put('complete')
                return
            yield part
        self.ended.put('cancelled')

    def say(self, text: str, locale: str) -> None:
        self.locales.append(locale)
        self.said.put(text)

    def silence(self) -> None:
        self.silenced += 1

    def problem(self, line: str) -> None:
        self.problems.put(line)

    def write(self, *parts: str | Exception | None) -> None:
        for part in parts:
            self.written.put(part)

    def asked(self) -> list[tuple[str, str]]:
        """Wait for the next request; return its turns."""
        return [(each['role'], each['content']) for each in self.requests.get(timeout=WAIT)]

    def hears(self, count: int = 1) -> list[str]:
        return [self.said.get(timeout=WAIT) for _ in range(count)]

    def turn(self, question: str, *parts: str) -> list[tuple[str, str]]:
        """Have a question answered; return the turns that came before the answer."""
        self.dialogue.hear(question)
        asked = self.asked()
        self.write(*parts, None)
        assert self.ended.get(timeout=WAIT) == 'complete'
        assert self.problems.get(timeout=WAIT) == ''
        return asked


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.dialogue.close()


def test_a_clause_is_said_before_the_next_one_is_written(stage: Stage) -> None:
    stage.dialogue.hear('How are you?')
    assert stage.asked() == [(USER, 'How are you?')]
    stage.write('I am fine', '. And')
    assert stage.hears() == ['I am fine.']
    stage.write(' you?', None)
    assert stage.hears() == ['And you?']
    stage.dialogue.caption('I am', final=False)
    stage.dialogue.caption('I am fine.', final=True)
    stage.dialogue.caption('And you?', final=True)
    assert stage.turn('Well.', 'Good.') == [
        (USER, 'How are you?'), (ASSISTANT, 'I am fine. And you?'), (USER, 'Well.')]


def test_an_answer_is_in_the_language_that_was_heard_unless_its_words_tell(stage: Stage) -> None:
    stage.dialogue.hear('Wann fährt der Bus?', 'de-AT')
    stage.asked()
    stage.write('Am 3. Mai um 8.15', ' Uhr, Linie 5 bzw. 7. Ja', '.', None)
    assert stage.hears(2) == ['Am 3. Mai um 8.15 Uhr,', 'Linie 5 bzw. 7. Ja.']
    assert stage.locales == ['de-AT', 'de-AT']
    # As it is said and as it is written.
    stage.dialogue.caption('Am dritten Mai um acht Uhr fünfzehn,', final=True)
    stage.dialogue.caption('Linie fünf beziehungsweise', final=False)
    stage.dialogue.hear('Et le train ?', '')
    assert stage.asked()[1] == (ASSISTANT, 'Am 3. Mai um 8.15 Uhr, Linie fünf beziehungsweise —')
    stage.write('Le train part à huit heures du matin, tous les jours. OK.', None)
    assert stage.hears(2) == ['Le train part à huit heures du matin, tous les jours.', 'OK.']
    assert stage.locales[2:] == ['fr', 'fr']


def test_what_was_heard_of_a_japanese_answer_is_written_without_spaces(stage: Stage) -> None:
    stage.dialogue.hear('元気ですか。', 'ja')
    stage.asked()
    stage.write('はい、元気です。', '今日はとても天気がいいですね。散歩に行きましょう。', None)
    for piece in stage.hears(3):
        stage.dialogue.caption(piece, final=True)
    stage.dialogue.hear('いいえ。', 'ja')
    assert stage.asked()[1] == (
        ASSISTANT, 'はい、元気です。今日はとても天気がいいですね。散歩に行きましょう。')


def test_who_speaks_again_ends_the_answer_of_which_only_what_was_heard_is_kept(
        stage: Stage) -> None:
    stage.dialogue.hear('Tell me of Rome.')
    stage.asked()
    stage.write('Rome has 3.5 hills. It is an old city in the middle of Italy. It nev')
    assert stage.hears(2) == ['Rome has 3.5 hills.',
                              'It is an old city in the middle of Italy.']
    # As the voice's captions have it: words as they are spoken, and others' words among them.
    stage.dialogue.caption('Rome has three point five hills.', final=True)
    stage.dialogue.caption('Attention, please.', final=True)
    stage.dialogue.caption('It is an old', final=False)
    stage.dialogue.hear('And Paris?')
    assert stage.ended.get(timeout=WAIT) == 'cancelled'
    assert stage.asked() == [
        (USER, 'Tell me of Rome.'), (ASSISTANT, 'Rome has 3.5 hills. It is an old —'),
        (USER, 'And Paris?')]
    assert stage.silenced == 1
    stage.write('Paris too.', None)
    assert stage.hears() == ['Paris too.']


def test_an_answer_that_was_interrupted_is_not_written_to_its_end(stage: Stage) -> None:
    stage.dialogue.hear('Tell me of Rome.')
    stage.asked()
    stage.write('Rome is old. And')
    stage.hears()
    stage.dialogue.caption('Rome —', final=True)
    assert stage.ended.get(timeout=WAIT) == 'cancelled'
    assert stage.turn('Sorry?', 'Old.') == [
        (USER, 'Tell me of Rome.'), (ASSISTANT, 'Rome —'), (USER, 'Sorry?')]
    # It was silent already.
    assert stage.silenced == 0


def test_an_interruption_before_the_first_word_leaves_no_answer(stage: Stage) -> None:
    stage.dialogue.hear('Tell me of Rome.')
    stage.asked()
    stage.dialogue.interrupt()
    assert stage.ended.get(timeout=WAIT) == 'cancelled'
    assert stage.turn('Of Paris.', 'Paris.') == [(USER, 'Tell me of Rome.\nOf Paris.')]
    assert stage.hears() == ['Paris.']


def test_what_is_said_on_before_an_answer_belongs_to_the_question(stage: Stage) -> None:
    stage.dialogue.hear('What is the weather')
    stage.asked()
    stage.dialogue.hear('in Paris?')
    assert stage.asked() == [(USER, 'What is the weather\nin Paris?')]


@pytest.mark.parametrize(('error', 'requests'), [
    (ProviderError('it broke', retriable=True), 2),
    (ProviderError('it refuses', retriable=False), 1),
    (UserError('the key is wrong'), 1),
    (ValueError('a bug'), 1),
])
def test_a_failure_is_told_and_retried_within_bounds(error: Exception, requests: int) -> None:
    stage = Stage(excuse='Sorry.', retries=1)
    stage.dialogue.hear('Hello?')
    for _ in range(requests):
        assert stage.asked() == [(USER, 'Hello?')]
        stage.write(error)
    assert stage.hears() == ['Sorry.']
    assert stage.requests.empty()
    if not isinstance(error, ValueError):
        assert stage.problems.get(timeout=WAIT) == str(error)
    # And the next one is answered as if nothing had been.
    assert stage.turn('Are you there?', 'Yes.') == [(USER, 'Hello?\nAre you there?')]
    assert stage.dialogue.statistics.failed == 1
    stage.dialogue.close()


def test_a_failure_in_mid_answer_keeps_what_is_whole(stage: Stage) -> None:
    stage.dialogue.hear('Hello?')
    stage.asked()
    stage.write('Hello. This is who', ProviderError('it broke', retriable=True))
    assert stage.hears() == ['Hello.']
    assert stage.problems.get(timeout=WAIT) == 'it broke'
    assert stage.requests.empty()
    assert stage.said.empty()


def test_an_answer_without_words_is_a_failure(stage: Stage) -> None:
    stage.dialogue.hear('Hello?')
    stage.asked()
    stage.write('```\ncode\n```\n😀', None)
    assert 'nothing that can be said' in stage.problems.get(timeout=WAIT)


def test_an_answer_that_does_not_end_is_ended() -> None:
    stage = Stage(longest=200)
    stage.dialogue.hear('Go on.')
    stage.asked()
    stage.write(*['This goes on and on, as it seems to me. '] * 50)
    assert stage.ended.get(timeout=WAIT) == 'cancelled'
    assert stage.problems.get(timeout=WAIT) == ''
    assert 200 <= sum(map(len, stage.said.queue)) < 300
    stage.dialogue.close()


def test_the_history_is_bounded_begins_with_a_question_and_takes_turns() -> None:
    history = History(4)
    for number in range(9):
        history.add(USER, f'question {number}')
        history.add(ASSISTANT, f'answer {number}' if number != 7 else '')
    roles = [(each['role'], each['content']) for each in history.messages('Be brief.')]
    assert roles[0] == ('system', 'Be brief.')
    assert roles[1:] == [
        (USER, 'question 6'), (ASSISTANT, 'answer 6'),
        (USER, 'question 7\nquestion 8'), (ASSISTANT, 'answer 8')]
    history.add(USER, 'x' * 3 * MAX_CHARACTERS)
    kept = history.messages('')
    assert sum(len(each['content']) for each in kept) <= MAX_CHARACTERS
    assert all(before['role'] != after['role'] for before, after in itertools.pairwise(kept))
