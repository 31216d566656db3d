"""
The Wav2Lip network with fewer kernels and less work, for a GPU.

Batch norm is folded into the convolutions. A residual layer is one call of cuDNN, which adds bias
and input and applies the ReLU as it writes the output. The decoder leaves out the rows above the
lower face (see `rows`): they are cut off where maps are concatenated, which copies them anyway.
The rows computed at a cut, whose convolution lacks the row above, are among those cut off next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import dataclasses

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional
from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.architecture import FACE, Layer, MASKED_ROW
from txt2vid_ros.lipsync.wav2lip.generator import rows
from txt2vid_ros.lipsync.wav2lip.generator.folding import fold
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

_DILATION, _GROUPS = (1, 1), 1


@dataclasses.dataclass(frozen=True)
class _Convolution:
    """A (transposed) convolution and what follows it, with its tensors on the device."""

    layer: Layer
    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H', W'), ReLU included."""
        layer = self.layer
        padding = (layer.padding, layer.padding)
        if layer.transposed:
            out = functional.conv_transpose2d(x, self.weight, self.bias, layer.stride, padding,
                                              layer.output_padding)
        elif layer.residual:
            if x.is_cuda:
                return torch.cudnn_convolution_add_relu(
                    x, self.weight, x, 1.0, self.bias, layer.stride, padding, _DILATION, _GROUPS)
            out = functional.conv2d(x, self.weight, self.bias, layer.stride, padding).add_(x)
        else:
            out = functional.conv2d(x, self.weight, self.bias, layer.stride, padding)
        return out.relu_()


class FusedWav2Lip:
    """Wav2Lip's lower face alone, for inference, from faces as they are cut."""

    def __init__(self, model: Wav2Lip, device: torch.device, dtype: torch.dtype) -> None:
        """Take over the weights of `model`, which stays as it is."""
        self._dtype = dtype
        # Small batches leave most of a GPU idle: there the two encoders run side by side.
        self._beside = (
            torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
            if device.type == 'cuda' else None)
        self._blank = torch.ones(FACE, 1, 1, device=device, dtype=dtype)
        self._blank[MASKED_ROW:] = 0
        state = {name: tensor.cpu().numpy() for name, tensor in model.state_dict().items()}

        def placed(array: NDArray[np.generic]) -> Tensor:
            tensor = torch.from_numpy(array).to(device, dtype)
            if array.ndim == 4:
                tensor = tensor.contiguous(memory_format=torch.channels_last)
            return tensor

        def block(name: str, layers: Sequence[Layer]) -> list[_Convolution]:
            return [_folded(state, f'{name}.{i}', layer, placed)
                    for i, layer in enumerate(layers)]

        self._face = [block(f'face_encoder_blocks.{i}', layers)
                      for i, layers in enumerate(architecture.FACE_ENCODER)]
        self._audio = block('audio_encoder', architecture.AUDIO_ENCODER)
        self._decoder = [block(f'face_decoder_blocks.{i}', layers)
                         for i, layers in enumerate(architecture.FACE_DECODER)]
        self._output = _folded(state, 'output_block.0', architecture.OUTPUT, placed)
        self._to_bgr = (placed(state['output_block.1.weight']),
                        placed(state['output_block.1.bias']))
        # The first row of what each concatenation takes, on the way to the row wanted.
        stages, _ = rows.plan()
        self._first = (*(stage.first_input for stage in stages), rows.LOWER_FACE_ROW - 1)

    def __call__(self, mel: Tensor, crops: Tensor) -> Tensor:
        """
        Return the lower face that speaks `mel`, (B, 49, 96, 3) BGR in 0..1.

        `mel`: (B, 1, 80, 16), as the plain module takes it. `crops`: (B, 96, 96, 3), uint8 BGR.
        """
        x, skips = self._encoded(mel, self._input(crops))
        top = 0                 # the row of the whole map with which x begins
        for stage, first in zip(self._decoder, self._first, strict=True):
            x = _through(stage, x)
            if stage[0].layer.stride != (1, 1):
                top *= 2
            x = torch.cat((x[:, :, first - top:], skips.pop()[:, :, first:]), dim=1)
            top = first
        x = self._output(x)[:, :, rows.LOWER_FACE_ROW - top:]
        return functional.conv2d(x, *self._to_bgr).sigmoid_().permute(0, 2, 3, 1).contiguous()

    def _input(self, crops: Tensor) -> Tensor:
        """Return what base.network_input gives, with the channels last in memory."""
        whole = crops.to(self._dtype).div_(255)
        return torch.cat((whole * self._blank, whole), dim=3).permute(0, 3, 1, 2)

    def _encoded(self, mel: Tensor, face: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Return the encoded sound, and the maps of the face encoder."""
        if self._beside is None:
            return _through(self._audio, mel), self._maps(face)
        here = torch.cuda.current_stream(face.device)
        self._beside.wait_stream(here)
        with torch.cuda.stream(self._beside):
            speech = _through(self._audio, mel)
        maps = self._maps(face)
        here.wait_stream(self._beside)
        return speech, maps

    def _maps(self, x: Tensor) -> list[Tensor]:
        maps = []
        for encoder in self._face:
            x = _through(encoder, x)
            maps.append(x)
        return maps


def _folded(state: Mapping[str, NDArray[np.generic]], name: str, layer: Layer,
            placed: Callable[[NDArray[np.generic]], Tensor]) -> _Convolution:
    folded = fold(state, name, layer, residual=False)
    return _Convolution(layer, placed(folded.weight), placed(folded.bias))


def _through(convolutions: Sequence[_Convolution], x: Tensor) -> Tensor:
    for convolution in convolutions:
        x = convolution(x)
    return x
