"""Wav2Lip on a GPU: the plain module, CUDA graphs, and the share of the GPU's peak they reach."""

from __future__ import annotations

import statistics
import time
from typing import Any, TYPE_CHECKING

import numpy as np
from txt2vid_ros.bench.lipsync.fixtures import crop, network, picture_ms, timed, windows
from txt2vid_ros.bench.lipsync.multiplications import multiplications
from txt2vid_ros.lipsync.wav2lip.generator import rows

if TYPE_CHECKING:
    from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator

BATCHES = (1, 4, 16, 64, 128)

# Half-precision throughput of tensor cores without sparsity, 10^12 operations a second by NVIDIA's
# data sheets, keyed by a part of the driver's device name. The first match counts.
_HALF_TERAFLOPS = (('H100 PCIe', 756), ('H100 NVL', 835), ('H100', 989), ('H200 NVL', 836),
                   ('H200', 989), ('A100', 312))


def has_gpu() -> bool:
    """Return whether torch finds a GPU."""
    import torch
    return torch.cuda.is_available()


def half_precision_limit(device: str) -> float | None:
    """Return the peak multiply-accumulates a second of a GPU of this name; None if unknown."""
    for name, teraflops in _HALF_TERAFLOPS:
        if name in device and 'MIG' not in device:      # a slice has an unknown share of it
            return teraflops * 1e12 / 2     # a multiplication and an addition are two operations
    return None


def measure_gpu(rounds: int) -> dict[str, Any]:
    """Measure the plain module and CUDA graphs on the GPU, and whole pictures as live."""
    import torch
    from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
    from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
    model, _, _ = network()
    plain = TorchGenerator(model, 'cuda')
    begun = time.perf_counter()
    fast = CudaGenerator(model, 'cuda', 'float16')
    made = time.perf_counter() - begun
    name = torch.cuda.get_device_name()
    limit = half_precision_limit(name)
    face = crop()
    figures: dict[str, Any] = {
        'device': name, 'limit_macs_per_second': limit, 'made_ms': made * 1000,
        'driving_frame_once_ms': statistics.median(timed(lambda: fast.encode(face), 8 * rounds)),
        'max_abs_error': _error(fast, TorchGenerator(model)),
        'picture_ms': picture_ms(fast, rounds)}
    for batch in BATCHES:
        mel = windows(batch)
        taken = {}
        for kind, one in (('eager', plain), ('fast', fast)):
            features = [one.features(one.encode(crop()))] * batch
            one.mouths(mel, features)
            taken[kind] = statistics.median(timed(
                lambda g=one, f=features, m=mel: g.mouths(m, f), 4 * rounds))   # type: ignore
        macs = multiplications(rows.LOWER_FACE_ROW) * batch / taken['fast'] * 1000
        figures[f'batch_{batch}'] = {
            'ms': taken['fast'], 'fps': batch * 1000 / taken['fast'],
            'fast_over_eager': taken['eager'] / taken['fast'],
            'share_of_limit': macs / limit if limit else None}
    return figures


def _error(one: TorchGenerator, other: TorchGenerator) -> float:
    """Return the largest difference between the mouths of two generators, of full scale."""
    mouths = [np.stack(g.mouths(windows(1), [g.features(g.encode(crop()))])) for g in (one, other)]
    return float(np.abs(mouths[0] - mouths[1]).max())
