"""Sessions of one process share one network and its batches, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
import contextlib
import dataclasses
import pathlib
import threading
from typing import Any

import numpy as np
import pytest
from sounds import spoken, START, tone
from txt2vid_ros.core.process.sharing import SharedResources
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.face_set import FaceSet, FaceSettings
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine, Wav2LipSession
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth
from txt2vid_ros.lipsync.wav2lip.generator.onnx import ExportedGraphs, OnnxGenerator, Shares, Skips
from txt2vid_ros.lipsync.wav2lip.locate import locate
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.expression_timeline import ExpressionTimeline
from txt2vid_ros.media.speech_timeline import SpeechTimeline

FACES = 4
LONGEST = 120.0


class Merging(OnnxGenerator):
    """The fast path, told to merge, whose first batch runs until all faces have asked."""

    def __init__(self, graphs: ExportedGraphs) -> None:
        super().__init__(graphs)
        self.batches: list[int] = []
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.bad: Crop | None = None

    @property
    def merged(self) -> int:
        return 8

    def encode(self, crop: Crop) -> Skips:
        if self.bad is not None and np.array_equal(crop, self.bad):
            raise RuntimeError('this face cannot be encoded')
        return super().encode(crop)

    def mouths(self, windows: Any, features: Sequence[Shares]) -> list[Mouth]:
        self.batches.append(len(windows))
        self.begun.set()
        assert self.go_on.wait(LONGEST)
        return super().mouths(windows, features)


def still(seed: int) -> DrivingMedia:
    picture = np.random.default_rng(seed).integers(0, 256, (150, 160, 3)).astype(np.uint8)
    return DrivingMedia([picture], 25.0, f'{seed:064x}')


@pytest.fixture
def options(wav2lip_checkpoint: pathlib.Path) -> Wav2LipOptions:
    return Wav2LipOptions(weights=wav2lip_checkpoint, box=(10, 130, 30, 130), device='cpu',
                          threads=1)


@pytest.fixture
def merging(graphs: ExportedGraphs) -> Iterator[Merging]:
    generator = Merging(graphs)
    yield generator
    generator.close()


@contextlib.contextmanager
def queued(generator: OnnxGenerator, options: Wav2LipOptions
           ) -> Iterator[tuple[MouthQueue[Any, Any], list[Wav2LipSession]]]:
    queue: MouthQueue[Any, Any] = MouthQueue(generator)
    clips = [still(seed) for seed in range(FACES)]
    with contextlib.closing(queue):
        yield queue, [Wav2LipSession(clip, locate(clip, options), queue, options)
                      for clip in clips]


def test_faces_in_one_batch_look_as_each_does_alone(
        generator: OnnxGenerator, merging: Merging, options: Wav2LipOptions) -> None:
    speeches = [spoken(tone(1.0, level)) for level in (0.05, 0.1, 0.2, 0.4)]
    times = [START + 0.2 + 0.1 * number for number in range(FACES)]

    def shown(one: Wav2LipSession, number: int) -> Frame:
        return one.render(times[number], 0, speeches[number])

    with queued(generator, options) as (_, alone):
        expected = [shown(one, number) for number, one in enumerate(alone)]
    with queued(merging, options) as (queue, sessions), ThreadPoolExecutor(FACES) as pool:
        first = pool.submit(shown, sessions[0], 0)
        assert merging.begun.wait(LONGEST)
        others = [pool.submit(shown, sessions[number], number) for number in (1, 2, 3)]
        while queue._batcher._line.pictures < 3:
            threading.Event().wait(0.005)
        merging.go_on.set()
        frames = [one.result(LONGEST) for one in (first, *others)]
    assert merging.batches == [1, 3]
    for frame, picture in zip(frames, expected, strict=True):
        assert np.abs(frame.astype(int) - picture).max() <= 1


def test_mouths_in_one_batch_equal_those_of_one_by_one(
        generator: OnnxGenerator, merging: Merging) -> None:
    rng = np.random.default_rng(5)
    windows = rng.uniform(-4, 4, (FACES, 80, 16)).astype(np.float32)
    crops = rng.integers(0, 256, (FACES, 96, 96, 3)).astype(np.uint8)
    features = [generator.features(generator.encode(crop)) for crop in crops]
    alone = [generator.mouths(windows[i:i + 1], features[i:i + 1])[0] for i in range(FACES)]
    with contextlib.closing(MouthQueue(merging)) as queue, ThreadPoolExecutor(FACES) as pool:
        def mouth(number: int) -> Mouth:
            return queue.mouths(windows[number:number + 1], lambda: [features[number]], 0.0)[0]

        answers = [pool.submit(mouth, 0)]
        assert merging.begun.wait(LONGEST)
        answers += [pool.submit(mouth, number) for number in range(1, FACES)]
        while queue._batcher._line.pictures < FACES - 1:
            threading.Event().wait(0.005)
        merging.go_on.set()
        for one, expected in zip(answers, alone, strict=True):
            np.testing.assert_allclose(one.result(LONGEST), expected, atol=1e-5)
    assert merging.batches == [1, FACES - 1]


def test_a_face_that_fails_leaves_the_others_theirs(
        merging: Merging, options: Wav2LipOptions) -> None:
    speech = spoken(tone(1.0))
    with queued(merging, options) as (queue, sessions), ThreadPoolExecutor(FACES) as pool:
        merging.bad = sessions[2]._crop(0)
        answers = [pool.submit(sessions[0].render, START + 0.3, 0, speech)]
        assert merging.begun.wait(LONGEST)
        answers += [pool.submit(one.render, START + 0.3, 0, speech) for one in sessions[1:]]
        while queue._batcher._line.pictures < FACES - 1:
            threading.Event().wait(0.005)
        merging.go_on.set()
        with pytest.raises(RuntimeError, match='this face cannot be encoded'):
            answers[2].result(LONGEST)
        for number in (0, 1, 3):
            frame = answers[number].result(LONGEST)
            assert np.any(frame != sessions[number]._driving.frames[0])


def test_engines_of_a_process_load_a_network_once_and_the_last_one_closes_it(
        options: Wav2LipOptions) -> None:
    things = SharedResources()
    engines = [Wav2LipEngine(each) for each in (
        options, dataclasses.replace(options, pads=(0, 20, 0, 0), rest='closed'),
        dataclasses.replace(options, threads=2))]
    for engine in engines:
        engine.share(things)
        engine.load()
    sessions = [engine.open(still(seed)) for seed, engine in enumerate(engines)]
    generators = [one._queue.generator for one in sessions]
    assert generators[0] is generators[1] is not generators[2]
    assert sessions[0]._features is not sessions[1]._features
    engines[0].close()
    engines[0].close()
    picture = sessions[1].render(START + 0.3, 0, spoken(tone(1.0)))
    assert np.any(picture != sessions[1]._driving.frames[0])
    engines[1].close()
    engines[2].close()
    assert generators[0]._speech is None and generators[2]._speech is None  # type: ignore


def test_without_a_process_to_share_with_each_engine_has_its_own(options: Wav2LipOptions) -> None:
    engines = [Wav2LipEngine(options), Wav2LipEngine(options)]
    for engine in engines:
        engine.load()
    one, other = (engine.open(still(1)) for engine in engines)
    assert one._queue.generator is not other._queue.generator
    for engine in engines:
        engine.close()


def test_the_faces_of_two_nodes_of_a_process_use_one_network(options: Wav2LipOptions) -> None:
    things = SharedResources()
    chosen = {'wav2lip.weights': str(options.weights), 'wav2lip.device': 'cpu',
              'wav2lip.threads': 1}
    settings = FaceSettings(engine='wav2lip', people='', width=320, height=240,
                            max_pixels=76_800, fps=25.0, options=chosen)
    nodes = [FaceSet(settings, SpeechTimeline(), ExpressionTimeline(), None, shared)
             for shared in (things, things, SharedResources())]
    generators = [faces._open[''].session._queue.generator          # type: ignore[attr-defined]
                  for faces in nodes]
    assert generators[0] is generators[1] is not generators[2]
    for faces in nodes:
        faces.close()
