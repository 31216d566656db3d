"""One encoder takes over from another at a frame, without a gap in the sound.

AAC has no beginning of its own: a frame of 1,024 samples is decoded with the one before it. So
both encoders get the same sound around the seam, with the same frame borders, and of the second
one's AAC frames those that the first one has sent are left out.
"""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.media.output.stream_format import FrameEncoder, StreamFormat

AAC_FRAME = 1024
"""Samples of an AAC frame (ISO 14496-3)."""
OVERLAP = 2
"""AAC frames of sound that both encoders get."""
LEFT_OUT = OVERLAP + 1
"""AAC frames of the second encoder that are left out: its first one holds nothing but the half of
a window."""


@dataclasses.dataclass(frozen=True)
class HandOver:
    """An encoder that has been started and takes over after a frame."""

    form: StreamFormat
    grid: FrameGrid
    last: int
    """The last frame of the encoder before, on its grid."""
    first: int
    """The first frame of this one, on `grid`."""
    seam: int
    """The sample at which the encoder before ends."""
    encoder: FrameEncoder

    @property
    def sound_begin(self) -> int:
        """Return the first sample that this encoder gets."""
        return self.seam - OVERLAP * AAC_FRAME


def seam_after(begin: int, end: int) -> int:
    """Return where sound can change hands that an encoder gets from sample `begin` on.

    That is a whole number of AAC frames later, not before sample `end`.
    """
    return begin + max(OVERLAP, -(-(end - begin) // AAC_FRAME)) * AAC_FRAME
