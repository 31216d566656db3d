"""The network: symbols in, sound and the length of each symbol out; stopped while it computes."""

from __future__ import annotations

from collections.abc import Callable
import concurrent.futures
from pathlib import Path
import threading
from typing import Any, ClassVar, NamedTuple
import weakref

import numpy as np
from numpy.typing import NDArray
import onnxruntime
from txt2vid_ros.core.errors import UserError
from txt2vid_ros.providers.tts.kokoro.alphabet import numbers
from txt2vid_ros.providers.tts.onnx_output import with_output

SAMPLE_RATE = 24000
"""Hz."""
SAMPLES_PER_FRAME = 600
DURATIONS = '/encoder/Clip_output_0'
"""The graph's inner tensor that holds the frames of each symbol."""
CANCEL_POLL_INTERVAL = 0.02
"""Seconds between looks whether the sound is still wanted."""


class NetworkSpeech(NamedTuple):
    """What was said."""

    samples: NDArray[np.float32]
    """Mono, at SAMPLE_RATE."""
    seconds: NDArray[np.float64]
    """Of each symbol, those of the silent edge before the first and after the last included."""


class KokoroNetwork:
    """A loaded network. Used from one thread; all on the same file share what is loaded."""

    _loaded: ClassVar[weakref.WeakValueDictionary[tuple[Path, int], Any]] = (
        weakref.WeakValueDictionary())
    _loading: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, path: Path, threads: int) -> None:
        """Load it, unless another one has; it computes on so many threads. Raises UserError."""
        with self._loading:
            session = self._loaded.get((path, threads))
            if session is None:
                session = self._loaded[path, threads] = _session(path, threads)
        self._session = session
        self._worker = concurrent.futures.ThreadPoolExecutor(1, 'kokoro')

    def say(self, phonemes: str, styles: NDArray[np.float32], speed: float,
            cancelled: Callable[[], bool]) -> NetworkSpeech | None:
        """
        Return how symbols of the alphabet sound; None where that is no longer wanted.

        `styles` is a voice's table. The computation stops within one operation of the network.
        """
        ids = numbers(phonemes)
        style = styles[min(max(len(phonemes), 1), len(styles)) - 1]
        stop = onnxruntime.RunOptions()
        computing = self._worker.submit(
            self._session.run, ['audio', DURATIONS],
            {'tokens': np.array([ids], np.int64), 'style': style[None],
             'speed': np.array([speed], np.float32)}, stop)
        while not concurrent.futures.wait([computing], CANCEL_POLL_INTERVAL).done:
            if cancelled():
                stop.terminate = True
                concurrent.futures.wait([computing])
                return None
        samples, frames = computing.result()
        seconds = np.ravel(frames).astype(np.float64) * SAMPLES_PER_FRAME / SAMPLE_RATE
        return NetworkSpeech(np.ascontiguousarray(samples, np.float32).reshape(-1), seconds)

    def close(self) -> None:
        """Release it."""
        self._worker.shutdown()


def _session(path: Path, threads: int) -> Any:
    """Return ONNX Runtime's session of the network, 92 MB. Raises UserError."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    # Threads that spin while they wait would take a core from the rest of the graph.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    errors = onnxruntime.capi.onnxruntime_pybind11_state
    try:
        return onnxruntime.InferenceSession(
            with_output(path.read_bytes(), DURATIONS), options,
            providers=['CPUExecutionProvider'])
    except OSError as error:
        raise UserError(f'{path} cannot be read ({error.strerror})', 'Check its permissions.'
                        ) from error
    except (errors.Fail, errors.InvalidGraph, errors.InvalidProtobuf, errors.InvalidArgument
            ) as error:
        raise UserError(f'{path} is not the network of kokoro',
                        'Run: txt2vid models verify kokoro') from error
