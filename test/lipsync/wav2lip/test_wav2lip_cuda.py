"""The batching around CUDA graphs, with the graphs themselves replaced by plain runs.

What only a GPU can show (capture, streams, half precision) is in test_wav2lip_fast, and runs where
there is one.
"""

from __future__ import annotations

from collections.abc import Iterator
import contextlib
from typing import Any

from arrays import Array, Golden
import numpy as np
import pytest
import torch

from txt2vid_ros.lipsync.wav2lip import cuda_generator, Wav2Lip
from txt2vid_ros.lipsync.wav2lip.cuda_generator import CudaGenerator
from txt2vid_ros.lipsync.wav2lip.rows import LOWER_FACE_ROW


class Stream:
    """Everything is done at once, so there is nothing to wait for."""

    def __init__(self, *_: object) -> None:
        """Take any device."""

    def synchronize(self) -> None:
        pass

    def wait_stream(self, other: object) -> None:
        pass


class Event:
    def record(self, stream: object) -> None:
        pass

    def synchronize(self) -> None:
        pass


class Graph:
    """Runs the network again on what its buffers hold."""

    def __init__(self) -> None:
        self.run: Any = None

    def replay(self) -> None:
        self.run()


@pytest.fixture
def stand_in(wav2lip: Wav2Lip, monkeypatch: pytest.MonkeyPatch) -> CudaGenerator:
    """Return the generator on the CPU, four pictures at once at most."""
    @contextlib.contextmanager
    def nothing(*_: object, **__: object) -> Iterator[None]:
        yield

    zeros, capture = torch.zeros, CudaGenerator._capture

    def unpinned(*size: object, pin_memory: bool = False, **options: object) -> torch.Tensor:
        return zeros(*size, **options)      # type: ignore[call-overload,no-any-return]

    def captured(self: CudaGenerator, batch: int) -> Any:
        one: Any = capture(self, batch)
        one.graph.run = lambda: one.out.copy_(self._lower(one.mel, one.faces))
        return one

    for name, value in (('Stream', Stream), ('Event', Event), ('CUDAGraph', Graph),
                        ('stream', nothing), ('graph', nothing), ('current_stream', Stream)):
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(torch, 'zeros', unpinned)
    monkeypatch.setattr(torch.backends.cudnn, 'benchmark', False)
    monkeypatch.setattr(cuda_generator, 'MAX_BATCH', 4)
    monkeypatch.setattr(CudaGenerator, '_capture', captured)
    return CudaGenerator(wav2lip, 'cpu', 'float32')


@pytest.mark.parametrize(('count', 'graphs'), [(3, [4]), (11, [4]), (5, [1, 4])])
def test_every_mouth_comes_in_its_place(
        golden: Golden, stand_in: CudaGenerator, count: int, graphs: list[int]) -> None:
    data = golden('wav2lip_golden.npz')
    expected: Array = data['out'][:, :, LOWER_FACE_ROW:].transpose(0, 2, 3, 1)
    order = [i * 7 // 3 % 2 for i in range(count)]
    features = [stand_in.features(stand_in.encode(data['crop_bgr_u8'][i])) for i in order]
    mouths = stand_in.mouths(np.stack([data['mel'][i, 0] for i in order]), features)
    assert len(mouths) == count
    for i, mouth in zip(order, mouths, strict=True):
        np.testing.assert_allclose(mouth, expected[i], atol=1e-4)
    assert sorted(stand_in._captured) == graphs


def test_a_graph_is_captured_once_and_gone_at_the_end(
        golden: Golden, stand_in: CudaGenerator) -> None:
    data = golden('wav2lip_golden.npz')
    features = [stand_in.features(stand_in.encode(data['crop_bgr_u8'][0]))]
    stand_in.mouths(data['mel'][:1, 0], features)
    held = stand_in._captured[1]
    stand_in.mouths(data['mel'][1:, 0], features)
    assert stand_in._captured[1] is held
    stand_in.close()
    stand_in.close()
    assert not stand_in._captured
    assert stand_in.mouths(np.zeros((0, 80, 16), np.float32), []) == []
    with pytest.raises(ValueError, match='1 windows for 0 faces'):
        stand_in.mouths(data['mel'][:1, 0], [])
