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
        # Nothing moves at the edges of the eyes' box: what is seen in it comes from within.
        self._apart = not _overlap(mouth, head.eyes)
        self._state = IdleState()
        self._picture: Frame | None = None
        """As it was given."""
        self._looking: Frame | None = None
        """With its eyes moved."""
        self._swayed: Frame | None = None

    def animate(self, picture: Frame, state: IdleState) -> Frame:
        """
        Return `picture`, which stays as it is, warped to `state`.

        The very same one as before where nothing has changed; it cannot be written to.
        """
        before, self._state = self._state, state
        changed = [] if picture is self._picture else [self._mouth]
        if state.eyes != before.eyes or (changed and any(state.eyes) and not self._apart):
            changed.append(self._head.eyes)
            self._looking = self._head.look(picture, state)
        elif changed or self._looking is None:
            self._looking = self._with_kept_eyes(picture) if any(state.eyes) else picture
        if self._swayed is None or state.sway != before.sway or self._picture is None:
            self._swayed = self._head.sway(self._looking, state)
        elif changed:
            self._swayed = self._swayed.copy()
            self._head.sway_part(self._looking, state, changed, self._swayed)
        self._picture = picture
        self._swayed.setflags(write=False)
        return self._swayed

    def _with_kept_eyes(self, picture: Frame) -> Frame:
        """Return another picture with the eyes as they were moved before."""
        if self._looking is None:
            return picture
        x0, y0, x1, y1 = self._head.eyes
        looking = picture.copy()
        looking[y0:y1, x0:x1] = self._looking[y0:y1, x0:x1]
        return looking


def _overlap(one: Box, other: Box) -> bool:
    return (one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3])
