"""The fast path on a CPU: ONNX Runtime on graphs that are exported once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import gc
import hashlib
import pathlib
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
import onnxruntime

from txt2vid_ros.errors import UserError
from txt2vid_ros.lipsync.atomic import replacing
from txt2vid_ros.lipsync.wav2lip import packages
from txt2vid_ros.lipsync.wav2lip.exported import graph_files
from txt2vid_ros.lipsync.wav2lip.folding import State
from txt2vid_ros.lipsync.wav2lip.generator import Crop, Generator, Mouth, network_input

_BLOCK = 1 << 20
_AT_ONCE = 8            # larger batches gain a CPU nothing, and take memory


@dataclasses.dataclass(frozen=True)
class Shares:
    """What one driving frame adds to each stage of the decoder, each (1, ...) float32."""

    arrays: tuple[NDArray[np.float32], ...]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(array.nbytes for array in self.arrays)


@dataclasses.dataclass(frozen=True)
class Graphs:
    """The files of the two graphs of a checkpoint, and what is to be said about them."""

    face: pathlib.Path
    speech: pathlib.Path
    notice: str = ''


class OnnxGenerator(Generator[Shares]):
    """Wav2Lip on ONNX Runtime: only the lower face, driving frames encoded once."""

    name: ClassVar[str] = 'onnxruntime'

    def __init__(self, graphs: Graphs, threads: int = 1) -> None:
        """Load the graphs; a picture is computed on `threads` cores. Raises UserError."""
        self._face: Any = _session(graphs.face, threads)
        self._speech: Any = _session(graphs.speech, threads)
        self.notices = (graphs.notice,) if graphs.notice else ()
        self._names = [output.name for output in self._face.get_outputs()]

    def features(self, crop: Crop) -> Shares:
        """Return the shares of the driving frame whose face is `crop`."""
        return Shares(tuple(self._face.run(None, {'face': network_input(crop[None])})))

    def mouths(self, windows: NDArray[np.float32], features: Sequence[Shares]) -> list[Mouth]:
        """Return one mouth for each mel window of (B, 80, 16) and each of the B features."""
        if len(windows) != len(features):
            raise ValueError(f'{len(windows)} windows for {len(features)} faces')
        out: list[Mouth] = []
        for first in range(0, len(windows), _AT_ONCE):
            batch = slice(first, first + _AT_ONCE)
            out.extend(self._batch(windows[batch], features[batch]))
        return out

    def _batch(self, windows: NDArray[np.float32], features: Sequence[Shares]) -> Mouth:
        same = all(one is features[0] for one in features)
        feeds = {'mel': np.ascontiguousarray(windows[:, None], np.float32)}
        for i, name in enumerate(self._names):
            parts = [one.arrays[i] for one in features]
            feeds[name] = parts[0] if same else np.concatenate(parts)
        out: NDArray[np.float32] = self._speech.run(None, feeds)[0]
        return out.transpose(0, 2, 3, 1)

    def size_of(self, features: Shares) -> int:
        """Return the bytes that features hold."""
        return features.nbytes

    def close(self) -> None:
        """Release the graphs; may be called twice."""
        self._face = self._speech = None


def _session(path: pathlib.Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between frames would take the core from the voice and the encoder.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    options.enable_cpu_mem_arena = True
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    except Exception as error:  # onnxruntime raises classes of its C module
        raise UserError(f'the exported network {path} cannot be loaded ({type(error).__name__})',
                        'Delete it: it is exported again from the weights.') from error


def export(checkpoint: pathlib.Path, *, int8: bool = False) -> Graphs:
    """Return the graphs of `checkpoint`, exported on first use and kept by its content.

    Raises UserError where the file is no checkpoint of Wav2Lip.
    """
    def load() -> State:
        from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
        return {n: t.numpy() for n, t in load_checkpoint(checkpoint).state_dict().items()}

    try:
        digest = _digest(checkpoint)
    except OSError as error:
        raise UserError(f'cannot read the Wav2Lip weights {checkpoint}: {error.strerror}',
                        '`txt2vid models list` shows where they come from.') from error
    return export_state(load, digest, int8=int8)


def export_state(load: Callable[[], State], digest: str, *, int8: bool = False) -> Graphs:
    """Return the graphs of the state_dict that `load` gives, kept under `digest` (hex)."""
    files = graph_files(digest)
    face, speech, speech8, note = files
    if not (files.whole8 if int8 else files.whole):
        packages.require(*packages.READING)
        state = load()
        gc.collect()    # the optimizer's part of a published checkpoint is larger than the network
        try:
            _export_float(state, face, speech)
            if int8:
                _export_int8(state, face, speech8, note)
        except OSError as error:
            raise UserError(f'cannot keep the exported network in {face.parent}: {error.strerror}',
                            'Free 300 MB there, or set XDG_CACHE_HOME to another folder.'
                            ) from error
    if not int8:
        return Graphs(face, speech)
    from txt2vid_ros.lipsync.wav2lip.int8 import read_error
    return Graphs(face, speech8, str(read_error(note)))


def _export_float(state: State, face: pathlib.Path, speech: pathlib.Path) -> None:
    from txt2vid_ros.lipsync.wav2lip import onnx_graph
    for build, path in ((onnx_graph.face_graph, face), (onnx_graph.speech_graph, speech)):
        if not path.is_file():
            with replacing(path) as temporary:
                temporary.write_bytes(build(state))


def _export_int8(
    state: State, face: pathlib.Path, speech: pathlib.Path, note: pathlib.Path,
) -> None:
    from txt2vid_ros.lipsync.wav2lip import int8
    with replacing(speech) as graph, replacing(note) as error:
        int8.write(state, face, graph, error)


def _digest(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
