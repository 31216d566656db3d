"""The S3FD network as a torch module: VGG-16 with six scales of one anchor each."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn, Tensor
from torch.nn import functional
from txt2vid_ros.lipsync.checkpoint_file import load_module

# name, input channels, output channels, kernel, stride, padding
_CONVOLUTIONS: tuple[tuple[str, int, int, int, int, int], ...] = (
    ('conv1_1', 3, 64, 3, 1, 1), ('conv1_2', 64, 64, 3, 1, 1),
    ('conv2_1', 64, 128, 3, 1, 1), ('conv2_2', 128, 128, 3, 1, 1),
    ('conv3_1', 128, 256, 3, 1, 1), ('conv3_2', 256, 256, 3, 1, 1), ('conv3_3', 256, 256, 3, 1, 1),
    ('conv4_1', 256, 512, 3, 1, 1), ('conv4_2', 512, 512, 3, 1, 1), ('conv4_3', 512, 512, 3, 1, 1),
    ('conv5_1', 512, 512, 3, 1, 1), ('conv5_2', 512, 512, 3, 1, 1), ('conv5_3', 512, 512, 3, 1, 1),
    ('fc6', 512, 1024, 3, 1, 3), ('fc7', 1024, 1024, 1, 1, 0),
    ('conv6_1', 1024, 256, 1, 1, 0), ('conv6_2', 256, 512, 3, 2, 1),
    ('conv7_1', 512, 128, 1, 1, 0), ('conv7_2', 128, 256, 3, 2, 1),
)
_POOL_AFTER = frozenset({'conv1_2', 'conv2_2', 'conv3_3', 'conv4_3', 'conv5_3'})
# source of a scale, its channels, initial weight of its L2 normalisation (0: none)
_SCALES: tuple[tuple[str, int, float], ...] = (
    ('conv3_3', 256, 10.0), ('conv4_3', 512, 8.0), ('conv5_3', 512, 5.0),
    ('fc7', 1024, 0.0), ('conv6_2', 512, 0.0), ('conv7_2', 256, 0.0),
)
_BACKGROUNDS = 3  # the smallest scale has three classes of background, of which the largest counts
# Subtracted from RGB in this order although it is the BGR mean: the published weights expect it.
_MEAN = (104.0, 117.0, 123.0)


class L2Norm(nn.Module):
    """Scale each position's channel vector to unit length, then by a learnt weight a channel."""

    def __init__(self, channels: int, scale: float) -> None:
        """Start with the weight `scale` everywhere."""
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to the same shape."""
        norm = x.pow(2).sum(dim=1, keepdim=True).sqrt() + 1e-10
        return x / norm * self.weight[:, None, None]


class S3FD(nn.Module):
    """Single Shot Scale-invariant Face Detector (https://arxiv.org/abs/1708.05237)."""

    def __init__(self) -> None:
        """Build the network with random weights, ready for `load_state_dict`."""
        super().__init__()
        for name, inputs, outputs, kernel, stride, padding in _CONVOLUTIONS:
            self.add_module(name, nn.Conv2d(inputs, outputs, kernel, stride, padding))
        for source, channels, scale in _SCALES:
            if scale:
                self.add_module(f'{source}_norm', L2Norm(channels, scale))
        for i, (source, channels, scale) in enumerate(_SCALES):
            head = f'{source}_norm_mbox' if scale else f'{source}_mbox'
            classes = 1 + _BACKGROUNDS if i == 0 else 2
            self.add_module(f'{head}_conf', nn.Conv2d(channels, classes, 3, 1, 1))
            self.add_module(f'{head}_loc', nn.Conv2d(channels, 4, 3, 1, 1))

    def forward(self, x: Tensor) -> list[Tensor]:
        """
        Return twelve maps for (B, 3, H, W): class scores (B, 2, h, w) and boxes (B, 4, h, w).

        They alternate over the strides 4, 8, 16, 32, 64, 128; scores are before the softmax,
        background first. Input as `preprocess` gives it.
        """
        maps = []
        scales = {source: scale for source, _, scale in _SCALES}
        for name, *_ in _CONVOLUTIONS:
            x = functional.relu(self.get_submodule(name)(x))
            if name in scales:
                maps += self._heads(name, x, normalised=scales[name] > 0)
            if name in _POOL_AFTER:
                x = functional.max_pool2d(x, 2, 2)
        return maps

    def _heads(self, source: str, x: Tensor, *, normalised: bool) -> list[Tensor]:
        head = f'{source}_mbox'
        if normalised:
            x = self.get_submodule(f'{source}_norm')(x)
            head = f'{source}_norm_mbox'
        scores = self.get_submodule(f'{head}_conf')(x)
        background = scores[:, :-1].amax(dim=1, keepdim=True)
        return [torch.cat((background, scores[:, -1:]), dim=1),
                self.get_submodule(f'{head}_loc')(x)]


def preprocess(frames: NDArray[np.uint8]) -> Tensor:
    """Return frames (B, H, W, 3), uint8 BGR, as the network's input."""
    rgb = np.ascontiguousarray(frames[..., ::-1].transpose(0, 3, 1, 2))
    return torch.from_numpy(rgb).float() - torch.tensor(_MEAN).view(1, 3, 1, 1)


def load_checkpoint(path: str | os.PathLike[str]) -> S3FD:
    """Return the detector with the weights of `path`. Raises UserError; see load_module."""
    return load_module(S3FD, path, 'S3FD')
