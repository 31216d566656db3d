"""
The layers of the published Wav2Lip generator, as data.

The torch module, the ONNX graphs and the count of multiplications are all built from these tables.
Prajwal et al. (2020), https://arxiv.org/abs/2008.10010: two encoders (face, speech) and a decoder
with skips from the face encoder.
"""

from __future__ import annotations

import dataclasses

FACE = 96           # pixels on each side of the face crop
MASKED_ROW = 48     # first row of the pose reference that is blanked
BATCH_NORM_EPS = 1e-5


@dataclasses.dataclass(frozen=True)
class Layer:
    """One convolution, batch norm and ReLU; `residual` adds the input before the ReLU."""

    inputs: int
    outputs: int
    kernel: int = 3
    stride: tuple[int, int] = (1, 1)
    padding: int = 1
    residual: bool = False
    transposed: bool = False

    @property
    def output_padding(self) -> int:
        """Rows and columns added so that a transposed convolution doubles the size exactly."""
        return int(self.transposed and self.stride != (1, 1))


def _same(channels: int, count: int) -> tuple[Layer, ...]:
    return (Layer(channels, channels, residual=True),) * count


def _down(inputs: int, outputs: int, residuals: int) -> tuple[Layer, ...]:
    return (Layer(inputs, outputs, stride=(2, 2)), *_same(outputs, residuals))


def _up(inputs: int, outputs: int) -> tuple[Layer, ...]:
    return (Layer(inputs, outputs, stride=(2, 2), transposed=True), *_same(outputs, 2))


FACE_ENCODER: tuple[tuple[Layer, ...], ...] = (
    (Layer(6, 16, kernel=7, padding=3),),                                    # 96
    _down(16, 32, 2),                                                        # 48
    _down(32, 64, 3),                                                        # 24
    _down(64, 128, 2),                                                       # 12
    _down(128, 256, 2),                                                      # 6
    _down(256, 512, 1),                                                      # 3
    (Layer(512, 512, padding=0), Layer(512, 512, kernel=1, padding=0)),      # 1
)

AUDIO_ENCODER: tuple[Layer, ...] = (                       # 80 bands x 16 columns
    Layer(1, 32), *_same(32, 2),
    Layer(32, 64, stride=(3, 1)), *_same(64, 2),                             # 27 x 16
    Layer(64, 128, stride=(3, 3)), *_same(128, 2),                           # 9 x 6
    Layer(128, 256, stride=(3, 2)), *_same(256, 1),                          # 3 x 3
    Layer(256, 512, padding=0), Layer(512, 512, kernel=1, padding=0),        # 1 x 1
)

# The input of each block but the first is the previous block's output, concatenated along the
# channels with the face encoder's map of that size.
FACE_DECODER: tuple[tuple[Layer, ...], ...] = (
    (Layer(512, 512, kernel=1, padding=0),),                                 # 1
    (Layer(1024, 512, padding=0, transposed=True), *_same(512, 1)),          # 3
    _up(1024, 512),                                                          # 6
    _up(768, 384),                                                           # 12
    _up(512, 256),                                                           # 24
    _up(320, 128),                                                           # 48
    _up(160, 64),                                                            # 96
)

OUTPUT = Layer(80, 32)      # then a 1x1 convolution to BGR and a sigmoid
