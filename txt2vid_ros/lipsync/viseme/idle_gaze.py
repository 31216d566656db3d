"""
Where idle eyes look: small saccades on who looks at the face, and now and then a glance aside.

Pure functions of time and a seed. Time is divided into slots of one length, and what happens in
each, if anything, is drawn from the seed and its number, so that no two minutes are alike.
"""

from __future__ import annotations

import functools
import math
import random
from typing import NamedTuple

from txt2vid_ros.lipsync.viseme.easing import smooth

Gaze = tuple[float, float]
"""To the right of who looks at the face, and up; -1 to 1."""

SLOTS_KEPT = 64
"""Slots whose draws are kept: to seed a generator takes longer than all else of a state."""
_SACCADE_SLOT = 1.3  # seconds; people fixate a face for 0.3 to 2 s at a time
_SACCADE_REACH = (0.13, 0.10)  # about 3 degrees: from eye to eye and to the mouth
_HOME = 0.45  # share of fixations that are straight ahead
_GLANCE_SLOT = 7.5  # seconds
_GLANCES = 0.55  # share of slots that have one
_GLANCE_LASTS = (0.5, 1.35)  # seconds
_GLANCE_TURNS = 0.12  # seconds; large saccades take about 0.1 (Bahill et al. 1975)


class _Glance(NamedTuple):
    begin: float
    """Seconds."""
    lasts: float
    goal: Gaze


def saccades(time: float, seed: int) -> Gaze:
    """Return where between the eyes and the mouth of who looks at it the face looks."""
    here = math.floor(time / _SACCADE_SLOT)
    onset, goal = _fixation(here, seed)
    # So small a jump takes less time than a frame.
    return goal if time >= onset else _fixation(here - 1, seed)[1]


@functools.lru_cache(maxsize=SLOTS_KEPT)
def _fixation(slot: int, seed: int) -> tuple[float, Gaze]:
    """Return when the eyes jump in a slot, and to where."""
    rng = random.Random(f'{seed} saccade {slot}')
    onset = (slot + rng.uniform(0.02, 0.9)) * _SACCADE_SLOT
    if rng.random() < _HOME:
        return onset, (0.0, 0.0)
    right, up = _SACCADE_REACH
    return onset, (rng.uniform(-right, right), rng.uniform(-up, 0.6 * up))


def glance(time: float, seed: int, often: float) -> tuple[Gaze, float]:
    """
    Return where a glance aside goes at `time`, and when it began; (0, 0) where there is none.

    `often`: 1 is usual.
    """
    drawn = _glance(math.floor(time / _glance_length(often)), seed, often)
    if drawn is None or not drawn.begin < time < drawn.begin + drawn.lasts + _GLANCE_TURNS:
        return (0.0, 0.0), time
    (right, up), begin = drawn.goal, drawn.begin
    share = smooth((time - begin) / _GLANCE_TURNS) * (
        1 - smooth((time - begin - drawn.lasts) / _GLANCE_TURNS))
    return (right * share, up * share), begin


def _glance_length(often: float) -> float:
    return _GLANCE_SLOT / max(often, 0.05)


@functools.lru_cache(maxsize=SLOTS_KEPT)
def _glance(slot: int, seed: int, often: float) -> _Glance | None:
    """Return the glance of a slot, if it has one."""
    length = _glance_length(often)
    rng = random.Random(f'{seed} glance {slot}')
    lasts = rng.uniform(*_GLANCE_LASTS)
    begin = slot * length + rng.uniform(0.0, length - lasts - _GLANCE_TURNS)
    if rng.random() > _GLANCES:
        return None
    right = rng.choice((-1, 1)) * rng.uniform(0.45, 0.85)
    return _Glance(begin, lasts, (right, rng.choice((-0.35, -0.15, 0.0, 0.3, 0.5))))
