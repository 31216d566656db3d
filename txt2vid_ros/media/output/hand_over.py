"""
One encoder takes over from another at a frame, without a gap in the sound.

An AAC frame is decoded with the one before it, and holds half of the samples of the next one. So
both encoders get the same sound around the seam, with the same frame borders. The first one's last
AAC frames, which know nothing of what comes, are left out, and so are the second one's first ones,
whose windows are those of a sound that begins.
"""

from __future__ import annotations

import dataclasses

from txt2vid_ros.core.clock import FrameGrid
from txt2vid_ros.media.output.stream_format import FrameEncoder, StreamFormat

AAC_FRAME = 1024
"""Samples of an AAC frame (ISO 14496-3)."""
OVERLAP = 6
"""AAC frames of sound that both encoders get."""
LAST_LEFT_OUT = 2
"""AAC frames of the first encoder that are left out."""
LEFT_OUT = OVERLAP + 1 - LAST_LEFT_OUT
"""AAC frames of the second encoder that are left out. It sends one before its first sample."""


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


def units_before(begin: int, seam: int) -> int:
    """
    Return how many AAC frames are sent of an encoder that got the sound from `begin` to `seam`.

    One of them comes before its first sample.
    """
    return (seam - begin) // AAC_FRAME + 1 - LAST_LEFT_OUT


def seam_after(begin: int, end: int) -> int:
    """
    Return where sound can change hands that an encoder gets from sample `begin` on.

    That is a whole number of AAC frames later, not before sample `end`.
    """
    return begin + max(OVERLAP, -(-(end - begin) // AAC_FRAME)) * AAC_FRAME
