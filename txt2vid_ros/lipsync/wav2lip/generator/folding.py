"""
Batch norm and residual connections folded into the convolutions before them, exactly.

In evaluation mode batch norm is an affine map per channel, so it can be folded into weight and
bias; and `convolution(x) + x` is a convolution with the identity added to its centre tap.
"""

from __future__ import annotations

from collections.abc import Mapping
import dataclasses

import numpy as np
from numpy.typing import NDArray
from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.architecture import Layer

State = Mapping[str, NDArray[np.generic]]
Array = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class FoldedConvolution:
    """
    A convolution with a ReLU after it.

    `weight`: (outputs, inputs, k, k), or (inputs, outputs, k, k) where `layer.transposed`.
    `adds_input`: whether the input still has to be added before the ReLU.
    """

    layer: Layer
    weight: Array
    bias: Array
    adds_input: bool = False

    def of_inputs(self, first: int, stop: int) -> Array:
        """Return the weights of input channels `first` to `stop`."""
        part = self.weight[first:stop] if self.layer.transposed else self.weight[:, first:stop]
        return np.ascontiguousarray(part)


def fold(state: State, name: str, layer: Layer, *, residual: bool = True) -> FoldedConvolution:
    """
    Fold the block called `name` (as `audio_encoder.3`) of a Wav2Lip state_dict.

    With `residual` False the input is still added separately: the identity among small weights
    would take up most of the range of 8-bit weights.
    """
    def tensor(part: str) -> NDArray[np.float64]:
        return state[f'{name}.conv_block.{part}'].astype(np.float64)

    scale = tensor('1.weight') / np.sqrt(tensor('1.running_var') + architecture.BATCH_NORM_EPS)
    axis = 1 if layer.transposed else 0
    weight = tensor('0.weight') * np.expand_dims(scale, [i for i in range(4) if i != axis])
    bias = (tensor('0.bias') - tensor('1.running_mean')) * scale + tensor('1.bias')
    if layer.residual and residual:
        centre = layer.kernel // 2
        channels = np.arange(layer.outputs)
        weight[channels, channels, centre, centre] += 1.0
    return FoldedConvolution(layer, weight.astype(np.float32), bias.astype(np.float32),
                             layer.residual and not residual)
