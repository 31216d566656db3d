"""What a user may set about Wav2Lip."""

from __future__ import annotations

import dataclasses
import pathlib

from txt2vid_ros.core.errors import UserError

PRECISIONS = ('auto', 'float32', 'float16', 'bfloat16', 'int8')
DEVICES = ('auto', 'cpu', 'cuda')


@dataclasses.dataclass(frozen=True)
class Wav2LipOptions:
    """Options of the engine; the defaults are those of the published inference."""

    weights: pathlib.Path | None = None
    """Checkpoint; None takes `wav2lip_gan.pth`, else `wav2lip.pth`, from the models folder."""
    device: str = 'auto'
    """Where the network runs: `cpu`, `cuda`, or `auto`: the GPU where torch finds one."""
    precision: str = 'auto'
    """`auto`: float16 on a GPU, float32 on a CPU. Also bfloat16 (GPU), int8 (CPU, not exact)."""
    threads: int = 2
    """CPU cores that one picture is computed on; no more than there are."""
    pads: tuple[int, int, int, int] | None = None
    """Pixels added to the face box: top, bottom (the chin has to be inside), left, right; of the
    source after `resize_factor`, `rotate` and `crop`. None: 10 below, of the picture as shown, so
    that large and small sources look alike."""
    box: tuple[int, int, int, int] | None = None
    """Face box for all frames instead of detection: top, bottom, left, right in pixels of the
    source after `resize_factor`, `rotate` and `crop`."""
    smooth: bool = True
    """Average the face boxes over 5 frames; off where the head moves fast."""
    nosmooth: bool = False
    """The published inference's name for `smooth=false`."""
    detector: str = 'auto'
    """Face detector: `s3fd`, `mesh` (the bundled one), or `auto`: S3FD where its published weights
    are."""
    detector_batch: int = 8
    """Frames that S3FD takes at once."""
    batch: int = 16
    """Most pictures that the network takes at once, where several are asked for."""
    rest: str = 'driving'
    """The mouth in silence: `driving`, as in the picture or video; `closed`, as the network makes
    it of silence, for a video in which someone talks (made once a frame, when the face is opened).
    """
    training_shift: bool = False
    """Hear each frame's window 40 ms earlier, as the training did."""
    cache_mb: int = 512
    """Memory for what is remembered of driving frames; more of them are computed each time."""

    def __post_init__(self) -> None:
        """Name the option that cannot be. Raises UserError."""
        _choice('device', self.device, DEVICES)
        _choice('precision', self.precision, PRECISIONS)
        _choice('rest', self.rest, ('driving', 'closed'))
        _choice('detector', self.detector, ('auto', 's3fd', 'mesh'))
        for name, low, high in (('threads', 1, 64), ('detector_batch', 1, 256),
                                ('batch', 1, 128), ('cache_mb', 0, 65536)):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(f'{name} is {value}', f'Use {low} to {high}.')
        if self.pads is not None and (
                len(self.pads) != 4 or any(abs(pad) > 4096 for pad in self.pads)):
            raise UserError(f'pads are {self.pads}', 'Give four numbers of pixels: top, bottom, '
                            'left, right.')
        if self.box is not None and not (
                len(self.box) == 4 and 0 <= self.box[0] < self.box[1]
                and 0 <= self.box[2] < self.box[3]):
            raise UserError(f'box is {self.box}', 'Give pixels as top, bottom, left, right, with '
                            'top above bottom and left before right.')


def _choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise UserError(f'{name} is {value!r}', f'Use one of: {", ".join(choices)}.')
