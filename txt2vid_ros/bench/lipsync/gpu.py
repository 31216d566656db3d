"""Wav2Lip on a GPU: the plain module, CUDA graphs, and the share of the GPU's peak they reach."""

from __future__ import annotations

import statistics
from typing import Any

from txt2vid_ros.bench.lipsync.fixtures import crop, network, timed, windows
from txt2vid_ros.bench.lipsync.multiplications import multiplications

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
    """Measure the plain module and CUDA graphs on the GPU."""
    import torch
    from txt2vid_ros.lipsync.wav2lip.generator.cuda import CudaGenerator
    from txt2vid_ros.lipsync.wav2lip.generator.plain_torch import TorchGenerator
    model, _, _ = network()
    plain, fast = TorchGenerator(model, 'cuda'), CudaGenerator(model, 'cuda', 'float16')
    name = torch.cuda.get_device_name()
    limit = half_precision_limit(name)
    figures: dict[str, Any] = {'device': name, 'limit_macs_per_second': limit}
    for batch in (1, 4, 16, 64, 128):
        mel = windows(batch)
        taken = {}
        for kind, one in (('eager', plain), ('fast', fast)):
            features = [one.features(one.encode(crop()))] * batch
            one.mouths(mel, features)
            taken[kind] = statistics.median(timed(
                lambda g=one, f=features, m=mel: g.mouths(m, f), 4 * rounds))   # type: ignore
        macs = multiplications() * batch / taken['fast'] * 1000
        figures[f'batch_{batch}'] = {
            'ms': taken['fast'], 'fps': batch * 1000 / taken['fast'],
            'fast_over_eager': taken['eager'] / taken['fast'],
            'share_of_limit': macs / limit if limit else None}
    return figures
