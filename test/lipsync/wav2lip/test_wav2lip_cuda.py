"""
The batching around CUDA graphs, with the graphs themselves replaced by plain runs.

What only a GPU can show (capture, streams, half precision) is in test_wav2lip_fast, and runs where
there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
import contextlib
from typing import Any

from arrays import Array, Golden
import numpy as np
import pytest
import torch
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.generator import cuda
from txt2vid_ros.lipsync.wav2lip.generator.base import network_input
from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
from txt2vid_ros.lipsync.wav2lip.generator.rows import LOWER_FACE_ROW
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip


class Stream:
    """Copies as late as it may: when something waits for it or reads what it copied."""

    current: Stream

    def __init__(self, *_: object) -> None:
        """Take any device."""
        self.copies: list[Callable[[], object]] = []

    def synchronize(self) -> None:
        while self.copies:
            self.copies.pop(0)()

    def wait_stream(self, other: Stream) -> None:
        other.synchronize()


class Event:
    def __init__(self) -> None:
        self.stream = Stream()

    def record(self, stream: Stream) -> None:
        self.stream = stream

    def synchronize(self) -> None:
        self.stream.synchronize()


class Graph:
    """Runs the network again on what its buffers hold."""

    def __init__(self) -> None:
        self.run: Any = None
        self.algorithms_tried = torch.backends.cudnn.benchmark

    def replay(self) -> None:
        Stream.current.synchronize()
        self.run()


@pytest.fixture
def stand_in(wav2lip: Wav2Lip, monkeypatch: pytest.MonkeyPatch) -> CudaGenerator:
    """Return the generator on the CPU, four pictures at once at most."""
    @contextlib.contextmanager
    def nothing(*_: object, **__: object) -> Iterator[None]:
        yield

    @contextlib.contextmanager
    def on(stream: Stream) -> Iterator[None]:
        before, Stream.current = Stream.current, stream
        yield
        Stream.current = before

    Stream.current = Stream()
    zeros, capture, copy = torch.zeros, CudaGenerator._capture, torch.Tensor.copy_

    def later(to: torch.Tensor, source: torch.Tensor, non_blocking: bool = False) -> torch.Tensor:
        if not non_blocking:
            return copy(to, source)
        Stream.current.copies.append(lambda: copy(to, source))
        return to

    def unpinned(*size: object, pin_memory: bool = False, **options: object) -> torch.Tensor:
        return zeros(*size, **options)      # type: ignore[call-overload,no-any-return]

    def captured(self: CudaGenerator, batch: int) -> Any:
        one: Any = capture(self, batch)
        one.graph.run = lambda: one.out.copy_(self._forward(one.mel, one.crops))
        return one

    for name, value in (('Stream', Stream), ('Event', Event), ('CUDAGraph', Graph),
                        ('stream', on), ('graph', nothing), ('current_stream', Stream)):
        monkeypatch.setattr(torch.cuda, name, value)
    monkeypatch.setattr(torch.Tensor, 'copy_', later)
    monkeypatch.setattr(torch, 'zeros', unpinned)
    monkeypatch.setattr(torch.backends.cudnn, 'benchmark', False)
    monkeypatch.setattr(cuda, 'MAX_BATCH', 4)
    monkeypatch.setattr(cuda, '_WARM_UP_RUNS', 0)
    monkeypatch.setattr(CudaGenerator, '_capture', captured)
    return CudaGenerator(wav2lip, 'cpu', 'float32')


@pytest.mark.parametrize(('count', 'graphs'), [(1, [1]), (3, [1, 4]), (11, [1, 4]), (5, [1, 4])])
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


def test_any_sound_on_any_frame_equals_the_plain_module(
        golden: Golden, wav2lip: Wav2Lip, stand_in: CudaGenerator) -> None:
    crops = golden('wav2lip_golden.npz')['crop_bgr_u8']
    crops = np.concatenate((crops, 255 - crops))
    noise = np.random.default_rng(9).uniform(-4, 4, (4, 80, 16)).astype(np.float32)
    mouths = stand_in.mouths(noise, [stand_in.features(stand_in.encode(one)) for one in crops])
    with torch.inference_mode():
        whole = wav2lip(torch.from_numpy(noise[:, None]), torch.from_numpy(network_input(crops)))
    expected = whole.numpy()[:, :, LOWER_FACE_ROW:].transpose(0, 2, 3, 1)
    np.testing.assert_allclose(np.stack(mouths), expected, atol=1e-4)


def test_a_driving_frame_is_kept_as_it_is_cut(golden: Golden, stand_in: CudaGenerator) -> None:
    crop = golden('wav2lip_golden.npz')['crop_bgr_u8'][0]
    encoded = stand_in.encode(crop)
    assert stand_in.size_of(encoded) == crop.nbytes
    np.testing.assert_array_equal(encoded.tensor.numpy(), crop)


def test_live_pictures_wait_for_no_capture_and_other_networks_try_no_algorithms(
        stand_in: CudaGenerator) -> None:
    assert list(stand_in._captured) == [1]
    graph: Any = stand_in._captured[1].graph
    assert graph.algorithms_tried
    assert not torch.backends.cudnn.benchmark


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


def test_what_was_prepared_is_what_several_faces_are_merged_into(
        golden: Golden, stand_in: CudaGenerator) -> None:
    assert stand_in.merged == 1
    stand_in.prepare(3)
    assert sorted(stand_in._captured) == [1, 2, 4] and stand_in.merged == 4
    held = dict(stand_in._captured)
    stand_in.prepare(4)
    assert stand_in._captured == held
    data = golden('wav2lip_golden.npz')
    expected: Array = data['out'][:, :, LOWER_FACE_ROW:].transpose(0, 2, 3, 1)
    faces = [stand_in.encode(crop) for crop in data['crop_bgr_u8']]
    with contextlib.closing(MouthQueue(stand_in)) as queue, ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(queue.mouths, data['mel'][i % 2, :1],
                               lambda i=i: [faces[i % 2]], 0.0) for i in range(12)]
        for i, answer in enumerate(answers):
            np.testing.assert_allclose(answer.result(120)[0], expected[i % 2], atol=1e-4)
    assert stand_in._captured == held


def test_a_batch_goes_into_the_smallest_graph_that_is_there(
        golden: Golden, stand_in: CudaGenerator) -> None:
    data = golden('wav2lip_golden.npz')
    faces = [stand_in.encode(crop) for crop in data['crop_bgr_u8']]
    stand_in.mouths(np.repeat(data['mel'][:1, 0], 4, axis=0), [faces[0]] * 4)
    stand_in.mouths(data['mel'][:, 0], faces)
    assert sorted(stand_in._captured) == [1, 4]
