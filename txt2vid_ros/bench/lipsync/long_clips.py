"""Wav2Lip with driving videos of 10 and 30 s, and with a checkpoint of the published size."""

from __future__ import annotations

import contextlib
import os
import pathlib
import statistics
import tempfile
import time
from typing import Any, TYPE_CHECKING

from txt2vid_ros.bench.lipsync.fixtures import in_child, network, peak_mb, scene, timed

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import ExportedGraphs

_FPS = 25


def measure_clip(seconds: int) -> dict[str, Any]:
    """Render two rounds of a clip: forwards, with new frames, and backwards, with cached ones."""
    return dict(in_child(_clip, in_child(_graphs), seconds))


def _graphs() -> ExportedGraphs:
    return network()[1]


def _clip(graphs: ExportedGraphs, seconds: int) -> dict[str, Any]:
    from txt2vid_ros.lipsync.wav2lip.batching.mouth_queue import MouthQueue
    from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipSession
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import OnnxGenerator
    from txt2vid_ros.lipsync.wav2lip.locate import locate
    from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
    driving, speech = scene(seconds * _FPS, 2.0 * seconds + 1)
    options = Wav2LipOptions(box=(120, 360, 220, 420), device='cpu', threads=1)
    with contextlib.closing(MouthQueue(OnnxGenerator(graphs))) as queue, contextlib.closing(
            Wav2LipSession(driving, locate(driving, options), queue, options)) as session:
        taken = [timed(lambda t=t: session.render(t, driving.index_at(t), speech),  # type: ignore
                       clock=time.process_time)[0]
                 for t in (place / _FPS for place in range(2 * seconds * _FPS))]
    half = len(taken) // 2
    return {'first_round_ms': statistics.mean(taken[:half]),
            'next_round_ms': statistics.mean(taken[half:]), 'rss_mb': peak_mb()}


def measure_export() -> dict[str, Any]:
    """Export a checkpoint as large as the published ones, and render one second."""
    with tempfile.TemporaryDirectory(prefix='txt2vid-') as folder:
        path = pathlib.Path(folder, 'wav2lip.pth')
        in_child(_write, path)
        return dict(in_child(_export, path), file_mb=path.stat().st_size / 1e6)


def _write(path: pathlib.Path) -> None:
    import torch
    model, _, _ = network()
    # Two moments per parameter, as Adam keeps: twice the size of the network.
    moments = {i: {'step': 1, 'exp_avg': p.clone(), 'exp_avg_sq': p.clone()}
               for i, p in enumerate(model.parameters())}
    torch.save({'state_dict': {f'module.{n}': t for n, t in model.state_dict().items()},
                'optimizer': {'state': moments, 'param_groups': [{'lr': 1e-4}]}}, path,
               _use_new_zipfile_serialization=False)


def _export(path: pathlib.Path) -> dict[str, Any]:
    from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipEngine
    from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
    os.environ['XDG_CACHE_HOME'] = str(path.parent)     # so that no exported graph is found
    engine = Wav2LipEngine(Wav2LipOptions(
        weights=path, box=(120, 360, 220, 420), device='cpu', threads=1))
    before = time.process_time()
    engine.load()
    took = time.process_time() - before
    driving, speech = scene()
    session = engine.open(driving)
    for place in range(_FPS):
        session.render(place / _FPS, 0, speech)
    peak = peak_mb()
    session.close()
    engine.close()
    return {'processor_seconds': took, 'rss_mb': peak}
