"""A voice that is hardly faster than it is heard begins late enough not to stop in between."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.speaking.ahead.head_start import HeadStart, LONGEST_SECONDS
from txt2vid_ros.speaking.clauses import split_clauses
from txt2vid_ros.speaking.synthesis import pause_after, SpokenChunk
from txt2vid_ros.speaking.voice import SpeechChunk

RATE = 1000
A_CHARACTER = 0.07
"""Seconds of speech."""
SHORT_THEN_LONG = (
    'Listen. The station that you are looking for lies behind the river on the other side of the '
    'old town. Ask again there.')
EVEN = 'The first of the boats has left. The second will leave soon. The third one stays here.'


def stops(text: str, a_second: float, waits: bool = True) -> tuple[float, float]:
    """Return how long such a voice waits behind its first clause, and how long it stops then."""
    now = 0.0
    head_start = HeadStart(RATE, lambda: now)
    clauses = list(split_clauses(text))
    ready = []
    begin = 0.0
    for number, clause in enumerate(clauses):
        sounds = A_CHARACTER * len(clause)
        made = (ready[-1] if ready else 0.0) + a_second * sounds
        if number and not begin:
            # Only until the next clause is there, which tells more.
            now = ready[-1]
            left = head_start.seconds() if waits else 0.0
            begin = ready[-1] + left if ready[-1] + left <= made else 0.0
        now = made
        ready.append(made)
        head_start.made(SpokenChunk(0.0, SpeechChunk(np.zeros(round(sounds * RATE), np.float32)),
                                    clause, ' '.join(clauses[number + 1:])))
    begin = begin or ready[-1]
    stopped, heard = 0.0, begin
    for clause, made in zip(clauses, ready, strict=True):
        stopped += max(0.0, made - heard)
        heard = max(heard, made) + A_CHARACTER * len(clause) + pause_after(clause)
    return begin - ready[0], stopped


def test_a_long_clause_after_a_short_one_is_waited_for_at_the_begin() -> None:
    assert stops(SHORT_THEN_LONG, 0.5, waits=False)[1] > 2
    waited, stopped = stops(SHORT_THEN_LONG, 0.5)
    assert stopped == pytest.approx(0, abs=0.01)
    assert 2 < waited < LONGEST_SECONDS


@pytest.mark.parametrize('a_second', [0.05, 0.7])
def test_who_keeps_up_begins_at_once(a_second: float) -> None:
    text = SHORT_THEN_LONG if a_second < 0.1 else EVEN
    assert stops(text, a_second) == pytest.approx((0, 0), abs=0.2)


def test_nobody_waits_for_ever() -> None:
    waited, stopped = stops(SHORT_THEN_LONG * 3, 3.0)
    assert waited <= LONGEST_SECONDS + 1e-6
    assert stopped > 0


def test_before_anything_is_made_there_is_nothing_to_wait_for() -> None:
    assert HeadStart(RATE).seconds() == 0
