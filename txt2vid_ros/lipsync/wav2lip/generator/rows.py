"""
The rows that each layer of the decoder has to compute if only the lower face is pasted.

A 3x3 convolution needs one more row above, and output row n of a stride-2 transposed convolution
needs input row n / 2 (and the one below). Following this back from the output gives the exact
halo: the rows computed equal those of the whole network.
"""

from __future__ import annotations

import dataclasses

from txt2vid_ros.lipsync.wav2lip.architecture import FACE, FACE_DECODER

LOWER_FACE_ROW = 47
"""First row that contributes to pasted pixels. Pasting begins at half the height of the box, and
the first pixel below that lies between rows 47 and 48, whatever size the face has."""


@dataclasses.dataclass(frozen=True)
class StageRows:
    """
    The rows of one decoder stage: an upsampling, then residual convolutions.

    The stage reads its input from row `first_input` on and drops `cut` rows of what the upsampling
    gives. `tops`: whether each convolution pads above; where not, its input has the row above.
    """

    first_input: int
    cut: int
    tops: tuple[bool, ...]
    size: int               # rows and columns of the stage's whole output
    first_upsampled: int    # first row left after the cut


def _size(blocks: int) -> int:
    """Return the rows that the decoder has after its first `blocks` blocks (1, 3, 6, ... 96)."""
    return 1 if blocks == 1 else FACE >> (len(FACE_DECODER) - blocks)


def plan(first_row: int = LOWER_FACE_ROW) -> tuple[tuple[StageRows, ...], bool]:
    """Return the rows of decoder blocks 1 to 6, and whether the output convolution pads above."""
    output_top = first_row == 0
    needed = max(0, first_row - 1)
    stages: list[StageRows] = []
    for number in range(len(FACE_DECODER) - 1, 0, -1):
        tops: list[bool] = []
        for _ in FACE_DECODER[number][1:]:
            tops.append(needed == 0)
            needed = max(0, needed - 1)
        upsampling = FACE_DECODER[number][0]
        first_input = needed // 2 if upsampling.stride != (1, 1) else 0
        cut = needed - 2 * first_input
        size = _size(number + 1)
        stages.append(StageRows(first_input, cut, tuple(reversed(tops)), size, needed))
        needed = first_input
    return tuple(reversed(stages)), output_top
