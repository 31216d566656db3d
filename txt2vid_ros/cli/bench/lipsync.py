"""How fast the lip-sync engines are; for Wav2Lip, the fast path beside the plain torch module."""

from __future__ import annotations

import argparse
from collections.abc import Callable
import multiprocessing
import resource
import statistics
import time
from typing import Any, TYPE_CHECKING

import numpy as np

from txt2vid_ros import registry
from txt2vid_ros.lipsync.wav2lip import packages

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.wav2lip import Wav2Lip
    from txt2vid_ros.lipsync.wav2lip.onnx_generator import Graphs, OnnxGenerator
    from txt2vid_ros.media.driving import DrivingMedia
    from txt2vid_ros.media.speech_timeline import SpeechTimeline

BATCHES = (1, 4, 16, 64)
NOT_MEASURED = 'not measured'
# What the tensor cores of a GPU do in half precision without sparsity, 10^12 operations a second
# by its maker's data sheet, by what is in the name that the driver gives. The first that fits.
_HALF_TERAFLOPS = (('H100 PCIe', 756), ('H100 NVL', 835), ('H100', 989), ('H200 NVL', 836),
                   ('H200', 989), ('A100', 312))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--engine', default='wav2lip', help='lip-sync engine (%(default)s)')
    parser.add_argument('--device', default='auto', choices=('auto', 'cpu', 'cuda'),
                        help='auto: the CPU, and the GPU too where torch finds one')
    parser.add_argument('--batches', type=int, nargs='*', default=BATCHES, metavar='N',
                        help='pictures at once to measure as well (%(default)s)')
    parser.add_argument('--int8', action='store_true',
                        help='measure the 8-bit network too: faster, not exact')
    parser.add_argument('--rounds', type=int, default=8, help='more rounds, steadier figures')


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure; return the figures."""
    if arguments.engine != 'wav2lip':
        return _any_engine(arguments.engine, arguments.rounds)
    packages.require(*packages.RUNTIME, *packages.READING)
    figures: dict[str, Any] = {}
    if arguments.device != 'cuda':
        figures |= _in_child(_cpu, arguments.rounds)
        figures['batches'] = {
            f'{name}_batch_{batch}': _in_child(_batch, name, batch, arguments.rounds)
            for batch in arguments.batches for name in ('eager', 'fast')}
        if arguments.int8:
            figures['int8'] = _in_child(_int8, arguments.rounds)
    figures['gpu'] = NOT_MEASURED
    if arguments.device == 'cuda' or (arguments.device == 'auto' and _in_child(_has_gpu)):
        figures['gpu'] = _in_child(_gpu, arguments.rounds)
    return figures


def _in_child(function: Callable[..., Any], *arguments: object) -> Any:
    """Call in a process of its own, so that its memory is its own too."""
    with multiprocessing.get_context('spawn').Pool(1) as pool:
        return pool.apply(function, arguments)


def _timed(function: Callable[[], object], times: int = 1,
           clock: Callable[[], float] = time.perf_counter) -> list[float]:
    taken = []
    for _ in range(times):
        begun = clock()
        function()
        taken.append((clock() - begun) * 1000)
    return taken


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _network(*, int8: bool = False) -> tuple[Wav2Lip, Graphs, str]:
    """Return the plain module, the exported graphs and the name of their weights."""
    from txt2vid_ros.errors import UserError
    from txt2vid_ros.lipsync.choice import wav2lip_weights
    from txt2vid_ros.lipsync.filled import fill
    from txt2vid_ros.lipsync.filled import wav2lip_weights as made_up
    from txt2vid_ros.lipsync.wav2lip import load_checkpoint, Wav2Lip
    from txt2vid_ros.lipsync.wav2lip.onnx_generator import export, export_state
    try:
        path = wav2lip_weights()
    except UserError:
        model = fill(Wav2Lip(), made_up)
        graphs = export_state(lambda: {n: t.numpy() for n, t in model.state_dict().items()},
                              'made-up', int8=int8)
        return model, graphs, 'made-up (none in the models folder)'
    return load_checkpoint(path), export(path, int8=int8), path.name


def _scene() -> tuple[DrivingMedia, SpeechTimeline]:
    """Return a picture of noise and 3 s of a tone that begins at 0 s."""
    from txt2vid_ros.media.driving import DrivingMedia
    from txt2vid_ros.media.speech_timeline import SpeechTimeline
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (480, 640, 3)).astype(np.uint8)
    speech = SpeechTimeline()
    tone = 0.3 * np.sin(np.arange(48_000) * 0.2)
    speech.push('bench', 0, tone.astype(np.float32), 16_000)
    return DrivingMedia([frame], 25.0, 'bench'), speech


def _crop() -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(1).integers(0, 256, (96, 96, 3)).astype(np.uint8)


def _windows(batch: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.random.default_rng(2).uniform(-4, 4, (batch, 80, 16)).astype(np.float32)


def _cpu(rounds: int) -> dict[str, Any]:
    """Measure one picture at a time, the plain module and the fast path taking turns."""
    import torch

    from txt2vid_ros.lipsync.wav2lip import rows
    from txt2vid_ros.lipsync.wav2lip.onnx_generator import OnnxGenerator
    from txt2vid_ros.lipsync.wav2lip.torch_generator import TorchGenerator
    torch.set_num_threads(1)
    model, graphs, weights = _network()
    plain, fast = TorchGenerator(model), OnnxGenerator(graphs, threads=1)
    whole, share = plain.features(_crop()), fast.features(_crop())
    mel = _windows(1)
    error = max(float(np.abs(a - b).max()) for a, b in zip(
        plain.mouths(mel, [whole]), fast.mouths(mel, [share]), strict=True))
    eager, network = [], []
    # The two on one thread by that thread's own CPU time, taking turns: what else the machine does
    # would change their ratio by the clock on the wall.
    own = time.thread_time
    for _ in range(rounds + 1):
        eager.append(statistics.median(_timed(lambda: plain.mouths(mel, [whole]), 3, own)))
        network.append(statistics.median(_timed(lambda: fast.mouths(mel, [share]), 5, own)))
    # The first round warms up.
    eager, network = eager[1:], network[1:]
    eager_ms, network_ms = statistics.median(eager), statistics.median(network)
    encode_ms = statistics.median(_timed(lambda: fast.features(_crop()), 5))
    limit = _macs_a_second(own)
    plain.close()
    del model
    render = {1: _render_ms(fast, rounds)}
    fast.close()
    two = OnnxGenerator(graphs, threads=2)
    render[2] = _render_ms(two, rounds)
    macs = rows.multiplications(rows.LOWER_FACE_ROW, face_cached=True)
    return {
        'weights': weights,
        'fast_over_eager': statistics.median(a / b for a, b in zip(eager, network, strict=True)),
        'fps_1_thread': 1000 / render[1], 'fps_2_threads': 1000 / render[2],
        'ms_per_frame': render[1],
        'max_abs_error': error,
        'rss_mb': _peak_mb(),
        'network_ms': network_ms, 'eager_ms': eager_ms, 'driving_frame_once_ms': encode_ms,
        'macs': macs, 'macs_eager': rows.multiplications(),
        'share_of_limit': macs / network_ms * 1000 / limit,
        'share_of_limit_eager': rows.multiplications() / eager_ms * 1000 / limit,
        'limit_macs_per_second': limit,
    }


def _int8(rounds: int) -> dict[str, Any]:
    """Measure the 8-bit network, and how far it is off."""
    from txt2vid_ros.lipsync.wav2lip.onnx_generator import OnnxGenerator
    _, exact, _ = _network()
    _, graphs, _ = _network(int8=True)
    one, other = OnnxGenerator(graphs), OnnxGenerator(exact)
    features, mel = one.features(_crop()), _windows(1)
    taken = _timed(lambda: one.mouths(mel, [features]), 4 * rounds + 4, time.thread_time)
    apart = np.abs(one.mouths(mel, [features])[0] - other.mouths(mel, [features])[0])
    render = _render_ms(one, rounds)
    return {'network_ms': statistics.median(taken[4:]), 'fps_1_thread': 1000 / render,
            'max_abs_error': float(apart.max()), 'mean_abs_error': float(apart.mean()),
            'calibration': graphs.notice}


def _render_ms(generator: OnnxGenerator, rounds: int) -> float:
    """Return what a whole picture of 640x480 takes: features of the sound, network, pasting."""
    from txt2vid_ros.lipsync.wav2lip.engine import Wav2LipSession
    from txt2vid_ros.lipsync.wav2lip.locate import locate
    from txt2vid_ros.lipsync.wav2lip.options import Wav2LipOptions
    driving, speech = _scene()
    options = Wav2LipOptions(box=(120, 360, 220, 420), device='cpu')
    session = Wav2LipSession(driving, locate(driving, options), generator, options)
    taken = [_timed(lambda t=t: session.render(t, 0, speech))[0]        # type: ignore[misc]
             for t in np.arange(0.2, 0.2 + 0.04 * (4 * rounds + 4), 0.04) % 2.5]
    session.close()
    return statistics.median(taken[4:])


def _macs_a_second(clock: Callable[[], float]) -> float:
    """Return what one core reaches in a large matrix product: the arithmetic limit in practice."""
    import torch
    a = torch.rand(1024, 1024)
    with torch.inference_mode():
        best = min(_timed(lambda: a @ a, 8, clock)[2:])
    return 1024 ** 3 / best * 1000


def _batch(name: str, batch: int, rounds: int) -> dict[str, float]:
    """Measure `batch` pictures at once on one thread."""
    import torch

    from txt2vid_ros.lipsync.wav2lip.onnx_generator import OnnxGenerator
    from txt2vid_ros.lipsync.wav2lip.torch_generator import TorchGenerator
    torch.set_num_threads(1)
    model, graphs, _ = _network()
    one: Any = TorchGenerator(model) if name == 'eager' else OnnxGenerator(graphs)
    features, mel = [one.features(_crop())] * batch, _windows(batch)
    taken = _timed(lambda: one.mouths(mel, features), max(2, 2 * rounds // batch) + 1)
    ms = statistics.median(taken[1:]) / batch
    return {'ms_per_frame': ms, 'fps': 1000 / ms, 'rss_mb': _peak_mb()}


def _has_gpu() -> bool:
    import torch
    return torch.cuda.is_available()


def half_precision_limit(device: str) -> float | None:
    """Return the multiplications a second that a GPU of this name can do; None if not known."""
    for name, teraflops in _HALF_TERAFLOPS:
        if name in device and 'MIG' not in device:      # a slice has an unknown part of it
            return teraflops * 1e12 / 2     # a multiplication and an addition are two operations
    return None


def _gpu(rounds: int) -> dict[str, Any]:
    """Measure the plain module and CUDA graphs on the GPU."""
    import torch

    from txt2vid_ros.lipsync.wav2lip import rows
    from txt2vid_ros.lipsync.wav2lip.cuda_generator import CudaGenerator
    from txt2vid_ros.lipsync.wav2lip.torch_generator import TorchGenerator
    model, _, _ = _network()
    plain, fast = TorchGenerator(model, 'cuda'), CudaGenerator(model, 'cuda', 'float16')
    name = torch.cuda.get_device_name()
    limit = half_precision_limit(name)
    figures: dict[str, Any] = {'device': name, 'limit_macs_per_second': limit}
    for batch in (*BATCHES, 128):
        mel = _windows(batch)
        taken = {}
        for kind, one in (('eager', plain), ('fast', fast)):
            features = [one.features(_crop())] * batch
            one.mouths(mel, features)
            taken[kind] = statistics.median(_timed(
                lambda g=one, f=features, m=mel: g.mouths(m, f), 4 * rounds))   # type: ignore
        macs = rows.multiplications() * batch / taken['fast'] * 1000
        figures[f'batch_{batch}'] = {
            'ms': taken['fast'], 'fps': batch * 1000 / taken['fast'],
            'fast_over_eager': taken['eager'] / taken['fast'],
            'share_of_limit': macs / limit if limit else None}
    return figures


def _any_engine(name: str, rounds: int) -> dict[str, Any]:
    """Measure whole pictures of another engine on the built-in portrait."""
    from txt2vid_ros.media.driving import load_driving
    engine = registry.load(registry.ENGINES, name, '--engine')()
    engine.load()
    session = engine.open(load_driving(None, width=640, height=480))
    _, speech = _scene()
    taken = [_timed(lambda t=t: session.render(t, 0, speech))[0]        # type: ignore[misc]
             for t in np.arange(0.2, 0.2 + 0.04 * (4 * rounds + 4), 0.04) % 2.5]
    session.close()
    engine.close()
    ms = statistics.median(taken[4:])
    return {'engine': name, 'ms_per_frame': ms, 'fps': 1000 / ms, 'rss_mb': _peak_mb()}
