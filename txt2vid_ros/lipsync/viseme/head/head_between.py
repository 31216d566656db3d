"""
Pictures that are blended of two others: what may not be blended of a head is drawn anew.

A mouth between two others looks like a blend of them. An eye does not: open and shut, blended, it
looks through the lid. Nor does a head that nods, whose edges would be seen twice.
"""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.head.head_warp import BROW_LIFT, HeadWarp, INNER_LIFT, LOOK
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState

Frame = NDArray[np.uint8]

_EYE_HEIGHT = 0.1  # face units, over which a lid goes in a blink
_EYES = (_EYE_HEIGHT, BROW_LIFT, INNER_LIFT, *LOOK)  # face units, for 1 of each number of eyes
_HEAD = (1.0, 1.0, 0.6, 0.6, 1.5)  # the same of sway: the nose's depth, and the hair's radius
_EYES_ALIKE, _HEADS_ALIKE = 0.5, 1.0  # pixels; edges no further apart blend into one between them


class _Drawn(NamedTuple):
    time: float
    picture: Frame
    """Before lids, eyes and head were moved."""
    state: IdleState


class HeadBetween:
    """Draws again what a blend of the last two pictures of one face cannot show."""

    def __init__(self, head: HeadWarp, unit: float) -> None:
        """Draw with `head`, whose face unit has `unit` pixels."""
        self._head = head
        self._unit = unit
        self._drawn: collections.deque[_Drawn] = collections.deque(maxlen=2)

    def keep(self, time: float, picture: Frame, state: IdleState) -> None:
        """Remember that `picture`, which stays as it is, was shown at `time` in `state`."""
        self._drawn.append(_Drawn(time, picture, state))

    def between(self, blended: Frame, time: float, around: tuple[float, float],
                state_at: Callable[[float], IdleState]) -> Frame:
        """
        Return `blended`, of the pictures for the times `around` it, as it should look at `time`.

        `blended` itself, which stays as it is, where it does or the pictures are not those kept.
        """
        if tuple(drawn.time for drawn in self._drawn) != around:
            return blended
        before, after = self._drawn
        # The state takes longer than the blend, so it is asked for only where it is needed.
        turned = self._apart(before.state.sway, after.state.sway, _HEAD) > _HEADS_ALIKE
        if not turned and (
                self._apart(before.state.eyes, after.state.eyes, _EYES) <= _EYES_ALIKE):
            return blended
        state, mouth = state_at(time), before.picture
        if mouth is not after.picture:
            weight = (time - before.time) / (after.time - before.time)
            mixed = cv2.addWeighted(before.picture, 1 - weight, after.picture, weight, 0)
            mouth = np.asarray(mixed, np.uint8)
        if turned:
            return self._head.animate(mouth, state)
        result = blended.copy()
        self._head.sway_part(self._head.look(mouth, state), state, [self._head.eyes], result)
        return result

    def _apart(self, one: Iterable[float], other: Iterable[float], reach: Iterable[float]
               ) -> float:
        """Return how many pixels lie at most between what two states move."""
        return self._unit * max(
            far * abs(a - b) for a, b, far in zip(one, other, reach, strict=True))
