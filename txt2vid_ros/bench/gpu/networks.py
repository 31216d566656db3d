"""The networks that are compared: as published, with fewer kernels, and as the product runs it."""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from typing import ClassVar

import torch
from txt2vid_ros.bench.lipsync.synthetic_weights import fill, wav2lip_weights
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop
from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
from txt2vid_ros.lipsync.wav2lip.generator.fused import FusedWav2Lip
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import FaceInput, Network, TorchGenerator
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

PRECISIONS = {'fp32': ('float32', False), 'tf32': ('float32', True), 'fp16': ('float16', True),
              'bf16': ('bfloat16', True)}
"""By name: the type of the numbers, and whether tensor cores may round float32 to TF32."""
ON_A_CPU = ('fp32',)
"""The others are emulated there, and slower."""
PRODUCT = {'cuda': 'fp16', 'cpu': 'fp32'}


class EagerGenerator(TorchGenerator):
    """The product's network without CUDA graphs, on any device; it merges faces too."""

    name: ClassVar[str] = 'torch, fused'

    @property
    def merged(self) -> int:
        """Return a batch that no device minds."""
        return 16

    def encode(self, crop: Crop) -> FaceInput:
        """Upload the driving frame whose face is `crop`, as it is cut."""
        return FaceInput(torch.from_numpy(crop).to(self.device))

    def _lower_face(self, model: Wav2Lip) -> Network:
        return FusedWav2Lip(model, self.device, self.dtype)


def synthetic() -> Wav2Lip:
    """Return the module filled by the rule of the golden data."""
    return fill(Wav2Lip(), wav2lip_weights)


def plain(model: Wav2Lip, device: str) -> TorchGenerator:
    """Return the module as published, eager, in float32 with torch's defaults."""
    return TorchGenerator(model, device)


def product(model: Wav2Lip, device: str, precision: str) -> TorchGenerator:
    """Return what the product runs on a GPU, or the nearest to it on a CPU."""
    kind = PRECISIONS[precision][0]
    return (CudaGenerator if device == 'cuda' else EagerGenerator)(model, device, kind)


@contextlib.contextmanager
def rounding(precision: str) -> Iterator[None]:
    """Allow TF32 where the precision says so, and forbid it where not."""
    allowed = PRECISIONS[precision][1]
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    before = cudnn.allow_tf32, matmul.allow_tf32
    cudnn.allow_tf32 = matmul.allow_tf32 = allowed
    try:
        yield
    finally:
        cudnn.allow_tf32, matmul.allow_tf32 = before
