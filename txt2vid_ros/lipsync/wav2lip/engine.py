"""The lip-sync engine that runs Wav2Lip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import logging
import math
import pathlib
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.process.machine import usable_cores
from txt2vid_ros.core.process.sharing import Lease, SharedResources
from txt2vid_ros.lipsync.choice import wav2lip_weights
from txt2vid_ros.lipsync.engine import Frame, LipSyncEngine, LipSyncSession, SpeechView
from txt2vid_ros.lipsync.face.mesh import FaceMesh
from txt2vid_ros.lipsync.face.upright import quarter_turns
from txt2vid_ros.lipsync.sound.speech_network import SpeechActivity
from txt2vid_ros.lipsync.wav2lip import packages, paste
from txt2vid_ros.lipsync.wav2lip.audio import audio_window, mel
from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
from txt2vid_ros.lipsync.wav2lip.devices import resolved
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth
from txt2vid_ros.lipsync.wav2lip.generator.feature_cache import FeatureCache
from txt2vid_ros.lipsync.wav2lip.locate import locate, LocatedFace
from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
from txt2vid_ros.media.driving.driving_media import DrivingMedia

_log = logging.getLogger(__name__)

_MIN_WEIGHT = 1 / 255   # a mouth blended in with less than this changes no pixel
_MAX_MASKS = 64         # that a session caches


class Wav2LipSession(LipSyncSession):
    """One face animated by Wav2Lip. Only the network is shared with other sessions."""

    def __init__(self, driving: DrivingMedia, located: LocatedFace, queue: MouthQueue[Any, Any],
                 options: Wav2LipOptions) -> None:
        """`located` holds a box for each frame of `driving`; `queue` leads to the network."""
        self.notices = located.notices + queue.generator.notices
        self.batch_size = options.batch
        self._driving = driving
        self._located = located
        self._queue = queue
        self._options = options
        self._features: FeatureCache[Any, Any] = FeatureCache(
            options.cache_mb * 1_000_000, queue.generator)
        self._masks: dict[int, paste.Alpha] = {}
        self._activity = SpeechActivity()
        self._resting = self._rest_mouths() if options.rest == 'closed' else None

    def render(self, time: float, driving_index: int, speech: SpeechView) -> Frame:
        """Return the picture to be shown at `time`, based on driving frame `driving_index`."""
        return self.render_batch([time], [driving_index], speech)[0]

    def render_batch(self, times: Sequence[float], driving_indices: Sequence[int],
                     speech: SpeechView) -> list[Frame]:
        """
        Return several pictures; the network takes up to `batch` of them at a time.

        The network runs only for frames in which the mouth moves.
        """
        frames = [np.array(self._driving.frames[index]) for index in driving_indices]
        weights = [audio_window.mouth_weight(speech, time, self._activity)
                   if self._located.presence[index] else 0.0
                   for time, index in zip(times, driving_indices, strict=True)]
        moving = [i for i, weight in enumerate(weights) if weight >= _MIN_WEIGHT]
        self.mouth_moved = bool(moving)
        for first in range(0, len(moving), self._options.batch):
            batch = moving[first:first + self._options.batch]
            audio = np.stack([audio_window.mel_window(
                speech, times[i], training_shift=self._options.training_shift) for i in batch])
            mouths = self._mouths(audio, [driving_indices[i] for i in batch], times[batch[0]])
            for i, mouth in zip(batch, mouths, strict=True):
                self._paste(frames[i], driving_indices[i], mouth, weights[i])
        if self._resting is not None:
            for i in set(range(len(frames))).difference(moving):
                rest = self._resting[driving_indices[i]]
                self._blend(frames[i], driving_indices[i], rest, 1.0)
        return frames

    def close(self) -> None:
        """Release all that is held of the face; may be called twice."""
        self._activity.close()
        self._features.clear()
        self._masks.clear()
        self._resting = None

    def _mouths(self, windows: NDArray[np.float32], indices: Sequence[int],
                deadline: float = math.inf) -> list[Mouth]:
        # This thread waits meanwhile, so the session's cache is used by one thread at a time.
        return self._queue.mouths(
            windows, lambda: [self._features.get(index, self._crop) for index in indices],
            deadline)

    def _crop(self, index: int) -> Crop:
        return paste.cut(self._driving.frames[index], self._located.box(index))

    def _paste(self, frame: Frame, index: int, mouth: Mouth, weight: float) -> None:
        if self._resting is not None:
            # Blend from the network's closed mouth, not from the driving frame's mouth.
            mouth = np.float32(weight) * mouth + np.float32(1 - weight) * self._resting[index]
            weight = 1.0
        self._blend(frame, index, mouth, weight)

    def _blend(self, frame: Frame, index: int, mouth: Mouth, weight: float) -> None:
        matched = paste.colour_matched(mouth, self._crop(index))
        paste.paste(frame, self._located.box(index), matched, self._mask(index),
                    weight * float(self._located.presence[index]))

    def _rest_mouths(self) -> list[Mouth]:
        """Return the network's output for silence on each driving frame (60 kB each)."""
        silence = np.full((1, mel.BANDS, mel.WINDOW), mel.SILENCE, np.float32)
        count = len(self._driving.frames)
        return [self._mouths(silence, [index])[0].copy()
                for index in tqdm(range(count), desc='closing the mouth', unit='frame',
                                  disable=None if count > 1 else True, leave=False)]

    def _mask(self, index: int) -> paste.Alpha:
        alpha = self._masks.get(index)
        if alpha is None:
            left, top, right, bottom = self._located.box(index)
            alpha = paste.mask(right - left, bottom - top, self._located.outline(index))
            if len(self._masks) < _MAX_MASKS:
                self._masks[index] = alpha
        return alpha


@dataclasses.dataclass(frozen=True)
class _Network:
    """A network that is loaded, and the queue of those who use it."""

    generator: Generator[Any, Any]
    queue: MouthQueue[Any, Any]

    def close(self) -> None:
        self.queue.close()
        self.generator.close()


class Wav2LipEngine(LipSyncEngine):
    """
    Moves the lips with the published Wav2Lip network (Prajwal et al., 2020).

    On a CPU it runs on ONNX Runtime, on an NVIDIA GPU on torch. The engines of a process that have
    the same weights, device and precision use one network, and their mouths go in together.
    """

    name: ClassVar[str] = 'wav2lip'
    look_ahead: ClassVar[float] = audio_window.LOOK_AHEAD
    Options: ClassVar[type[Any] | None] = Wav2LipOptions

    def __init__(self, options: Wav2LipOptions | None = None) -> None:
        """Load nothing yet; see load()."""
        self._options = options or Wav2LipOptions()
        self._shared = SharedResources()
        self._lease: Lease[_Network] | None = None

    def share(self, shared: SharedResources) -> None:
        """Use the network of another engine that has the same one in `shared`."""
        self._shared = shared

    def load(self) -> None:
        """Load the network, which is exported on first use, or share it. Raises UserError."""
        options = self._options
        weights = options.weights or wav2lip_weights()
        device = resolved(options.device)
        self._lease = self._shared.lease(
            (_Network, _identity(weights), device, options.precision, options.threads,
             options.wait_ms),
            lambda: _loaded(device, weights, options))
        network = self._lease.resource
        # Each user shows a picture at a time. What is in use is not held up, and does as it is.
        if not network.queue.counts.requests:
            network.generator.prepare(self._lease.users)

    def quarter_turns(self, frame: Frame) -> int:
        """
        Return how many quarter turns clockwise bring the face in a driving frame upright.

        0 where its box is given, or where the networks that find it are missing.
        """
        if self._options.box is not None:
            return 0
        try:
            return quarter_turns(FaceMesh(), frame)
        except UserError as error:
            _log.info('whether the face is upright is not checked: %s', error)
            return 0

    def open(self, driving: DrivingMedia) -> Wav2LipSession:  # noqa: A003
        """Find the face of `driving`, or read it from the cache. Raises UserError."""
        if self._lease is None:
            raise RuntimeError('load() must be called before open()')
        return Wav2LipSession(
            driving, locate(driving, self._options), self._lease.resource.queue, self._options)

    def close(self) -> None:
        """Release the network, unless others use it; may be called twice."""
        if self._lease is not None:
            self._lease.close()
            self._lease = None


def _identity(weights: pathlib.Path) -> tuple[object, ...]:
    """Return what tells a file of weights from others, and from what it held before."""
    try:
        status = weights.stat()
    except OSError:
        return (weights,)       # whoever reads it says what is wrong
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _loaded(device: str, weights: pathlib.Path, options: Wav2LipOptions) -> _Network:
    generator = _BACKENDS[device](weights, options)
    workers = max(1, usable_cores() // options.threads) if generator.parallel else 1
    return _Network(generator, MouthQueue(
        generator, workers=workers, gather=options.wait_ms / 1000))


def _on_cpu(weights: pathlib.Path, options: Wav2LipOptions) -> Generator[Any, Any]:
    packages.require(*packages.RUNTIME)
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import export, OnnxGenerator
    graphs = export(weights, int8=options.precision == 'int8')
    return OnnxGenerator(graphs, min(options.threads, usable_cores()))


def _on_cuda(weights: pathlib.Path, options: Wav2LipOptions) -> Generator[Any, Any]:
    packages.require(*packages.GPU)
    import torch
    from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
    from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
    if not torch.cuda.is_available():
        raise UserError('device is cuda, but torch finds no NVIDIA GPU here',
                        'Use device cpu, or install torch for your GPU.')
    if options.precision == 'int8':
        raise UserError('precision int8 is for the CPU', 'Use float16 on a GPU.')
    precision = 'float16' if options.precision == 'auto' else options.precision
    return CudaGenerator(load_checkpoint(weights), 'cuda', precision)


_BACKENDS: dict[str, Callable[[pathlib.Path, Wav2LipOptions], Generator[Any, Any]]] = {
    'cpu': _on_cpu, 'cuda': _on_cuda}


def load_generator(options: Wav2LipOptions) -> Generator[Any, Any]:
    """Return the network alone, for those who have the faces elsewhere. Raises UserError."""
    weights = options.weights or wav2lip_weights()
    return _BACKENDS[resolved(options.device)](weights, options)
