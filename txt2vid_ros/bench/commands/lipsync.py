"""The speed of the lip-sync engines; for Wav2Lip, of the fast path and the plain torch module."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import statistics
import time
from typing import Any

import numpy as np
from txt2vid_ros.bench.lipsync.fixtures import (
    crop,
    in_child,
    network,
    peak_mb,
    picture_ms,
    scene,
    session_ms,
    timed,
    windows,
)
from txt2vid_ros.bench.lipsync.gpu import has_gpu, measure_gpu
from txt2vid_ros.bench.lipsync.long_clips import measure_clip, measure_export
from txt2vid_ros.bench.lipsync.multiplications import multiplications
from txt2vid_ros.core import registry
from txt2vid_ros.lipsync.wav2lip import packages

BATCHES = (1, 4, 16, 64)
NOT_MEASURED = 'not measured'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--engine', default='wav2lip', help='lip-sync engine (%(default)s)')
    parser.add_argument('--device', default='auto', choices=('auto', 'cpu', 'cuda'),
                        help='auto: the CPU, and the GPU too where torch finds one')
    parser.add_argument('--batches', type=int, nargs='*', default=BATCHES, metavar='N',
                        help='batch sizes to measure as well (%(default)s)')
    parser.add_argument('--int8', action='store_true',
                        help='measure the 8-bit network too: faster, not exact')
    parser.add_argument('--long', action='store_true', help='measure driving videos and a '
                        'checkpoint with its optimizer too: minutes, 600 MB of temporary files')
    parser.add_argument('--rounds', type=int, default=8, help='more rounds, steadier figures')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure; return the figures."""
    if arguments.engine != 'wav2lip':
        return _any_engine(arguments.engine, arguments.rounds)
    packages.require(*packages.RUNTIME, *packages.READING)
    figures: dict[str, Any] = {}
    if arguments.device != 'cuda':
        figures |= in_child(_cpu, arguments.rounds)
        figures['batches'] = {
            f'{name}_batch_{batch}': in_child(_batch, name, batch, arguments.rounds)
            for batch in arguments.batches for name in ('eager', 'fast')}
        if arguments.int8:
            figures['int8'] = in_child(_int8, arguments.rounds)
        if arguments.long:
            for seconds in (10, 30):
                figures[f'clip_{seconds}_s'] = measure_clip(seconds)
            figures['whole_checkpoint'] = measure_export()
    figures['gpu'] = NOT_MEASURED
    if arguments.device == 'cuda' or (arguments.device == 'auto' and in_child(has_gpu)):
        figures['gpu'] = in_child(measure_gpu, arguments.rounds)
    return figures


def _cpu(rounds: int) -> dict[str, Any]:
    """Measure single pictures, alternating between the plain module and the fast path."""
    import torch
    from txt2vid_ros.lipsync.wav2lip.generator import rows, winograd
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import OnnxGenerator
    from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
    torch.set_num_threads(1)
    model, graphs, weights = network()
    plain, fast = TorchGenerator(model), OnnxGenerator(graphs, threads=1)
    whole, share = plain.features(plain.encode(crop())), fast.features(fast.encode(crop()))
    mel = windows(1)
    error = max(float(np.abs(a - b).max()) for a, b in zip(
        plain.mouths(mel, [whole]), fast.mouths(mel, [share]), strict=True))
    eager, ours = [], []
    # Both on one thread, alternating, in that thread's CPU time: by the wall clock, other load
    # would change their ratio.
    own = time.thread_time
    for _ in range(rounds + 1):
        eager.append(statistics.median(timed(lambda: plain.mouths(mel, [whole]), 3, own)))
        ours.append(statistics.median(timed(lambda: fast.mouths(mel, [share]), 5, own)))
    # The first round is a warm-up.
    eager, ours = eager[1:], ours[1:]
    eager_ms, network_ms = statistics.median(eager), statistics.median(ours)
    encode_ms = statistics.median(timed(lambda: fast.encode(crop()), 8, own))
    encoded = fast.encode(crop())
    share_ms = statistics.median(timed(lambda: fast.features(encoded), 8, own))
    limit = _macs_a_second(own)
    plain.close()
    del model
    render = {1: picture_ms(fast, rounds)}
    fast.close()
    two = OnnxGenerator(graphs, threads=2)
    render[2] = picture_ms(two, rounds)
    macs = multiplications(rows.LOWER_FACE_ROW, face_cached=True, tiled=winograd.WIDTHS)
    return {
        'weights': weights,
        'fast_over_eager': statistics.median(a / b for a, b in zip(eager, ours, strict=True)),
        'fps_1_thread': 1000 / render[1], 'fps_2_threads': 1000 / render[2],
        'ms_per_frame': render[1],
        'max_abs_error': error,
        'rss_mb': peak_mb(),
        'network_ms': network_ms, 'eager_ms': eager_ms, 'driving_frame_once_ms': encode_ms,
        'driving_frame_shown_ms': share_ms,
        'macs': macs, 'macs_eager': multiplications(),
        'share_of_limit': macs / network_ms * 1000 / limit,
        'share_of_limit_eager': multiplications() / eager_ms * 1000 / limit,
        'limit_macs_per_second': limit,
    }


def _int8(rounds: int) -> dict[str, Any]:
    """Measure the 8-bit network's speed and error."""
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import OnnxGenerator
    _, exact, _ = network()
    _, graphs, _ = network(int8=True)
    one, other = OnnxGenerator(graphs), OnnxGenerator(exact)
    features, mel = one.features(one.encode(crop())), windows(1)
    taken = timed(lambda: one.mouths(mel, [features]), 4 * rounds + 4, time.thread_time)
    apart = np.abs(one.mouths(mel, [features])[0] - other.mouths(mel, [features])[0])
    render = picture_ms(one, rounds)
    return {'network_ms': statistics.median(taken[4:]), 'fps_1_thread': 1000 / render,
            'max_abs_error': float(apart.max()), 'mean_abs_error': float(apart.mean()),
            'calibration': graphs.notice}


def _macs_a_second(clock: Callable[[], float]) -> float:
    """Return one core's multiply-accumulates a second in a large matrix product."""
    import torch
    a = torch.rand(1024, 1024)
    with torch.inference_mode():
        best = min(timed(lambda: a @ a, 8, clock)[2:])
    return 1024 ** 3 / best * 1000


def _batch(name: str, batch: int, rounds: int) -> dict[str, float]:
    """Measure batches of `batch` pictures on one thread."""
    import torch
    from txt2vid_ros.lipsync.wav2lip.generator.onnx import OnnxGenerator
    from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
    torch.set_num_threads(1)
    model, graphs, _ = network()
    one: Any = TorchGenerator(model) if name == 'eager' else OnnxGenerator(graphs)
    features, mel = [one.features(one.encode(crop()))] * batch, windows(batch)
    taken = timed(lambda: one.mouths(mel, features), max(2, 2 * rounds // batch) + 1)
    ms = statistics.median(taken[1:]) / batch
    return {'ms_per_frame': ms, 'fps': 1000 / ms, 'rss_mb': peak_mb()}


def _any_engine(name: str, rounds: int) -> dict[str, Any]:
    """Measure whole pictures of any other engine on the built-in portrait."""
    from txt2vid_ros.media.driving.driving_media import load_driving
    engine = registry.load(registry.ENGINES, name, '--engine')()
    engine.load()
    session = engine.open(load_driving(None, width=640, height=480))
    _, speech = scene()
    ms = session_ms(session, speech, rounds)
    session.close()
    engine.close()
    return {'engine': name, 'ms_per_frame': ms, 'fps': 1000 / ms, 'rss_mb': peak_mb()}
