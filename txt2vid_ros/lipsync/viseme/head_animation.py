"""The head of a still picture from frame to frame: only what has changed is warped again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.viseme.head_warp import Box, HeadWarp
from txt2vid_ros.lipsync.viseme.idle_motion import IdleState

Frame = NDArray[np.uint8]


class HeadAnimation:
    """
    Does what HeadWarp does, on pictures that differ in the box of the mouth alone.

    Keeps the last picture of each step: the mouth, the eyes over it, the whole head's sway.
    """

    def __init__(self, head: HeadWarp, mouth: Box) -> None:
        """Animate with `head`; `mouth`: the box in which the pictures may differ."""
        self._head = head
        self._mouth = mouth
        self._state = IdleState()
        self._picture: Frame | None = None
        """As it was given."""
        self._looking: Frame | None = None
        """With its eyes moved."""
        self._swayed: Frame | None = None

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """Return `picture`, which stays as it is, warped to `state`; the caller owns it."""
        before, self._state = self._state, state
        changed = [] if picture is self._picture else [self._mouth]
        eyes_moved = state.eyes != before.eyes or bool(changed and any(state.eyes))
        if eyes_moved:
            changed.append(self._head.eyes)
        if self._looking is None or changed:
            self._looking = self._head.look(picture, state)
        if self._swayed is None or state.sway != before.sway or self._picture is None:
            self._swayed = self._head.sway(self._looking, state)
        elif changed:
            self._head.sway_part(self._looking, state, changed, self._swayed)
        self._picture = picture
        return self._swayed.copy()
