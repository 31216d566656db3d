"""What the benchmarks of Wav2Lip share: networks, a scene, timing and child processes."""

from __future__ import annotations

from collections.abc import Callable
import contextlib
import multiprocessing
import pathlib
import statistics
import time
from typing import Any, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.engine import LipSyncSession, SpeechView
    from txt2vid_ros.lipsync.wav2lip.generator.base import Generator
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import ExportedGraphs
    from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip
    from txt2vid_ros.media.driving.driving_media import DrivingMedia
    from txt2vid_ros.media.speech_timeline import SpeechTimeline


def in_child(function: Callable[..., Any], *arguments: object) -> Any:
    """Call `function` in a child process, so that its memory is measured separately."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(function, arguments)


def timed(function: Callable[[], object], times: int = 1,
          clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Call `function` several times; return the milliseconds of each call."""
    taken = []
    for _ in range(times):
        begun = clock()
        function()
        taken.append((clock() - begun) * 1000)
    return taken


def peak_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    # Not ru_maxrss: a child's begins with the memory of its parent at the fork.
    lines = pathlib.Path('/proc/self/status').read_text('ascii', 'replace').splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM:')) * 1.024e-3


def network(*, int8: bool = False) -> tuple[Wav2Lip, ExportedGraphs, str]:
    """Return the plain module, the exported graphs and the name of their weights."""
    from txt2vid_ros.bench.lipsync.synthetic_weights import fill
    from txt2vid_ros.bench.lipsync.synthetic_weights import wav2lip_weights as synthetic
    from txt2vid_ros.core.errors import UserError
    from txt2vid_ros.lipsync.choice import wav2lip_weights
    from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import export, export_state
    from txt2vid_ros.lipsync.wav2lip.model import Wav2Lip
    try:
        path = wav2lip_weights()
    except UserError:
        model = fill(Wav2Lip(), synthetic)
        graphs = export_state(lambda: {n: t.numpy() for n, t in model.state_dict().items()},
                              'synthetic', int8=int8)
        return model, graphs, 'synthetic (none in the models folder)'
    return load_checkpoint(path), export(path, int8=int8), path.name


def scene(frames: int = 1, seconds: float = 3.0) -> tuple[DrivingMedia, SpeechTimeline]:
    """Return a moving portrait of 640x480 and a tone of some seconds that begins at 0 s."""
    from txt2vid_ros.core.mouth import MouthTrack, SHAPES
    from txt2vid_ros.core.pcm import SPEECH_RATE
    from txt2vid_ros.media.driving.driving_media import DrivingMedia, load_driving
    from txt2vid_ros.media.driving.frame_store import FrameStore
    from txt2vid_ros.media.speech_timeline import SpeechTimeline
    still = load_driving(None, width=640, height=480).frames[0]
    clip = FrameStore()
    for place in range(frames):
        clip.append(np.roll(still, place % 25, axis=1))
    speech = SpeechTimeline()
    tone = 0.3 * np.sin(np.arange(round(seconds * SPEECH_RATE)) * 0.2)
    speech.push('bench', 0, tone.astype(np.float32), SPEECH_RATE)
    # With timings even a tone is speech: every picture has a moving mouth.
    speech.push_mouth('bench', MouthTrack(
        np.array([-1.0, seconds + 1]), np.zeros((2, len(SHAPES)), np.float32)))
    return DrivingMedia(clip, 25.0, 'bench'), speech


def picture_ms(generator: Generator[Any, Any], rounds: int) -> float:
    """Return the milliseconds of a whole picture at 640x480: audio features, network, pasting."""
    from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
    from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipSession
    from txt2vid_ros.lipsync.wav2lip.locate import locate
    from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
    driving, speech = scene()
    options = Wav2LipOptions(box=(120, 360, 220, 420), device='cpu')
    with contextlib.closing(MouthQueue(generator)) as queue, contextlib.closing(
            Wav2LipSession(driving, locate(driving, options), queue, options)) as session:
        return session_ms(session, speech, rounds)


def session_ms(session: LipSyncSession, speech: SpeechView, rounds: int) -> float:
    """Return the median milliseconds of a picture, after four to warm up."""
    taken = [timed(lambda t=t: session.render(t, 0, speech))[0]        # type: ignore[misc]
             for t in np.arange(0.2, 0.2 + 0.04 * (4 * rounds + 4), 0.04) % 2.5]
    return statistics.median(taken[4:])


def crop() -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a face of noise, (96, 96, 3)."""
    return np.random.default_rng(1).integers(0, 256, (96, 96, 3)).astype(np.uint8)


def windows(batch: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return mel windows of noise, (batch, 80, 16)."""
    return np.random.default_rng(2).uniform(-4, 4, (batch, 80, 16)).astype(np.float32)
