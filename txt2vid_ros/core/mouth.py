"""The vocabulary that voices and faces share: mouth shapes and how they move over time."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Each shape is a joint from 0 (rest: lips together, relaxed) to 1 (as far as speech takes it).
SHAPES: tuple[str, ...] = (
    'jaw_open',  # the jaw drops, the chin with it
    'lips_closed',  # the lips press together, as in m, b, p
    'lips_round',  # the corners come in and the lips protrude, as in o, u, w
    'lips_wide',  # the corners go out, as in ee
    'lower_lip_in',  # the lower lip goes to the upper teeth, as in f, v
    'tongue_up',  # the tongue shows between or behind the teeth, as in th, l
)
SHAPE_INDEX: dict[str, int] = {name: i for i, name in enumerate(SHAPES)}

ANTICIPATION = 0.1
"""Seconds by which the mouth begins to move before the first sound after a pause."""
ONSET_MARGIN = 0.03
"""Seconds of silence that a voice keeps before its first sound and after its last one."""

MouthPose = NDArray[np.float32]
"""One value per entry of SHAPES, shape (len(SHAPES),)."""


def rest_pose() -> MouthPose:
    """Return the pose of a closed, relaxed mouth: all zeros."""
    return np.zeros(len(SHAPES), np.float32)


@dataclasses.dataclass(frozen=True)
class MouthTrack:
    """
    Mouth poses over one clause.

    `times`: (n,) float64 seconds, strictly increasing, on the same clock as the clause's audio.
    `poses`: (n, len(SHAPES)) float32, each 0 to 1. `asked`: whether the clause is a question.
    """

    times: NDArray[np.float64]
    poses: NDArray[np.float32]
    asked: bool = False

    def __post_init__(self) -> None:
        """Reject arrays that do not belong together."""
        if self.poses.shape != (len(self.times), len(SHAPES)):
            raise ValueError(f'poses {self.poses.shape} do not fit {len(self.times)} times')
        if len(self.times) > 1 and np.any(np.diff(self.times) <= 0):
            raise ValueError('times must increase')

    def at(self, time: float) -> MouthPose:
        """Return the pose at `time`: linear between points, rest before them, the last after."""
        if len(self.times) == 0 or time < self.times[0]:
            return rest_pose()
        right = int(np.searchsorted(self.times, time, side='right'))
        if right >= len(self.times):
            return np.array(self.poses[-1])
        before, after = self.times[right - 1], self.times[right]
        weight = np.float32((time - before) / (after - before))
        return np.asarray(self.poses[right - 1] * (1 - weight) + self.poses[right] * weight)

    def shifted(self, seconds: float) -> MouthTrack:
        """Return the same track `seconds` later."""
        return MouthTrack(self.times + seconds, self.poses, self.asked)


class ClauseSpan(NamedTuple):
    """From when to when a clause is said, seconds, and whether it is a question."""

    begin: float
    end: float
    asked: bool


@dataclasses.dataclass(frozen=True)
class Phoneme:
    """One sound of a clause: IPA `symbol` without stress marks, times from the clause's start."""

    symbol: str
    start: float
    duration: float
    stress: int = 0  # 2 primary, 1 secondary, 0 none
    begins_word: bool = False

    @property
    def end(self) -> float:
        """Seconds from the clause's start at which the sound ends."""
        return self.start + self.duration
