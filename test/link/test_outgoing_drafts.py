"""What was recognized stands, can be corrected, and goes out in order, each text once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest
from txt2vid_ros.link.drafts.outgoing_drafts import (
    Draft,
    LONGEST_HOLD,
    MOST_DRAFTS,
    OutgoingDrafts,
)

DELAY = 3.0


def draft(number: int, text: str = '') -> Draft:
    return Draft('guest', number, 'en_GB', text or f'Sentence {number}.')


def texts(drafts: list[Draft]) -> list[str]:
    return [each.text for each in drafts]


def test_a_text_stands_for_its_delay() -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 10.0, DELAY)
    assert drafts.due(10.0 + DELAY - 0.01) == []
    assert drafts.due(10.0 + DELAY) == [draft(1)]
    assert drafts.due(1e9) == []


def test_what_is_corrected_is_held_and_sent_as_it_is_then() -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 0.0, DELAY)
    held = drafts.hold(draft(1).key, 'Sentence w', 1.0)
    assert held == Draft('guest', 1, 'en_GB', 'Sentence w', held=True)
    assert drafts.due(DELAY + 1.0) == []
    drafts.send(draft(1).key, 'Sentence one.', 9.0)
    assert drafts.due(9.0) == [draft(1, 'Sentence one.')]


def test_a_hold_has_an_end_however_often_it_is_renewed() -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 0.0, DELAY)
    for second in range(1, 29):
        drafts.hold(draft(1).key, 'x' * second, float(second))
    assert drafts.due(LONGEST_HOLD + 0.9) == []
    assert texts(drafts.due(LONGEST_HOLD + 1.0)) == ['x' * 28]


def test_what_is_discarded_is_never_sent() -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 0.0, DELAY)
    drafts.take(draft(2), 0.0, DELAY)
    assert drafts.discard(draft(1).key) is True
    assert drafts.discard(draft(1).key) is False
    assert drafts.due(DELAY) == [draft(2)]


def test_later_texts_wait_for_those_before_them() -> None:
    drafts = OutgoingDrafts()
    for number in (1, 2, 3):
        drafts.take(draft(number), float(number), DELAY)
    drafts.hold(draft(1).key, 'Held.', 2.0)
    drafts.send(draft(3).key, 'Third.', 3.0)
    assert drafts.due(20.0) == []
    drafts.send(draft(1).key, 'First.', 20.0)
    assert texts(drafts.due(20.0)) == ['First.', 'Sentence 2.', 'Third.']


def test_what_was_sent_can_not_be_corrected() -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 0.0, 0.0)
    assert drafts.due(0.0) == [draft(1)]
    assert drafts.hold(draft(1).key, 'x', 0.1) is None
    drafts.send(draft(1).key, 'x', 0.1)
    assert drafts.due(100.0) == []


def test_of_too_many_the_oldest_go_at_once() -> None:
    drafts = OutgoingDrafts()
    for number in range(MOST_DRAFTS + 2):
        drafts.take(draft(number), 0.0, DELAY)
    drafts.hold(draft(0).key, 'Held.', 0.0)
    assert texts(drafts.due(0.0)) == ['Held.', 'Sentence 1.']
    assert len(drafts) == MOST_DRAFTS
    assert len(drafts.clear()) == MOST_DRAFTS
    assert drafts.due(1e9) == []


@given(st.lists(st.tuples(st.sampled_from(['take', 'hold', 'send', 'discard', 'wait']),
                          st.integers(0, 9), st.floats(0.0, 5.0))))
def test_whatever_is_done_each_goes_once_and_in_order(steps: list[tuple[str, int, float]]) -> None:
    drafts, now, said, sent, dropped = OutgoingDrafts(most=4), 0.0, 0, [], set()
    for step, number, seconds in steps:
        key = ('guest', number)
        if step == 'take':
            drafts.take(draft(said), now, seconds)
            said += 1
        elif step == 'hold':
            drafts.hold(key, 'x', now)
        elif step == 'send':
            drafts.send(key, 'y', now)
        elif step == 'discard' and drafts.discard(key):
            dropped.add(number)
        now += seconds
        sent += [each.stamp for each in drafts.due(now)]
        assert len(drafts) <= 4
    sent += [each.stamp for each in drafts.due(now + LONGEST_HOLD + 5.0)]
    assert sent == [number for number in range(said) if number not in dropped]
    assert not list(drafts)


@pytest.mark.parametrize('delay', [0.0, DELAY])
def test_a_text_of_the_same_start_takes_the_place_of_the_other(delay: float) -> None:
    drafts = OutgoingDrafts()
    drafts.take(draft(1), 0.0, delay)
    drafts.take(draft(1, 'Again.'), 0.0, delay)
    assert texts(drafts.due(delay)) == ['Again.']
