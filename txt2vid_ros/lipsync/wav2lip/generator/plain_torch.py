"""Wav2Lip on torch: the plain module on a CPU, half precision and CUDA graphs on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import copy
import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth, network_input
from txt2vid_ros.lipsync.wav2lip.generator.rows import LOWER_FACE_ROW
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

MAX_BATCH = 128
PRECISIONS = {'float32': torch.float32, 'float16': torch.float16, 'bfloat16': torch.bfloat16}

Network = Callable[[Tensor, Tensor], Tensor]
"""Maps windows (B, 1, 80, 16) and B face inputs, stacked, to mouths (B, 49, 96, 3)."""


@dataclasses.dataclass(frozen=True)
class FaceInput:
    """A driving frame's face on the device: the network's input (6, 96, 96), or the crop."""

    tensor: Tensor


class TorchGenerator(Generator[FaceInput, FaceInput]):
    """The module as published, run eagerly."""

    name: ClassVar[str] = 'torch'

    def __init__(self, model: Wav2Lip, device: str = 'cpu', precision: str = 'float32') -> None:
        """
        Run `model` on `device`; `precision` is a key of PRECISIONS.

        Raises UserError if the device or the precision is not available.
        """
        if precision not in PRECISIONS:
            raise UserError(f'precision {precision!r} is unknown',
                            f'Use one of: {", ".join(PRECISIONS)}.')
        try:
            self.device = torch.device(device)
            torch.empty(1, device=self.device)
        except (RuntimeError, AssertionError) as error:
            raise UserError(f'device {device!r} cannot be used by torch',
                            'Use device cpu, or install torch for your GPU.') from error
        self.dtype = PRECISIONS[precision]
        self._network: Network | None = self._lower_face(model)

    def encode(self, crop: Crop) -> FaceInput:
        """Upload the driving frame whose face is `crop`."""
        tensor = torch.from_numpy(network_input(crop[None])[0])
        return FaceInput(tensor.to(self.device, self.dtype))

    def features(self, encoded: FaceInput) -> FaceInput:
        """Return the network's input: the frame as uploaded."""
        return encoded

    def mouths(self, windows: NDArray[np.float32], features: Sequence[FaceInput]) -> list[Mouth]:
        """Return B mouths, one for each of the windows (B, 80, 16) and of the features."""
        if len(windows) != len(features):
            raise ValueError(f'{len(windows)} windows for {len(features)} faces')
        out: list[Mouth] = []
        for first in range(0, len(windows), MAX_BATCH):
            mel = torch.from_numpy(np.ascontiguousarray(windows[first:first + MAX_BATCH, None]))
            faces = torch.stack([one.tensor for one in features[first:first + MAX_BATCH]])
            mouths = self._forward(mel.to(self.device, self.dtype), faces)
            out.extend(mouths.float().cpu().numpy())
        return out

    def size_of(self, encoded: FaceInput) -> int:
        """Return the bytes held for one driving frame."""
        return encoded.tensor.nbytes

    def close(self) -> None:
        """Release the network; may be called twice."""
        self._network = None

    def _lower_face(self, model: Wav2Lip) -> Network:
        """Return `model` on the device."""
        placed = model
        if self.device.type != 'cpu' or self.dtype != torch.float32:
            # A copy: `to` would change the caller's module.
            placed = copy.deepcopy(model).to(self.device, self.dtype)
            layout = torch.channels_last if self.device.type == 'cuda' else torch.contiguous_format
            placed.to(memory_format=layout)  # type: ignore[call-overload]
        return lambda mel, faces: placed(mel, faces)[:, :, LOWER_FACE_ROW:].permute(0, 2, 3, 1)

    @torch.inference_mode()
    def _forward(self, mel: Tensor, faces: Tensor) -> Tensor:
        if self._network is None:
            raise RuntimeError('the generator is closed')
        return self._network(mel, faces)
