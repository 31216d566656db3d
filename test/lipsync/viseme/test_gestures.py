"""Eyes, nods and brows are those of someone who is alive: never regular, never with a jump."""

from __future__ import annotations

import numpy as np
import pytest
from txt2vid_ros.core.mouth import ClauseSpan, MouthTrack, SHAPES
from txt2vid_ros.lipsync.viseme.idle_motion import IdleMotion, IdleState, LifeSettings
from viseme_views import silence, Speech

MINUTE = np.arange(0, 60, 0.04)


def eyes(seed: int = 0, gaze: float = 1.0, begin: float = 0.0) -> np.ndarray:
    """Return where the eyes look in a minute of silence."""
    life = IdleMotion(LifeSettings(seed=seed, gaze=gaze))
    states = [life.at(begin + float(time), silence()) for time in MINUTE]
    return np.array([[state.look_right, state.look_up] for state in states])


def said(begin: float, end: float, asked: bool = False) -> Speech:
    track = MouthTrack(np.array([begin, end]), np.zeros((2, len(SHAPES)), np.float32), asked)
    return Speech(np.zeros(round(end * 16000), np.float32), 16000, track)


@pytest.mark.parametrize('seed', range(3))
def test_idle_eyes_glance_aside_now_and_then_and_come_back(seed: int) -> None:
    aside = np.hypot(*eyes(seed).T) > 0.3
    begins = np.flatnonzero(aside[1:] & ~aside[:-1])
    assert 2 <= len(begins) <= 12
    assert aside.mean() < 0.25
    assert np.std(np.diff(begins)) > 25    # a second


@pytest.mark.parametrize('seed', range(3))
def test_between_glances_they_make_small_saccades_and_hold_still(seed: int) -> None:
    looks = eyes(seed)
    small = looks[np.hypot(*looks.T) < 0.2]
    moved = np.abs(np.diff(small, axis=0)).max(axis=1) > 1e-9
    assert 0.01 < moved.mean() < 0.1
    assert np.abs(looks).max() <= 1


def test_no_minute_repeats_and_seeds_differ() -> None:
    minutes = [eyes(begin=60.0 * number) for number in range(4)] + [eyes(seed=1)]
    for at, one in enumerate(minutes):
        for other in minutes[:at]:
            assert np.abs(one - other).max() > 0.3
    whole = minutes[0]
    for lag in range(25, len(whole) // 2):
        assert np.abs(whole[lag:] - whole[:-lag]).max() > 0.15
    assert np.array_equal(eyes(), eyes())
    assert not eyes(gaze=0.0).any()


def test_who_speaks_looks_at_who_listens() -> None:
    life = IdleMotion(LifeSettings())
    speech = Speech(np.zeros(60 * 16000, np.float32), 16000)
    looks = np.array([[state.look_right, state.look_up] for state in (
        life.at(float(time), speech) for time in np.arange(2, 58, 0.04))])
    assert np.abs(looks).max() < 0.2


def test_a_clause_may_end_with_a_nod_and_a_question_lifts_the_brows() -> None:
    life = IdleMotion(LifeSettings(sway=0, breath=0, blinks=0, gaze=0))
    times = np.arange(0, 8, 0.02)
    nods = []
    for number in range(20):
        speech = said(1.0 + number / 7, 4.0)
        pitch = np.array([life.at(float(time), speech).pitch for time in times])
        assert not pitch[times < 3.9].any() and not pitch[times > 4.7].any()
        assert np.abs(np.diff(pitch)).max() < 0.012
        nods.append(np.degrees(pitch.max()))
    assert 8 <= np.count_nonzero(nods) < 20
    assert 1 < max(nods) < 4
    states = [life.at(float(time), said(1.0, 4.0, asked=True)) for time in times]
    brows = np.array([state.brows for state in states])
    assert not any(state.down or state.pitch for state in states)
    assert brows[(times > 1.6) & (times < 4.3)].min() > 0.9
    assert not brows[times < 1.0].any() and not brows[times > 5.2].any()
    assert np.abs(np.diff(brows)).max() < 0.15
    off = IdleMotion(LifeSettings(sway=0, breath=0, blinks=0, gaze=0, brows=0, nods=0))
    assert all(off.at(float(time), said(1.0, 4.0, True)) == IdleState() for time in times[::10])


def test_a_clause_that_is_over_is_forgotten() -> None:
    span = ClauseSpan(1.0, 4.0, True)
    assert said(1.0, 4.0, True).clauses(0, 10) == [span]
    assert said(1.0, 4.0, True).clauses(5, 10) == []
