"""
Wav2Lip on an NVIDIA GPU: CUDA graphs, half precision, pinned memory.

At small batches the launches of 51 convolutions take longer than their arithmetic, and a CUDA
graph replays them all with one launch. A graph is bound to its batch size and buffers, so there
is one for each power of two up to 128, captured on first use. They run on one stream, and driving
frames are uploaded on another, so that the CPU's work and the uploads for one batch overlap with
the arithmetic of the previous batch.
"""

from __future__ import annotations

from collections.abc import Sequence
import dataclasses
import itertools
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth, MOUTH_SHAPE, network_input
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import FaceInput, MAX_BATCH, TorchGenerator
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

_UPLOADS = 4            # driving frames in flight
_WARM_UP_RUNS = 3       # before a capture, in which cuDNN chooses its algorithms


@dataclasses.dataclass(frozen=True)
class _HostBuffers:
    """Pinned memory for one batch in flight, and the event that signals its arrival."""

    mel: Tensor
    out: Tensor
    done: torch.cuda.Event


@dataclasses.dataclass(frozen=True)
class _Upload:
    """Pinned memory for one driving frame in flight, and the event that signals its arrival."""

    face: Tensor            # (6, 96, 96)
    done: torch.cuda.Event


@dataclasses.dataclass(frozen=True)
class _CapturedGraph:
    """A graph of one batch size with the device buffers it reads and writes."""

    graph: torch.cuda.CUDAGraph
    mel: Tensor
    faces: Tensor
    out: Tensor             # (B, 49, 96, 3)
    hosts: tuple[_HostBuffers, _HostBuffers]      # one is filled or read while the other is copied


def bucket(batch: int) -> int:
    """Return the smallest power of two that holds `batch`, at most MAX_BATCH."""
    return min(MAX_BATCH, 1 << (batch - 1).bit_length())


class CudaGenerator(TorchGenerator):
    """The same network as TorchGenerator, replayed from CUDA graphs."""

    name: ClassVar[str] = 'torch cuda graphs'

    def __init__(self, model: Wav2Lip, device: str = 'cuda', precision: str = 'float16') -> None:
        """Move `model` to the GPU. Raises UserError where there is none."""
        super().__init__(model, device, precision)
        torch.backends.cudnn.benchmark = True
        self._captured: dict[int, _CapturedGraph] = {}
        self._stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        self._copies = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        self._uploads = itertools.cycle([self._upload() for _ in range(_UPLOADS)])

    def encode(self, crop: Crop) -> FaceInput:
        """Start to upload the driving frame whose face is `crop`; its readers wait for it."""
        upload = next(self._uploads)
        upload.done.synchronize()       # the previous copy may still be in flight
        upload.face.copy_(torch.from_numpy(network_input(crop[None])[0]))
        with torch.cuda.stream(self._copies):
            face = torch.empty_like(upload.face, device=self.device)
            face.copy_(upload.face, non_blocking=True)
            upload.done.record(self._copies)
        # Allocated on one stream and read on another: not to be reused before that is done.
        face.record_stream(self._stream)
        return FaceInput(face)

    def mouths(self, windows: NDArray[np.float32], features: Sequence[FaceInput]) -> list[Mouth]:
        """Return B mouths, one for each of the windows (B, 80, 16) and of the features."""
        if len(windows) != len(features):
            raise ValueError(f'{len(windows)} windows for {len(features)} faces')
        out: list[Mouth] = []
        waiting: tuple[_HostBuffers, int] | None = None
        for number, first in enumerate(range(0, len(windows), MAX_BATCH)):
            size = min(MAX_BATCH, len(windows) - first)
            captured = self._captured.get(bucket(size)) or self._capture(bucket(size))
            host = captured.hosts[number % 2]
            batch = slice(first, first + size)
            self._launch(captured, host, windows[batch], features[batch])
            if waiting is not None:
                out.extend(_collect(*waiting))
            waiting = host, size
        return out + (_collect(*waiting) if waiting is not None else [])

    def close(self) -> None:
        """Release the network and its graphs; may be called twice."""
        self._captured.clear()
        super().close()

    def _launch(self, captured: _CapturedGraph, host: _HostBuffers, windows: NDArray[np.float32],
                features: Sequence[FaceInput]) -> None:
        host.mel[:len(windows), 0] = torch.from_numpy(windows)
        self._stream.wait_stream(self._copies)
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            captured.mel.copy_(host.mel, non_blocking=True)
            torch.stack([one.tensor for one in features], out=captured.faces[:len(features)])
            captured.graph.replay()
            host.out.copy_(captured.out, non_blocking=True)
            host.done.record(self._stream)

    def _capture(self, batch: int) -> _CapturedGraph:
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            mel = torch.zeros(batch, 1, 80, 16, device=self.device, dtype=self.dtype)
            faces = torch.zeros(batch, 6, 96, 96, device=self.device, dtype=self.dtype)
            for _ in range(_WARM_UP_RUNS):
                self._lower(mel, faces)
            self._stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, stream=self._stream):
                out = self._lower(mel, faces)
        hosts = (self._host(batch), self._host(batch))
        self._captured[batch] = captured = _CapturedGraph(graph, mel, faces, out, hosts)
        return captured

    def _upload(self) -> _Upload:
        face = torch.zeros(6, 96, 96, dtype=self.dtype, pin_memory=True)
        return _Upload(face, torch.cuda.Event())  # type: ignore[no-untyped-call]

    def _host(self, batch: int) -> _HostBuffers:
        mel = torch.zeros(batch, 1, 80, 16, dtype=self.dtype, pin_memory=True)
        out = torch.zeros(batch, *MOUTH_SHAPE, dtype=self.dtype, pin_memory=True)
        return _HostBuffers(mel, out, torch.cuda.Event())  # type: ignore[no-untyped-call]

    def _lower(self, mel: Tensor, faces: Tensor) -> Tensor:
        lower = self._forward(mel, faces.contiguous(memory_format=torch.channels_last))
        return lower.permute(0, 2, 3, 1).contiguous()


def _collect(host: _HostBuffers, size: int) -> list[Mouth]:
    host.done.synchronize()
    # A copy even of float32: the buffer is reused by the batch after next.
    return list(host.out[:size].to(torch.float32, copy=True).numpy())
