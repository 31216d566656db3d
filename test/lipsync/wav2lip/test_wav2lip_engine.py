"""The engine as the node uses it: rest, hand-over, independence of sessions, bad options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import dataclasses
import importlib.util
import itertools
import pathlib
import subprocess
import sys
from typing import Any

from arrays import Golden
import numpy as np
import pytest
from sounds import spoken, START, timeline, tone
import torch
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.lipsync.engine import Frame
from txt2vid_ros.lipsync.wav2lip import devices, paste
from txt2vid_ros.lipsync.wav2lip.audio import audio_window
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine, Wav2LipSession
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Mouth
from txt2vid_ros.lipsync.wav2lip.generator.feature_cache import FeatureCache
from txt2vid_ros.lipsync.wav2lip.generator.onnx import ExportedGraphs, OnnxGenerator, Shares, Skips
from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
from txt2vid_ros.lipsync.wav2lip.locate import locate, LocatedFace
from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia
from txt2vid_ros.media.speech_timeline import SpeechTimeline

BOX = (10, 130, 30, 130)        # top, bottom, left, right
OPTIONS = Wav2LipOptions(box=BOX, device='cpu', threads=1)
QUEUES: list[MouthQueue[Any, Any]] = []


class Counting(OnnxGenerator):
    """The fast path, counting what it is asked for."""

    def __init__(self, other: OnnxGenerator) -> None:
        self.__dict__.update(other.__dict__)
        self.encoded = self.prepared = 0
        self.batches: list[int] = []

    def encode(self, crop: Crop) -> Skips:
        self.encoded += 1
        return super().encode(crop)

    def features(self, encoded: Skips) -> Shares:
        self.prepared += 1
        return super().features(encoded)

    def mouths(self, windows: Any, features: Sequence[Shares]) -> list[Mouth]:
        self.batches.append(len(windows))
        return super().mouths(windows, features)


def media(count: int = 3, seed: int = 0) -> DrivingMedia:
    """Return a clip of smooth noise with nothing drawn twice."""
    rng = np.random.default_rng(seed)
    frames = [rng.integers(0, 256, (150, 160, 3)).astype(np.uint8) for _ in range(count)]
    return DrivingMedia(frames, 25.0, f'{seed:064x}')


@pytest.fixture(autouse=True)
def queues_closed() -> Iterator[None]:
    yield
    while QUEUES:
        QUEUES.pop().close()


def queue_of(generator: Any) -> MouthQueue[Any, Any]:
    """Return a queue that is closed at the end of the test."""
    QUEUES.append(MouthQueue(generator))
    return QUEUES[-1]


def session(driving: DrivingMedia, generator: Any, **changes: Any) -> Wav2LipSession:
    options = dataclasses.replace(OPTIONS, **changes)
    return Wav2LipSession(driving, locate(driving, options), queue_of(generator), options)


def show(one: Wav2LipSession, speech: SpeechTimeline, seconds: Sequence[float]) -> list[Frame]:
    return [one.render(START + t, k % 3, speech) for k, t in enumerate(seconds)]


@pytest.fixture
def counting(generator: OnnxGenerator) -> Counting:
    return Counting(generator)


def test_in_silence_the_network_does_not_run_and_the_frame_is_the_driving_frame(
        counting: Counting) -> None:
    driving = media()
    one = session(driving, counting)
    for speech in (SpeechTimeline(), timeline(np.zeros(16000, np.float32))):
        for k, frame in enumerate(show(one, speech, np.arange(-0.5, 1.5, 0.04))):
            np.testing.assert_array_equal(frame, driving.frames[k % 3])
    assert counting.encoded == 0 and counting.batches == []


def test_only_the_lower_face_changes_and_it_does_change(counting: Counting) -> None:
    driving = media()
    top, bottom, left, right = BOX
    shown = show(session(driving, counting), spoken(tone(1.0)), np.arange(0, 1, 0.04))
    for k, frame in enumerate(shown):
        changed = np.any(frame != driving.frames[k % 3], axis=2)
        assert changed[top + (bottom - top) // 2:bottom, left:right].mean() > 0.3
        changed[top + (bottom - top) // 2:bottom, left:right] = False
        assert not changed.any()


def test_the_mouth_is_what_the_plain_network_says(golden: Golden, wav2lip: Wav2Lip,
                                                  generator: OnnxGenerator) -> None:
    driving = media()
    speech = timeline(golden('mel_golden.npz')['wav'])
    fast, plain = session(driving, generator), session(driving, TorchGenerator(wav2lip))
    for t in (0.0, 0.2, 0.72):
        ours, theirs = show(fast, speech, [t])[0], show(plain, speech, [t])[0]
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_speech_starts_and_ends_without_a_jump(generator: OnnxGenerator) -> None:
    driving = DrivingMedia([np.full((150, 160, 3), 128, np.uint8)], 25.0, 'a' * 64)
    one = session(driving, generator)
    speech = spoken(tone(0.6))
    frames = [one.render(START + t, 0, speech).astype(int) for t in np.arange(-0.4, 1.2, 0.04)]
    assert (frames[0] == 128).all() and (frames[-1] == 128).all()
    whole = max(np.abs(frame - 128).max() for frame in frames)
    steps = [np.abs(b - a).max() for a, b in itertools.pairwise(frames)]
    start, end = slice(0, 9), slice(25, 40)
    assert whole > 60
    assert max(steps[start] + steps[end]) < 0.5 * whole


def test_a_driving_frame_is_encoded_once(counting: Counting) -> None:
    one = session(media(), counting)
    show(one, spoken(tone(1.0)), np.arange(0, 1, 0.04))
    assert counting.encoded == 3
    assert counting.batches == [1] * 25


def test_several_frames_at_once_are_the_same_frames(counting: Counting) -> None:
    speech = spoken(tone(1.0))
    times = [START + t for t in np.arange(-0.5, 0.54, 0.04)]
    indices = [k % 3 for k in range(len(times))]
    one = session(media(), counting, batch=8)
    together = one.render_batch(times, indices, speech)
    assert counting.batches == [8, 8, 2]     # 18 of the 26 frames have a moving mouth
    for time, index, frame in zip(times, indices, together, strict=True):
        alone = one.render(time, index, speech)
        assert np.abs(alone.astype(int) - frame).max() <= 1


def test_a_picture_is_prepared_once(counting: Counting) -> None:
    one = session(media(1), counting)
    for t in np.arange(0, 0.4, 0.04):
        one.render(START + t, 0, spoken(tone(0.4)))
    assert counting.encoded == counting.prepared == 1


def test_a_clip_of_half_a_minute_fits_into_the_cache(generator: OnnxGenerator) -> None:
    one = generator.size_of(generator.encode(np.zeros((96, 96, 3), np.uint8)))
    assert 30 * 25 * one < Wav2LipOptions().cache_mb * 1_000_000


def test_a_small_cache_costs_time_not_memory(counting: Counting) -> None:
    one = session(media(), counting, cache_mb=1)       # one frame's skips take 0.7 MB
    frames = show(one, spoken(tone(0.4)), np.arange(0, 0.36, 0.04))
    assert 0 < one._features.nbytes < 1_000_000
    assert counting.encoded == 1 + 2 * 3
    plenty = show(session(media(), counting), spoken(tone(0.4)), np.arange(0, 0.36, 0.04))
    for a, b in zip(frames, plenty, strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_cache_keeps_what_fits(wav2lip: Wav2Lip) -> None:
    made: list[int] = []

    def crop(index: int) -> Crop:
        made.append(index)
        return np.zeros((96, 96, 3), np.uint8)

    with_torch = TorchGenerator(wav2lip)        # which remembers 6x96x96 float32 of each
    cache = FeatureCache(500_000, with_torch)
    for _ in range(3):
        for index in range(4):
            assert cache.get(index, crop) is cache.get(index, crop)
    assert made == [0, 1, 2, 3, 2, 3, 2, 3] and cache.nbytes == 2 * 6 * 96 * 96 * 4
    cache.clear()
    assert cache.nbytes == 0


def test_two_sessions_share_no_face_no_cache_and_no_sound(generator: OnnxGenerator) -> None:
    rng = np.random.default_rng(3)
    sounds = [spoken(rng.uniform(-0.5, 0.5, 16000)), spoken(tone(1.0))]
    clips = [media(seed=1), media(seed=2)]
    # The same digest on purpose: even a clash of names must not mix two faces up.
    clips[1] = dataclasses.replace(clips[1], digest=clips[0].digest)
    times = np.arange(0, 0.48, 0.04)
    alone = [show(session(clip, generator), speech, times)
             for clip, speech in zip(clips, sounds, strict=True)]
    both = [session(clip, generator) for clip in clips]
    for k, t in enumerate(times):
        for i, one in enumerate(both):
            frame = one.render(START + t, k % 3, sounds[i])
            np.testing.assert_array_equal(frame, alone[i][k])
    assert both[0]._features is not both[1]._features
    both[0].close()
    np.testing.assert_array_equal(both[1].render(START + times[5], 5 % 3, sounds[1]), alone[1][5])


def test_a_frame_is_the_callers_to_change(generator: OnnxGenerator) -> None:
    driving = media()
    driving.frames[0].setflags(write=False)
    one = session(driving, generator)
    frame = one.render(START - 5, 0, SpeechTimeline())
    frame[:] = 0
    assert driving.frames[0].any()
    one.render(START + 0.2, 0, spoken(tone(1.0)))[:] = 0
    assert driving.frames[0].any()


def test_a_lost_face_fades_to_the_original(generator: OnnxGenerator) -> None:
    driving = media()
    located = LocatedFace(np.tile([30, 10, 130, 130], (3, 1)), np.array([1, 0.5, 0], np.float32))
    one = Wav2LipSession(driving, located, queue_of(generator), OPTIONS)
    changes = [np.abs(one.render(START + 0.3, i, spoken(tone(1.0))).astype(int)
                      - driving.frames[i]).sum() for i in range(3)]
    assert changes[0] > changes[1] > changes[2] == 0


def test_a_closed_mouth_at_rest_is_made_once_and_handed_over_smoothly(counting: Counting) -> None:
    driving = media()
    one = session(driving, counting, rest='closed')
    assert counting.batches == [1, 1, 1]        # once a driving frame, before anything is shown
    silent = [one.render(START - 5, i, SpeechTimeline()) for i in range(3)]
    assert counting.batches == [1, 1, 1] and one.mouth_moved is False
    top, bottom, _, _ = BOX
    for frame, original in zip(silent, driving.frames, strict=True):
        changed = np.any(frame != original, axis=2)
        assert changed.any() and not changed[:(top + bottom) // 2].any()
    quiet = timeline(np.zeros(16000, np.float32))
    np.testing.assert_array_equal(one.render(START + 0.5, 1, quiet), silent[1])
    speech = spoken(tone(1.0))
    course = [np.abs(one.render(START + t, 0, speech).astype(int) - silent[0]).mean()
              for t in (-0.3, -0.16, -0.12, -0.08)]
    assert course[0] == 0 and 0 < course[1] < course[2] < course[3]
    assert one.mouth_moved is True
    plain = session(driving, counting).render(START + 0.5, 0, speech)
    np.testing.assert_array_equal(one.render(START + 0.5, 0, speech), plain)


def test_many_frames_keep_few_masks(generator: OnnxGenerator) -> None:
    one = session(media(100), generator)
    for index in range(100):
        np.testing.assert_array_equal(one._mask(index), paste.mask(100, 120))
    assert len(one._masks) <= 64


def test_the_whole_engine_from_the_checkpoint_on(wav2lip_checkpoint: pathlib.Path) -> None:
    engine = Wav2LipEngine(dataclasses.replace(OPTIONS, weights=wav2lip_checkpoint))
    with pytest.raises(RuntimeError, match='load'):
        engine.open(media())
    engine.load()
    driving = media()
    frame = engine.open(driving).render(START + 0.3, 0, spoken(tone(1.0)))
    assert np.any(frame != driving.frames[0])
    assert engine.look_ahead == audio_window.LOOK_AHEAD
    engine.close()
    engine.close()


def test_a_gpu_that_is_not_there_is_named(wav2lip_checkpoint: pathlib.Path) -> None:
    if torch.cuda.is_available():
        pytest.skip('there is one')
    engine = Wav2LipEngine(Wav2LipOptions(weights=wav2lip_checkpoint, device='cuda'))
    with pytest.raises(UserError, match='finds no NVIDIA GPU'):
        engine.load()


def test_eight_bits_are_for_the_cpu(
        wav2lip_checkpoint: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    engine = Wav2LipEngine(
        Wav2LipOptions(weights=wav2lip_checkpoint, device='cuda', precision='int8'))
    with pytest.raises(UserError, match='int8 is for the CPU'):
        engine.load()


@pytest.mark.parametrize(('changes', 'said'), [
    ({'device': 'tpu'}, "device is 'tpu'"),
    ({'precision': 'int4'}, "precision is 'int4'"),
    ({'detector': 'eyes'}, "detector is 'eyes'"),
    ({'rest': 'open'}, "rest is 'open'"),
    ({'threads': 0}, 'threads is 0'),
    ({'batch': 1000}, 'batch is 1000'),
    ({'detector_batch': 0}, 'detector_batch is 0'),
    ({'cache_mb': -1}, 'cache_mb is -1'),
    ({'pads': (1, 2, 3)}, 'pads are'),
    ({'box': (10, 5, 0, 5)}, 'box is'),
    ({'box': (0, 10, 0)}, 'box is'),
])
def test_options_that_cannot_be_are_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        Wav2LipOptions(**changes)
    assert caught.value.remedy


def test_without_a_gpu_the_engine_runs_without_torch(
        wav2lip_checkpoint: pathlib.Path, graphs: ExportedGraphs,
        cache_folder: pathlib.Path) -> None:
    code = f"""
import pathlib, sys
from txt2vid_ros.lipsync.wav2lip import devices
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
devices._DRIVERS = ()
engine = Wav2LipEngine(Wav2LipOptions(pathlib.Path({str(wav2lip_checkpoint)!r})))
engine.load()
sys.exit('torch' in sys.modules)
"""
    done = subprocess.run([sys.executable, '-c', code], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_a_device_that_was_chosen_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert devices.resolved('cpu') == 'cpu' and devices.resolved('cuda') == 'cuda'
    monkeypatch.setattr(devices, '_DRIVERS', ('/',))
    assert devices.resolved('auto') == ('cuda' if torch.cuda.is_available() else 'cpu')
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    assert devices.resolved('auto') == 'cpu'
