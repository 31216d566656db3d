"""What a user may set about Wav2Lip."""

from __future__ import annotations

import dataclasses
import pathlib

from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.parameters import check_fields, parameter

PRECISIONS = ('auto', 'float32', 'float16', 'bfloat16', 'int8')
DEVICES = ('auto', 'cpu', 'cuda')


@dataclasses.dataclass(frozen=True)
class Wav2LipOptions:
    """
    Options of the engine; the defaults are those of the published inference.

    `pads` and `box` count pixels of the source after `resize_factor`, `rotate` and `crop`.
    """

    weights: pathlib.Path | None = parameter(
        None, 'checkpoint; empty for wav2lip_gan.pth, else wav2lip.pth, of the models folder')
    device: str = parameter('auto', 'where the network runs; auto: on the GPU where torch finds '
                            'one', choices=DEVICES)
    precision: str = parameter('auto', 'auto: float16 on a GPU, float32 on a CPU; bfloat16 is for '
                               'a GPU, int8 (not exact) for a CPU', choices=PRECISIONS)
    threads: int = parameter(2, 'CPU cores that one picture is computed on; no more than there '
                             'are', minimum=1, maximum=64)
    pads: tuple[int, int, int, int] | None = parameter(
        None, 'pixels added to the face box: top, bottom (the chin has to be inside), left, '
        'right. Not set: 10 below, of the picture as shown, so that large and small sources look '
        'alike')
    box: tuple[int, int, int, int] | None = parameter(
        None, 'face box for all frames in place of detection: top, bottom, left, right in pixels')
    smooth: bool = parameter(True, 'whether the face boxes are averaged over 5 frames; not where '
                             'the head moves fast')
    nosmooth: bool = parameter(False, "the published inference's name for smooth=false")
    detector: str = parameter('auto', 'face detector; mesh: the bundled one; auto: s3fd where its '
                              'published weights are', choices=('auto', 's3fd', 'mesh'))
    detector_batch: int = parameter(8, 'frames that S3FD takes at once', minimum=1, maximum=256)
    batch: int = parameter(16, 'most pictures that the network takes at once, where several are '
                           'asked for', minimum=1, maximum=128)
    wait_ms: float = parameter(0.0, 'milliseconds that a picture waits for those of other '
                               'sessions of the process, to be computed with them; 0: only '
                               'while others are computed', minimum=0.0, maximum=40.0)
    rest: str = parameter(
        'driving', 'mouth in silence; driving: as in the picture or video; closed: as the network '
        'makes it of silence, for a video in which someone talks (made once a frame, when the '
        'face is opened)', choices=('driving', 'closed'))
    training_shift: bool = parameter(False, "whether each frame's window is heard 40 ms earlier, "
                                     'as in the training')
    cache_mb: int = parameter(512, 'megabytes for what is remembered of driving frames; more of '
                              'them are computed each time', minimum=0, maximum=65536)

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        check_fields(self)
        if self.pads is not None and (
                len(self.pads) != 4 or any(abs(pad) > 4096 for pad in self.pads)):
            raise UserError(f'pads are {self.pads}', 'Give four numbers of pixels: top, bottom, '
                            'left, right.')
        if self.box is not None and not (
                len(self.box) == 4 and 0 <= self.box[0] < self.box[1]
                and 0 <= self.box[2] < self.box[3]):
            raise UserError(f'box is {self.box}', 'Give pixels as top, bottom, left, right, with '
                            'top above bottom and left before right.')
