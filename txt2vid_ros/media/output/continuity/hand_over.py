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
from txt2vid_ros.media.output.stream_format import FrameEncoder, Opening, Sent, StreamFormat

AAC_FRAME = 1024
"""Samples of an AAC frame (ISO 14496-3)."""
OVERLAP = 6
"""AAC frames of sound that both encoders get."""
LAST_LEFT_OUT = 2
"""AAC frames of the first encoder that are left out."""
LEFT_OUT = OVERLAP + 1 - LAST_LEFT_OUT
"""AAC frames of the second encoder that are left out. It sends one before its first sample."""
LONGEST_GAP_SECONDS = 10.0
"""Seconds between two encoders that recordings get afterwards, the sound and the last picture. A
longer gap is skipped, and presentation times go on as if nothing had happened."""
CATCHING_UP = 5
"""How many times as fast as they are seen the pictures of a gap are encoded."""
STARTING_SECONDS = 0.1
"""Seconds that an encoder takes to start."""


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


@dataclasses.dataclass(frozen=True)
class Beginning:
    """Where an encoder begins."""

    place: int
    """Of its first picture, on the grid."""
    sound: int
    """Its first sample."""
    left_out: int = 0
    """AAC frames that are not sent of it."""

    def opening(self, form: StreamFormat, begun: float, sample: int, live: int) -> Opening:
        """
        Return the opening of an encoder that begins `begun` seconds after the stream.

        `sample` is the sample that is heard as its first picture is seen, `live` the first place
        that viewers get.
        """
        return Opening(form, begun, (self.sound - sample) / form.audio_rate, None, self.left_out,
                       live - self.place)

    def behind(self, sent: Sent) -> Beginning:
        """Return where the next encoder begins, so that nothing is missing between them."""
        if not sent.units:
            return dataclasses.replace(self, place=self.place + sent.places)
        # One frame comes before the first sample.
        end = self.sound + (self.left_out + sent.units - 1) * AAC_FRAME
        return Beginning(self.place + sent.places, end - (LEFT_OUT - 1) * AAC_FRAME, LEFT_OUT)


def seconds_missed(ago: float) -> float:
    """Return how many seconds viewers miss of a stream that ended `ago` seconds ago."""
    return ago + ago / CATCHING_UP + STARTING_SECONDS
