"""The fast path on a CPU: ONNX Runtime on graphs that are exported once and cached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses
import gc
import pathlib
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
import onnxruntime
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.core.models.manifest import sha256_of
from txt2vid_ros.core.storage.files import replacing
from txt2vid_ros.lipsync.wav2lip import packages
from txt2vid_ros.lipsync.wav2lip.generator.base import Crop, Generator, Mouth, network_input
from txt2vid_ros.lipsync.wav2lip.generator.exported import graph_files, GraphFiles
from txt2vid_ros.lipsync.wav2lip.generator.folding import State

_MAX_BATCH = 8          # larger batches gain nothing on a CPU, and take memory


Skips = tuple[NDArray[np.float32], ...]
"""The face encoder's maps of one driving frame, each (1, C, H, W)."""

Shares = tuple[NDArray[np.float32], ...]
"""What one driving frame adds to each stage of the decoder, each (1, ...)."""


@dataclasses.dataclass(frozen=True)
class ExportedGraphs:
    """The files of the three graphs of a checkpoint, and a notice for the user."""

    face: pathlib.Path
    share: pathlib.Path
    speech: pathlib.Path
    notice: str = ''


class OnnxGenerator(Generator[Skips, Shares]):
    """Wav2Lip on ONNX Runtime: only the lower face, driving frames encoded once."""

    name: ClassVar[str] = 'onnxruntime'
    parallel: ClassVar[bool] = True

    def __init__(self, graphs: ExportedGraphs, threads: int = 1) -> None:
        """Load the graphs; a picture is computed on `threads` cores. Raises UserError."""
        self._face: Any = _session(graphs.face, threads)
        self._share: Any = _session(graphs.share, threads)
        self._speech: Any = _session(graphs.speech, threads)
        self.notices = (graphs.notice,) if graphs.notice else ()
        self._skips, self._shares = ([output.name for output in session.get_outputs()]
                                     for session in (self._face, self._share))

    def encode(self, crop: Crop) -> Skips:
        """Return the skips of the driving frame whose face is `crop`."""
        # Copies, as ONNX Runtime returns views of an arena that grows in large steps.
        return tuple(np.array(skip) for skip in self._face.run(
            None, {'face': network_input(crop[None])}))

    def features(self, encoded: Skips) -> Shares:
        """Return the shares of the driving frame with these skips."""
        return tuple(self._share.run(None, dict(zip(self._skips, encoded, strict=True))))

    def mouths(self, windows: NDArray[np.float32], features: Sequence[Shares]) -> list[Mouth]:
        """Return B mouths, one for each of the windows (B, 80, 16) and of the features."""
        if len(windows) != len(features):
            raise ValueError(f'{len(windows)} windows for {len(features)} faces')
        out: list[Mouth] = []
        for first in range(0, len(windows), _MAX_BATCH):
            batch = slice(first, first + _MAX_BATCH)
            out.extend(self._batch(windows[batch], features[batch]))
        return out

    def _batch(self, windows: NDArray[np.float32], features: Sequence[Shares]) -> Mouth:
        same = all(one is features[0] for one in features)
        feeds = {'mel': np.ascontiguousarray(windows[:, None], np.float32)}
        for i, name in enumerate(self._shares):
            parts = [one[i] for one in features]
            feeds[name] = parts[0] if same else np.concatenate(parts)
        out: NDArray[np.float32] = self._speech.run(None, feeds)[0]
        return out.transpose(0, 2, 3, 1)

    def size_of(self, encoded: Skips) -> int:
        """Return the bytes held for one driving frame."""
        return sum(skip.nbytes for skip in encoded)

    def close(self) -> None:
        """Release the graphs; may be called twice."""
        self._face = self._share = self._speech = None


def _session(path: pathlib.Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between frames would take the cores from the voice and the encoder.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    options.enable_cpu_mem_arena = True
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    except Exception as error:  # onnxruntime raises classes of its C module
        raise UserError(f'the exported network {path} cannot be loaded ({type(error).__name__})',
                        'Delete it: it is exported again from the weights.') from error


def export(checkpoint: pathlib.Path, *, int8: bool = False) -> ExportedGraphs:
    """
    Return the graphs of `checkpoint`, exported on first use and cached by its sha256.

    Raises UserError if the file is not a checkpoint of Wav2Lip.
    """
    def load() -> State:
        from txt2vid_ros.lipsync.wav2lip.checkpoint import load_checkpoint
        return {n: t.numpy() for n, t in load_checkpoint(checkpoint).state_dict().items()}

    try:
        digest = sha256_of(checkpoint)
    except OSError as error:
        raise UserError(f'cannot read the Wav2Lip weights {checkpoint}: {error.strerror}',
                        '`txt2vid models list` shows where they come from.') from error
    return export_state(load, digest, int8=int8)


def export_state(load: Callable[[], State], digest: str, *, int8: bool = False) -> ExportedGraphs:
    """Return the graphs of the state_dict that `load` returns, cached under `digest` (hex)."""
    files = graph_files(digest)
    if not (files.int8_complete if int8 else files.complete):
        packages.require(*packages.READING)
        state = load()
        gc.collect()    # in a published checkpoint the optimizer state is larger than the network
        try:
            _export_float(state, files)
            if int8:
                _export_int8(state, files)
        except OSError as error:
            raise UserError(f'cannot write the exported network to {files.face.parent}: '
                            f'{error.strerror}', 'Free 300 MB there, or set XDG_CACHE_HOME to '
                            'another folder.') from error
    if not int8:
        return ExportedGraphs(files.face, files.share, files.speech)
    from txt2vid_ros.lipsync.wav2lip.generator.int8 import read_error
    return ExportedGraphs(files.face, files.share, files.speech_int8, str(read_error(files.note)))


def _export_float(state: State, files: GraphFiles) -> None:
    from txt2vid_ros.lipsync.wav2lip.generator import onnx_graph
    for build, path in ((onnx_graph.face_graph, files.face),
                        (onnx_graph.share_graph, files.share),
                        (onnx_graph.speech_graph, files.speech)):
        if not path.is_file():
            with replacing(path) as temporary:
                temporary.write_bytes(build(state))


def _export_int8(state: State, files: GraphFiles) -> None:
    from txt2vid_ros.lipsync.wav2lip.generator import int8
    with replacing(files.speech_int8) as graph, replacing(files.note) as error:
        int8.write(state, files.face, files.share, graph, error)
