"""
Idle motion: when to blink, sway, breathe, look aside, nod, raise the brows.

Pure functions: a time and a seed always give the same state, so frames can be rendered in any
order. Rates follow the literature: 15 to 20 blinks a minute, closing in about 80 ms and
opening in about 160 ms (Caffier et al. 2003); 12 to 16 breaths a minute.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import random

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.core.parameters import check_fields, parameter
from txt2vid_ros.lipsync.engine import SpeechView
from txt2vid_ros.lipsync.viseme.clause_gestures import AFTER, asking, nod
from txt2vid_ros.lipsync.viseme.easing import smooth
from txt2vid_ros.lipsync.viseme.idle_gaze import glance, saccades, SLOTS_KEPT

_BLINK_SLOT = 3.4  # seconds; each slot holds one blink at a random moment
_CLOSING, _SHUT, _OPENING = 0.08, 0.03, 0.17  # seconds of a blink
_DOUBLE_BLINKS = 0.15  # share of blinks that are double
_ASKING = 1.1  # times as far as stress raises the brows
_NOD = (0.055, 0.006)  # radians, and face units that the head goes down with it
# As far as the head goes by itself, of a wave of 1: face units and radians.
_REACH = {'right': 0.005, 'down': 0.004, 'yaw': 0.030, 'pitch': 0.015, 'roll': 0.009}
_BREATH = (0.003, 0.004)  # face units up, and radians
_SILENT = 0.05  # share of the last 1.5 s that may have been speech where eyes look aside
_MOST = 3.0  # times as much as usual; beyond, a face jerks and its picture tears
_SWAY_STEP, _TALKING_STEP = 0.12, 0.08  # seconds for which the head stays where it is
_BROW_STEPS = 16  # of their way, 2 pixels of a face that fills a picture of 480 lines
_TALK_MEMORY, _TALK_TAP = 1.5, 0.0625  # seconds for which who spoke moves more, and of a look
_LOUDNESS_PARTS = 30  # of the last 1.5 s, in each of which loudness is measured


def _rounded_window(taps: int) -> NDArray[np.float64]:
    """Return the weights of a smooth mean (Hann)."""
    window = np.hanning(taps + 2)[1:-1]
    return np.asarray(window / window.sum())


_TALK_WEIGHTS = _rounded_window(round(_TALK_MEMORY / _TALK_TAP))
_NOW_WEIGHTS = _rounded_window(9)


@dataclasses.dataclass(frozen=True)
class LifeSettings:
    """Options of the engine viseme: how much of each sign of life a still picture shows."""

    life: bool = parameter(True, 'whether there are signs of life at all')
    blinks: float = parameter(1.0, 'how often the eyes blink: 0 never, 1 as usual', minimum=0.0,
                              maximum=_MOST)
    sway: float = parameter(1.0, 'how far the head sways: 0 not at all, 1 as usual', minimum=0.0,
                            maximum=_MOST)
    breath: float = parameter(1.0, 'how far breath moves the head: 0 not at all, 1 as usual',
                              minimum=0.0, maximum=_MOST)
    brows: float = parameter(1.0, 'how far stress and questions raise the brows: 0 not at all, 1 '
                             'as usual', minimum=0.0, maximum=_MOST)
    gaze: float = parameter(1.0, 'how far the eyes move, and how often they look aside while '
                            'it is silent: 0 never, 1 as usual', minimum=0.0, maximum=_MOST)
    nods: float = parameter(1.0, 'how far the head nods at the end of a clause: 0 not at all, '
                            '1 as usual', minimum=0.0, maximum=_MOST)
    seed: int = parameter(0, 'number that the rhythm of the face is drawn from')

    def __post_init__(self) -> None:
        """Name the option that no face can show. Raises UserError."""
        check_fields(self)


Sway = tuple[float, float, float, float, float]
"""Where the head is: right and down in face units; yaw, pitch and roll in radians."""


@dataclasses.dataclass(frozen=True)
class IdleState:
    """
    The state of lids, brows, eyes and head at one moment.

    `blink`: -1 wide, 0 as pictured, 1 shut. `brows`: 1 raised as far as stress does, less than 0
    lowered; `inner_brows`: the same at the ends by the nose. `look_right`, `look_up`: of the eyes,
    -1 to 1. `right` and `down` of the head in face units. In radians, `yaw` to the right of who
    looks at it, `pitch` down, and `roll` clockwise.
    """

    blink: float = 0.0
    brows: float = 0.0
    inner_brows: float = 0.0
    look_right: float = 0.0
    look_up: float = 0.0
    right: float = 0.0
    down: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    @property
    def eyes(self) -> tuple[float, float, float, float, float]:
        """Return all that moves lids, eyes and brows; zeros where nothing does."""
        return self.blink, self.brows, self.inner_brows, self.look_right, self.look_up

    @property
    def sway(self) -> Sway:
        """Return all that moves the head as a whole; zeros where nothing does."""
        return self.right, self.down, self.yaw, self.pitch, self.roll


class IdleMotion:
    """The idle motion of one face; immutable."""

    def __init__(self, settings: LifeSettings) -> None:
        """Derive the rhythm of this face from the seed."""
        self._settings = settings
        rng = random.Random(settings.seed)
        # Without a common multiple of the periods, the sum does not repeat for days.
        self._waves = {
            axis: [
                (
                    rng.uniform(0.7, 1.0) / (1 + index),
                    2 * math.pi / (period * rng.uniform(0.9, 1.1)),
                    rng.uniform(0, 2 * math.pi),
                )
                for index, period in enumerate(periods)
            ]
            for axis, periods in (
                ('right', (9.7, 5.3, 2.9)),
                ('down', (12.1, 6.1, 3.3)),
                ('roll', (11.3, 7.1, 3.7)),
                ('yaw', (13.7, 8.3, 5.1)),
                ('pitch', (15.1, 9.1, 5.7)),
            )
        }
        self._breath = 2 * math.pi / rng.uniform(3.9, 4.8)

    def at(self, time: float, speech: SpeechView) -> IdleState:
        """Return the state at `time` (seconds)."""
        chosen = self._settings
        if not chosen.life:
            return IdleState()
        # The head moves by a tenth of a pixel a frame or less. What is not laid out anew in each
        # frame is neither warped nor coded anew.
        lately = speech.speaking(time - _TALK_MEMORY, time + _TALK_TAP)
        then = _stepped(time, _TALKING_STEP if lately else _SWAY_STEP)
        talk = _talking(then, speech) if lately else 0.0
        brows = 0.0
        if talk > 0 and chosen.brows > 0:
            brows = chosen.brows * _stepped(talk * _stress(time, speech), 1 / _BROW_STEPS)
        sway = chosen.sway * (0.55 + 0.65 * talk)
        breath = chosen.breath * math.sin(self._breath * then)
        clauses = speech.clauses(time - AFTER, time) if chosen.brows or chosen.nods else ()
        asked = _stepped(_ASKING * asking(time, clauses), 1 / _BROW_STEPS)
        right, up = self._gaze(time, then, talk, speech) if chosen.gaze > 0 else (0.0, 0.0)
        nodded = chosen.nods * nod(time, clauses, chosen.seed)
        place = {axis: reach * sway * self._wave(axis, then) for axis, reach in _REACH.items()}
        return IdleState(
            blink=self._blink(time) if chosen.blinks > 0 else 0.0,
            brows=max(brows, chosen.brows * asked),
            look_right=right,
            look_up=up,
            right=place['right'],
            down=place['down'] - _BREATH[0] * breath + _NOD[1] * nodded,
            yaw=place['yaw'],
            pitch=place['pitch'] - _BREATH[1] * breath + _NOD[0] * nodded,
            roll=place['roll'],
        )

    def _gaze(self, time: float, then: float, talk: float, speech: SpeechView
              ) -> tuple[float, float]:
        chosen = self._settings
        (right, up), begun = glance(time, chosen.seed, chosen.gaze)
        # Who speaks, or has just spoken, keeps to whom it speaks to.
        idle = bool(right or up) and _talking(begun, speech) < _SILENT
        share = max(0.0, 1 - 2 * talk) if idle else 0.0
        reach = min(chosen.gaze, 1.0)
        small = saccades(then, chosen.seed)  # when the head moves as well
        away = share * math.hypot(right, up)
        held = max(0.0, 1 - 2 * away)
        return (right * share + reach * held * small[0], up * share + reach * held * small[1])

    def _wave(self, axis: str, time: float) -> float:
        return sum(size * math.sin(rate * time + phase) for size, rate, phase in self._waves[axis])

    def _blink(self, time: float) -> float:
        """Return how far the lids are closed: the largest of the blinks that overlap at `time`."""
        slot_length = _BLINK_SLOT / max(self._settings.blinks, 0.05)
        here = math.floor(time / slot_length)
        depth = 0.0
        for slot in (here - 1, here):
            after, double = _drawn_blink(slot, self._settings.seed)
            start = (slot + after) * slot_length
            depth = max(depth, _lid(time - start))
            if double:
                depth = max(depth, _lid(time - start - 0.36))
        return depth


@functools.lru_cache(maxsize=SLOTS_KEPT)
def _drawn_blink(slot: int, seed: int) -> tuple[float, bool]:
    """Return after which share of a slot its blink begins, and whether it is double."""
    rng = random.Random(f'{seed} {slot}')
    return rng.uniform(0.1, 0.85), rng.random() < _DOUBLE_BLINKS


def _lid(since: float) -> float:
    """Return how far the lid is closed `since` seconds after a blink began."""
    if since <= 0 or since >= _CLOSING + _SHUT + _OPENING:
        return 0.0
    if since < _CLOSING:
        share = since / _CLOSING
    elif since < _CLOSING + _SHUT:
        return 1.0
    else:
        share = 1 - (since - _CLOSING - _SHUT) / _OPENING
    return smooth(share)


def _stepped(value: float, step: float) -> float:
    """Return the multiple of `step` at or below `value`."""
    # Frames at multiples of the step must not fall below by rounding.
    return math.floor(value / step + 1e-6) * step


def _talking(time: float, speech: SpeechView) -> float:
    """Return which share of the last 1.5 s was speech, 0 to 1, changing smoothly."""
    said = [
        speech.speaking(time - _TALK_MEMORY + _TALK_TAP * i,
                        time - _TALK_MEMORY + _TALK_TAP * (i + 1))
        for i in range(len(_TALK_WEIGHTS))
    ]
    return float(_TALK_WEIGHTS @ np.array(said, float))


def _stress(time: float, speech: SpeechView) -> float:
    """Return how far `time` is louder than the 1.5 s before it, 0 to 1."""
    level = speech.levels(time - 1.5, time, _LOUDNESS_PARTS)
    usual = float(level.mean())
    if usual < 1e-4:
        return 0.0
    now = float(level[-len(_NOW_WEIGHTS):] @ _NOW_WEIGHTS)
    return float(np.clip((now / usual - 1.15) / 0.9, 0, 1))
