"""The Wav2Lip generator as a torch module, with the published checkpoints' names and shapes."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn, Tensor
from txt2vid_ros.lipsync.wav2lip import architecture
from txt2vid_ros.lipsync.wav2lip.architecture import Layer


class ConvBlock(nn.Module):
    """A (transposed) convolution, batch norm, the input again if residual, and ReLU."""

    def __init__(self, layer: Layer) -> None:
        """Build the block that `layer` describes."""
        super().__init__()
        convolution: nn.Module
        if layer.transposed:
            convolution = nn.ConvTranspose2d(
                layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.padding,
                layer.output_padding)
        else:
            convolution = nn.Conv2d(
                layer.inputs, layer.outputs, layer.kernel, layer.stride, layer.padding)
        norm = nn.BatchNorm2d(layer.outputs, eps=architecture.BATCH_NORM_EPS)
        self.conv_block = nn.Sequential(convolution, norm)
        self.residual = layer.residual

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H', W')."""
        out = self.conv_block(x)
        return torch.relu(out + x if self.residual else out)


def _blocks(layers: tuple[Layer, ...]) -> nn.Sequential:
    return nn.Sequential(*(ConvBlock(layer) for layer in layers))


class Wav2Lip(nn.Module):
    """The generator of Prajwal et al. (2020): a mel window and a face in, the face out."""

    def __init__(self) -> None:
        """Build the network with random weights, ready for `load_state_dict`."""
        super().__init__()
        self.face_encoder_blocks = nn.ModuleList(map(_blocks, architecture.FACE_ENCODER))
        self.audio_encoder = _blocks(architecture.AUDIO_ENCODER)
        self.face_decoder_blocks = nn.ModuleList(map(_blocks, architecture.FACE_DECODER))
        self.output_block = nn.Sequential(
            ConvBlock(architecture.OUTPUT), nn.Conv2d(architecture.OUTPUT.outputs, 3, 1),
            nn.Sigmoid())

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """
        Return the face that speaks `mel`, (B, 3, 96, 96) BGR in 0..1.

        `mel`: (B, 1, 80, 16). `face`: (B, 6, 96, 96) in 0..1: the crop in BGR with rows 48 to 95
        blanked, then the whole crop in BGR as the reference of identity.
        """
        skips = []
        x = face
        for block in self.face_encoder_blocks:
            x = block(x)
            skips.append(x)
        x = self.audio_encoder(mel)
        for block in self.face_decoder_blocks:
            x = torch.cat((block(x), skips.pop()), dim=1)
        return cast(Tensor, self.output_block(x))
