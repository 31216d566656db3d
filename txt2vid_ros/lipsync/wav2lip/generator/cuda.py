"""
Wav2Lip on an NVIDIA GPU: CUDA graphs, half precision, pinned memory.

At small batches the launches of a hundred kernels take longer than their arithmetic, and a CUDA
graph replays them all with one launch. A graph is bound to its batch size and buffers, so there
is one for each power of two up to 128, captured on first use or by prepare(). All runs on one
stream, on which the CPU's work for one batch overlaps with the arithmetic of the previous batch.
Driving frames are kept on the GPU as they are cut, 28 kB each; the graph makes the network's input
of them. A batch may hold frames of several faces.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import contextlib
import dataclasses
import threading
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from txt2vid_ros.lipsync.wav2lip.architecture import FACE
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth, MOUTH_SHAPE
from txt2vid_ros.lipsync.wav2lip.generator.fused import FusedWav2Lip
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import (
    FaceInput,
    MAX_BATCH,
    Network,
    TorchGenerator,
)
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip

_WARM_UP_RUNS = 3       # before a capture, in which cuDNN chooses its algorithms


@dataclasses.dataclass(frozen=True)
class _HostBuffers:
    """Pinned memory for one batch in flight, and the event that signals its arrival."""

    mel: Tensor
    out: Tensor
    done: torch.cuda.Event


@dataclasses.dataclass(frozen=True)
class _CapturedGraph:
    """A graph of one batch size with the device buffers it reads and writes."""

    graph: torch.cuda.CUDAGraph
    mel: Tensor
    crops: Tensor           # (B, 96, 96, 3), uint8
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
        # What comes onto the stream while it is captured would become part of the graph.
        self._lock = threading.Lock()
        self._largest = 1
        self._captured: dict[int, _CapturedGraph] = {}
        self._stream = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        self._stream.wait_stream(torch.cuda.current_stream(self.device))    # for the weights
        self._capture(1)        # what live pictures take: the first must not wait for it

    @property
    def merged(self) -> int:
        """Return the largest batch that waits for no capture."""
        return self._largest

    def encode(self, crop: Crop) -> FaceInput:
        """Upload the driving frame whose face is `crop`."""
        with self._lock, torch.cuda.stream(self._stream):
            return FaceInput(torch.from_numpy(crop).to(self.device))

    def mouths(self, windows: NDArray[np.float32], features: Sequence[FaceInput]) -> list[Mouth]:
        """Return B mouths, one for each of the windows (B, 80, 16) and of the features."""
        if len(windows) != len(features):
            raise ValueError(f'{len(windows)} windows for {len(features)} faces')
        with self._lock:
            return self._mouths(windows, features)

    def prepare(self, pictures: int) -> None:
        """Capture the graphs for batches of up to `pictures`: each takes about a second."""
        size = 1
        while size <= bucket(pictures):
            with self._lock:
                if size not in self._captured:
                    self._capture(size)
            size *= 2

    def _mouths(self, windows: NDArray[np.float32], features: Sequence[FaceInput]) -> list[Mouth]:
        out: list[Mouth] = []
        waiting: tuple[_HostBuffers, int] | None = None
        for number, first in enumerate(range(0, len(windows), MAX_BATCH)):
            size = min(MAX_BATCH, len(windows) - first)
            captured = self._holding(size)
            host = captured.hosts[number % 2]
            batch = slice(first, first + size)
            self._launch(captured, host, windows[batch], features[batch])
            if waiting is not None:
                out.extend(_collect(*waiting))
            waiting = host, size
        return out + (_collect(*waiting) if waiting is not None else [])

    def close(self) -> None:
        """Release the network and its graphs; may be called twice."""
        with self._lock:
            self._captured.clear()
            super().close()

    def _holding(self, size: int) -> _CapturedGraph:
        """Return the smallest graph captured that holds `size` pictures, or capture one."""
        fitting = min((one for one in self._captured if one >= size), default=None)
        return self._capture(bucket(size)) if fitting is None else self._captured[fitting]

    def _launch(self, captured: _CapturedGraph, host: _HostBuffers, windows: NDArray[np.float32],
                features: Sequence[FaceInput]) -> None:
        host.mel[:len(windows), 0] = torch.from_numpy(windows)
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            captured.mel.copy_(host.mel, non_blocking=True)
            torch.stack([one.tensor for one in features], out=captured.crops[:len(features)])
            captured.graph.replay()
            host.out.copy_(captured.out, non_blocking=True)
            host.done.record(self._stream)

    def _capture(self, batch: int) -> _CapturedGraph:
        with _fastest_algorithms(), torch.inference_mode(), torch.cuda.stream(self._stream):
            mel = torch.zeros(batch, 1, 80, 16, device=self.device, dtype=self.dtype)
            crops = torch.zeros(batch, FACE, FACE, 3, device=self.device, dtype=torch.uint8)
            for _ in range(_WARM_UP_RUNS):
                self._forward(mel, crops)
            self._stream.synchronize()
            graph = torch.cuda.CUDAGraph()
            # Another thread, which opens a face, may allocate memory meanwhile.
            with torch.cuda.graph(graph, stream=self._stream,
                                  capture_error_mode='thread_local'):
                out = self._forward(mel, crops)
        hosts = (self._host(batch), self._host(batch))
        self._captured[batch] = captured = _CapturedGraph(graph, mel, crops, out, hosts)
        self._largest = max(self._largest, batch)
        return captured

    def _lower_face(self, model: Wav2Lip) -> Network:
        return FusedWav2Lip(model, self.device, self.dtype)

    def _host(self, batch: int) -> _HostBuffers:
        mel = torch.zeros(batch, 1, 80, 16, dtype=self.dtype, pin_memory=True)
        out = torch.zeros(batch, *MOUTH_SHAPE, dtype=self.dtype, pin_memory=True)
        return _HostBuffers(mel, out, torch.cuda.Event())  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def _fastest_algorithms() -> Iterator[None]:
    """Let cuDNN try its algorithms. It would for each new size of picture, so S3FD must not."""
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = True
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


def _collect(host: _HostBuffers, size: int) -> list[Mouth]:
    host.done.synchronize()
    # A copy even of float32: the buffer is reused by the batch after next.
    return list(host.out[:size].to(torch.float32, copy=True).numpy())
